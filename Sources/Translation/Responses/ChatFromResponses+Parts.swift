// ChatFromResponses+Parts: the content parts of messages and tool results.
//
// For.
// Refuses: files by id or by address and pictures by id, which nobody but OpenAI could fetch; kinds it does not know.
// Called by: ChatFromResponses+Input.

import JSON

extension ChatFromResponses {
    /// The parts of a `content` or an `output`: a string or a list. Empty texts say nothing.
    mutating func readParts(_ content: BodyValue?, _ path: String) throws(TranslationRefusal) -> [ResponsesPart] {
        guard let content else { return [] }
        if let text = content.text { return text.isEmpty ? [] : [.text(text)] }
        guard content.kind == .array else { throw .wrongType(path, expected: "a string or an array") }
        var parts: [ResponsesPart] = []
        var index = 0
        for value in content.elements {
            let place = "\(path).\(index)"
            index += 1
            if let part = try readPart(try value.fields(place), place) { parts.append(part) }
        }
        return parts
    }

    private mutating func readPart(_ part: BodyFields, _ path: String) throws(TranslationRefusal) -> ResponsesPart? {
        if part["prompt_cache_breakpoint"] != nil { dropped.note("input.prompt_cache_breakpoint") }
        let type = try part.requiredText("type", path)
        if type == "input_text" || type == "output_text" {
            let text = try part.requiredText("text", path)
            return text.isEmpty ? nil : .text(text)
        }
        if type == "input_image" { return try readImage(part, path) }
        if type == "input_file" { return try readFile(part, path) }
        if type == "input_audio" {
            guard let audio = part["input_audio"] else { throw .missing("\(path).input_audio") }
            return .audio(audio)
        }
        throw .unsayable("\(path).type", "must be input_text, input_image or input_file.")
    }

    private func readImage(_ part: BodyFields, _ path: String) throws(TranslationRefusal) -> ResponsesPart {
        guard part["file_id"] == nil else {
            throw .unsayable("\(path).file_id", "files are not stored here; give image_url.")
        }
        let detail = try part.text("detail", path)
        // The default of both APIs, which the SDK's types demand and other servers do not know.
        let isDefault = detail.map { $0 == "auto" } ?? true
        return .image(url: try part.requiredText("image_url", path), detail: isDefault ? nil : detail)
    }

    private func readFile(_ part: BodyFields, _ path: String) throws(TranslationRefusal) -> ResponsesPart {
        for name in ["file_id", "file_url"] as [StaticString] where part[name] != nil {
            throw .unsayable("\(path).\(name)", "files are not fetched here; give file_data.")
        }
        return .file(data: try part.requiredText("file_data", path), name: try part.text("filename", path))
    }
}
