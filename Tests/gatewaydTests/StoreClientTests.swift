// Programs that registered themselves are kept, found again after a restart, and make room for others at a bound.

import Connections
import OAuthServer
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct StoreClientTests {
    private static func client(_ number: Int, at instant: Int64? = nil) -> PublicClient {
        var bytes = [UInt8](repeating: 0, count: 16)
        (bytes[0], bytes[1]) = (UInt8(number & 255), UInt8(number >> 8))
        let redirects = ["http://127.0.0.1/a?b=c", "https://client.example/"].compactMap { RedirectTarget($0) }
        return PublicClient(
            id: ClientID(random: bytes), wish: ClientWish(name: "Editor \(number)", redirects: redirects),
            registeredAt: UnixMillis(instant ?? Int64(number)))
    }

    @Test func clientsAreThereAfterARestart_asTheyRegistered() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        try rig.ask { store throws(StorageError) in try store.register(Self.client(1)) }
        let next = try withExtendedLifetime(rig) { try StoreRig(faulty) }
        let found = try next.ask { store throws(StorageError) in try store.client(Self.client(1).id) }
        #expect(found == Self.client(1))
        #expect(try next.ask { store throws(StorageError) in try store.client(Self.client(2).id) } == nil)
    }

    @Test func beyondTheBound_theOneThatWasNeverUsedForLongestMakesRoom() throws {
        let rig = try StoreRig()
        let most = Int(Store.clientsMost)
        try rig.ask { store throws(StorageError) in
            for number in 0..<most { try store.register(Self.client(number)) }
            // The oldest has been used: it stays as long as there is one that was not.
            try store.noteUse(of: Self.client(0).id, at: UnixMillis(1))
            try store.register(Self.client(most))
        }
        let there = try rig.ask { store throws(StorageError) in
            [
                try store.client(Self.client(0).id) != nil, try store.client(Self.client(1).id) != nil,
                try store.client(Self.client(2).id) != nil, try store.client(Self.client(most).id) != nil,
            ]
        }
        #expect(there == [true, false, true, true])
    }

    @Test func aFailedRegistration_leavesNothing() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        faulty.refuseWrites(true)
        #expect(throws: (any Error).self) {
            try rig.ask { store throws(StorageError) in try store.register(Self.client(1)) }
        }
        faulty.refuseWrites(false)
        #expect(try rig.ask { store throws(StorageError) in try store.client(Self.client(1).id) } == nil)
    }
}
