// The frames of the protocol document against the frame code.

import Testing

@testable import IPC

@Suite struct FrameVectorTests {
    let document = ProtocolDocument.shared

    private func vector(_ name: String) throws -> [UInt8] {
        try #require(document.vectors.first { $0.name == "frame " + name }).bytes
    }

    private func frame(_ header: FrameHeader, _ payload: (inout WireWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = WireWriter()
        let written = writer.frame(header, payload)
        #expect(written)
        return Array(writer.bytes)
    }

    private func sample(_ name: String) throws -> (inout WireWriter) -> Void {
        try #require((walletSamples + gatewaySamples + tokenSamples).first { $0.name == name }).encode
    }

    @Test func helloIsTheVector() throws {
        let identity = PeerIdentity(role: .gatewayd, instance: 0x0807_0605_0403_0201, build: "gatewayd 0.1.0")
        let hello = Hello(versions: .ours, identity: identity)
        #expect(frame(FrameHeader(.hello)) { hello.encode(to: &$0) } == (try vector("hello")))
    }

    @Test func requestResponseAndFailureAreTheVectors() throws {
        let hold = MessageNumber.walletHold.rawValue
        let request = FrameHeader(.request, message: hold, call: 0x10000, deadlineMillis: 250)
        #expect(frame(request, try sample("wallet.hold request")) == (try vector("request")))
        let response = FrameHeader(.response, message: hold, call: 0x10000)
        #expect(frame(response, try sample("wallet.hold answer")) == (try vector("response")))
        let failure = FailurePayload(.tooLarge, "answer above 1 MiB")
        let failed = FrameHeader(.failure, message: hold, call: 0x10000)
        #expect(frame(failed) { failure.encode(to: &$0) } == (try vector("failure")))
        #expect(frame(FrameHeader(.cancel, message: hold, call: 0x10000)) == (try vector("cancel")))
    }

    @Test func streamFramesAreTheVectors() throws {
        let audit = MessageNumber.walletAudit.rawValue
        let item = FrameHeader(.streamItem, message: audit, call: 0x20001)
        #expect(frame(item, try sample("wallet.audit item")) == (try vector("streamItem")))
        let end = FrameHeader(.streamEnd, message: MessageNumber.gatewayWatch.rawValue, call: 0x20001)
        #expect(frame(end) == (try vector("streamEnd")))
        let update = FrameHeader(.windowUpdate, message: audit, call: 0x20001)
        #expect(frame(update) { WindowPayload(items: 32).encode(to: &$0) } == (try vector("windowUpdate")))
    }

    @Test func goodbyeIsTheVector() throws {
        #expect(frame(FrameHeader(.goodbye)) { GoodbyePayload(.stopping).encode(to: &$0) } == (try vector("goodbye")))
    }

    @Test func everyFrameVectorDecodesToItsHeaderAndPayload() throws {
        for vector in document.vectors where vector.name.hasPrefix("frame ") {
            var decoder = FrameDecoder(payloadLimit: IPCLimits.payloadBytes)
            var headers: [FrameHeader] = []
            try vector.bytes.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { header, payload in
                    headers.append(header)
                    #expect(Array(payload) == Array(vector.bytes.dropFirst(IPCLimits.headerBytes)))
                    return IPCLimits.payloadBytes
                }
            }
            let names = headers.map { "frame \($0.kind)" }
            #expect(names == [vector.name])
            #expect(decoder.pendingBytes == 0)
        }
    }

    @Test func everyKindHasAVector() {
        let names = document.vectors.map(\.name)
        for kind in FrameKind.allCases { #expect(names.contains("frame \(kind)")) }
    }
}
