// SecretSpellingsTests: whatever a provider makes of a credential on the way back, nobody gets it.

import Testing

@testable import Connections

@Suite struct SecretSpellingsTests {
    private func data(of body: String, hiding secrets: [SecretText]) throws -> Bool {
        let call = try Sample.call(#"{"path":"/items"}"#, Sample.provider)
        return Array(body.utf8).withUnsafeBytes {
            AgentAnswer.of(
                status: 400, contentType: "application/json", body: $0, to: call, from: Sample.provider,
                hiding: secrets)
        }.body.text.contains("data")
    }

    @Test func basicCredential_hasAllOfItsForms() throws {
        let credential = Credential.userPassword(user: "a", password: SecretText("p?/w"))
        let presented = try CredentialPlacement.basic.presented(credential)
        let texts = presented.spellings(of: credential).map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(
            Set(texts) == [
                "p?/w", "p%3F%2Fw", "YTpwPy93", "Basic YTpwPy93", "Basic%20YTpwPy93", "Basic+YTpwPy93",
            ])
        #expect(texts.map(\.utf8.count) == texts.map(\.utf8.count).sorted(by: >))
    }

    @Test func secretOfAQuery_isThereOnceOrEncoded() throws {
        let plain = try CredentialPlacement.query(name: "k").presented(.secret(SecretText("abc")))
        #expect(plain.spellings(of: .secret(SecretText("abc"))) == [SecretText("abc")])
        let odd = try CredentialPlacement.query(name: "k").presented(.secret(SecretText("a+/=")))
        #expect(
            odd.spellings(of: .secret(SecretText("a+/="))).map { String(decoding: $0.bytes, as: UTF8.self) }
                == ["a%2B%2F%3D", "a+/="])
    }

    /// Forms write a tilde as %7E, queries leave it.
    @Test func secretInAForm_isKnownAsTheFormHasIt() {
        #expect(
            SecretText.spelt([SecretText("1//0~x")]).map { String(decoding: $0.bytes, as: UTF8.self) }
                == ["1%2F%2F0%7Ex", "1%2F%2F0~x", "1//0~x"])
    }

    @Test func excerptOfJSONWithEscapes_isWithheld() {
        let secrets = [SecretText("a/b=")]
        #expect(Excerpt.of(#"{"got":"a\/b="}"#.utf8, hiding: secrets) == "(secret)")
        #expect(Excerpt.of(#"{"got":"a/b\u003d"}"#.utf8, hiding: secrets) == "(secret)")
        #expect(Excerpt.of(#"{"got":"a/b=","n":"\n"}"#.utf8, hiding: secrets) == "(secret)")
        #expect(Excerpt.of(#"{"got":"c\/d"}"#.utf8, hiding: secrets) == #"{"got":"c\/d"}"#)
    }

    @Test func applicationsSecret_isKnownWithItsName() throws {
        let client = try #require(ClientRegistration(id: "a b", secret: SecretText("c:d")))
        #expect(client.spellings == [SecretText("YStiOmMlM0Fk"), SecretText("c%3Ad"), SecretText("c:d")])
        #expect(ClientRegistration(id: "a", secret: nil)?.spellings.isEmpty == true)
    }

    /// PHP writes a slash as `\/`; others write what they like as `\u….`
    @Test(arguments: [
        #"{"headers":{"authorization":"Basic YTpwPz8/cA=="}}"#, #"{"headers":{"authorization":"Basic YTpwPz8\/cA=="}}"#,
        #"{"e":["\u0059TpwPz8/cA=="]}"#, #"{"url":"https://x/?auth=p%3F%3F%3Fp"}"#, #"{"p???p":1}"#,
        #"{"\u0070???p":1}"#,
    ])
    func errorThatRepeatsIt_comesWithoutItsData(body: String) throws {
        let credential = Credential.userPassword(user: "a", password: SecretText("p???p"))
        let secrets = try CredentialPlacement.basic.presented(credential).spellings(of: credential)
        #expect(try !data(of: body, hiding: secrets))
        #expect(try data(of: body, hiding: [SecretText("something else")]))
    }

    @Test func errorWithEscapesAndNothingSecret_keepsItsData() throws {
        #expect(try data(of: #"{"message":"no\nsuch \"thing\""}"#, hiding: [SecretText("p???p")]))
    }
}
