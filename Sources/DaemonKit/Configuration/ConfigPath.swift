// ConfigPath: the name of a setting within a file, as messages and documentation write it.
//
// Called by: YAMLTree, ConfigReader, daemons that report relations.

/// Key paths such as `models."gpt-5.4".hosts[0].price`.
public enum ConfigPath {
    /// `key` below `path`. Keys with other characters than letters, digits, `-` and `_` are quoted, so that a dot
    /// always separates.
    public static func child(_ path: String, _ key: String) -> String {
        let plain =
            !key.isEmpty
            && key.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x2D || byte == 0x5F
            }
        let name = plain ? key : "\"\(key)\""
        return path.isEmpty ? name : "\(path).\(name)"
    }

    /// The item at `index`, counted from 0, of the list at `path`.
    public static func item(_ path: String, _ index: Int) -> String { "\(path)[\(index)]" }
}
