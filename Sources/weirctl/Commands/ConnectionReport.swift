// ConnectionReport: connected accounts as columns.
//
// Called by: ConnectionCommand.

import IPC
import Tenancy

enum ConnectionReport {
    static let columns: [Column] = [
        .left("account"), .left("kind"), .left("state"), .left("label"), .left("expires"), .left("refresh_at"),
        .right("failures"), .left("reason"), .detail("scopes"), .detail("created"), .detail("changed"),
        .detail("facts"),
    ]
    static let addedColumns: [Column] = [.left("account"), .left("generation")]
    static let removedColumns: [Column] = [.left("account"), .left("revoked"), .left("text")]
    static let testedColumns: [Column] = [.left("account"), .left("status")]
    static let refreshedColumns: [Column] = [.left("account"), .left("expires")]
    static let eventColumns: [Column] = [
        .right("number"), .left("at"), .left("account"), .left("action"), .left("source"), .left("before"),
        .left("after"), .left("text"),
    ]

    static func report(_ rows: [AccountRow]) -> Report { Report(columns, rows: rows.map(cells)) }

    private static func cells(_ row: AccountRow) -> [Cell] {
        [
            .text(row.account.description), .text(row.kind.name), .text("\(row.state)"), .text(row.label),
            .optional(row.expiresAt, Cell.instant), .optional(row.refreshAt, Cell.instant), .count(row.failures),
            .text(row.reason), .text(row.scopes), .instant(row.createdAt), .instant(row.changedAt),
            .text(row.metadata.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")),
        ]
    }

    static func report(_ events: [TokenEvent]) -> Report {
        Report(
            eventColumns,
            rows: events.map { event in
                [
                    .count(event.number), .instant(event.at), .optional(event.account) { .text($0.description) },
                    .text(event.action), .text(event.source), .text(event.before), .text(event.after),
                    .text(event.text),
                ]
            })
    }

    static func added(_ account: AccountKey, _ answer: TokenPutAnswer) -> Report {
        Report(addedColumns, rows: [[.text(account.description), .count(answer.generation)]])
    }

    static func removed(_ account: AccountKey, _ answer: TokenRemoveAnswer) -> Report {
        Report(removedColumns, rows: [[.text(account.description), .flag(answer.revoked), .text(answer.text)]])
    }

    static func tested(_ account: AccountKey, _ answer: TokenTestAnswer) -> Report {
        Report(testedColumns, rows: [[.text(account.description), .count(answer.status)]])
    }

    static func refreshed(_ account: AccountKey, _ answer: TokenRefreshAnswer) -> Report {
        Report(refreshedColumns, rows: [[.text(account.description), .optional(answer.expiresAt, Cell.instant)]])
    }
}

extension CredentialKind {
    /// As it is written on the command line.
    var name: String {
        switch self {
        case .none: "none"
        case .apiKey: "api_key"
        case .botToken: "bot_token"
        case .basic: "basic"
        case .oauth: "oauth"
        case .clientCredentials: "client_credentials"
        }
    }
}

extension Parse {
    static func account(_ text: String) throws -> AccountKey {
        try accept(AccountKey(text), "an account is TENANT/PROVIDER/ACCOUNT, such as acme/github/work", text)
    }

    static func provider(_ text: String) throws -> ProviderID {
        try accept(ProviderID(text), "a provider is 1 to 32 of a-z 0-9 -, beginning with a letter", text)
    }

    static func credentialKind(_ text: String) throws -> CredentialKind {
        let kind = CredentialKind.allCases.first { $0 != .none && $0.name == text }
        return try accept(kind, "a kind is api_key, bot_token, basic, oauth or client_credentials", text)
    }

    static func accountState(_ text: String) throws -> AccountState {
        try accept(AccountState.allCases.first { "\($0)" == text }, "a state is active, pending or dead", text)
    }

    static func metadata(_ text: String) throws -> MetadataField {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let field = parts.count == 2 ? MetadataField(name: parts[0], value: parts[1]) : nil
        return try accept(field, "expected name=value", text)
    }
}
