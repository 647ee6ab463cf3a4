// RequestForOpenAI+Parts: Anthropic's content blocks as parts.
//
// For: text, images and documents, in messages and inside tool results.
// Refuses: images and documents for a model that reads none, files by id, documents by address: chat completions cannot
//   say them, and without them the question is another one.
// Called by: RequestForOpenAI.

import JSON

extension RequestForOpenAI {
    /// Gathers the parts of a `content`: a string or a list of blocks.
    mutating func gather(
        _ content: BodyValue, _ path: @autoclosure () -> String, into parts: inout [RequestPart]
    ) throws(TranslationRefusal) {
        if let text = content.text {
            if !text.isEmpty { parts.append(.text(text.spelling)) }
            return
        }
        guard content.kind == .array else { throw .wrongType(path(), expected: "a string or an array") }
        var index = 0
        for block in content.elements {
            let place = index
            try gatherBlock(try block.fields("\(path()).\(place)"), "\(path()).\(place)", into: &parts)
            index += 1
        }
    }

    /// One block; kinds that have no counterpart are left out and named.
    mutating func gatherBlock(
        _ block: BodyFields, _ path: @autoclosure () -> String, into parts: inout [RequestPart]
    ) throws(TranslationRefusal) {
        noteCacheControl(block)
        let type = try block.requiredText("type", path())
        if type == "text" {
            let text = try block.requiredText("text", path())
            if !text.isEmpty { parts.append(.text(text.spelling)) }
        } else if type == "image" {
            try gatherImage(try source(block, path()), "\(path()).source", into: &parts)
        } else if type == "document" {
            try gatherDocument(block, path(), into: &parts)
        } else if type == "search_result" {
            for key in ["title", "source"] as [StaticString] {
                if let text = try block.text(key, path()) { parts.append(.text(text.spelling)) }
            }
            if let content = block["content"] { try gather(content, "\(path()).content", into: &parts) }
        } else {
            dropped.note("messages", type)
        }
    }

    /// Prices differ, meaning does not: the other vendor caches by itself or not at all.
    mutating func noteCacheControl(_ block: BodyFields) {
        if block["cache_control"] != nil { dropped.note("cache_control") }
    }

    private func source(
        _ block: BodyFields, _ path: @autoclosure () -> String
    ) throws(TranslationRefusal) -> BodyFields {
        guard let source = block["source"] else { throw .missing("\(path()).source") }
        return try source.fields("\(path()).source")
    }

    private func gatherImage(
        _ source: BodyFields, _ path: @autoclosure () -> String, into parts: inout [RequestPart]
    ) throws(TranslationRefusal) {
        guard traits.readsImages else { throw .unsayable(path(), "the model \(summary.model) does not read images.") }
        if source.holds("type", "base64") {
            let mediaType = try source.requiredText("media_type", path())
            parts.append(.imageData(mediaType: mediaType, data: try source.requiredText("data", path())))
        } else if source.holds("type", "url") {
            parts.append(.imageURL(try source.requiredText("url", path())))
        } else {
            throw .unsayable(path(), "only base64 and url can be sent to this model, no files by id.")
        }
    }

    /// A title and a context stand before the document, where the model reads them on the other side too.
    private mutating func gatherDocument(
        _ block: BodyFields, _ path: @autoclosure () -> String, into parts: inout [RequestPart]
    ) throws(TranslationRefusal) {
        if try block["citations"]?.fields("\(path()).citations")["enabled"]?.boolean == true {
            dropped.note("citations")
        }
        let title = try block.text("title", path())
        let source = try source(block, path())
        let isData = source.holds("type", "base64")
        if let title, !isData { parts.append(.text(title.spelling)) }
        if let context = try block.text("context", path()) { parts.append(.text(context.spelling)) }
        if source.holds("type", "text") {
            parts.append(.text(try source.requiredText("data", "\(path()).source").spelling))
        } else if source.holds("type", "content"), let content = source["content"] {
            try gather(content, "\(path()).source.content", into: &parts)
        } else if isData, source.holds("media_type", "application/pdf") {
            guard traits.readsImages else {
                throw .unsayable("\(path()).source", "the model \(summary.model) does not read documents.")
            }
            parts.append(.file(name: title, data: try source.requiredText("data", "\(path()).source")))
        } else {
            throw .unsayable("\(path()).source", "only PDFs as base64, text and content can be sent to this model.")
        }
    }
}
