// AnthropicAttachment: a picture or a document in the form Anthropic takes.
//
// For: `image_url` and `file` parts, with data URIs taken apart.
// Refuses: types Anthropic does not read, data that is not base64, addresses that are not https, files by id, sound.
// Called by: RequestForAnthropic+Messages.

import JSON

enum AnthropicAttachment {
    /// `data` is spelled as in the body unless it had to be decoded.
    case image(mediaType: String, data: UnsafeRawBufferPointer)
    case imageURL(JSONText)
    case pdf(data: UnsafeRawBufferPointer, title: JSONText?)
    case pdfURL(JSONText, title: JSONText?)
    case text(String, title: JSONText?)

    init(_ part: BodyFields, _ path: String, _ traits: UpstreamTraits) throws(TranslationRefusal) {
        if part.holds("type", "image_url") {
            guard let image = part["image_url"] else { throw .missing("\(path).image_url") }
            let url: JSONText
            if let text = image.text {
                url = text
            } else {
                url = try image.fields("\(path).image_url").requiredText("url", "\(path).image_url")
            }
            try self.init(url, as: .picture, "\(path).image_url.url")
        } else if part.holds("type", "file") {
            guard let file = try part["file"]?.fields("\(path).file") else { throw .missing("\(path).file") }
            guard let data = try file.text("file_data", "\(path).file") else {
                throw .unsayable("\(path).file", "only file_data can be sent to this model, no files by id.")
            }
            let title = try file.text("filename", "\(path).file")
            try self.init(data, as: .file(title: title), "\(path).file.file_data")
        } else {
            throw .unsayable("\(path).type", "this model takes text, image_url and file.")
        }
        if !traits.readsImages, !isText {
            throw .unsayable(path, "the model does not read images or documents.")
        }
    }

    private var isText: Bool { if case .text = self { true } else { false } }

    /// What the client says the data is; a data URI that says otherwise is believed.
    private enum Purpose {
        case picture
        case file(title: JSONText?)
    }

    private init(_ url: JSONText, as purpose: Purpose, _ path: String) throws(TranslationRefusal) {
        let title: JSONText? = if case .file(let title) = purpose { title } else { nil }
        if url.spelling.starts(with: "https:".utf8) {
            self = if case .file = purpose { .pdfURL(url, title: title) } else { .imageURL(url) }
            return
        }
        // `%PDF-` in base64: some clients leave the head of the URI away.
        if case .file = purpose, url.spelling.starts(with: "JVBERi0".utf8) {
            self = .pdf(data: url.spelling, title: title)
            return
        }
        guard let uri = DataURI(url) else {
            throw .unsayable(path, "must be an https address or a data URI in base64.")
        }
        switch uri.mediaType {
        case "image/jpeg", "image/png", "image/gif", "image/webp":
            self = .image(mediaType: uri.mediaType, data: uri.data)
        case "image/jpg": self = .image(mediaType: "image/jpeg", data: uri.data)
        case "application/pdf": self = .pdf(data: uri.data, title: title)
        case "text/plain", "text/markdown", "text/csv", "text/html", "application/json":
            guard let bytes = Base64.decoded(uri.data.lazy.filter { $0 != UInt8(ascii: "\\") }),
                let text = String(validating: bytes, as: UTF8.self)
            else {
                throw .unsayable(path, "must be UTF-8 text in base64.")
            }
            self = .text(text, title: title)
        default:
            throw .unsayable(path, "this model reads JPEG, PNG, GIF, WebP, PDF and plain text.")
        }
    }

    func write(to writer: inout JSONWriter, cache: BodyValue?) {
        writer.object {
            switch self {
            case .image(let mediaType, let data):
                $0.member("type", "image")
                Self.source("base64", &$0) { Self.data(data, mediaType, &$0) }
            case .imageURL(let url):
                $0.member("type", "image")
                Self.source("url", &$0) { Self.spelled("url", url, &$0) }
            case .pdf(let data, let title):
                $0.member("type", "document")
                Self.source("base64", &$0) { Self.data(data, "application/pdf", &$0) }
                if let title { Self.spelled("title", title, &$0) }
            case .pdfURL(let url, let title):
                $0.member("type", "document")
                Self.source("url", &$0) { Self.spelled("url", url, &$0) }
                if let title { Self.spelled("title", title, &$0) }
            case .text(let text, let title):
                $0.member("type", "document")
                Self.source("text", &$0) {
                    $0.member("media_type", "text/plain")
                    $0.member("data", text)
                }
                if let title { Self.spelled("title", title, &$0) }
            }
            $0.cacheControl(cache)
        }
    }

    private static func source(_ type: String, _ writer: inout JSONWriter, _ rest: (inout JSONWriter) -> Void) {
        writer.key("source")
        writer.object {
            $0.member("type", type)
            rest(&$0)
        }
    }

    private static func data(_ data: UnsafeRawBufferPointer, _ mediaType: String, _ writer: inout JSONWriter) {
        writer.member("media_type", mediaType)
        writer.key("data")
        writer.spelled([data])
    }

    private static func spelled(_ key: String, _ text: JSONText, _ writer: inout JSONWriter) {
        writer.key(key)
        writer.spelled(text)
    }
}

/// `data:[type][;parameters];base64,data`, where it stands in the body.
private struct DataURI {
    /// In lower case, without parameters.
    let mediaType: String
    /// Base64 as spelled: a slash may be `\/`, which stays.
    let data: UnsafeRawBufferPointer

    /// More than any media type with its parameters.
    private static let longestHead = 256

    init?(_ text: JSONText) {
        let spelling = text.spelling
        guard let comma = spelling.prefix(Self.longestHead).firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let head = String(decoding: spelling[..<comma].filter { $0 != UInt8(ascii: "\\") }, as: UTF8.self).lowercased()
        guard head.hasPrefix("data:"), head.hasSuffix(";base64") else { return nil }
        mediaType = String(head.dropFirst(5).prefix { $0 != ";" })
        data = UnsafeRawBufferPointer(rebasing: spelling[(comma + 1)...])
    }
}
