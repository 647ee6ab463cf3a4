// TLSTests: listeners that terminate TLS and change their certificate, upstreams that are verified.

import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct TLSTests {
        private func clientContext(trusting file: String) throws -> NIOSSLContext {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(file)
            return try NIOSSLContext(configuration: configuration)
        }

        private func serverContext(_ certificate: TestCertificate) throws -> NIOSSLContext {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate.certificateFile)
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem))))
        }

        @Test func aListenerServesTLSAndTakesARenewedCertificate() async throws {
            let certificate = try TestCertificate.make()
            defer { certificate.remove() }
            let old = try clientContext(trusting: certificate.certificateFile)
            let identity = try ServerIdentity(
                certificateFile: certificate.certificateFile, keyFile: certificate.keyFile)
            try await ServerFixture.run(tls: identity, answer: { $0.answer($0.isSecure ? "secure" : "plain") }) {
                fixture in
                let request = Array("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
                func answer(_ context: NIOSSLContext) async throws -> String {
                    let peer = try await RawPeer.connect(
                        fixture.address, on: fixture.group, greeting: request, tls: context)
                    return try await peer.readToEnd()
                }
                #expect(try await answer(old).hasSuffix("secure"))
                try certificate.renew()
                try identity.renewed()()
                let new = try clientContext(trusting: certificate.certificateFile)
                #expect(try await answer(new).hasSuffix("secure"))
                #expect(try await answer(old) == "")
            }
        }

        @Test func aCertificateThatDoesNotFitItsKeyIsRefusedAndTheOldOneStays() throws {
            let certificate = try TestCertificate.make()
            let other = try TestCertificate.make()
            defer {
                certificate.remove()
                other.remove()
            }
            _ = try ServerIdentity(certificateFile: certificate.certificateFile, keyFile: certificate.keyFile)
            #expect(throws: (any Error).self) {
                try ServerIdentity(certificateFile: certificate.certificateFile, keyFile: "/nonexistent/key.pem")
            }
            #expect(throws: (any Error).self) {
                try ServerIdentity(certificateFile: certificate.certificateFile, keyFile: other.keyFile)
            }
        }

        @Test(arguments: ["localhost", "127.0.0.1"])
        func anUpstreamIsVerifiedByNameOrAddress(_ host: String) async throws {
            let certificate = try TestCertificate.make()
            defer { certificate.remove() }
            let tls = try UpstreamTLS(extraCertificatesFile: certificate.certificateFile)
            try await PoolFixture.run(tls: tls) { fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: try serverContext(certificate))
                for number in 0..<2 {
                    let call = try await fixture.start(body: "\(number)", port: upstream.port, host: host, secure: true)
                    let peer = number == 0 ? try await upstream.accept() : nil
                    if let peer {
                        try await peer.read(through: "\r\n\r\n\(number)")
                        try await peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
                        #expect(try await call.outcome().body == "ok")
                    } else {
                        try await call.cancel()
                    }
                }
            }
        }

        /// Over TLS a connection that is given up stays until the other side has said goodbye, which takes what is under way
        /// before it: the rest of the answer comes, and frees no connection for somebody else's call.
        @Test(.timeLimit(.minutes(1))) func aCancelledCallsConnectionIsNobodysElse() async throws {
            let certificate = try TestCertificate.make()
            defer { certificate.remove() }
            let tls = try UpstreamTLS(extraCertificatesFile: certificate.certificateFile)
            var configuration = PoolConfiguration()
            configuration.perOriginMax = 1
            try await PoolFixture.run(configuration: configuration, tls: tls) { fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: try serverContext(certificate))
                let first = try await fixture.start(body: "1", port: upstream.port, host: "localhost", secure: true)
                let peer = try await upstream.accept()
                try await peer.read(through: "\r\n\r\n1")
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
                #expect(try await first.head.get() == 200)
                // The goodbye of the client is not read until the rest has been sent.
                try await peer.setReading(false)
                try await first.cancel()
                let second = try await fixture.start(body: "2", port: upstream.port, host: "localhost", secure: true)
                try await peer.send("half")
                try await peer.setReading(true)
                let other = try await upstream.accept()
                try await other.read(through: "\r\n\r\n2")
                try await other.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                let outcome = try await second.outcome()
                #expect(outcome.failure == nil && outcome.body == "ok")
            }
        }

        @Test(.timeLimit(.minutes(1))) func anIdleConnectionThatIsClosingIsNotTaken() async throws {
            let certificate = try TestCertificate.make()
            defer { certificate.remove() }
            let tls = try UpstreamTLS(extraCertificatesFile: certificate.certificateFile)
            try await PoolFixture.run(tls: tls) { fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: try serverContext(certificate))
                let first = try await fixture.start(body: "1", port: upstream.port, host: "localhost", secure: true)
                let peer = try await upstream.accept()
                try await peer.read(through: "\r\n\r\n1")
                try await peer.send("HTTP/1.1 204 No Content\r\n\r\n")
                #expect(try await first.outcome().status == 204)
                // Bytes that nobody asked for end an idle connection; the upstream does not hear of it.
                try await peer.setReading(false)
                try await fixture.wait { $0.idle == 1 }
                try await peer.send("?")
                try await fixture.wait { $0.idle == 0 }
                let second = try await fixture.start(body: "2", port: upstream.port, host: "localhost", secure: true)
                let other = try await upstream.accept()
                try await other.read(through: "\r\n\r\n2")
                try await other.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                #expect(try await second.outcome().body == "ok")
                try await peer.setReading(true)
            }
        }

        @Test func anUnknownAuthorityIsRefusedBeforeAnythingIsSent() async throws {
            let certificate = try TestCertificate.make()
            defer { certificate.remove() }
            try await PoolFixture.run(tls: try UpstreamTLS()) { fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: try serverContext(certificate))
                let call = try await fixture.start(port: upstream.port, host: "localhost", secure: true)
                #expect(try await call.outcome().failure == UpstreamFailure(cause: .tlsFailed, retry: .nothingSent))
                #expect(try await upstream.accept().readToEnd() == "")
            }
        }

        @Test func aCertificateForAnotherNameIsRefused() async throws {
            let certificate = try TestCertificate.make(name: "elsewhere.example")
            defer { certificate.remove() }
            let tls = try UpstreamTLS(extraCertificatesFile: certificate.certificateFile)
            try await PoolFixture.run(tls: tls) { fixture in
                let upstream = try await RawServer.start(on: fixture.group, tls: try serverContext(certificate))
                let call = try await fixture.start(port: upstream.port, host: "localhost", secure: true)
                #expect(try await call.outcome().failure == UpstreamFailure(cause: .tlsFailed, retry: .nothingSent))
            }
        }

        @Test func aHandshakeThatNeverComesMeetsTheConnectDeadline() async throws {
            var timeouts = UpstreamTimeouts()
            timeouts.connect = .milliseconds(50)
            try await PoolFixture.run(tls: try UpstreamTLS()) { [timeouts] fixture in
                let silent = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(
                    port: silent.port, host: "localhost", secure: true, timeouts: timeouts)
                #expect(
                    try await call.outcome().failure == UpstreamFailure(cause: .connectTimeout, retry: .nothingSent))
                try await fixture.wait { $0 == PoolCounts() }
            }
        }

        @Test func aMissingExtraCertificateFileIsNoticedAtOnce() {
            #expect(throws: (any Error).self) { try UpstreamTLS(extraCertificatesFile: "/nonexistent.pem") }
        }
    }
}
