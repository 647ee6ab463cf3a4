// Printing the effective configuration: commented, complete, and a fixed point of reading.

import Support
import Testing

@testable import DaemonKit

@Suite struct ConfigPrintingTests {
    @Test func fullFile_printed_isThis() throws {
        let printed = try ConfigFile<Sample>(text: Sample.full, directory: "/etc/weir").printed
        #expect(printed == Self.expected)
    }

    @Test(arguments: [Sample.full, Sample.least])
    func printedFile_readAndPrintedAgain_isTheSame(text: String) throws {
        let first = try ConfigFile<Sample>(text: text, directory: "/etc/weir").printed
        let second = try ConfigFile<Sample>(text: first, directory: "/elsewhere").printed
        #expect(first == second)
        #expect(first.split(separator: "\n").allSatisfy { $0.count <= 110 }, "comments are filled")
    }

    /// Text that YAML would take for something else must come back as the same text.
    @Test(arguments: [
        "plain", "with space", " lead", "trail ", "a: b", "a #b", "- x", "null", "~", "true", "12", "1.0", "'", "\"",
        "\\", "a\"b\\c",
        "{x}", "[x]", "&a", "*a", "!a", "%a", "@a", "`a", "a,b", "...", "---", "é", "日本", "a:", ":", "?", "? a", "|",
        ">", "=", "<<",
        "\u{2028}", "\u{FEFF}x",
    ])
    func text_printedAndRead_isTheSame(text: String) throws {
        let written = "server: {name: \(YAMLText.scalar(text, quoted: true))}\nlisten: [127.0.0.1:80]\n"
        let first = try ConfigFile<Sample>(text: written)
        #expect(first.configuration.server[Sample.name] == text)
        let second = try ConfigFile<Sample>(text: first.printed)
        #expect(second.configuration.server[Sample.name] == text)
        #expect(second.printed == first.printed)
    }

    /// Random values of every kind, printed and read.
    @Test func randomValues_printedAndRead_areTheSame() throws {
        for seed in UInt64(0)..<300 {
            var random = SeededRandom(seed: seed)
            let text = """
                server:
                  name: n\(random.next() % 100)
                  threads: \(1 + random.next() % 64)
                  wait: \(1 + random.next() % 60_000)ms
                  total: \(60 + random.next() % 7000)s
                  size: \(1 + random.next() % 1_000_000)B
                  ratio: \(random.next() % 10).\(10 + random.next() % 90)
                listen: ["[::\(random.next() % 9999)]:\(random.next() % 65536)"]
                """
            let first = try ConfigFile<Sample>(text: text)
            let second = try ConfigFile<Sample>(text: first.printed)
            #expect(first.printed == second.printed, "seed \(seed)")
            #expect(first.configuration.server[Sample.wait] == second.configuration.server[Sample.wait], "seed \(seed)")
            #expect(
                first.configuration.server[Sample.ratio] == second.configuration.server[Sample.ratio], "seed \(seed)")
        }
    }

    @Test func credential_printed_isItsReference() throws {
        let text = Sample.least + "peers: {a: {url: x, key: {file: keys/a}}}\n"
        let printed = try ConfigFile<Sample>(text: text, directory: "/etc/weir").printed
        #expect(printed.contains("key: {file: /etc/weir/keys/a}"))
    }

    private static let expected = """
        # The server. A long comment is broken over lines. A long comment is broken over lines. A long comment is
        # broken over lines. A long comment is broken over lines. A long comment is broken over lines. A long comment
        # is broken over lines.
        server:
          # Threads.
          threads: 8
          # A name that must be given.
          name: "two words"
          # A wait.
          wait: 1500ms
          # A total.
          total: 2m
          # A size.
          size: 64KiB
          # A ratio.
          ratio: 3.5
          # A flag.
          flag: false
          # A colour.
          word: blue
          # A file.
          file: /etc/weir/data/x.db
          # Words.
          words:
            - a

        # Listeners.
        listen:
          # Where.
          - address: 127.0.0.1:8080
            # A note.
            # note: not set
          - address: "[::1]:8081"
            note: "second # not a comment"

        # Peers.
        peers:
          left:
            # A URL.
            url: http://x
            # A secret.
            key: {systemd: left-key}
          right.2:
            url: "~null~"
            key: none

        # Nicknames.
        nicknames:
          a: 1
          b: 2

        # Read by another daemon; as written.
        other:
          anything: [1, {two: "3"}]

        """
}
