// connection add: an account whose secrets are at hand.
//
// For: API keys, bot tokens, passwords, and OAuth tokens that were made elsewhere.
// Refuses: secrets as arguments; two secrets from standard input.
// Called by: ConnectionCommand.

import ArgumentParser
import IPC
import Tenancy

extension ConnectionCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Connects an account with secrets that are at hand.",
            discussion: """
                Secrets are read from files that only you can read, or one of them from standard input, where it is typed \
                unseen; never from arguments. Without any of the options below, the secret is read from standard input, for \
                OAuth the refresh token. \(Report.fields(ConnectionReport.addedColumns))
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ConnectionCommand.accountHelp, transform: Parse.account) var account: AccountKey
        @Option(
            help: "What it is: api_key, bot_token, basic, oauth or client_credentials.", transform: Parse.credentialKind
        )
        var kind = CredentialKind.apiKey
        @Option(help: "Its name for people.") var label = ""
        @Option(help: "The user, of basic authentication.") var user = ""
        @Option(help: "The client's id, where it is not the operator's client.") var clientId = ""
        @Option(help: "A token endpoint other than the provider's.") var tokenEndpoint = ""
        @Option(help: "Scopes, separated by blanks.") var scopes = ""
        @Option(
            help: ArgumentHelp("When the token ends: a span such as 1h, or a date.", valueName: "when"),
            transform: Parse.expiry)
        var expires: Change<UnixMillis?> = .keep
        @Option(
            name: .customLong("set"),
            help: ArgumentHelp("Something requests need beside the secret; may be repeated.", valueName: "name=value"),
            transform: Parse.metadata)
        var metadata: [MetadataField] = []
        @Flag(help: "Replaces an account of that name.") var replace = false
        @Option(help: ArgumentHelp("The key, token or password: a file, or - for standard input.", valueName: "path"))
        var secretFile: String?
        @Option(help: ArgumentHelp("The refresh token of OAuth, likewise.", valueName: "path")) var refreshTokenFile:
            String?
        @Option(help: ArgumentHelp("The secret of --client-id, likewise.", valueName: "path")) var clientSecretFile:
            String?

        func validate() throws {
            let files = [secretFile, refreshTokenFile, clientSecretFile]
            if files.filter({ $0 == "-" }).count > 1 {
                throw ValidationError("standard input holds one secret; give the others in files")
            }
            if metadata.count > FieldLimits.metadata {
                throw ValidationError("--set at most \(FieldLimits.metadata) times")
            }
        }

        func run() async throws {
            let request = try request()
            let answer = try await Desk(global).vault { client throws(CallFailure) in try await client.put(request) }
            try answer.outcome.check(account, answer.text)
            global.printer.record(ConnectionReport.added(account, answer))
        }

        private func request() throws(Complaint) -> TokenPutRequest {
            let isUnsaid = secretFile == nil && refreshTokenFile == nil && clientSecretFile == nil
            let asksForSecret = isUnsaid && kind != .oauth && kind != .clientCredentials
            let asksForRefreshToken = isUnsaid && kind == .oauth
            return TokenPutRequest(
                account: account, kind: kind, label: label,
                secret: try secret("secret", secretFile ?? (asksForSecret ? "-" : nil)), user: user,
                refreshToken: try secret("refresh token", refreshTokenFile ?? (asksForRefreshToken ? "-" : nil)),
                clientID: clientId, clientSecret: try secret("client secret", clientSecretFile),
                tokenEndpoint: tokenEndpoint, scopes: scopes, expiresAt: expires.value ?? nil, metadata: metadata,
                replace: replace, source: ConnectionCommand.source)
        }

        private func secret(_ what: String, _ path: String?) throws(Complaint) -> SecretField {
            guard let path else { return SecretField("") }
            return try SecretInput.read(what, from: path == "-" ? .standardInput : .file(path))
        }
    }
}
