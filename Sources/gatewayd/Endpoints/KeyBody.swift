// KeyBody: what the body of `POST /v1/keys` and `PATCH /v1/keys/{id}` asks for.
//
// For: turning JSON into a wish or an update, with the caller's own limits as the bound.
// Refuses: unknown members (a misspelt cap would be no cap), wrong types, amounts that are not exact, and giving away more
//          than the caller has.
// Called by: Endpoints/Keys.

import IPC
import JSON
import Money
import NIOCore
import Tenancy
import Translation

/// The members of a body.
struct KeyBody {
    private let members: [JSONValue.Member]

    init(_ bytes: ByteBuffer) throws(Refusal) {
        let value = bytes.withUnsafeReadableBytes { text in try? JSONValue(parsing: text) }
        guard case .object(let members)? = value else {
            throw Refusal(.invalidRequest, "body_malformed", "The body must be a JSON object.")
        }
        self.members = members
    }

    /// A new key for the caller's tenant. Without `scopes` it gets the standard ones the caller has; without an expiry it
    /// lives as long as the caller.
    func wish(of caller: AuthenticatedKey) throws(Refusal) -> KeyWish {
        try refuseCapped(caller)
        try refuseUnknown(beyond: ["name", "scopes", "max_spend_usd", "expires_at_ms"])
        let scope = try scope() ?? caller.key.scope.intersection(.standard)
        guard caller.key.scope.isSuperset(of: scope) else {
            throw Refusal(.permission, "scope_missing", "A key can not give scopes it does not have.", field: "scopes")
        }
        let expiry = try expiry(by: caller)
        return KeyWish(
            tenant: caller.tenant.id, name: try name().value ?? "", scope: scope, cap: try cap().value ?? nil,
            rate: nil,
            expiresAt: expiry.applied(to: caller.key.expiresAt == .never ? nil : caller.key.expiresAt))
    }

    /// A change of a key.
    func update(by caller: AuthenticatedKey) throws(Refusal) -> KeyUpdate {
        try refuseCapped(caller)
        try refuseUnknown(beyond: ["name", "max_spend_usd", "expires_at_ms"])
        return KeyUpdate(name: try name(), cap: try cap(), rate: .keep, expiresAt: try expiry(by: caller))
    }

    /// A capped key that could make keys would have no cap.
    private func refuseCapped(_ caller: AuthenticatedKey) throws(Refusal) {
        guard caller.key.cap == nil else {
            throw Refusal(.permission, "key_capped", "A key with a spending cap can not make or change keys.")
        }
    }

    private func refuseUnknown(beyond known: [String]) throws(Refusal) {
        var seen: Set<String> = []
        for member in members {
            guard known.contains(member.key), seen.insert(member.key).inserted else {
                let problem =
                    known.contains(member.key) ? "twice" : "unknown; known are \(known.joined(separator: ", "))"
                throw invalid(member.key, problem)
            }
        }
    }

    private func value(of name: String) -> JSONValue? { members.last { $0.key == name }?.value }

    private func invalid(_ field: String, _ problem: String) -> Refusal {
        let field = field.cut(toBytes: 64)
        return Refusal(.invalidRequest, "field_invalid", "The member \"\(field)\" is \(problem).", field: field)
    }
}

// MARK: members

extension KeyBody {
    private func name() throws(Refusal) -> Change<String> {
        guard let value = value(of: "name") else { return .keep }
        guard let name = value.string, name.utf8.count <= FieldLimits.shortName, name.isOneLine else {
            throw invalid("name", "not one line of at most \(FieldLimits.shortName) bytes")
        }
        return .set(name)
    }

    private func scope() throws(Refusal) -> Scope? {
        guard let value = value(of: "scopes") else { return nil }
        let names = value.elements?.map(\.string) ?? []
        let known = names.compactMap { name in name.flatMap { Scope(list: $0) } }
        guard !names.isEmpty, known.count == names.count else {
            let words = Scope.names.map(\.name).joined(separator: ", ")
            throw invalid("scopes", "not a list of some of \(words)")
        }
        return known.reduce([]) { $0.union($1) }
    }

    /// Dollars as text or number, exact to a micro-dollar; `null` is no cap.
    private func cap() throws(Refusal) -> Change<Micros?> {
        guard let value = value(of: "max_spend_usd") else { return .keep }
        let text: String
        switch value {
        case .null: return .set(nil)
        case .string(let written), .number(let written): text = written
        case .boolean, .array, .object: text = ""
        }
        guard let cap = Micros(dollars: text), !cap.isNegative else {
            throw invalid("max_spend_usd", "not an amount of dollars with at most six decimals, nor null")
        }
        return .set(cap)
    }

    /// `null` is never, which only a caller that never expires can give.
    private func expiry(by caller: AuthenticatedKey) throws(Refusal) -> Change<UnixMillis?> {
        guard let value = value(of: "expires_at_ms") else { return .keep }
        guard value == .null || value.integer != nil else {
            throw invalid("expires_at_ms", "neither milliseconds since 1970 nor null")
        }
        let expiry = value.integer.map { UnixMillis($0) }
        guard expiry ?? .never <= caller.key.expiresAt else {
            throw Refusal(
                .permission, "expiry_beyond_own", "A key can not give a life beyond its own.", field: "expires_at_ms")
        }
        return .set(expiry)
    }
}
