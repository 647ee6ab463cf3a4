// RawHTTP: HTTP/1.1 with nothing but a socket.
//
// For: looking at what a server of ours answers without a client of ours in between.
// Refuses: nothing; an answer that does not come is empty.
// Called by: gatewaydTests.

import Glibc

/// HTTP without a client in between.
public enum RawHTTP {
    /// What `GET path` is answered on a port of this machine, head and body.
    public static func get(_ path: String, _ port: UInt16) -> String { ask("GET \(path) HTTP/1.1\r\n", port) }

    /// Everything that is answered to `head` until the other side closes.
    public static func ask(_ head: String, _ port: UInt16) -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard connected == 0 else { return "" }
        let request = Array("\(head)host: test\r\nconnection: close\r\n\r\n".utf8)
        _ = write(descriptor, request, request.count)
        var (answer, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while case let count = read(descriptor, &part, part.count), count > 0 { answer += part[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }
}
