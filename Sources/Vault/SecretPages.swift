// SecretPages: memory of the kernel's that is kept out of swap, core dumps and forks, and wiped before it is given back.
//
// For: LockedBytes and SecretArena, which are all that lays secrets in it.
// Refuses: to go on without memory, as Swift does for its own. A kernel that gives memory and will not lock it is
// another matter: the pages are used and `protection` tells what they lack.
// Called by: LockedBytes, SecretArena.

import Glibc

/// What the kernel was willing to promise for some memory.
public struct MemoryProtection: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Never written to swap (mlock). Lacks when RLIMIT_MEMLOCK is used up; `LimitMEMLOCK=` of the unit raises it.
    public static let locked = MemoryProtection(rawValue: 1 << 0)
    /// Left out of core dumps (MADV_DONTDUMP).
    public static let undumped = MemoryProtection(rawValue: 1 << 1)
    /// Not there in a child process (MADV_DONTFORK).
    public static let unforked = MemoryProtection(rawValue: 1 << 2)

    /// Everything a secret should have.
    public static let full: MemoryProtection = [.locked, .undumped, .unforked]
}

/// The one system call a test must be able to see refused: root is never refused a lock.
struct MemoryLocking: Sendable {
    /// 0 when the pages are locked, as mlock(2).
    let lock: @Sendable (UnsafeMutableRawPointer, Int) -> Int32

    static let system = MemoryLocking { mlock($0, $1) }
}

/// One mapping: whole pages, private, writable, owned by this object.
final class SecretPages: Sendable {
    /// Never changes, and what is behind it belongs to the owner of this object, who says who may touch it when.
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    /// Bytes: a multiple of the page's size.
    let count: Int
    let protection: MemoryProtection

    /// The machine's page, 4096 bytes nearly everywhere.
    static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Fresh pages of zeros, enough for `bytes`.
    convenience init(atLeast bytes: Int, locking: MemoryLocking = .system) {
        let count = (bytes + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
        let mapped = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base = mapped, base != MAP_FAILED else {
            fatalError("the kernel gives \(count) bytes for secrets, and answered errno \(errno)")
        }
        self.init(adopting: base, count: count, locking: locking)
    }

    /// Takes a mapping over and protects it. Tests hand in one that they can see from elsewhere as well.
    init(adopting base: UnsafeMutableRawPointer, count: Int, locking: MemoryLocking = .system) {
        var protection: MemoryProtection = []
        if locking.lock(base, count) == 0 { protection.insert(.locked) }
        if madvise(base, count, MADV_DONTDUMP) == 0 { protection.insert(.undumped) }
        // Not WIPEONFORK: a child of ours only ever executes another program, and has no use even for zeros.
        if madvise(base, count, MADV_DONTFORK) == 0 { protection.insert(.unforked) }
        (self.base, self.count, self.protection) = (base, count, protection)
    }

    deinit {
        UnsafeMutableRawBufferPointer(start: base, count: count).wipe()
        // The lock ends with the mapping.
        let unmapped = munmap(base, count)
        precondition(unmapped == 0, "a mapping of ours can be unmapped")
    }
}
