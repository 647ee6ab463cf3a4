// Options: the command line.
//
// For: where to listen and how fast to stream.
// Refuses: words it does not know, ports and intervals out of range: it says so and ends with status 2.
// Called by: Main.

import Glibc
import NIOCore

/// What the command line asks for.
struct Options: Equatable {
    /// Loopback unless told otherwise: there is no authentication here.
    var host = "127.0.0.1"
    var port = 4010
    /// Between two events of a stream. 40 ms is about the speed of a vendor's fast model, and readable as it comes.
    var eventInterval: TimeAmount = .milliseconds(40)

    /// Why a command line was not understood.
    struct Misunderstanding: Error, Equatable { let text: String }

    /// Reads the words after the program's name; `nil` when help was asked for.
    init?(reading words: some Sequence<String>) throws(Misunderstanding) {
        var words = Array(words)[...]
        while let word = words.popFirst() {
            if word == "--help" || word == "-h" { return nil }
            guard let value = words.popFirst() else { throw Misunderstanding(text: "unknown or incomplete: \(word)") }
            switch word {
            case "--listen": try listen(on: value)
            case "--event-interval": eventInterval = .milliseconds(try Self.number(value, 0...10_000))
            default: throw Misunderstanding(text: "unknown: \(word)")
            }
        }
    }

    private mutating func listen(on text: String) throws(Misunderstanding) {
        guard let colon = text.lastIndex(of: ":") else { throw Misunderstanding(text: "--listen takes HOST:PORT") }
        host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        port = Int(try Self.number(String(text[text.index(after: colon)...]), 0...65_535))
    }

    private static func number(_ text: String, _ range: ClosedRange<Int64>) throws(Misunderstanding) -> Int64 {
        guard let number = Int64(text), range.contains(number) else {
            throw Misunderstanding(
                text: "\(text) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension Options {
    static let help = """
        weir-demo-upstream: answers like a vendor of language models, without being one.

        It speaks the Anthropic Messages and the OpenAI Chat Completions dialects, so that Weir can be tried without a
        vendor's key. Every answer says that it comes from no language model and repeats what was said. Any API key is
        accepted.

          --listen HOST:PORT            where to listen (127.0.0.1:4010; port 0 lets the kernel choose)
          --event-interval MILLISECONDS between two events of a stream (40)
          --help                        this text

        POST /v1/messages   POST /v1/chat/completions   GET /v1/models

        """

    /// The command line of this process. Ends it for --help (status 0) and for mistakes (status 2).
    static func ofCommandLine() -> Options {
        do throws(Misunderstanding) {
            if let options = try Options(reading: CommandLine.arguments.dropFirst()) { return options }
        } catch {
            Terminal.say("weir-demo-upstream: \(error.text)\n  next: weir-demo-upstream --help\n")
            exit(2)
        }
        Terminal.say(help, to: STDOUT_FILENO)
        exit(0)
    }
}

/// The three standard descriptors, without C's buffered streams, which Swift 6 counts as shared mutable state.
enum Terminal {
    /// Writes `text` as it is, to standard error unless told otherwise. Nothing can be done about a reader that is gone.
    static func say(_ text: String, to descriptor: Int32 = STDERR_FILENO) {
        var text = text
        text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
    }
}
