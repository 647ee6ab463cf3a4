// CredentialReference: where a secret is to be found.
//
// For: vendor keys. The configuration names where a key is; the key itself is never in the file, its print-out or a
// message.
// Refuses: a secret written into the configuration.
// Called by: ConfigReader; CredentialStore finds the secret.

/// Where a secret is to be found.
public enum CredentialReference: Hashable, Sendable, CustomStringConvertible {
    /// There is none.
    case none
    /// In a file of its own; an absolute path.
    case file(String)
    /// Handed over by systemd (`LoadCredential=`, `SetCredentialEncrypted=`) under this name.
    case systemd(String)

    /// The reference, which is safe to print: `{file: /etc/weir/openai.key}`.
    public var description: String {
        switch self {
        case .none: "none"
        case .file(let path): "{file: \(path)}"
        case .systemd(let name): "{systemd: \(name)}"
        }
    }

    /// Reads `none`, `{file: PATH}` or `{systemd: NAME}`. Messages never repeat what was written: it may be a pasted
    /// secret.
    static func read(_ node: ConfigNode, _ path: String, _ directory: String, _ report: inout ConfigReport)
        -> CredentialReference?
    {
        if case .scalar("none", quoted: false) = node.content { return CredentialReference.none }
        guard case .mapping(let entries) = node.content else {
            report.add(
                node.place, path, "expected none, {file: PATH} or {systemd: NAME}; a secret itself is not written here")
            return nil
        }
        guard entries.count == 1, let entry = entries.first, case .scalar(let text, let quoted) = entry.value.content
        else {
            report.add(node.place, path, "expected exactly one of file and systemd")
            return nil
        }
        do throws(ConfigReason) {
            let written = ScalarText(text, isQuoted: quoted, directory: directory)
            switch entry.key {
            case "file": return .file(try ScalarKind.path.parse(written))
            case "systemd": return .systemd(try credentialName.parse(written))
            default:
                report.add(entry.place, ConfigPath.child(path, entry.key), "unknown key; known here: file, systemd")
            }
        } catch {
            report.add(entry.value.place, ConfigPath.child(path, entry.key), error.text)
        }
        return nil
    }

    /// systemd's own rule: a file name (systemd.exec(5), LoadCredential=).
    private static let credentialName = ScalarKind.text("credential name", most: 255, example: "key") { name in
        name.contains("/") || name == "." || name == ".." ? "a credential name contains no slash" : nil
    }
}
