// Admin: an operator's programs put tokens in, take them out, and read what was done.
//
// For: the routes below `/admin`, for any tenant.
// Refuses: tenants that there are not, and what ConnectBody and tokend refuse.
// Called by: Gateway, once the administrator's key was found right.

import Connections
import HTTP
import IPC
import JSON
import NIOCore
import Storage
import Tenancy
import Translation

extension Gateway {
    /// What the records of events call whoever has the administrator's key.
    private static let administrator = "admin key"

    /// The row of the table that `part` names.
    func administer(_ part: AdminRoute, _ parameters: [String], _ id: RequestID, on exchange: HTTPExchange) {
        do throws(Refusal) {
            if case .audit = part, Query(exchange.head.queryText)["of"] == "gateway" {
                return try audit(id, on: exchange)
            }
            guard let connecting else { throw Self.connectionsOff }
            switch part {
            case .tokenPut: try putToken(parameters, connecting, id, on: exchange)
            case .tokenList: connecting.list(of: try tenant(parameters[0]), id, on: exchange)
            case .tokenRemove:
                let account = try connecting.account(try tenant(parameters[0]), parameters.dropFirst())
                connecting.remove(account, by: Self.administrator, id, on: exchange)
            case .seed: seed(connecting, id, on: exchange)
            case .audit: try events(connecting, id, on: exchange)
            }
        } catch {
            Answer.refuse(error, .account, id, on: exchange)
        }
    }

    /// A tenant that there is: tokend takes any name.
    private func tenant(_ text: String) throws(Refusal) -> TenantID {
        let tenant = try ConnectBody.tenant(text)
        guard keys.knows(tenant) else { throw Refusal(.notFound, "tenant_unknown", "There is no such tenant.") }
        return tenant
    }

    private func putToken(
        _ parameters: [String], _ connecting: ConnectionEndpoints, _ id: RequestID, on exchange: HTTPExchange
    ) throws(Refusal) {
        let account = try connecting.account(try tenant(parameters[0]), parameters.dropFirst())
        connecting.collect(id, exchange) { [self] body throws(Refusal) in
            let request = try ConnectBody.token(
                body, account, connectRules.providers, by: Self.administrator)
            connecting.put(request, id, on: exchange)
        }
    }

    private func seed(_ connecting: ConnectionEndpoints, _ id: RequestID, on exchange: HTTPExchange) {
        connecting.collect(id, exchange) { [self] body throws(Refusal) in
            let request = try ConnectBody.seed(body, connectRules.providers, by: Self.administrator)
            _ = try tenant(request.account.tenant.text)
            connecting.put(request, id, on: exchange)
        }
    }
}

// MARK: the audit

/// What of an audit is asked for.
private struct AuditQuery {
    var filter = AuditFilter()
    let before: Int64?
    let limit: Int

    /// Rows of one page when nobody says how many.
    static let rows = 100

    private static let parameters: Set = ["of", "tenant", "action", "key", "since", "before", "limit"]

    init(_ query: Query) throws(Refusal) {
        if let stranger = query.others(than: Self.parameters).first {
            let known = Self.parameters.sorted().joined(separator: ", ")
            throw Self.refusal(stranger.name, "is unknown; there are \(known)")
        }
        guard ["accounts", "gateway", nil].contains(query["of"]) else {
            throw Self.refusal("of", "is accounts or gateway")
        }
        filter.tenant = try query["tenant"].map { text throws(Refusal) in try ConnectBody.tenant(text) }
        filter.action = try Self.text("action", query, most: FieldLimits.display)
        filter.subject = try Self.text("key", query, most: FieldLimits.accountToken)
        filter.since = try query.integer("since", within: 0...Int64.max).map { UnixMillis($0) }
        before = try query.integer("before", within: 1...Int64.max)
        limit = try query.integer("limit", within: 1...Store.auditPageMost) ?? Self.rows
    }

    private static func text(_ name: String, _ query: Query, most: Int) throws(Refusal) -> String? {
        guard let text = query[name] else { return nil }
        guard (1...most).contains(text.utf8.count) else { throw refusal(name, "has 1 to \(most) bytes") }
        return text
    }

    private static func refusal(_ name: String, _ problem: String) -> Refusal {
        let name = name.isOneLine ? name.cut(toBytes: FieldLimits.shortName) : "?"
        return Refusal(.invalidRequest, "invalid_parameter", "\(name) \(problem).", field: name)
    }
}

extension Gateway {
    /// `GET /admin/audit?of=gateway&tenant&action&key&since&before&limit`: tenants and keys.
    private func audit(_ id: RequestID, on exchange: HTTPExchange) throws(Refusal) {
        let asked = try AuditQuery(Query(exchange.head.queryText))
        let question: StoreQuestion<AuditPage> = { store throws(StorageError) in
            try store.audit(asked.filter, before: asked.before ?? .max, limit: asked.limit)
        }
        let done = account.answering(id, exchange) { (page: AuditPage) in
            auditJSON(page.rows, next: page.next) { $0.append(to: &$1) }
        }
        store.perform(on: loop.eventLoop, question, done)
    }

    /// `GET /admin/audit?of=accounts&tenant&action&key&since&before&limit`: connected accounts, as tokend has recorded it.
    private func events(
        _ connecting: ConnectionEndpoints, _ id: RequestID, on exchange: HTTPExchange
    ) throws(Refusal) {
        let asked = try AuditQuery(Query(exchange.head.queryText))
        let request = TokenEventsRequest(
            tenant: asked.filter.tenant, before: UInt64(asked.before ?? 0), limit: UInt16(asked.limit),
            action: asked.filter.action ?? "", subject: asked.filter.subject ?? "", since: asked.filter.since)
        connecting.tokens.events(
            request,
            connecting.reply(id, exchange) { (answer: TokenEventsAnswer) throws(Refusal) in
                let next = answer.next == 0 ? nil : Int64(clamping: answer.next)
                return auditJSON(answer.events, next: next) { $0.append(to: &$1) }
            })
    }
}

/// Rows, newest first; `next` is the `before` of the following page.
private func auditJSON<Row>(
    _ rows: [Row], next: Int64?, _ append: (Row, inout JSONWriter) -> Void
) -> [UInt8] {
    ConnectionAnswers.json {
        $0.key("events")
        $0.array { list in for row in rows { list.object { append(row, &$0) } } }
        $0.key("next")
        if let next { $0.integer(next) } else { $0.null() }
    }
}

extension AuditRow {
    fileprivate func append(to writer: inout JSONWriter) {
        writer.member("number", number)
        writer.member("at_ms", time: at)
        writer.member("tenant", tenant)
        writer.member("subject", subject)
        writer.member("action", action)
        writer.member("source", source)
        writer.member("before", before)
        writer.member("after", after)
    }
}

extension TokenEvent {
    fileprivate func append(to writer: inout JSONWriter) {
        writer.member("number", number)
        writer.member("at_ms", time: at)
        writer.member("tenant", account?.tenant.text)
        writer.member("subject", account.map { "\($0.provider)/\($0.account)" })
        writer.member("action", action)
        writer.member("source", source)
        writer.member("before", before)
        writer.member("after", after)
        writer.member("message", text)
    }
}
