// Seals of forms, codes, and whom requests without a key are counted for.

import Connections
import HTTP
import NIOCore
import OAuthServer
import Tenancy
import Testing

@testable import gatewayd

@Suite struct OAuthDeskTests {
    @Test func seal_isGoodForItsCookieItsQueryAndItsProcess() {
        let (desk, cookie) = (OAuthDesk(), OAuthDesk.cookie())
        let seal = desk.seal(cookie: cookie, query: "a=b")
        #expect(desk.isSealed(seal, cookie: cookie, query: "a=b"))
        #expect(!desk.isSealed(seal, cookie: cookie, query: "a=c"))
        #expect(!desk.isSealed(seal, cookie: OAuthDesk.cookie(), query: "a=b"))
        #expect(!desk.isSealed(String(seal.dropLast()), cookie: cookie, query: "a=b"))
        #expect(!desk.isSealed("", cookie: cookie, query: "a=b"))
        #expect(!OAuthDesk().isSealed(seal, cookie: cookie, query: "a=b"))
        // What moves between cookie and query is another form.
        #expect(desk.seal(cookie: "x", query: "y") != desk.seal(cookie: "xy", query: ""))
    }

    @Test func code_isTakenOnce() throws {
        let desk = OAuthDesk()
        let grant = try Self.grant()
        let code = desk.issue(grant)
        #expect(desk.issue(grant) != code)
        #expect(desk.take(code, now: grant.grantedAt) == .grant(grant))
        #expect(desk.note(.test(1), madeFor: code))
        #expect(desk.take(code, now: grant.grantedAt) == .used(.test(1)))
        // Twice before its key was made: that key is not good.
        let other = desk.issue(grant)
        #expect(desk.take(other, now: grant.grantedAt) == .grant(grant))
        #expect(desk.take(other, now: grant.grantedAt) == .nothing)
        #expect(!desk.note(.test(2), madeFor: other))
    }

    @Test func registrationsAndOtherRequests_areCountedApart() {
        let desk = OAuthDesk()
        for _ in 0..<5 { #expect(desk.refusal(of: "a", .registering, now: UnixMillis(0)) == nil) }
        #expect(desk.refusal(of: "a", .registering, now: UnixMillis(0)) == 3600)
        #expect(desk.refusal(of: "a", .authorizing, now: UnixMillis(0)) == nil)
        #expect(desk.refusal(of: "b", .registering, now: UnixMillis(0)) == nil)
        for _ in 0..<300 { #expect(desk.refusal(of: "a", .connecting, now: UnixMillis(0)) == nil) }
        #expect(desk.refusal(of: "a", .connecting, now: UnixMillis(0)) == 60)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"), ("2001:db8:1:3::", "2001:db8:1:3::"),
    ])
    func peers_areCountedByAddressOrNetwork(address: String, name: String) throws {
        let address = try SocketAddress(ipAddress: address, port: 1)
        #expect(PeerName.of(try #require(IPAddress(address))) == name)
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON ; charset=utf-8", "application/json"),
        (" */* ", "*/*"), ("", ""),
    ])
    func mediaTypes_areComparedWithoutParameters(field: String, essence: String) {
        #expect(MediaType.essence(of: field) == essence)
    }

    private static func grant() throws -> Grant {
        let redirect = "https://client.example/"
        let client = PublicClient(
            id: ClientID(random: [UInt8](repeating: 1, count: 16)),
            wish: ClientWish(name: "Editor", redirects: [try #require(RedirectTarget(redirect))]),
            registeredAt: UnixMillis(0))
        let query = FormText.query([
            FormPair("response_type", "code"), FormPair("redirect_uri", redirect),
            FormPair("code_challenge", String(repeating: "a", count: 43)), FormPair("code_challenge_method", "S256"),
        ])
        let request = try AuthorizationRequest(
            try OAuthParameters(query.utf8), from: client,
            at: ServerMetadata(try WebAddress("https://weir.example").origin))
        return Grant(request, tenant: .acme, fingerprint: .test(.test(1)), grantedAt: UnixMillis(5))
    }
}
