// ConfigFile: one configuration file on its way from disk to a daemon's typed configuration.
//
// For: start, --check-config, --print-config and reload, which all take the same way.
// Refuses: any file with a problem. There is no half-valid configuration.
// Called by: DaemonMain; weirctl for the settings it needs; tests with text instead of a file.

/// A daemon's typed configuration.
public protocol DaemonConfiguration: Sendable {
    /// The declaration of the whole file as this daemon reads it.
    static var layout: ConfigSection { get }

    /// Takes the values over, finds the secrets they refer to, and reports relations that do not hold. After a
    /// problem, in `values` or reported here, the instance is thrown away, so it may hold stand-ins but must not
    /// trap.
    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport)
}

/// Why a configuration cannot be used.
public struct ConfigRefusal: Error, Sendable, CustomStringConvertible {
    /// Every problem found, in the order of their places; at least one.
    public let problems: [ConfigProblem]

    /// A configuration that reads well and cannot be used: what `path`, a key in it, leads to is no good.
    public init(_ path: String, _ reason: String) {
        problems = [ConfigProblem(file: "", place: .top, path: path, reason: reason)]
    }

    init(problems: [ConfigProblem]) { self.problems = problems }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A configuration file that was found good.
public struct ConfigFile<Configuration: DaemonConfiguration>: Sendable {
    /// The typed configuration.
    public let configuration: Configuration
    /// The effective configuration as text: canonical, commented, secrets as references. Reading it gives the same
    /// configuration and printing that gives the same text.
    public let printed: String

    /// The largest file read: a catalogue of a thousand models, written out, has about 600 KiB.
    public static var largest: Int { 4 << 20 }

    /// Reads the file at `path`.
    public init(path: String, credentials: CredentialStore) throws(ConfigRefusal) {
        let contents: FileContents
        do throws(FileFault) {
            contents = try FileContents(path: path, most: Self.largest)
        } catch {
            throw ConfigRefusal(problems: [ConfigProblem(file: path, place: .top, path: "", reason: error.description)])
        }
        let directory = WorkingDirectory.absolute(folderOf: path)
        try self.init(contents.bytes, name: path, directory: directory, credentials)
    }

    /// Reads `text` as if it were the contents of a file called `name` in `directory`.
    public init(
        text: String, name: String = "weir.yaml", directory: String = "/",
        credentials: CredentialStore = .referencesOnly
    ) throws(ConfigRefusal) {
        try self.init(Array(text.utf8), name: name, directory: directory, credentials)
    }

    private init(_ bytes: [UInt8], name: String, directory: String, _ credentials: CredentialStore)
        throws(ConfigRefusal)
    {
        var report = ConfigReport(file: name)
        guard let tree = YAMLTree.read(bytes, &report) else { throw ConfigRefusal(problems: report.problems) }
        var reader = ConfigReader(directory: directory, report: report)
        let values = reader.root(tree, Configuration.layout)
        configuration = Configuration(values, credentials, &reader.report)
        guard reader.report.isClean else { throw ConfigRefusal(problems: reader.report.problems) }
        printed = ConfigPrinter.text(values, Configuration.layout)
    }
}
