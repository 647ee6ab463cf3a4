// ResponsesPart: a piece of a message on its way from the Responses API's parts to those of chat completions.
//
// For: messages and tool results, which hold the same kinds of part (R-07, R-09).
// Refuses: nothing; ChatFromResponses+Parts makes them and refuses what cannot be one.
// Called by: ChatFromResponses.

import JSON

enum ResponsesPart {
    case text(JSONText)
    /// Words of the gateway's own.
    case said(String)
    case image(url: JSONText, detail: JSONText?)
    case file(data: JSONText, name: JSONText?)
    /// The object both APIs have alike.
    case audio(BodyValue)

    var isText: Bool {
        switch self {
        case .text, .said: true
        default: false
        }
    }

    /// Several parts as one `content`: a string where it is one text or none, which every server takes; else a list.
    static func writeContent(_ parts: [ResponsesPart], to writer: inout JSONWriter) {
        guard parts.count > 1 || parts.contains(where: { !$0.isText }) else {
            return writeText(parts, to: &writer)
        }
        writer.array { for part in parts { part.write(to: &$0) } }
    }

    /// The texts among `parts` as one string, a blank line between two.
    static func writeText(_ parts: [ResponsesPart], to writer: inout JSONWriter) {
        var text: [UInt8] = []
        for part in parts where part.isText {
            if !text.isEmpty { text.put(#"\n\n"#) }
            if case .text(let said) = part { text.put(said) }
            if case .said(let words) = part { text.put(escaping: Array(words.utf8)) }
        }
        writer.spelled(text)
    }

    private func write(to writer: inout JSONWriter) {
        writer.object {
            switch self {
            case .text(let text):
                $0.member("type", "text")
                $0.key("text")
                $0.spelled(text)
            case .said(let words):
                $0.member("type", "text")
                $0.member("text", words)
            case .image(let url, let detail): Self.writeImage(url, detail, &$0)
            case .file(let data, let name): Self.writeFile(data, name, &$0)
            case .audio(let audio):
                $0.member("type", "input_audio")
                $0.key("input_audio")
                $0.value(audio)
            }
        }
    }

    private static func writeImage(_ url: JSONText, _ detail: JSONText?, _ writer: inout JSONWriter) {
        writer.member("type", "image_url")
        writer.key("image_url")
        writer.object {
            $0.key("url")
            $0.spelled(url)
            guard let detail else { return }
            $0.key("detail")
            $0.spelled(detail)
        }
    }

    private static func writeFile(_ data: JSONText, _ name: JSONText?, _ writer: inout JSONWriter) {
        writer.member("type", "file")
        writer.key("file")
        writer.object {
            if let name {
                $0.key("filename")
                $0.spelled(name)
            }
            $0.key("file_data")
            $0.spelled(data)
        }
    }
}

extension JSONWriter {
    /// A string that is spelled already.
    mutating func spelled(_ text: [UInt8]) {
        text.withUnsafeBytes { spelled([$0]) }
    }
}
