// CodeText: Swift source with everything that is not code blanked out.
//
// For: rules about words and braces, which must not trip over comments, messages and patterns.

enum CodeText {
    /// Comments and contents of string literals become spaces; interpolated expressions stay, as they are code.
    static func blanked(_ text: String) -> String {
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.code(until: nil)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var output: [UInt8] = []
        var position = 0

        private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
            text.withUTF8Buffer { wanted in
                let start = position + offset
                return start + wanted.count <= bytes.count && bytes[start..<start + wanted.count].elementsEqual(wanted)
            }
        }

        private mutating func keep(_ count: Int = 1) {
            output.append(contentsOf: bytes[position..<position + count])
            position += count
        }

        private mutating func blank(_ count: Int = 1) {
            for byte in bytes[position..<min(position + count, bytes.count)] {
                output.append(byte == 0x0A ? 0x0A : 0x20)
            }
            position = min(position + count, bytes.count)
        }

        /// Code up to the end, or to the parenthesis that closes an interpolation.
        mutating func code(until close: UInt8?) {
            var depth = 0
            while position < bytes.count {
                if starts("//") {
                    while position < bytes.count, bytes[position] != 0x0A { blank() }
                } else if starts("/*") {
                    blockComment()
                } else if let hashes = stringStart() {
                    string(hashes)
                } else {
                    let byte = bytes[position]
                    if close != nil {
                        if byte == UInt8(ascii: "(") { depth += 1 }
                        if byte == close, depth == 0 { return keep() }
                        if byte == close { depth -= 1 }
                    }
                    keep()
                }
            }
        }

        private mutating func blockComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    blank(2)
                } else if starts("*/") {
                    depth -= 1
                    blank(2)
                } else {
                    blank()
                }
            } while depth > 0 && position < bytes.count
        }

        /// The number of `#` before the quote that begins a string here; `nil` when none does.
        private func stringStart() -> Int? {
            var hashes = 0
            while position + hashes < bytes.count, bytes[position + hashes] == UInt8(ascii: "#") { hashes += 1 }
            return starts("\"", at: hashes) ? hashes : nil
        }

        private mutating func string(_ hashes: Int) {
            keep(hashes)
            let quotes = starts("\"\"\"") ? 3 : 1
            keep(quotes)
            while position < bytes.count {
                if isEnd(quotes, hashes) { return keep(quotes + hashes) }
                guard bytes[position] == UInt8(ascii: "\\"), hasHashes(hashes, at: 1) else {
                    blank()
                    continue
                }
                if starts("(", at: 1 + hashes) {
                    blank(2 + hashes)
                    code(until: UInt8(ascii: ")"))
                } else {
                    blank(2 + hashes)
                }
            }
        }

        private func isEnd(_ quotes: Int, _ hashes: Int) -> Bool {
            (quotes == 3 ? starts("\"\"\"") : starts("\"")) && hasHashes(hashes, at: quotes)
        }

        private func hasHashes(_ count: Int, at offset: Int) -> Bool {
            (0..<count).allSatisfy { starts("#", at: offset + $0) }
        }
    }

    /// A function, initializer or subscript with a body.
    struct Function: Hashable {
        let name: String
        let line: Int
        let lineCount: Int
    }

    /// The functions in blanked code, nested ones too.
    static func functions(in code: String) -> [Function] {
        let bytes = Array(code.utf8)
        var found: [Function] = []
        var position = 0
        var line = 1
        while position < bytes.count {
            if bytes[position] == 0x0A { line += 1 }
            if let word = keyword(bytes, position), let body = body(bytes, position + word.utf8.count) {
                let lines = bytes[position...body.upperBound].count { $0 == 0x0A } + 1
                found.append(Function(name: name(bytes, position, word), line: line, lineCount: lines))
            }
            position += 1
        }
        return found
    }

    private static func keyword(_ bytes: [UInt8], _ position: Int) -> String? {
        for word in ["func", "init", "deinit", "subscript"] where bytes[position...].starts(with: word.utf8) {
            let before = position > 0 ? bytes[position - 1] : 0x20
            let after = position + word.utf8.count < bytes.count ? bytes[position + word.utf8.count] : 0x20
            if isWord(before) || before == UInt8(ascii: ".") || isWord(after) { return nil }
            return word
        }
        return nil
    }

    /// From the brace that opens the body to the one that closes it; `nil` for a requirement, a call or a reference.
    private static func body(_ bytes: [UInt8], _ start: Int) -> ClosedRange<Int>? {
        var depth = 0
        var position = start
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") { depth -= 1 }
            if depth < 0 || depth == 0 && (byte == UInt8(ascii: "}") || byte == UInt8(ascii: ";")) { return nil }
            if depth == 0 {
                if byte == UInt8(ascii: "{") { return close(bytes, position).map { position...$0 } }
                if byte == 0x0A, startsDeclaration(bytes, position + 1) { return nil }
            }
            position += 1
        }
        return nil
    }

    private static func startsDeclaration(_ bytes: [UInt8], _ start: Int) -> Bool {
        let line = bytes[start...].drop { $0 == 0x20 }
        let words = [
            "func ", "init", "var ", "let ", "case ", "static ", "mutating ", "public ", "private ", "@",
            "associatedtype ", "\n",
        ]
        return words.contains { line.starts(with: $0.utf8) }
    }

    private static func close(_ bytes: [UInt8], _ open: Int) -> Int? {
        var depth = 0
        for position in open..<bytes.count {
            if bytes[position] == UInt8(ascii: "{") { depth += 1 }
            if bytes[position] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return position }
        }
        return nil
    }

    private static func name(_ bytes: [UInt8], _ position: Int, _ word: String) -> String {
        guard word == "func" else { return word }
        let rest = bytes[(position + 4)...].drop { $0 == 0x20 }
        return String(
            decoding: rest.prefix { $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: "<") && $0 != 0x20 }, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x5F
    }
}
