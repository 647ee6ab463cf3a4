// Sample: a configuration with one setting of every shape, and what tests ask of it.

import DaemonKit

struct Sample: DaemonConfiguration {
    static let threads = Setting("threads", .integer(1...64), default: 2, "Threads.")
    static let name = Setting("name", .text("text", most: 16, example: "x"), "A name that must be given.")
    static let wait = Setting("wait", .duration(.milliseconds(1) ... .seconds(3600)), default: .seconds(30), "A wait.")
    static let total = Setting(
        "total", .duration(.milliseconds(1) ... .seconds(7200)), default: .seconds(60), "A total.")
    static let size = Setting("size", .byteCount(1...(1 << 30)), default: 1 << 20, "A size.")
    static let ratio = Setting("ratio", .decimal(places: 2, 1...1000), default: 250, "A ratio.")
    static let flag = Setting("flag", .flag, default: true, "A flag.")
    static let word = Setting("word", .word([("red", 1), ("blue", 2)]), default: 1, "A colour.")
    static let file = Setting(optional: "file", .path, "A file.")
    static let words = Setting(list: "words", of: .word([("a", 1), ("b", 2)]), count: 0...3, single: true, "Words.")
    static let server = Setting(
        section: "server",
        ConfigSection([
            threads.declaration, name.declaration, wait.declaration, total.declaration, size.declaration,
            ratio.declaration,
            flag.declaration, word.declaration, file.declaration, words.declaration,
        ]), "The server. " + String(repeating: "A long comment is broken over lines. ", count: 6))

    static let address = Setting("address", .address, "Where.")
    static let note = Setting(optional: "note", .text("text", most: 64, example: "x"), "A note.")
    static let listen = Setting(
        list: "listen", of: ConfigSection([address.declaration, note.declaration], shorthand: "address"), count: 1...2,
        "Listeners.")

    static let key = Setting(credential: "key", "A secret.")
    static let url = Setting("url", .text("text", most: 64, example: "x"), "A URL.")
    static let peers = Setting(
        map: "peers", keys: .text("name", most: 8, example: "x"),
        of: ConfigSection([url.declaration, key.declaration]), count: 0...3,
        "Peers.")
    static let nicknames = Setting(
        map: "nicknames", keys: .text("name", most: 8, example: "x"), of: .integer(0...9), count: 0...2, "Nicknames.")

    static let layout = ConfigSection(
        [server.declaration, listen.declaration, peers.declaration, nicknames.declaration], foreign: .names(["other"]))

    let server: ConfigValues
    let listeners: [ConfigValues]
    let peers: [ConfigNamed<ConfigValues>]
    let secrets: [Secret?]

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        server = values[Self.server]
        listeners = values[Self.listen]
        peers = values[Self.peers]
        secrets = peers.map { credentials.secret($0.value, Self.key, &report) }
        server.relate(Self.wait, Self.total, &report, "longer than total") { $0 <= $1 }
    }

    /// The least that is accepted.
    static let least = "server: {name: x}\nlisten: [127.0.0.1:80]\n"

    static let full = """
        # A comment that is read over.
        server:
          threads: 8
          name: "two words"
          wait: 1500ms
          total: 2m
          size: 64KiB
          ratio: 3.5
          flag: false
          word: blue
          file: data/x.db
          words: a
        listen:
          - 127.0.0.1:8080
          - {address: "[::1]:8081", note: "second # not a comment"}
        peers:
          left: {url: "http://x", key: {systemd: left-key}}
          'right.2': {url: ~null~, key: none}
        nicknames: {a: 1, b: 2}
        other:
          anything: [1, {two: "3"}]

        """

    static func problems(_ text: String, _ credentials: CredentialStore = .referencesOnly) -> [String] {
        do throws(ConfigRefusal) {
            _ = try ConfigFile<Sample>(text: text, name: "f", credentials: credentials)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
