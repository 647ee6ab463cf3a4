// ServerIdentity: certificate chain and key of a TLS listener, replaceable while it runs.
//
// For: listeners that terminate TLS themselves; a renewed certificate is taken with `renewed`, no connection is dropped.
// Refuses: files it cannot read or that do not fit together (throws, the old identity stays).
// Called by: gatewayd at start and on a reload; HTTPServer for each new connection.

internal import NIOSSL
internal import Synchronization

/// What a TLS listener presents. Connections made before that keep what they negotiated.
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

    /// Reads the files again. Nothing changes until the result is called: then new connections use what the files held.
    public func renewed() throws -> @Sendable () -> Void {
        let renewed = try Self.load(certificateFile, keyFile)
        return { self.context.withLock { $0 = renewed } }
    }

    /// The file that holds the chain.
    public var name: String { certificateFile }

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
