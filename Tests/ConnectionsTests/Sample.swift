// A provider that uses everything a definition can say, and short ways to make values from text.

import Connections
import JSON
import Tenancy

/// What tests are made of.
enum Sample {
    static let id = ProviderID("sample")!
    static let tenant = TenantID("acme")!

    static func path(_ text: String) -> DottedPath { try! DottedPath(text) }
    static func template(_ text: String) -> TextTemplate { try! TextTemplate(text) }
    static func url(_ text: String) -> AddressTemplate { try! AddressTemplate(text) }
    static func rule(_ text: String) -> PathRule { try! PathRule(text) }
    static func account(_ text: String) -> AccountName { AccountName(text)! }

    /// A provider at one address, with an allow-list and two actions.
    static var provider: ProviderDefinition {
        var provider = ProviderDefinition(
            id: id, displayName: "Sample", baseURL: url("https://api.example.com/v1"),
            auth: [AuthRule(.apiKey, .bearer), AuthRule(.oauth2, .bearer), AuthRule(.basic, .basic)])
        provider.version = "2024-01"
        provider.main.allow = ["GET /items/**", "POST,DELETE /items/*", "ANY /files/*.txt"].map(rule)
        provider.main.actions = [search, get]
        provider.oauth = oauth
        provider.test = try! ProbeRequest("GET /me?full=yes")
        return provider
    }

    static let search = ProviderAction(
        name: "search", method: .post, path: template("/objects/{kind}/search"),
        parameters: [
            ActionParameter(name: "kind", place: .path, isRequired: true),
            ActionParameter(name: "filters", place: .body(try! BodyPath("groups[].filters")), form: .any),
            ActionParameter(name: "properties", place: .body(try! BodyPath("properties")), form: .list),
            ActionParameter(
                name: "limit", place: .body(try! BodyPath("limit")), form: .integer, fallback: "10", most: 200),
            ActionParameter(name: "archived", place: .query("archived"), form: .flag),
        ])

    static let get = ProviderAction(
        name: "get", method: .get, path: template("/objects/{kind}/{id}"),
        parameters: [
            ActionParameter(name: "kind", place: .path, fallback: "contact"),
            ActionParameter(name: "id", place: .path, isRequired: true),
            ActionParameter(name: "properties", place: .query("props"), form: .list),
        ])

    static var oauth: OAuthDefinition {
        try! OAuthDefinition(
            authorizeURL: WebAddress("https://login.example.com/authorize"),
            tokenURL: WebAddress("https://login.example.com/token"))
    }

    static let client = ClientRegistration(id: "my client", secret: SecretText("p:a+s/s~*"))!
    static let bearer = PresentedCredential.header(name: "authorization", value: SecretText("Bearer t0ken"))

    /// A call for the provider's own domain.
    static func call(_ body: String, _ provider: ProviderDefinition = provider) throws(AgentFailure) -> AgentCall {
        let result: Result<AgentCall, AgentFailure> = Array(body.utf8).withUnsafeBytes { bytes in
            do throws(AgentFailure) {
                return .success(try AgentCall.read(bytes, for: provider.main, of: provider))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The problems of a body that is refused, as `path: reason`.
    static func problems(_ body: String, _ provider: ProviderDefinition = provider) -> [String] {
        do throws(AgentFailure) {
            _ = try call(body, provider)
            return []
        } catch {
            return error.problems.map { $0.path.isEmpty ? $0.reason : "\($0.path): \($0.reason)" }
        }
    }

    /// The request that a call comes to.
    static func request(
        _ body: String, _ provider: ProviderDefinition = provider, facts: AccountFacts = AccountFacts(),
        credential: PresentedCredential = bearer
    ) throws -> OutboundRequest {
        try provider.request(for: call(body, provider), in: provider.main, facts: facts, credential: credential)
    }
}

extension OutboundRequest {
    /// Everything that is sent, one line each, for comparison with what was expected.
    var wire: [String] {
        ["\(method.rawValue) \(origin) \(target.text)"] + fields.map { "\($0.name): \($0.value.text)" }
            + (body.map { ["", $0.text] } ?? [])
    }
}

extension SecretText {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}

/// The reason why something is refused; `nil` when it is not.
func reason<Value>(_ body: () throws(GrammarFault) -> Value) -> String? {
    do throws(GrammarFault) {
        _ = try body()
        return nil
    } catch {
        return error.reason
    }
}
