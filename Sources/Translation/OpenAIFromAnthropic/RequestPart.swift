// RequestPart: a piece of a message on its way from Anthropic's blocks to OpenAI's parts.
//
// For: user turns, tool results and documents, which hold the same kinds of block.
// Refuses: nothing; RequestForOpenAI+Parts makes them and refuses what cannot be one.
// Called by: RequestForOpenAI.

import JSON

enum RequestPart {
    /// Text of the client, as spelled in the body.
    case text(UnsafeRawBufferPointer)
    /// Words of the gateway's own.
    case said(String)
    case imageData(mediaType: JSONText, data: JSONText)
    case imageURL(JSONText)
    /// A PDF; Anthropic takes no other kind of document as data.
    case file(name: JSONText?, data: JSONText)

    var isText: Bool {
        switch self {
        case .text, .said: true
        default: false
        }
    }

    /// Several parts as one `content`: one string where all is text, which every server takes; else a list.
    static func writeContent(_ parts: [RequestPart], to writer: inout JSONWriter) {
        guard parts.allSatisfy(\.isText) else {
            return writer.array { for part in parts { part.write(to: &$0) } }
        }
        writeText(parts, to: &writer)
    }

    /// The texts among `parts` as one string, a blank line between two.
    static func writeText(_ parts: [RequestPart], to writer: inout JSONWriter) {
        var bytes = [UInt8(ascii: "\"")]
        for part in parts where part.isText {
            if bytes.count > 1 { bytes.append(contentsOf: #"\n\n"#.utf8) }
            part.appendText(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
        bytes.withUnsafeBytes { writer.raw($0) }
    }

    private func appendText(to bytes: inout [UInt8]) {
        switch self {
        case .text(let spelling): bytes.append(contentsOf: spelling)
        case .said(var words):
            words.withUTF8 { JSONWriter.appendEscaped(UnsafeRawBufferPointer($0), to: &bytes) }
        default: preconditionFailure("only texts are joined")
        }
    }

    /// As one part of a list.
    func write(to writer: inout JSONWriter) {
        writer.object {
            switch self {
            case .text(let spelling): Self.write("text", &$0) { $0.spelled([spelling]) }
            case .said(let words): Self.write("text", &$0) { $0.string(words) }
            case .imageURL(let url): Self.writeImage([url.spelling], &$0)
            case .imageData(let type, let data):
                Self.writeImage([.fixed("data:"), type.spelling, .fixed(";base64,"), data.spelling], &$0)
            case .file(let name, let data):
                Self.write("file", &$0) {
                    $0.object {
                        $0.key("filename")
                        if let name { $0.spelled(name) } else { $0.string("document.pdf") }
                        $0.key("file_data")
                        $0.spelled([.fixed("data:application/pdf;base64,"), data.spelling])
                    }
                }
            }
        }
    }

    /// `type`, and the member that bears its name.
    private static func write(_ type: String, _ writer: inout JSONWriter, _ value: (inout JSONWriter) -> Void) {
        writer.member("type", type)
        writer.key(type)
        value(&writer)
    }

    private static func writeImage(_ url: [UnsafeRawBufferPointer], _ writer: inout JSONWriter) {
        write("image_url", &writer) {
            $0.object {
                $0.key("url")
                $0.spelled(url)
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a fixed text, which live as long as the program.
    static func fixed(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
