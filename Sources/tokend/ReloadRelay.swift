// ReloadRelay: reloads that are asked for over the socket, done on the main thread like those by signal.
//
// For: token.reload, which needs the vault that its own table is part of.
// Refuses: a reload before the vault is open: nobody can ask then; keys with which the vault would not open at the next
//      start.
// Called by: Main (serve, reload), Service (reload).

import DaemonKit
import IPC
import Synchronization

final class ReloadRelay: Sendable {
    typealias Done = @Sendable (TokenReloadAnswer) -> Void

    private let action = Mutex<(@Sendable (@escaping Done) -> Void)?>(nil)

    /// From now on reloads reach `vault`.
    func serve(_ vault: OpenVault, _ context: DaemonContext<TokendConfiguration>) {
        action.withLock { action in
            action = { done in
                context.lifecycle.perform {
                    switch Self.reload(vault, context) {
                    case .success: done(TokenReloadAnswer(accepted: true, text: ""))
                    case .failure(let refusal):
                        let text = refusal.description.cut(toBytes: FieldLimits.page)
                        done(TokenReloadAnswer(accepted: false, text: text))
                    }
                }
            }
        }
    }

    func reload(_ done: @escaping Done) {
        guard let action = action.withLock({ $0 }) else {
            return done(TokenReloadAnswer(accepted: false, text: "tokend is starting"))
        }
        action(done)
    }

    /// Reads the configuration again. On the main thread.
    static func reload(
        _ vault: OpenVault, _ context: DaemonContext<TokendConfiguration>
    ) -> Result<Void, ConfigRefusal> {
        context.reload { configuration throws(ConfigRefusal) in
            guard let settings = VaultSettings(configuration) else {
                throw ConfigRefusal("tokend.encryption_key", "there is no encryption key")
            }
            do {
                try vault.adopt(settings)
            } catch {
                throw ConfigRefusal("tokend.encryption_key", "\(error)")
            }
        }
    }
}
