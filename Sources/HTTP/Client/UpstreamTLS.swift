// UpstreamTLS: how upstreams prove who they are.
//
// For: secure origins of a pool; verification of chain and name cannot be switched off.
// Refuses: an extra certificate file that cannot be read (throws at start).
// Called by: gatewayd at start; OriginPool for each new connection.

internal import NIOCore
internal import NIOSSL

/// The client side of TLS: the system's trust roots and, if given, an operator's own.
public final class UpstreamTLS: Sendable {
    private let context: NIOSSLContext

    /// `extraCertificatesFile` is a PEM file of further roots, for upstreams behind a private authority.
    public init(extraCertificatesFile: String? = nil) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let extraCertificatesFile {
            // Read here as well: NIOSSL would only notice a missing file at the first handshake.
            let certificates = try NIOSSLCertificate.fromPEMFile(extraCertificatesFile)
            configuration.additionalTrustRoots = [.certificates(certificates)]
        }
        context = try NIOSSLContext(configuration: configuration)
    }

    /// A handler that verifies `host`: by name with SNI, or by address, for which there is no SNI (RFC 6066 §3).
    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}
