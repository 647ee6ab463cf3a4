// ServerIdentity: certificate chain and key of a TLS listener, replaceable while it runs.
//
// For: listeners that terminate TLS themselves; a renewed certificate is taken with `reload`, no connection is dropped.
// Refuses: files it cannot read or that do not fit together (throws, the old identity stays).
// Called by: gatewayd at start and on SIGHUP; HTTPServer for each new connection.

internal import NIOSSL
internal import Synchronization

/// What a TLS listener presents. Connections made before a `reload` keep what they negotiated.
public final class ServerIdentity: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let context: Mutex<NIOSSLContext>

    /// Reads PEM files: the chain, leaf first, and its key. Throws what NIOSSL says about them.
    public init(certificateFile: String, keyFile: String) throws {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        context = Mutex(try Self.load(certificateFile, keyFile))
    }

    /// Reads the files again; new connections use what they hold now. On an error the old identity stays.
    public func reload() throws {
        let renewed = try Self.load(certificateFile, keyFile)
        context.withLock { $0 = renewed }
    }

    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: context.withLock { $0 })
    }

    private static func load(_ certificateFile: String, _ keyFile: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
