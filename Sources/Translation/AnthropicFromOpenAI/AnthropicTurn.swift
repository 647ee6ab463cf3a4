// AnthropicTurn: one turn of Anthropic's conversation while messages of OpenAI's are poured into it.
//
// For: turns that alternate, with tool results before everything else the user says.
// Refuses: nothing; a user's turn in which nothing is left gets a placeholder, for without it the turns around it would run
//   together or the assistant would be asked to continue itself.
// Called by: RequestForAnthropic+Messages.

import JSON

struct AnthropicTurn {
    enum Role { case user, assistant }

    private(set) var role: Role?
    private var results = JSONPieces()
    private var blocks = JSONPieces()

    /// The least that Anthropic takes as a text.
    private static let placeholder = "."

    /// Continues the turn of `role`, or ends the one that is open and begins it.
    mutating func begin(_ role: Role, _ out: inout JSONPieces) {
        guard role != self.role else { return }
        // A conversation begins with the user.
        if self.role == nil, role == .assistant { self.role = .user }
        end(&out)
        self.role = role
    }

    mutating func addResult(_ write: (inout JSONWriter) -> Void) { results.element(write) }

    mutating func add(_ write: (inout JSONWriter) -> Void) { blocks.element(write) }

    mutating func addText(_ spelling: UnsafeRawBufferPointer, cache: BodyValue?) {
        add {
            $0.object {
                $0.member("type", "text")
                $0.key("text")
                $0.spelled([spelling])
                $0.cacheControl(cache)
            }
        }
    }

    /// Writes the open turn, if there is one.
    mutating func end(_ out: inout JSONPieces) {
        guard let role else { return }
        self.role = nil
        var results = JSONPieces()
        var blocks = JSONPieces()
        swap(&results, &self.results)
        swap(&blocks, &self.blocks)
        if results.isEmpty, blocks.isEmpty {
            blocks.element {
                $0.object {
                    $0.member("type", "text")
                    $0.member("text", Self.placeholder)
                }
            }
        }
        out.open("{")
        out.member("role") { $0.string(role == .user ? "user" : "assistant") }
        out.openMember("content")
        out.open("[")
        out.elements(results)
        out.elements(blocks)
        out.close("]")
        out.close("}")
    }
}

extension JSONText {
    /// Whether nothing but spaces, tabs and line ends stands in it; Anthropic refuses such texts.
    var isBlank: Bool {
        var at = 0
        let spelling = spelling
        while at < spelling.count {
            switch spelling[at] {
            case UInt8(ascii: " "): at += 1
            case UInt8(ascii: "\\"):
                guard [UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t")].contains(spelling[at + 1]) else {
                    return false
                }
                at += 2
            default: return false
            }
        }
        return true
    }
}
