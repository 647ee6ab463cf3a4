// BrowserConfiguration: how people's browsers reach this gateway, through which proxies, where they may be sent
// afterwards, and who administers.
//
// For: connecting accounts, the pages for it, and the routes below /admin.
// Refuses: addresses without TLS outside this machine, addresses with a path, keys that could be guessed.
// Called by: GatewaydConfiguration (declares and makes it), Gateway's settings (hold it).

import Connections
import DaemonKit
import HTTP
import Hashing

/// Settings that are taken over at a reload.
struct BrowserConfiguration: Sendable {
    /// What stands before every path when a browser is meant; `nil` where browsers are not served.
    let publicURL: WebOrigin?
    /// Where browsers may be sent after an account was connected, beside `publicURL`.
    let returnOrigins: [WebOrigin]
    /// Whose word about a client's address is believed.
    let proxies: TrustedProxies
    /// `nil` where nobody administers over HTTP.
    let adminKey: AdminKey?

    static let publicURL = Setting(
        optional: "public_url", origin,
        """
        The address under which browsers reach gatewayd, such as https://ai.example.com. Needed to connect accounts by OAuth \
        and by MCP clients; without TLS only on this machine.
        """)
    static let returnOrigins = Setting(
        list: "return_origins", of: origin, count: 0...64,
        "Where browsers may be sent after an account was connected, beside public_url: origins of your own consoles.")
    static let trustedProxies = Setting(
        list: "trusted_proxies", of: network, count: 0...TrustedProxies.listedMost,
        """
        Addresses and networks of your own reverse proxies, such as 127.0.0.1 or 10.1.0.0/16. What they say in \
        X-Forwarded-For is the client's address where programs without a key are counted by address. Without this all \
        programs behind a proxy are counted as one.
        """)
    static let adminKey = Setting(
        credential: "admin_key",
        """
        The key to the routes below /admin, by reference: one line of at least 32 characters, such as the output of \
        openssl rand -base64 32. Without it there are no such routes.
        """)

    static let declarations = [
        publicURL.declaration, returnOrigins.declaration, trustedProxies.declaration, adminKey.declaration,
    ]

    /// Scheme, host and port alone.
    private static let origin = ScalarKind<WebOrigin>(
        "https URL without a path", example: example,
        parse: { scalar throws(ConfigReason) in
            do throws(GrammarFault) {
                let address = try WebAddress(scalar.text)
                guard address.path.isEmpty else { throw GrammarFault("expected an address without a path") }
                guard address.origin.isSecure || address.origin.isLoopback else { throw GrammarFault("expected https") }
                return address.origin
            } catch {
                throw ConfigReason(error.reason)
            }
        }, render: { $0.description })

    private static let network = ScalarKind<AddressPrefix>(
        "IP address or network", example: exampleNetwork,
        parse: { scalar throws(ConfigReason) in
            if let network = AddressPrefix(scalar.text) ?? AddressPrefix(only: scalar.text) { return network }
            throw ConfigReason("expected 127.0.0.1 or 10.1.0.0/16: no bits beyond the length, no ports")
        }, render: { $0.description })

    private static var exampleNetwork: AddressPrefix {
        guard let network = AddressPrefix("10.1.0.0/16") else { preconditionFailure("that is a network") }
        return network
    }

    private static var example: WebOrigin {
        guard let address = try? WebAddress("https://ai.example.com") else { preconditionFailure("that is an address") }
        return address.origin
    }

    init(publicURL: WebOrigin?, returnOrigins: [WebOrigin], proxies: TrustedProxies = .init(), adminKey: AdminKey?) {
        (self.publicURL, self.returnOrigins) = (publicURL, returnOrigins)
        (self.proxies, self.adminKey) = (proxies, adminKey)
    }

    init(_ own: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        publicURL = own[Self.publicURL]
        returnOrigins = own[Self.returnOrigins]
        proxies = TrustedProxies(own[Self.trustedProxies])
        let secret = credentials.secret(own, Self.adminKey, &report)
        adminKey = secret.flatMap(AdminKey.init)
        if secret != nil, adminKey == nil {
            report.add(
                own.place(of: Self.adminKey), own.path(of: Self.adminKey),
                "a key has at least \(AdminKey.shortest) bytes; openssl rand -base64 32 makes one")
        }
    }
}

/// The key to the routes below /admin: of it only the digest is kept.
struct AdminKey: Sendable {
    private let digest: SHA256Digest

    /// 32 characters of base64 are 192 bits.
    static let shortest = 32
    /// What is looked at of a key that somebody sends.
    static let longest = CredentialStore.longest

    /// `nil` for a key that is too short.
    init?(_ secret: Secret) {
        let digest = secret.withBytes { $0.count < Self.shortest ? nil : SHA256Digest(of: $0) }
        guard let digest else { return nil }
        self.digest = digest
    }

    /// Whether `key` is the key. The time says nothing about how much of it is right.
    func matches(_ key: UnsafeRawBufferPointer) -> Bool {
        key.count <= Self.longest && SHA256Digest(of: key) == digest
    }
}
