// SystemEdgeTests: what the system tells of names and of this machine's addresses.

import Dispatch
import Glibc
import Synchronization
import Testing

@testable import HTTP

@Suite struct OwnAddressesTests {
    /// Link-local ones aside: they mean nothing without a zone, and are refused for their class.
    @Test func addressesOfInterfacesAreOurs() throws {
        let addresses = interfaceAddresses().filter { AddressVerdict($0).addressClass != .linkLocal }
        try #require(addresses.contains(address("127.0.0.1")))
        for own in addresses { #expect(OwnAddresses.contains(own), "\(own)") }
    }

    /// No interface lists these.
    @Test(arguments: ["127.0.0.2", "127.255.255.254", "::1", "0.0.0.0", "::"])
    func whatTheKernelKeepsAtHomeIsOurs(text: String) {
        #expect(OwnAddresses.contains(address(text)))
    }

    @Test(arguments: ["8.8.8.8", "1.1.1.1", "10.254.253.252", "203.0.113.9", "2606:4700:4700::1111", "fdfe:1:2:3::4"])
    func otherAddressesAreNot(text: String) throws {
        try #require(!interfaceAddresses().contains(address(text)))
        #expect(!OwnAddresses.contains(address(text)))
    }
}

@Suite struct SystemResolverTests {
    /// Collects what a resolver answers.
    private final class Answers: Sendable {
        private let given = Mutex<[Result<[IPAddress], NameFault>]>([])
        private let arrived = DispatchSemaphore(value: 0)

        func take(_ answer: Result<[IPAddress], NameFault>) {
            given.withLock { $0.append(answer) }
            arrived.signal()
        }

        /// Waits for `count` answers, on a thread of the test's own.
        func wait(for count: Int) async -> [Result<[IPAddress], NameFault>] {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "answers").async { [self] in
                    for _ in 0..<count where arrived.wait(timeout: .now() + 60) == .timedOut { break }
                    continuation.resume(returning: given.withLock { $0 })
                }
            }
        }

        var count: Int { given.withLock { $0.count } }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var count: Int { value.withLock { $0 } }
    }

    @Test func namesOfTheSystemAreLookedUp() async {
        let resolver = SystemResolver(threads: 2)
        let answers = Answers()
        resolver.look(up: "localhost", most: 8, answers.take)
        let found = (try? await answers.wait(for: 1).first?.get()) ?? []
        #expect(!found.isEmpty && found.allSatisfy { AddressVerdict($0).addressClass == .loopback }, "\(found)")
    }

    @Test func aNameThatDoesNotExistHasNoAddress() async {
        let resolver = SystemResolver(threads: 1)
        let answers = Answers()
        resolver.look(up: "does-not-exist.invalid", most: 8, answers.take)
        #expect(await answers.wait(for: 1) == [.failure(.noAddress)])
    }

    @Test func callsForOneNameShareALookUp() async {
        let gate = DispatchSemaphore(value: 0)
        let lookUps = Counter()
        let resolver = SystemResolver(threads: 4) { name, _ in
            lookUps.add()
            gate.wait()
            return .success([address(name == "a.example" ? "192.0.2.1" : "192.0.2.2")])
        }
        let (first, second) = (Answers(), Answers())
        for _ in 0..<10 { resolver.look(up: "a.example", most: 8, first.take) }
        resolver.look(up: "b.example", most: 8, second.take)
        for _ in 0..<2 { gate.signal() }
        #expect(await first.wait(for: 10) == Array(repeating: .success([address("192.0.2.1")]), count: 10))
        #expect(await second.wait(for: 1) == [.success([address("192.0.2.2")])])
        #expect(lookUps.count == 2)
        // The next call looks again: an answer is not kept.
        gate.signal()
        resolver.look(up: "a.example", most: 8, first.take)
        _ = await first.wait(for: 1)
        #expect(lookUps.count == 3)
    }

    @Test func callsBeyondTheBoundAreTurnedAwayAtOnce() async {
        let gate = DispatchSemaphore(value: 0)
        let resolver = SystemResolver(threads: 1) { _, _ in
            gate.wait()
            return .failure(.noAddress)
        }
        let (waiting, late) = (Answers(), Answers())
        for number in 0..<SystemResolver.waitingMost { resolver.look(up: "\(number).example", most: 8, waiting.take) }
        for number in 0..<3 { resolver.look(up: "\(number).late.example", most: 8, late.take) }
        #expect(late.count == 3)
        #expect(await late.wait(for: 3) == Array(repeating: .failure(.busy), count: 3))
        #expect(waiting.count == 0)
        for _ in 0..<SystemResolver.waitingMost { gate.signal() }
        #expect(await waiting.wait(for: SystemResolver.waitingMost).count == SystemResolver.waitingMost)
        gate.signal()
        resolver.look(up: "0.late.example", most: 8, late.take)
        #expect(await late.wait(for: 1).last == .failure(.noAddress))
    }
}
