// HostileTargetTests: every hostile target is refused, and nobody comes to the bait.

import Foundation
import NIOCore
import Support
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct HostileTargetTests {
        private static func guarding(_ names: any NameResolver) -> AddressGuard {
            let own = address(HostileTargets.ownGlobal)
            return AddressGuard(
                policy: AddressPolicy(), resolver: names, listening: [],
                isOwn: { $0 == own || OwnAddresses.contains($0) })
        }

        /// Why a call of `origin` fails. Were it let through, nobody would answer, and the test would go on soon.
        private static func refusal(_ fixture: PoolFixture, _ origin: UpstreamOrigin) async throws -> AddressRefusal? {
            var timeouts = UpstreamTimeouts()
            timeouts.connect = .milliseconds(200)
            timeouts.firstByte = .milliseconds(200)
            let failure = try await fixture.start(to: origin, timeouts: timeouts).outcome().failure
            #expect(failure?.retry == .nothingSent)
            guard case .forbiddenAddress(let refusal) = failure?.cause else { return nil }
            return refusal
        }

        @Test(arguments: HostileTargets.spellings)
        func aHostileSpellingIsRefusedForWhatItIs(spelling: HostileSpelling) {
            let addressGuard = Self.guarding(ScriptedResolver([:]))
            #expect(throws: spelling.refusal) { try addressGuard.origin(of: OutboundURL(spelling.url)) }
        }

        @Test func aHostileAddressIsRefusedInTheURLAndWhenItIsConnectedTo() async throws {
            let bait = try Bait()
            let port = bait.port
            try await PoolFixture.run(tls: try UpstreamTLS()) { fixture in
                for hostile in HostileTargets.addresses {
                    let names = ScriptedResolver("name.example", [hostile.text])
                    let addressGuard = Self.guarding(names)
                    let host = hostile.text.contains(":") ? "[\(hostile.text)]" : hostile.text
                    let written = try OutboundURL("https://\(host):\(port)/")
                    #expect(throws: TargetRefusal.address(hostile.addressClass)) {
                        try addressGuard.origin(of: written, ports: [port])
                    }
                    // As if its text had passed; it is judged again where it counts.
                    let refused = try await Self.refusal(fixture, UpstreamOrigin(written, guardedBy: addressGuard))
                    #expect(refused?.reason == .addressClass(hostile.addressClass), "\(hostile.text)")
                    #expect(names.asked.isEmpty)
                    let name = try addressGuard.origin(
                        of: try OutboundURL("https://name.example:\(port)/"), ports: [port])
                    let byName = try await Self.refusal(fixture, name)
                    #expect(byName?.reason == .addressClass(hostile.addressClass), "\(hostile.text)")
                    #expect(byName?.address == address(hostile.text))
                    #expect(names.asked == ["name.example"])
                    #expect(bait.arrivals() == 0, "\(hostile.text)")
                }
                #expect(try await fixture.counts() == PoolCounts())
            }
            #expect(bait.arrivals() == 0)
        }

        @Test func aHostileNameIsRefusedForWhatItLeadsTo() async throws {
            let bait = try Bait()
            let port = bait.port
            try await PoolFixture.run(tls: try UpstreamTLS()) { fixture in
                for hostile in HostileTargets.names {
                    let addressGuard = Self.guarding(ScriptedResolver(hostile.name.lowercased(), hostile.answers))
                    let origin = try addressGuard.origin(
                        of: try OutboundURL("https://\(hostile.name):\(port)/"), ports: [port])
                    let refused = try await Self.refusal(fixture, origin)
                    #expect(refused?.reason == hostile.reason, "\(hostile.name)")
                    #expect(bait.arrivals() == 0, "\(hostile.name)")
                }
            }
        }

        /// The bait bites: without a guard, the same spellings and addresses do lead to it. Were these not to arrive,
        /// the tests above would prove nothing.
        @Test(arguments: [
            "127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "localhost", "127.1", "0x7f.1",
            "0177.0.0.1", "2130706433", "017700000001",
        ])
        func withoutAGuardTheBaitIsReached(host: String) async throws {
            let bait = try Bait()
            try await PoolFixture.run { fixture in
                let call = try await fixture.start(port: Int(bait.port), host: host)
                try await eventually("a visitor") { bait.arrivals() == 1 }
                try await call.cancel()
            }
        }

        /// Also by every address that this machine has at present, whatever its class.
        @Test func noAddressOfThisMachineIsConnectedTo() async throws {
            let bait = try Bait()
            let port = bait.port
            let addresses = interfaceAddresses()
            try #require(!addresses.isEmpty)
            try await PoolFixture.run(tls: try UpstreamTLS()) { fixture in
                for own in addresses {
                    let addressGuard = AddressGuard(
                        policy: AddressPolicy(), resolver: ScriptedResolver("own.example", [own.description]))
                    let origin = try addressGuard.origin(
                        of: try OutboundURL("https://own.example:\(port)/"), ports: [port])
                    #expect(try await Self.refusal(fixture, origin) != nil, "\(own)")
                }
            }
            #expect(bait.arrivals() == 0)
        }

        @Test(arguments: HostileTargets.redirects)
        func aRedirectIsAnAnswerAndNotFollowed(answer: String) async throws {
            let bait = try Bait()
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let allowed = AddressPolicy(allowed: [try AllowedTarget("127.0.0.1:\(upstream.port)")])
                let addressGuard = AddressGuard(policy: allowed, resolver: ScriptedResolver([:]))
                let guarded = try addressGuard.origin(of: try OutboundURL("http://127.0.0.1:\(upstream.port)/"))
                for origin in [guarded, UpstreamOrigin(secure: false, host: "127.0.0.1", port: upstream.port)] {
                    let call = try await fixture.start(to: origin)
                    let peer = try await upstream.accept()
                    try await peer.read(through: "\r\n\r\n{}")
                    let head = answer.replacingOccurrences(of: "bait", with: "\(bait.port)")
                    try await peer.send(head + "\r\nContent-Length: 2\r\n\r\nok")
                    let outcome = try await call.outcome()
                    #expect(outcome.failure == nil && outcome.body == "ok")
                    #expect("\(outcome.status)" == answer.split(separator: " ")[1])
                    #expect(outcome.fields.contains { $0.contains("\(bait.port)") })
                }
                // Whatever would follow has had its turn: both connections are idle, and none is being made.
                try await fixture.wait { $0 == PoolCounts(idle: 2) }
            }
            #expect(bait.arrivals() == 0)
        }

        /// The list in the repository is the list that is tried.
        @Test func theListIsWrittenDown() throws {
            let page = HostileList.page
            let written = (try? String(contentsOf: HostileList.file, encoding: .utf8)) ?? ""
            guard written != page else { return }
            let fresh = FileManager.default.temporaryDirectory.appendingPathComponent("HostileTargets.md")
            try page.write(to: fresh, atomically: true, encoding: .utf8)
            Issue.record("HostileTargets.md is not what the tests try; put \(fresh.path) in its place")
        }

        @Test func thereAreEnoughOfThem() {
            let atConnect = HostileTargets.addresses.count + HostileTargets.names.count
            #expect(atConnect >= 100 && HostileTargets.spellings.count >= 80 && HostileTargets.redirects.count >= 10)
            #expect(Set(HostileTargets.spellings.map(\.url)).count == HostileTargets.spellings.count)
            #expect(Set(HostileTargets.addresses.map(\.text)).count == HostileTargets.addresses.count)
            #expect(Set(HostileTargets.names.map(\.name)).count == HostileTargets.names.count)
        }
    }
}
