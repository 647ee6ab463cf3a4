// Protection: what the kernel says about the memory secrets lie in, and what is left of them.

import Glibc
import Testing

@testable import Vault

@Suite struct ProtectionTests {
    /// The flags of the mapping that `address` lies in, as /proc/self/smaps has them (proc_pid_smaps(5)). Other tests map and
    /// unmap meanwhile, and the kernel tells of mappings a page of text at a time: one it skipped is looked for again.
    private static func flags(at address: UInt) -> Set<Substring> {
        for _ in 0..<20 {
            let found = flagsOnce(at: address)
            if !found.isEmpty { return found }
        }
        return []
    }

    private static func flagsOnce(at address: UInt) -> Set<Substring> {
        var isInside = false
        for line in smaps().split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").map { UInt($0, radix: 16) }
            if ends.count == 2, let low = ends[0], let high = ends[1] {
                isInside = (low..<high).contains(address)
            } else if isInside, words[0] == "VmFlags:" {
                return Set(words.dropFirst())
            }
        }
        return []
    }

    private static func smaps() -> String {
        guard let file = fopen("/proc/self/smaps", "r") else { preconditionFailure("Linux tells of its mappings") }
        defer { fclose(file) }
        var (text, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while case let count = fread(&part, 1, part.count, file), count > 0 { text += part[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func address(of bytes: LockedBytes) -> UInt {
        bytes.withBytes { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    }

    /// `lo` locked, `dd` not dumped, `dc` not copied to a child.
    @Test func lockedBytes_areLockedAndLeftOutOfDumpsAndChildren() {
        let bytes = LockedBytes(count: 32) { _ in }
        #expect(bytes.protection == .full, "this machine lets a process lock one page")
        let flags = Self.flags(at: Self.address(of: bytes))
        withExtendedLifetime(bytes) { #expect(flags.isSuperset(of: ["lo", "dd", "dc"])) }
    }

    @Test func arenaSlabs_areLockedAndLeftOutOfDumpsAndChildren() {
        let arena = SecretArena()
        for count in [1, 100, 4000, 100_000] {
            let slot = arena.store([UInt8](repeating: 1, count: count))
            #expect(Self.flags(at: arena.address(of: slot)).isSuperset(of: ["lo", "dd", "dc"]), "\(count)")
            arena.release(slot)
        }
        #expect(arena.usage.unlockedBytes == 0 && arena.usage.exposedBytes == 0)
    }

    /// The alarm rings: memory of Swift's own has none of these.
    @Test func alarm_onOrdinaryMemory_rings() {
        let plain = [UInt8](repeating: 1, count: 1 << 20)
        let address = plain.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        let flags = Self.flags(at: address)
        withExtendedLifetime(plain) { #expect(!flags.isEmpty && flags.isDisjoint(with: ["lo", "dd", "dc"])) }
    }

    @Test func memoryTheKernelWillNotLock_isUsedAndCounted() {
        let arena = SecretArena(locking: MemoryLocking { _, _ in -1 })
        let slot = arena.store(Array("token".utf8))
        #expect(arena.bytes(of: slot) == Array("token".utf8))
        #expect(arena.usage.unlockedBytes == SecretArena.smallestSlab)
        #expect(arena.usage.exposedBytes == 0)
        let flags = Self.flags(at: arena.address(of: slot))
        #expect(flags.contains("dd") && !flags.contains("lo"))
        arena.release(slot)
    }

    /// Two views of the same memory: one the secret's owner's, one ours, which stays when the other is gone.
    @Test func lockedBytes_whenTheLastReferenceGoes_leaveZeros() throws {
        let count = SecretPages.pageBytes
        var name = Array("/tmp/vault-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        try #require(descriptor >= 0 && unlink(name) == 0 && ftruncate(descriptor, count) == 0)
        defer { close(descriptor) }
        func view() -> UnsafeMutableRawPointer {
            mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        }
        let ours = UnsafeMutableRawBufferPointer(start: view(), count: count)
        defer { munmap(ours.baseAddress, count) }
        do {
            let pages = SecretPages(adopting: view(), count: count)
            let bytes = LockedBytes(pages: pages, count: 100)
            ours.copyBytes(from: (0..<count).map { _ in UInt8(7) })
            #expect(bytes.withBytes { $0.withUnsafeBytes { $0.allSatisfy { $0 == 7 } } })
        }
        #expect(ours.allSatisfy { $0 == 0 })
    }

    @Test func arenaSlot_whenReleased_holdsZeros() {
        let arena = SecretArena()
        // A neighbour keeps the slab where it is.
        let neighbour = arena.store([UInt8](repeating: 9, count: 90))
        let slot = arena.store([UInt8](repeating: 7, count: 90))
        let memory = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: arena.address(of: slot)), count: 96)
        #expect(memory.prefix(90).allSatisfy { $0 == 7 })
        arena.release(slot)
        #expect(memory.allSatisfy { $0 == 0 })
        #expect(arena.bytes(of: neighbour) == [UInt8](repeating: 9, count: 90))
    }

    @Test func arenaSlot_whoseSecretDidNotOpen_isFreeAndHoldsZeros() throws {
        let (arena, ring) = (SecretArena(), try Sample.ring())
        let envelope = try ring.seal([UInt8](repeating: 7, count: 90), at: Sample.place())
        #expect(throws: EnvelopeRefusal.damaged) { try ring.open(envelope, at: Sample.place("other"), into: arena) }
        #expect(arena.usage.secrets == 0)
        let next = arena.store(count: 90) { room in #expect(room.allSatisfy { $0 == 0 }) }
        arena.release(next)
    }

    @Test func lockedBytes_takingAnArray_leaveNoneOfIt() {
        var bytes = Array("CONFIG_ENCRYPTION_KEY".utf8)
        let locked = LockedBytes(taking: &bytes)
        #expect(bytes.isEmpty)
        #expect(locked.withBytes { $0.withUnsafeBytes { Array($0) } } == Array("CONFIG_ENCRYPTION_KEY".utf8))
    }
}
