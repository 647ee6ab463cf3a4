// Certificates: a self-signed certificate for localhost and 127.0.0.1, made when a test asks for it.
//
// For: the TLS tests; nothing secret or expiring lies in the repository.
// Refuses: machines without the openssl command (throws).
// Called by: TLSTests.

import Glibc

struct TestCertificate: Sendable {
    let certificateFile: String
    let keyFile: String
    private let folder: String

    struct OpenSSLFailed: Error {}

    private let name: String

    /// Makes one for `name`, and for 127.0.0.1 if that is localhost, in a new temporary folder.
    static func make(name: String = "localhost") throws -> TestCertificate {
        var template = Array("/tmp/weir-http-tls-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template) else { throw OpenSSLFailed() }
        let certificate = TestCertificate(folder: String(cString: folder), name: name)
        try certificate.renew()
        return certificate
    }

    private init(folder: String, name: String) {
        self.name = name
        self.folder = folder
        certificateFile = folder + "/certificate.pem"
        keyFile = folder + "/key.pem"
    }

    /// A new key and certificate in the same files.
    func renew() throws {
        let command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name)"
            + " -addext subjectAltName=DNS:\(name)\(name == "localhost" ? ",IP:127.0.0.1" : "") -keyout \(keyFile) -out \(certificateFile) 2>/dev/null"
        guard system(command) == 0 else { throw OpenSSLFailed() }
    }

    func remove() {
        unlink(certificateFile)
        unlink(keyFile)
        rmdir(folder)
    }
}
