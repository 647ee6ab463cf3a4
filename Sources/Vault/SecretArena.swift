// SecretArena: many secrets in locked memory, each taking about as much as it is long.
//
// For: the credentials of open accounts, of which there may be a million. Slabs of equal slots, each slab one locked
// mapping (SecretPages): a page each would be 4 GB. A unit's RLIMIT_MEMLOCK is 8 MiB unless `LimitMEMLOCK=` says
// otherwise; what is beyond it is kept all the same and counted in `usage.unlockedBytes`, so that a daemon can say so once.
// Refuses: use of a slot after its release (the process stops), and printing.
// Called by: KeyRing, which opens envelopes into it; tokend.

import Synchronization

/// Which secret of an arena is meant. Copying it copies no secret; it is worth nothing after `release`.
public struct SecretSlot: Hashable, Sendable, Redacted {
    let slab: UInt32
    let index: UInt16
    let generation: UInt16
    /// How many bytes the secret has. Lengths are not secret.
    public let count: UInt32
}

/// What an arena holds at the moment.
public struct ArenaUsage: Hashable, Sendable {
    /// Secrets.
    public var secrets = 0
    /// The lengths of all secrets together.
    public var secretBytes = 0
    /// Memory taken from the kernel for them.
    public var mappedBytes = 0
    /// Of which the kernel would not lock.
    public var unlockedBytes = 0
    /// Of which would be in a core dump or in a forked child.
    public var exposedBytes = 0

    public init() {}
}

/// An allocator of secrets. Any thread may use it: one lock is held while a closure given to it runs, so that closures
/// copy or decrypt and leave; one that asks the same arena again would wait for itself and stops the process instead.
public final class SecretArena: Sendable, Redacted {
    /// The first slab of a class, so that ten accounts take little of an 8 MiB limit …
    static let smallestSlab = 8 << 10
    /// … and the largest, reached by doubling: 4,096 mappings to a gigabyte, where the kernel allows 65,530.
    static let largestSlab = 256 << 10

    private let state: Mutex<ArenaState>

    /// An empty arena.
    public convenience init() { self.init(locking: .system) }

    init(locking: MemoryLocking) { state = Mutex(ArenaState(locking: locking)) }

    /// The longest secret: as LockedBytes.
    public static let longest = LockedBytes.most

    /// Sets `count` bytes (1 … `longest`) of zeros aside and has `fill` write them. When `fill` throws, nothing is kept.
    public func store<Failure: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> SecretSlot {
        precondition((1...Self.longest).contains(count), "a secret has 1 to \(Self.longest) bytes")
        return try state.withLock { state throws(Failure) in
            let slot = state.take(count)
            do throws(Failure) {
                try fill(state.room(of: slot))
            } catch {
                state.release(slot)
                throw error
            }
            return slot
        }
    }

    /// Keeps a copy of `bytes`. Where they came from is for the caller to wipe.
    public func store(_ bytes: RawSpan) -> SecretSlot {
        store(count: bytes.byteCount) { room in bytes.withUnsafeBytes(room.copyMemory(from:)) }
    }

    /// Calls `body` with a secret, under the arena's lock. The span cannot outlive the call.
    public func withBytes<Value, Failure: Error>(
        of slot: SecretSlot, _ body: (RawSpan) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { state throws(Failure) in try body(UnsafeRawBufferPointer(state.room(of: slot)).bytes) }
    }

    /// Wipes a secret and frees its slot.
    public func release(_ slot: SecretSlot) {
        state.withLock { $0.release(slot) }
    }

    /// What is held at the moment.
    public var usage: ArenaUsage { state.withLock { $0.usage } }

    /// Where a secret lies, for tests that read the memory itself.
    func address(of slot: SecretSlot) -> UInt { state.withLock { UInt(bitPattern: $0.room(of: slot).baseAddress) } }
}

/// What the arena's lock guards.
private struct ArenaState {
    private let locking: MemoryLocking
    /// By the number in a slot; numbers of slabs that are gone are used again.
    private var slabs: [SecretSlab?] = []
    private var vacant: [UInt32] = []
    /// For each class, its slabs with free slots, and how many it has in all.
    private var open = [[UInt32]](repeating: [], count: SlotSizes.all.count)
    private var slabCounts = [Int](repeating: 0, count: SlotSizes.all.count)
    private var era: UInt16 = 0
    private(set) var usage = ArenaUsage()

    init(locking: MemoryLocking) { self.locking = locking }

    mutating func take(_ count: Int) -> SecretSlot {
        let number = slabWithRoom(for: count)
        let (index, generation) = slabs[Int(number)]!.take()
        if slabs[Int(number)]!.isFull { close(number) }
        usage.secrets += 1
        usage.secretBytes += count
        return SecretSlot(slab: number, index: index, generation: generation, count: UInt32(count))
    }

    func room(of slot: SecretSlot) -> UnsafeMutableRawBufferPointer {
        guard Int(slot.slab) < slabs.count, let slab = slabs[Int(slot.slab)] else {
            preconditionFailure("a slot is not used after its release, nor with another arena")
        }
        return slab.room(of: slot)
    }

    mutating func release(_ slot: SecretSlot) {
        _ = room(of: slot)
        slabs[Int(slot.slab)]!.release(slot)
        usage.secrets -= 1
        usage.secretBytes -= Int(slot.count)
        openAgain(slot.slab)
        unmapIfSpare(slot.slab)
    }

    // MARK: Slabs

    private mutating func slabWithRoom(for count: Int) -> UInt32 {
        guard let sizeClass = SlotSizes.index(for: count) else {
            return add(slab(mapping: count, slotBytes: count, sizeClass: nil))
        }
        if let number = open[sizeClass].last { return number }
        let doublings = min(slabCounts[sizeClass], Int.bitWidth / 2)
        let bytes = min(SecretArena.smallestSlab << doublings, SecretArena.largestSlab)
        slabCounts[sizeClass] += 1
        let number = add(slab(mapping: bytes, slotBytes: SlotSizes.all[sizeClass], sizeClass: sizeClass))
        openAgain(number)
        return number
    }

    private mutating func slab(mapping bytes: Int, slotBytes: Int, sizeClass: Int?) -> SecretSlab {
        era &+= 1
        let pages = SecretPages(atLeast: bytes, locking: locking)
        return SecretSlab(pages: pages, slotBytes: slotBytes, sizeClass: sizeClass, era: era)
    }

    private mutating func add(_ slab: SecretSlab) -> UInt32 {
        count(slab, by: 1)
        if let number = vacant.popLast() {
            slabs[Int(number)] = slab
            return number
        }
        slabs.append(slab)
        return UInt32(slabs.count - 1)
    }

    private mutating func count(_ slab: SecretSlab, by sign: Int) {
        let bytes = sign * slab.pages.count
        usage.mappedBytes += bytes
        if !slab.pages.protection.contains(.locked) { usage.unlockedBytes += bytes }
        if !slab.pages.protection.isSuperset(of: [.undumped, .unforked]) { usage.exposedBytes += bytes }
    }

    private mutating func openAgain(_ number: UInt32) {
        guard let sizeClass = slabs[Int(number)]!.sizeClass, slabs[Int(number)]!.openPosition == nil else { return }
        slabs[Int(number)]!.openPosition = open[sizeClass].count
        open[sizeClass].append(number)
    }

    private mutating func close(_ number: UInt32) {
        guard let sizeClass = slabs[Int(number)]!.sizeClass, let position = slabs[Int(number)]!.openPosition else {
            return
        }
        slabs[Int(number)]!.openPosition = nil
        let last = open[sizeClass].removeLast()
        guard last != number else { return }
        open[sizeClass][position] = last
        slabs[Int(last)]!.openPosition = position
    }

    /// An empty slab goes back to the kernel, except a class's last open one: a secret that comes and goes would map and
    /// unmap each time.
    private mutating func unmapIfSpare(_ number: UInt32) {
        guard let slab = slabs[Int(number)], slab.used == 0 else { return }
        if let sizeClass = slab.sizeClass {
            guard open[sizeClass].count > 1 else { return }
            close(number)
            slabCounts[sizeClass] -= 1
        }
        count(slab, by: -1)
        slabs[Int(number)] = nil
        vacant.append(number)
    }
}
