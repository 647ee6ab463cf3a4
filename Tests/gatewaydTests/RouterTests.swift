// The route table and the router that looks it up.

import HTTP
import Tenancy
import Testing

@testable import gatewayd

@Suite struct RouterTests {
    private let router = Router()

    private func match(_ method: RequestMethod, _ path: String) -> Router.Match {
        Array(path.utf8).withUnsafeBytes { router.match(method, $0) }
    }

    private func endpoint(_ method: RequestMethod, _ path: String) -> Endpoint? {
        if case .route(let route, _) = match(method, path) { route.endpoint } else { nil }
    }

    @Test func everyRowIsFoundByItsOwnMethodAndPath() {
        for route in Routes.all {
            let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "/abc" : "/\($0)" }.joined()
            guard case .route(let found, let parameters) = match(route.method, path.isEmpty ? "/" : path) else {
                Issue.record("\(route.path) is not found")
                continue
            }
            #expect(found.path == route.path)
            #expect(parameters.count == route.path.filter { $0 == "{" }.count)
            #expect(parameters.allSatisfy { Array(path.utf8)[$0].elementsEqual("abc".utf8) })
        }
    }

    @Test func theParameterIsTheSegmentInTheMiddle() {
        guard case .route(_, let parameters) = match(.get, "/v1/keys/key_0123/usage"), parameters.count == 1 else {
            Issue.record("no match")
            return
        }
        #expect(Array("/v1/keys/key_0123/usage".utf8)[parameters[0]].elementsEqual("key_0123".utf8))
    }

    @Test(arguments: [
        "/v1/message", "/v1/messages/", "/V1/messages", "", "/v1/keys/", "/v1/keys/a/b", "/v1/keys//usage",
        "/v1/models/",
        "/v1/messages/batches", "/admin", "/admin/tokens/a/b", "/console/connections//x/test", "/oauth/connections",
    ])
    func otherPathsAreUnknown(_ path: String) {
        guard case .unknown = match(.post, path) else {
            Issue.record("\(path) is known")
            return
        }
    }

    @Test func anotherMethodIsToldWhichMethodsThereAre() {
        guard case .otherMethods(let methods) = match(.put, "/v1/keys") else {
            Issue.record("not told")
            return
        }
        #expect(methods.sorted() == ["GET", "POST"])
        guard case .otherMethods(["POST"]) = match(.get, "/v1/messages") else {
            Issue.record("not told")
            return
        }
    }

    @Test func B24_everyRouteThatReachesAnUpstreamIsMeteredAndScoped() {
        for route in Routes.all {
            let spends = if case .metered = route.endpoint { true } else { false }
            #expect((route.admission == .metered) == spends, "\(route.path)")
            let isScoped = route.admission == .authenticated || route.admission == .metered
            #expect(isScoped != route.scope.isEmpty, "\(route.path): a key's scope or nobody's")
        }
    }

    @Test func theOperatorsRoutesAreBelowAdmin_andNoOthers() {
        for route in Routes.all {
            #expect((route.admission == .administrator) == route.path.hasPrefix("/admin/"), "\(route.path)")
            let isAdmin = if case .admin = route.endpoint { true } else { false }
            #expect((route.admission == .administrator) == isAdmin, "\(route.path)")
        }
    }

    @Test func accountsCalledLikeRoutes_areAccounts() {
        for (method, path, part) in [
            (RequestMethod.get, "/console/connections/providers", "providers"),
            (.get, "/console/connections", "list"), (.post, "/console/connections/api-key", "connect"),
            (.delete, "/console/connections/x/start", "remove"), (.get, "/console/connections/x/start", "start"),
            (.post, "/console/connections/x/test/test", "test"),
        ] {
            guard case .connections(let found)? = endpoint(method, path) else {
                Issue.record("\(path) is not found")
                continue
            }
            #expect("\(found)" == part)
        }
    }
}
