// GuardedDialTests: what is judged is what is dialled: rebinding, time limits, several addresses, the allow-list, TLS.

import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct GuardedDialTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        /// A guard that opens `entries`, and the origin of `url` under it.
        private static func origin(
            _ url: String, _ entries: [String], _ resolver: any NameResolver, listening: Set<UInt16> = []
        ) throws -> UpstreamOrigin {
            let policy = AddressPolicy(allowed: try entries.map { try AllowedTarget($0) })
            return try AddressGuard(policy: policy, resolver: resolver, listening: listening).origin(
                of: try OutboundURL(url))
        }

        private static func reason(_ failure: UpstreamFailure?) -> AddressRefusal.Reason? {
            guard case .forbiddenAddress(let refusal) = failure?.cause else { return nil }
            return refusal.reason
        }

        /// Answers one request on `upstream` and expects the caller to be happy.
        private static func serve(_ fixture: PoolFixture, _ origin: UpstreamOrigin, _ upstream: RawServer) async throws
        {
            let call = try await fixture.start(to: origin)
            let peer = try await upstream.accept()
            try await peer.read(through: "\r\n\r\n{}")
            try await peer.send(Self.ok)
            let outcome = try await call.outcome()
            #expect(outcome.failure == nil && outcome.body == "ok")
        }

        @Test(arguments: ["127.0.0.1", "upstream.lan"])
        func anAllowedTargetOfTheLocalNetworkIsReached(host: String) async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let names = ScriptedResolver("upstream.lan", ["127.0.0.1"])
                let place = "\(host):\(upstream.port)"
                let origin = try Self.origin("http://\(place)/", [place], names)
                try await Self.serve(fixture, origin, upstream)
                #expect(try await fixture.counts() == PoolCounts(idle: 1))
                #expect(names.asked.count == (host == "upstream.lan" ? 1 : 0))
            }
        }

        /// Another port of the same host, the same port by another name, our own listener: still closed.
        @Test func whatIsBesideAnAllowedTargetIsNot() async throws {
            let bait = try Bait()
            let port = bait.port
            try await PoolFixture.run { fixture in
                let names = ScriptedResolver([
                    "upstream.lan": [.addresses(["127.0.0.1"])], "other.lan": [.addresses(["127.0.0.1"])],
                ])
                let policy = AddressPolicy(allowed: [try AllowedTarget("upstream.lan:\(port)")])
                let addressGuard = AddressGuard(policy: policy, resolver: names, listening: [port])
                let listener = try addressGuard.origin(of: try OutboundURL("http://upstream.lan:\(port)/"))
                #expect(Self.reason(try await fixture.start(to: listener).outcome().failure) == .ownListener)
                let other = UpstreamOrigin(try OutboundURL("http://other.lan:\(port)/"), guardedBy: addressGuard)
                #expect(Self.reason(try await fixture.start(to: other).outcome().failure) == .ownListener)
                let open = AddressGuard(policy: policy, resolver: names)
                let byAnother = UpstreamOrigin(try OutboundURL("http://other.lan:\(port)/"), guardedBy: open)
                #expect(
                    Self.reason(try await fixture.start(to: byAnother).outcome().failure) == .addressClass(.loopback))
                let another = UpstreamOrigin(try OutboundURL("http://127.0.0.1:\(port)/"), guardedBy: open)
                #expect(Self.reason(try await fixture.start(to: another).outcome().failure) == .addressClass(.loopback))
            }
            #expect(bait.arrivals() == 0)
        }

        /// The name leads to A when it is judged and would lead to B had it been looked up again to dial.
        @Test func aNameIsLookedUpOnceAndTheJudgedAddressIsDialled() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let names = ScriptedResolver([
                    "rebind.lan": [
                        .addresses(["127.0.0.1"]), .addresses(["127.0.0.9"]), .addresses(["169.254.169.254"]),
                    ]
                ])
                let place = "rebind.lan:\(upstream.port)"
                let origin = try Self.origin("http://\(place)/", [place], names)
                let call = try await fixture.start(to: origin)
                let peer = try await upstream.accept()
                #expect(peer.channel.localAddress?.ipAddress == "127.0.0.1")
                #expect(names.asked == ["rebind.lan"])
                try await peer.read(through: "\r\n\r\n{}")
                try await peer.send(Self.ok)
                #expect(try await call.outcome().failure == nil)
                // The pooled connection stays with the address it was made to.
                try await fixture.start(to: origin).cancel()
                #expect(names.asked.count == 1)
            }
        }

        /// B comes with the next connection, and is judged then.
        @Test func aNameThatIsReboundIsRefusedAtTheNextConnection() async throws {
            let bait = try Bait()
            let port = bait.port
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let names = ScriptedResolver([
                    "rebind.lan": [.addresses(["127.0.0.1"]), .addresses(["169.254.169.254"])]
                ])
                let place = "rebind.lan:\(upstream.port)"
                let origin = try Self.origin("http://\(place)/", [place], names)
                let call = try await fixture.start(to: origin)
                let peer = try await upstream.accept()
                try await peer.read(through: "\r\n\r\n{}")
                try await peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
                #expect(try await call.outcome().failure == nil)
                let next = try await fixture.start(to: origin).outcome().failure
                #expect(Self.reason(next) == .addressClass(.cloudMetadata))
                #expect(names.asked.count == 2)
                // The other way round, too: refused first, then what would have passed is judged on its own.
                let back = ScriptedResolver([
                    "rebind.lan": [.addresses(["::1", "10.0.0.1"]), .addresses(["127.0.0.1"])]
                ])
                let other = AddressGuard(policy: AddressPolicy(), resolver: back)
                let refused = UpstreamOrigin(try OutboundURL("http://rebind.lan:\(port)/"), guardedBy: other)
                for _ in 0..<2 {
                    let failure = try await fixture.start(to: refused).outcome().failure
                    #expect(Self.reason(failure) == .addressClass(.loopback))
                }
            }
            #expect(bait.arrivals() == 0)
        }

        /// The kernel has the last word: were something between us to send the connection elsewhere, nothing is said on
        /// it.
        @Test func aConnectionToAnotherPeerIsClosedBeforeAByteIsSent() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let port = UInt16(upstream.port)
                let addressGuard = AddressGuard(
                    policy: AddressPolicy(), resolver: ScriptedResolver("api.example", ["8.8.8.8"]), listening: [],
                    isOwn: { _ in false }, socketAddress: { _, port in address("127.0.0.1").socketAddress(port: port) })
                let origin = UpstreamOrigin(try OutboundURL("http://api.example:\(port)/"), guardedBy: addressGuard)
                let failure = try await fixture.start(to: origin).outcome().failure
                #expect(Self.reason(failure) == .otherPeer)
                #expect(failure?.retry == .nothingSent)
                #expect(try await upstream.accept().readToEnd() == "")
                #expect(try await fixture.counts() == PoolCounts())
            }
        }

        /// As when an address became ours after it was judged.
        @Test func aConnectionToOurselvesIsClosedBeforeAByteIsSent() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let addressGuard = AddressGuard(
                    policy: AddressPolicy(allowed: [.network(try #require(AddressPrefix("127.0.0.0/8")))]),
                    resolver: ScriptedResolver([:]), listening: [], isOwn: { _ in false })
                let origin = UpstreamOrigin(
                    try OutboundURL("http://127.0.0.1:\(upstream.port)/"), guardedBy: addressGuard)
                #expect(Self.reason(try await fixture.start(to: origin).outcome().failure) == .ownAddress)
                #expect(try await upstream.accept().readToEnd() == "")
            }
        }

        @Test func addressesAreTriedInOrderUntilOneAccepts() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                // Nobody listens at the first two.
                let names = ScriptedResolver("several.lan", ["127.0.0.5", "::1", "127.0.0.1", "127.0.0.6"])
                let place = "several.lan:\(upstream.port)"
                try await Self.serve(fixture, try Self.origin("http://\(place)/", [place], names), upstream)
            }
        }

        @Test func noMoreAddressesAreTriedThanTheBound() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let deaf = (1...GuardedDial.dialsMost).map { "127.0.0.\(10 + $0)" }
                let place = "several.lan:\(upstream.port)"
                let origin = try Self.origin(
                    "http://\(place)/", [place], ScriptedResolver("several.lan", deaf + ["127.0.0.1"]))
                let failure = try await fixture.start(to: origin).outcome().failure
                #expect(failure == UpstreamFailure(cause: .connectFailed, retry: .nothingSent))
            }
        }

        @Test(arguments: [Answer.fault(.noAddress), .fault(.busy), .addresses([])])
        func aNameWithoutAddressesIsAFailureOfEachCall(answer: Answer) async throws {
            try await PoolFixture.run { fixture in
                let addressGuard = AddressGuard(
                    policy: AddressPolicy(), resolver: ScriptedResolver(["none.example": [answer]]))
                let origin = UpstreamOrigin(try OutboundURL("http://none.example/"), guardedBy: addressGuard)
                var calls: [PendingCall] = []
                for _ in 0..<3 { calls.append(try await fixture.start(to: origin)) }
                for call in calls {
                    #expect(
                        try await call.outcome().failure == UpstreamFailure(cause: .resolveFailed, retry: .nothingSent))
                }
                #expect(try await fixture.counts() == PoolCounts())
            }
        }

        @Test func aLookUpThatIsNotAnsweredEndsWithTheConnectTimeoutAndALateAnswerIsNobodys() async throws {
            let bait = try Bait()
            let port = bait.port
            var timeouts = UpstreamTimeouts()
            timeouts.connect = .milliseconds(30)
            try await PoolFixture.run { [timeouts] fixture in
                let names = ScriptedResolver(["silent.lan": [.silence]])
                let origin = try Self.origin("http://silent.lan:\(port)/", ["silent.lan:\(port)"], names)
                let failure = try await fixture.start(to: origin, timeouts: timeouts).outcome().failure
                #expect(failure == UpstreamFailure(cause: .connectTimeout, retry: .nothingSent))
                names.answerAll(["127.0.0.1"])
                // The late answer is a task of the same loop: after it, this one sees what it has done.
                #expect(try await fixture.counts() == PoolCounts())
            }
            #expect(bait.arrivals() == 0)
        }

        /// Nobody answers at the first address, without a refusal either; the second still gets its share of the time.
        @Test func anAddressThatIsSilentLeavesTimeForTheNext() async throws {
            let full = try FullListener()
            var timeouts = UpstreamTimeouts()
            timeouts.connect = .seconds(4)
            try await PoolFixture.run { [timeouts] fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let silentPort = full.port
                let openPort = UInt16(upstream.port)
                let addressGuard = AddressGuard(
                    policy: AddressPolicy(allowed: [try AllowedTarget("several.lan:\(openPort)")]),
                    resolver: ScriptedResolver("several.lan", ["127.0.0.1", "127.0.0.1"]), listening: [],
                    isOwn: { _ in false }, socketAddress: Alternating(silentPort, openPort).next)
                let origin = try addressGuard.origin(of: try OutboundURL("http://several.lan:\(openPort)/"))
                let call = try await fixture.start(to: origin, timeouts: timeouts)
                let peer = try await upstream.accept()
                try await peer.read(through: "\r\n\r\n{}")
                try await call.cancel()
            }
        }

        @Test func noCallbackComesBeforeSendHasReturned() async throws {
            try await PoolFixture.run { fixture in
                let addressGuard = AddressGuard(
                    policy: AddressPolicy(), resolver: ScriptedResolver("name.example", ["10.0.0.1"]))
                for url in ["http://10.0.0.1/", "http://name.example/", "http://other.example/"] {
                    let origin = UpstreamOrigin(try OutboundURL(url), guardedBy: addressGuard)
                    let wasEarly = try await fixture.eventLoop.submit {
                        [pool = fixture.pool, eventLoop = fixture.eventLoop] in
                        let receiver = RecordingReceiver(eventLoop: eventLoop)
                        _ = pool.value.send(
                            to: origin, head: ByteBuffer(), body: ByteBuffer(), timeouts: UpstreamTimeouts(),
                            receiver: receiver)
                        return receiver.outcome.failure != nil
                    }.get()
                    #expect(!wasEarly, "\(url)")
                }
                try await fixture.wait { $0 == PoolCounts() }
            }
        }

        /// After a reload with a shorter list, what the old one let through serves nobody.
        @Test func twoGuardsNeverShareAConnection() async throws {
            let bait = try Bait()
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let place = "127.0.0.1:\(upstream.port)"
                let old = try Self.origin("http://\(place)/", [place], ScriptedResolver([:]))
                try await Self.serve(fixture, old, upstream)
                #expect(try await fixture.counts() == PoolCounts(idle: 1))
                let new = UpstreamOrigin(
                    try OutboundURL("http://\(place)/"),
                    guardedBy: AddressGuard(policy: AddressPolicy(), resolver: ScriptedResolver([:])))
                #expect(old != new && old == old && Set([old, new]).count == 2)
                #expect(old != UpstreamOrigin(secure: false, host: "127.0.0.1", port: upstream.port))
                #expect(Self.reason(try await fixture.start(to: new).outcome().failure) == .addressClass(.loopback))
            }
            #expect(bait.arrivals() == 0)
        }

        @Test func theNameStaysInTLSAndIsVerified() async throws {
            let certificate = try TestCertificate.make(name: "secure.lan")
            defer { certificate.remove() }
            let chain = try NIOSSLCertificate.fromPEMFile(certificate.certificateFile)
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem))))
            try await PoolFixture.run(tls: try UpstreamTLS(extraCertificatesFile: certificate.certificateFile)) {
                fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: context)
                let names = ScriptedResolver([
                    "secure.lan": [.addresses(["127.0.0.1"])], "other.lan": [.addresses(["127.0.0.1"])],
                ])
                let secure = "secure.lan:\(upstream.port)"
                try await Self.serve(fixture, try Self.origin("https://\(secure)/", [secure], names), upstream)
                let other = "other.lan:\(upstream.port)"
                let call = try await fixture.start(to: try Self.origin("https://\(other)/", [other], names))
                #expect(try await call.outcome().failure == UpstreamFailure(cause: .tlsFailed, retry: .nothingSent))
            }
        }

        @Test func aPoolThatClosesMeanwhileIsToldOnce() async throws {
            try await PoolFixture.run { fixture in
                let names = ScriptedResolver(["silent.lan": [.silence]])
                let origin = try Self.origin("http://silent.lan:8080/", ["silent.lan:8080"], names)
                let call = try await fixture.start(to: origin)
                try await fixture.eventLoop.submit { [pool = fixture.pool] in pool.value.close() }.get()
                #expect(
                    try await call.outcome().failure == UpstreamFailure(cause: .shuttingDown, retry: .nothingSent))
                names.answerAll(["169.254.169.254"])
                #expect(try await fixture.counts() == PoolCounts())
            }
        }
    }
}
