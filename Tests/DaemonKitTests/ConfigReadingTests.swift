// Reading a configuration: good files give values, bad ones every mistake with its place.

import DaemonKit
import Testing

@Suite struct ConfigReadingTests {
    @Test func fullFile_whenRead_givesWhatIsWritten() throws {
        let sample = try ConfigFile<Sample>(text: Sample.full, directory: "/etc/weir").configuration
        #expect(sample.server[Sample.threads] == 8)
        #expect(sample.server[Sample.name] == "two words")
        #expect(sample.server[Sample.wait] == .milliseconds(1500))
        #expect(sample.server[Sample.total] == .seconds(120))
        #expect(sample.server[Sample.size] == 65536)
        #expect(sample.server[Sample.ratio] == 350)
        #expect(sample.server[Sample.flag] == false)
        #expect(sample.server[Sample.word] == 2)
        #expect(sample.server[Sample.file] == "/etc/weir/data/x.db")
        #expect(sample.server[Sample.words] == [1])
        #expect(sample.listeners.map { $0[Sample.address].port } == [8080, 8081])
        #expect(sample.listeners.map { $0[Sample.note] } == [nil, "second # not a comment"])
        #expect(sample.peers.map(\.name) == ["left", "right.2"])
        #expect(sample.peers.map { $0.value[Sample.key] } == [.systemd("left-key"), .none])
        #expect(sample.peers[1].path == "peers.\"right.2\"")
    }

    @Test func leastFile_whenRead_givesDefaults() throws {
        let sample = try ConfigFile<Sample>(text: Sample.least).configuration
        #expect(sample.server[Sample.threads] == 2)
        #expect(sample.server[Sample.file] == nil)
        #expect(sample.server[Sample.words] == [])
        #expect(sample.peers.isEmpty)
    }

    /// One mistake each: the text, then exactly what is said.
    @Test(arguments: [
        (
            "server: {name: x, threads: many}",
            "f:1:28: server.threads: expected a whole number from 1 to 64, found \"many\""
        ),
        ("server: {name: x, threads: 65}", "f:1:28: server.threads: 65 is out of range: a whole number from 1 to 64"),
        (
            "server: {name: x, threads: 0x10}",
            "f:1:28: server.threads: expected a whole number from 1 to 64, found \"0x10\""
        ),
        (
            "server: {name: x, threads: '8'}",
            "f:1:28: server.threads: expected a whole number from 1 to 64, found \"8\""
        ),
        (
            "server: {name: x, threads: [8]}",
            "f:1:28: server.threads: expected a whole number from 1 to 64, found a list"
        ),
        ("server: {name: x, flag: yes}", "f:1:25: server.flag: expected true or false, found \"yes\""),
        ("server: {name: x, word: Red}", "f:1:25: server.word: expected red or blue, found \"Red\""),
        ("server: {name: x, thread: 8}", "f:1:19: server.thread: unknown key; did you mean \"threads\"?"),
        (
            "server: {name: x, wait: 30}",
            "f:1:25: server.wait: expected a duration from 1ms to 1h, such as 250ms, 30s, 5m, 1h or 2d; found \"30\""
        ),
        (
            "server: {name: x, wait: 1.5s}",
            "f:1:25: server.wait: expected a duration from 1ms to 1h, such as 250ms, 30s, 5m, 1h or 2d; found \"1.5s\""
        ),
        ("server: {name: x, wait: 2h}", "f:1:25: server.wait: 2h is out of range: a duration from 1ms to 1h"),
        ("server: {name: x, wait: 2m}", "f:1:25: server.wait: longer than total"),
        (
            "server: {name: x, size: 1MB}",
            "f:1:25: server.size: expected a size from 1B to 1GiB, such as 512B, 64KiB or 32MiB; found \"1MB\""
        ),
        (
            "server: {name: x, ratio: 0.001}",
            "f:1:26: server.ratio: expected a number from 0.01 to 10 with at most 2 decimals, found \"0.001\""
        ),
        (
            "server: {name: x, ratio: 1e3}",
            "f:1:26: server.ratio: expected a number from 0.01 to 10 with at most 2 decimals, found \"1e3\""
        ),
        ("server: {name: x, file: ../etc/passwd}", "f:1:25: server.file: \"..\" is not allowed in a path"),
        ("server: {name: x, words: [a, c]}", "f:1:30: server.words[1]: expected a or b, found \"c\""),
        ("server: {name: x, words: [a, a, a, a]}", "f:1:26: server.words: has 4 items; expected 0 to 3"),
        ("server: {name: ''}", "f:1:16: server.name: must not be empty; expected text"),
        ("server: {name: \"a\\eb\"}", "f:1:16: server.name: control characters are not allowed"),
        ("server: {name: aaaaaaaaaaaaaaaaa}", "f:1:16: server.name: longer than 16 bytes"),
        ("server: {name: ~}", "f:1:16: server.name: missing; expected a text"),
        ("server: {}", "f:1:9: server.name: missing; expected a text"),
        ("server: [name]", "f:1:9: server: expected a mapping, found a list"),
        ("server: {name: x, name: y}", "f:1:19: server.name: duplicate key; it is set already on line 1"),
        ("sever: {name: x}\nserver: {name: x}", "f:1:1: sever: unknown key; did you mean \"server\"?"),
        (
            "server: {name: x}\npeers: {toolongname: {url: x}}",
            "f:2:9: peers.toolongname: as a name: longer than 8 bytes"
        ),
        ("server: {name: x}\npeers: {a: {}}", "f:2:12: peers.a.url: missing; expected a text"),
        ("server: {name: x}\nnicknames: {a: 1, b: 2, c: 3}", "f:2:12: nicknames: has 3 entries; expected 0 to 2"),
        (
            "server: {name: x}\nnicknames: {a: 1, a: 2}",
            "f:2:19: nicknames.a: duplicate key; it is set already on line 2"
        ),
    ])
    func oneMistake_whenRead_isReportedWithPlaceKeyAndReason(text: String, expected: String) {
        #expect(Sample.problems("\(text)\nlisten: [127.0.0.1:80]\n") == [expected])
    }

    @Test(arguments: [
        ("listen: [localhost]", "f:2:10: listen[0].address: expected an address and port"),
        ("listen: ['::1:80']", "f:2:10: listen[0].address: expected an address and port"),
        ("listen: [127.0.0.1:65536]", "f:2:10: listen[0].address: expected an address and port"),
        ("listen: [{note: x}]", "f:2:10: listen[0].address: missing; expected an address and port"),
        ("listen: []", "f:2:9: listen: has 0 items; expected 1 to 2"),
        ("listen: 127.0.0.1:80", "f:2:9: listen: expected a list of mappings, found \"127.0.0.1:80\""),
        ("", "f:1:1: listen: missing; expected a list of mappings"),
    ])
    func listenMistake_whenRead_isReported(text: String, expected: String) {
        let problems = Sample.problems("server: {name: x}\n\(text)\n")
        #expect(problems.count == 1 && problems[0].hasPrefix(expected), "\(problems)")
    }

    @Test func manyMistakes_whenRead_areAllReportedInOrder() {
        let text = """
            server:
              threads: 0
              name: x
              wait: soon
              extra: 1
            listen:
              - 127.0.0.1
            peers:
              a:
                key: sk-secret
            other: {anything: goes}
            stranger: 1
            """
        let places = Sample.problems(text).map { $0.split(separator: ":")[1...2].joined(separator: ":") }
        #expect(places == ["2:12", "4:9", "5:3", "7:5", "10:5", "10:10", "12:1"])
    }

    @Test func wrongCredential_whenReported_isNotRepeated() {
        let text =
            Sample.least + "peers: {a: {url: x, key: sk-live-123456}, b: {url: x, key: {file: sk-live-1 2, x: y}}}\n"
        let problems = Sample.problems(text)
        #expect(problems.count == 2)
        #expect(!problems.joined().contains("sk-live"))
    }

    @Test func message_ofKeyFarFromAll_listsTheKnownOnes() {
        let problems = Sample.problems(Sample.least + "nonsense_key: 1\n")
        #expect(problems == ["f:3:1: nonsense_key: unknown key; known here: server, listen, peers, nicknames, other"])
    }

    /// A secret pasted where a word belongs is recognisable in the message, not usable.
    @Test func longWrongValue_whenReported_isCutShort() {
        let problems = Sample.problems(
            "server: {name: x, word: sk-live-0123456789abcdefghij}\nlisten: [127.0.0.1:80]\n")
        #expect(problems == ["f:1:25: server.word: expected red or blue, found \"sk-live-…\""])
    }

    @Test func controlCharacters_inKeys_areEscapedInMessages() {
        let problems = Sample.problems(Sample.least + "\"a\\nf:1:1: forged\\e[2J\": 1\n")
        #expect(problems.count == 1 && problems[0].contains("a\\nf:1:1: forged\\u{1b}[2J"), "\(problems)")
    }
}
