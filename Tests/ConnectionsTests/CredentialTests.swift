// How credentials are presented, and what does not fit into its place.

import Testing

@testable import Connections

@Suite struct CredentialTests {
    private func presented(_ placement: CredentialPlacement, _ credential: Credential) -> String? {
        switch try? placement.presented(credential) {
        case .header(let name, let value): "\(name): \(value.text)"
        case .query(let name, let value): "?\(name)=\(value.text)"
        case .path(let front): front.text
        case nil: nil
        }
    }

    private let secret = Credential.secret(SecretText("s3cret"))
    private let pair = Credential.userPassword(user: "Aladdin", password: SecretText("open sesame"))

    @Test func credential_standsWhereTheDefinitionSays() {
        #expect(presented(.bearer, secret) == "authorization: Bearer s3cret")
        #expect(
            presented(.header(name: "X-API-Key", template: Sample.template("{secret}")), secret) == "x-api-key: s3cret")
        #expect(
            presented(.header(name: "authorization", template: Sample.template("Bot {secret}!")), secret)
                == "authorization: Bot s3cret!")
        #expect(presented(.query(name: "key"), secret) == "?key=s3cret")
        #expect(presented(.path(Sample.template("/bot{secret}")), .secret(SecretText("12:aB_-"))) == "/bot12:aB_-")
        // RFC 7617 §2.
        #expect(presented(.basic, pair) == "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(presented(.basic, secret) == "authorization: Basic czNjcmV0Og==")
    }

    @Test(arguments: [
        "", " a", "a ", "a\r\nx: y", "a\u{0}", "é", String(repeating: "a", count: SecretText.longest + 1),
    ])
    func secret_thatWouldBreakOut_isRefused(text: String) {
        let secret = Credential.secret(SecretText(text))
        let header = CredentialPlacement.header(name: "x", template: Sample.template("{secret}"))
        for placement in [.bearer, .basic, .query(name: "k"), header] {
            #expect(presented(placement, secret) == nil)
        }
    }

    @Test(arguments: ["a/b", "..", "a%2f", "a?b", "a b", "a.b", "", "é"])
    func secret_thatIsNoPartOfAPath_isRefused(text: String) {
        #expect(presented(.path(Sample.template("/bot{secret}")), .secret(SecretText(text))) == nil)
    }

    @Test(arguments: [("a:b", "c"), ("", "c"), ("a\n", "c"), ("a", ""), ("a", "b\r\n")])
    func userAndPassword_thatCannotBeJoined_areRefused(user: String, password: String) {
        #expect(presented(.basic, .userPassword(user: user, password: SecretText(password))) == nil)
    }

    @Test func userAndPassword_whereOneSecretIsTaken_areRefused() {
        #expect(presented(.bearer, pair) == nil)
        #expect(presented(.query(name: "k"), pair) == nil)
    }
}
