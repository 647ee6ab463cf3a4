// CustomTool: a tool that takes free text, said as a function with one string.
//
// For: tools of type `custom`, which chat completions have only at OpenAI. What goes out as `{"input":"…"}` comes back as text.
// Refuses: to repair: arguments that are not such an object are handed on as the text they are (X-10).
// Called by: ChatFromResponses, ResponseEvents, ResponsesCompletion.

import JSON

enum CustomTool {
    static let parameters: StaticString =
        #"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#

    /// The arguments of a call with that input, spelled for a JSON string.
    static func arguments(of input: JSONText?) -> [UInt8] {
        var object = Array(#"{"input":""#.utf8)
        if let input { object.put(input) }
        object.put(#""}"#)
        var spelled: [UInt8] = []
        spelled.put(escaping: object)
        return spelled
    }

    /// The input of a call with those arguments; both spelled for a JSON string.
    static func input(of arguments: [UInt8]) -> [UInt8] {
        arguments.unspelled.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            var input: JSONText?
            do {
                try scanner.enterObject()
                while let key = try scanner.nextMember() {
                    let value = try scanner.textOrSkip()
                    if key == "input" { input = value }
                }
                try scanner.finish()
            } catch {
                return arguments
            }
            return input.map { Array($0.spelling) } ?? arguments
        }
    }
}

extension [UInt8] {
    /// The text whose spelling inside a JSON string this is.
    var unspelled: [UInt8] {
        guard contains(UInt8(ascii: "\\")) else { return self }
        let quoted = [UInt8(ascii: "\"")] + self + [UInt8(ascii: "\"")]
        return quoted.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            var text: [UInt8] = []
            if let string = try? scanner.text() { string.decode(into: &text) }
            return text
        }
    }
}
