// AgentCallReader: the members of an agent's request, one by one.
//
// For: AgentCall.read.
// Refuses: see AgentCall; every mistake becomes a problem, and reading goes on.
// Called by: AgentCall.read.

import JSON
import Tenancy

struct AgentCallReader {
    let domain: ProviderDomain
    let provider: ProviderDefinition
    var problems: [AgentProblem] = []
    /// Where each member's value stands.
    private var members: [String: UnsafeRawBufferPointer] = [:]

    init(domain: ProviderDomain, provider: ProviderDefinition) { (self.domain, self.provider) = (domain, provider) }

    mutating func add(_ path: String, _ reason: String) { problems.append(AgentProblem(path, reason)) }

    /// The call, or `nil` with at least one problem.
    mutating func call(_ body: UnsafeRawBufferPointer) -> AgentCall? {
        do throws(JSONFault) {
            try split(body)
        } catch {
            add("", "expected a JSON object; \(error)")
            return nil
        }
        let account = account()
        let fields = fields()
        let isCompact = isCompact()
        let ask = ask()
        guard problems.isEmpty, let ask else { return nil }
        return AgentCall(ask: ask, account: account, fields: fields, isCompact: isCompact)
    }

    private mutating func split(_ body: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            let isNull = try scanner.peek() == .null
            let range = try scanner.skip()
            guard let name = key.string else {
                add("", "a name is not Unicode")
                continue
            }
            // Null says the same as nothing.
            if isNull { continue }
            if members.updateValue(UnsafeRawBufferPointer(rebasing: body[range]), forKey: name) != nil {
                add(excerpt(name), "given twice")
            }
        }
        try scanner.finish()
    }

    // MARK: What goes for every request

    private mutating func account() -> AccountName? {
        guard let text = text("account_id") else { return nil }
        guard let name = AccountName(text) else {
            add("account_id", "expected 1 to \(AccountName.longest) of letters, digits and _ . @ -")
            return nil
        }
        return name
    }

    private mutating func fields() -> [DottedPath] {
        guard let value = value("fields") else { return [] }
        guard let texts = value.elements, (1...AgentCall.mostFields).contains(texts.count) else {
            add("fields", "expected 1 to \(AgentCall.mostFields) paths such as [\"id\", \"owner.name\"]")
            return []
        }
        var paths: [DottedPath] = []
        for (index, text) in texts.enumerated() {
            do throws(GrammarFault) {
                paths.append(try DottedPath(text.string ?? ""))
            } catch {
                add("fields[\(index)]", error.reason)
            }
        }
        return paths
    }

    private mutating func isCompact() -> Bool {
        guard let value = value("format") else { return false }
        if value != .string("compact") { add("format", "expected \"compact\"") }
        return true
    }

    // MARK: What is asked for

    private mutating func ask() -> AgentCall.Ask? {
        switch (members["path"] != nil, members["action"] != nil) {
        case (true, false): return pathAsk()
        case (false, true): return actionAsk()
        case (true, true): add("action", "expected path or action, not both")
        case (false, false):
            let actions = domain.actions.map(\.name).joined(separator: ", ")
            add("", "expected path" + (actions.isEmpty ? "" : ", or action, which is one of \(actions)"))
        }
        return nil
    }

    private mutating func pathAsk() -> AgentCall.Ask? {
        refuseUnknown(["path", "method", "query", "body"])
        let body = body()
        let method = method(hasBody: body != nil)
        let given = givenQuery()
        guard let text = text("path"), let method else { return nil }
        do throws(GrammarFault) {
            let target = try PathQuery(text)
            checkAllowed(method, target.path)
            for pair in given where target.query.contains(where: { $0.name == pair.name }) {
                add("query.\(excerpt(pair.name))", "is in path as well")
            }
            let query = target.query + given
            checkQuery(query)
            return .path(method, target.path, query: query, body: body)
        } catch {
            add("path", error.reason)
            return nil
        }
    }

    private mutating func method(hasBody: Bool) -> RequestMethod? {
        guard let text = text("method") else { return members["method"] == nil ? (hasBody ? .post : .get) : nil }
        guard let method = RequestMethod(rawValue: text) else {
            add("method", "expected one of \(RequestMethod.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        if hasBody, !method.takesBody { add("body", "\(method.rawValue) has no body") }
        return method
    }

    private mutating func checkAllowed(_ method: RequestMethod, _ path: NormalPath) {
        if domain.allow.contains(where: { $0.matches(method, path) }) { return }
        let some = domain.allow.prefix(8).map(\.description).joined(separator: "; ")
        add("path", "\(method.rawValue) \(excerpt(path.description)) is not allowed here; allowed are: \(some)")
    }

    private mutating func checkQuery(_ query: [FormPair]) {
        if query.count > FormText.mostPairs { add("query", "more than \(FormText.mostPairs) parameters") }
        for pair in query where provider.ownQueryNames.contains(pair.name.lowercased()) {
            add("query.\(excerpt(pair.name))", "is set by the gateway")
        }
    }

    private mutating func body() -> [UInt8]? {
        guard let slice = members["body"] else { return nil }
        if provider.bodyFormat == .json {
            guard UTF8Check.isValid(slice) else {
                add("body", "not UTF-8")
                return nil
            }
            return Array(slice)
        }
        return pairs("body").map { FormText.body($0) }
    }

    private mutating func givenQuery() -> [FormPair] { pairs("query") ?? [] }

    // MARK: Values

    /// The members of an object of scalars, and of arrays of scalars, whose name is then repeated.
    private mutating func pairs(_ name: String) -> [FormPair]? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else {
            add(name, "expected an object of texts, numbers and flags")
            return nil
        }
        var pairs: [FormPair] = []
        for member in members {
            for value in member.value.elements ?? [member.value] {
                switch value {
                case .string(let text), .number(let text): pairs.append(FormPair(member.key, text))
                case .boolean(let flag): pairs.append(FormPair(member.key, flag ? "true" : "false"))
                case .null: continue
                case .array, .object:
                    add("\(name).\(excerpt(member.key))", "expected text, number, flag, or an array of them")
                }
            }
        }
        return pairs
    }

    /// The value of a member; `nil` when it is not there.
    mutating func value(_ name: String) -> JSONValue? {
        guard let slice = members[name] else { return nil }
        do throws(JSONFault) {
            return try JSONValue(parsing: slice)
        } catch {
            add(name, "a text in it is not Unicode")
            return nil
        }
    }

    private mutating func text(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        if value.string == nil { add(name, "expected text") }
        return value.string
    }

    mutating func refuseUnknown(_ own: [String]) {
        let known = own + ["account_id", "fields", "format"]
        for name in members.keys.sorted() where !known.contains(name) && name != "action" {
            add(excerpt(name), "unknown; known here are \(known.joined(separator: ", "))")
        }
    }

    func excerpt(_ text: String) -> String { Excerpt.of(text.utf8) }

    /// The name of the action that is asked for.
    mutating func actionName() -> String? { text("action") }
}
