// Kinds of scalar on their own: what each takes, and that its canonical text reads back.

import Testing

@testable import DaemonKit

@Suite struct ScalarKindTests {
    private func reading<Value>(_ kind: ScalarKind<Value>, _ text: String, quoted: Bool = false) -> String? {
        do throws(ConfigReason) {
            return kind.render(try kind.parse(ScalarText(text, isQuoted: quoted, directory: "/etc/weir")))
        } catch {
            return nil
        }
    }

    @Test(arguments: [
        ("0ms", "0ms"), ("999ms", "999ms"), ("1000ms", "1s"), ("60s", "1m"), ("90s", "90s"), ("3600s", "1h"),
        ("24h", "1d"),
        ("36h", "36h"), ("1", nil), ("s", nil), ("-1s", nil), ("01s", nil), ("1 s", nil), ("1S", nil), ("1m30s", nil),
        ("99999999999999999999s", nil), ("9223372036854775807d", nil), ("٣s", nil),
    ])
    func duration_inCanonicalForm(text: String, canonical: String?) {
        #expect(reading(.duration(.zero ... .seconds(1_000_000)), text) == canonical)
        #expect(reading(.duration(.zero ... .seconds(1_000_000)), text, quoted: true) == nil)
    }

    @Test(arguments: [
        ("0B", "0B"), ("1024B", "1KiB"), ("1536KiB", "1536KiB"), ("1048576KiB", "1GiB"), ("1kB", nil), ("1K", nil),
        ("1", nil),
        ("9999999999GiB", nil),
    ])
    func size_inCanonicalForm(text: String, canonical: String?) {
        #expect(reading(.byteCount(0...(1 << 40)), text) == canonical)
    }

    @Test(arguments: [
        ("1", "1"), ("1.0", "1"), ("1.50", "1.5"), ("0.01", "0.01"), ("10", "10"), ("10.01", nil), ("0", nil),
        (".5", nil), ("5.", nil),
        ("1.234", nil), ("1e1", nil), ("-1", nil), ("+1", nil), ("1,5", nil), ("", nil), (".", nil),
    ])
    func decimal_inCanonicalForm(text: String, canonical: String?) {
        #expect(reading(.decimal(places: 2, 1...1000), text) == canonical)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:0", "[::1]:0"), ("localhost:65535", "localhost:65535"),
        ("a_b.example:1", "a_b.example:1"), (":80", nil), ("host", nil), ("host:", nil), ("host:x", nil),
        ("host:080", nil),
        ("::1:80", nil), ("[host]:80", nil), ("[::1]80", nil), ("ho st:80", nil), ("host:80/", nil), ("[::1:80", nil),
    ])
    func address_inCanonicalForm(text: String, canonical: String?) {
        #expect(reading(.address, text) == canonical)
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a/b/", "/a/b"), ("/", "/"), ("a/b", "/etc/weir/a/b"), ("./a", "/etc/weir/./a"),
        ("..", nil), ("/a/../b", nil),
        ("", nil), ("a\u{0}b", nil),
    ])
    func path_inCanonicalForm(text: String, canonical: String?) {
        #expect(reading(.path, text) == canonical)
    }

    @Test func socketPath_longerThanTheKernelTakes_isRefused() {
        #expect(reading(.socketPath, "/" + String(repeating: "a", count: 106)) != nil)
        #expect(reading(.socketPath, "/" + String(repeating: "a", count: 107)) == nil)
        #expect(reading(.socketPath, String(repeating: "a", count: 100)) == nil, "absolute, it is too long")
    }

    @Test func systemUser_byNameOrNumber_isANumber() {
        #expect(reading(.systemUser, "root") == "0")
        #expect(reading(.systemUser, "12345") == "12345")
        #expect(reading(.systemUser, "no-such-user-here") == nil)
        #expect(reading(.systemUser, "007") == nil)
    }

    @Test func spelling_distance_countsEdits() {
        #expect(Spelling.distance("", "abc") == 3)
        #expect(Spelling.distance("kitten", "sitting") == 3)
        #expect(Spelling.distance("same", "same") == 0)
    }
}
