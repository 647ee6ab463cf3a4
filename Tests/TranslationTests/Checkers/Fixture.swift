// Fixture: a recorded case: what the upstream sends, what the client must get, and what must be known of it.
//
// Files in Fixtures/{streams,requests,completions,crossing-streams,crossing-completions}, named `case.dialect-condition`:
//   .in.sse, .in.json     what comes in
//   .out.sse, .out.json   what goes out, when it is neither unchanged nor nothing
//   .stream.sse           completions: the stream made of it
//   .expect.json          dialect and options, output (unchanged, none, file), and the readings that differ from plain success
// To add one: write its files; the fixture tests run every `.expect.json` they find.

import Glibc
import JSON
import Money
import Translation

struct Fixture: Sendable, CustomStringConvertible {
    let name: String
    private let base: String
    let input: [UInt8]
    let output: [UInt8]
    let expected: JSONValue

    var description: String { name }

    /// Every fixture of a folder below Fixtures.
    static func all(in folder: String) -> [Fixture] {
        let path = root + "/" + folder
        return names(in: path, ending: ".expect.json").map {
            Fixture(path + "/" + $0, $0, folder.hasSuffix("streams") ? "sse" : "json")
        }
    }

    private init(_ base: String, _ name: String, _ ending: String) {
        self.name = name
        self.base = base
        expected = Self.json(Self.bytes(base + ".expect.json"))
        input = Self.bytes(base + ".in." + ending)
        switch expected["output"]?.string {
        case "unchanged": output = input
        case "none": output = []
        case "file": output = Self.bytes(base + ".out." + ending)
        default: preconditionFailure("\(name): output is unchanged, none or file")
        }
    }

    /// The stream a completion becomes.
    var stream: [UInt8] { Self.bytes(base + ".stream.sse") }
    /// Whether the case says what stream a completion becomes.
    var hasStream: Bool { access(base + ".stream.sse", R_OK) == 0 }

    var dialect: Dialect {
        guard let dialect = expected["dialect"]?.string.flatMap(Dialect.init(name:)) else {
            preconditionFailure("\(name): dialect is anthropic or openai")
        }
        return dialect
    }

    /// The options a stream runs with.
    var options: PassthroughStream.Options {
        PassthroughStream.Options(
            dialect: dialect, requestID: "req_test", clientModel: expected["clientModel"]?.string,
            dropsUsageChunk: expected["dropsUsageChunk"]?.boolean ?? false,
            choices: expected["choices"]?.integer.map(Int.init) ?? 1,
            preludeLimit: expected["preludeLimit"]?.integer.map(Int.init) ?? 64 << 10)
    }

    /// The usage the vendor's words come to, with our own reading of the stream.
    var usage: UsageReading {
        UsageReading(
            usage: Self.usage(expected["usage"]), inputReported: expected["inputReported"]?.boolean ?? true,
            outputReported: expected["outputReported"]?.boolean ?? true, isOdd: expected["isOdd"]?.boolean ?? false,
            contentBytes: expected["contentBytes"]?.integer.map(Int.init) ?? 0)
    }

    /// `[uncached input, cache read, cache write 5m, cache write 1h, output]`.
    static func usage(_ list: JSONValue?) -> Usage {
        let counts = (list?.elements ?? []).map { $0.integer ?? -1 }
        guard counts.count == 5 else { preconditionFailure("usage has five counts") }
        return Usage(
            uncachedInput: counts[0], cacheRead: counts[1], cacheWrite5m: counts[2], cacheWrite1h: counts[3],
            output: counts[4])
    }
}

extension Fixture {
    /// The folder of fixtures beside the tests.
    static var root: String {
        let here = #filePath
        return here.prefix(upTo: here.range(of: "/Checkers/")) + "/Fixtures"
    }

    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { preconditionFailure("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    private static func json(_ bytes: [UInt8]) -> JSONValue {
        guard let value = bytes.withUnsafeBytes({ try? JSONValue(parsing: $0) }) else {
            preconditionFailure("a fixture's expectation is JSON")
        }
        return value
    }

    private static func names(in path: String, ending: String) -> [String] {
        guard let folder = opendir(path) else { preconditionFailure("cannot open \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(ending) { names.append(String(name.dropLast(ending.count))) }
        }
        return names.sorted()
    }
}

extension String {
    /// Where `part` begins; the end when it does not occur.
    fileprivate func range(of part: String) -> Index {
        indices.first { self[$0...].hasPrefix(part) } ?? endIndex
    }
}
