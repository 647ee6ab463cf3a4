// FolderSetup: a folder that daemons can run in.
//
// For: `weirctl init`, and the first `weirctl up` in a folder.
// Refuses: to overwrite a configuration; folders so deep that their sockets' paths would not fit the kernel's limit.
// Called by: InitCommand, UpCommand.

import Glibc
import IPC

/// Makes one folder.
struct FolderSetup {
    let folder: String
    var configuration: FolderConfiguration

    var configPath: String { "\(folder)/\(Installation.configName)" }

    /// Where vendors' keys are read from: environment variable, provider of the sample, its credential's file.
    static let vendors = [
        (variable: "ANTHROPIC_API_KEY", provider: "anthropic", file: "anthropic-key"),
        (variable: "OPENAI_API_KEY", provider: "openai", file: "openai-key"),
    ]

    /// What was done, for people, in order.
    func make(environment: (String) -> String?) throws(Complaint) -> [String] {
        guard access(configPath, F_OK) != 0 else {
            throw Complaint(
                "\(configPath) exists and is not overwritten", next: "edit it, or name another folder",
                status: .configuration)
        }
        let path = try Folder.make(folder)
        try Self.checkDepth(path)
        for name in ["run", "state", "credentials"] { try Folder.make("\(path)/\(name)") }
        var told: [String] = []
        var configuration = configuration
        for vendor in Self.vendors {
            guard let key = environment(vendor.variable) else { continue }
            try Folder.write(key + "\n", to: "\(path)/credentials/\(vendor.file)")
            configuration.providers.insert(vendor.provider)
            told.append("\(vendor.provider): the key in \(vendor.variable) was copied to credentials/\(vendor.file)")
        }
        told += try Self.makeVaultKey(path)
        try Folder.write(configuration.text(from: SampleConfiguration.text), to: "\(path)/\(Installation.configName)")
        return told
    }

    /// The name of the vault's key, in a folder and as systemd's credential.
    static let vaultKey = "vault-key"

    /// A key for the vault, unless one is there: under another, nothing in an older vault opens.
    private static func makeVaultKey(_ folder: String) throws(Complaint) -> [String] {
        let path = "\(folder)/credentials/\(vaultKey)"
        guard access(path, F_OK) != 0 else { return [] }
        try Folder.write(VaultKeyText.random() + "\n", to: path)
        return ["tokend: a key was made in credentials/\(vaultKey); without it nothing in the vault opens: keep a copy"]
    }

    /// A socket's path has its bound; better said now than by a daemon that cannot listen.
    static func checkDepth(_ folder: String) throws(Complaint) {
        let longest = "\(folder)/run/gatewayd.sock".utf8.count
        guard longest > IPCLimits.pathBytes else { return }
        throw Complaint(
            "\(folder) is too deep: its sockets' paths would have \(longest) bytes, the kernel takes \(IPCLimits.pathBytes)",
            next: "choose a folder with a shorter path", status: .configuration)
    }
}

/// Folders and small files that only their owner can read.
enum Folder {
    /// Makes `path` with mode 0700 unless it is there, and returns it without `.` or links.
    @discardableResult
    static func make(_ path: String) throws(Complaint) -> String {
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw complaint("make", path, errno) }
        guard let resolved = realpath(path, nil) else { throw complaint("use", path, errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Writes a new file with mode 0600; one that is there already is left alone and an error.
    static func write(_ text: String, to path: String) throws(Complaint) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw complaint("make", path, errno) }
        defer { close(file) }
        guard Printer.write(text, to: file), fsync(file) == 0 else { throw complaint("write", path, errno) }
    }

    /// The first line of a small file; `nil` when there is none.
    static func line(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let line = buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private static func complaint(_ verb: String, _ path: String, _ code: Int32) -> Complaint {
        Complaint(
            "cannot \(verb) \(path): \(String(cString: strerror(code)))", next: "check the path and its permissions",
            status: .configuration)
    }
}
