// Purity: the cores decide and do nothing else, proven twice: by their text and by what their object files ask the
// linker for.
//
// The text says which word to remove; the symbols catch what no word gives away.

import Foundation
import Testing

@Suite struct PurityTests {
    /// A word that a core does not use, and what it does instead.
    static let banned: [(word: String, instead: String)] = [
        ("ContinuousClock", "take the time as an argument"), ("SuspendingClock", "take the time as an argument"),
        ("Date", "take UnixMillis as an argument"),
        ("SystemRandomNumberGenerator", "take a seed or random bits as an argument"),
        ("random", "take a seed or random bits as an argument"), ("Task", "return what is to be done"),
        ("async", "return what is to be done"), ("await", "return what is to be done"), ("actor", "use a value"),
        ("print", "return text"), ("debugPrint", "return text"), ("dump", "return text"),
        ("readLine", "take bytes as an argument"),
        ("CommandLine", "take arguments as an argument"), ("FileHandle", "take bytes as an argument"),
        ("FileManager", "take bytes as an argument"), ("ProcessInfo", "take what it says as an argument"),
        ("getenv", "take what it says as an argument"), ("Mutex", "use a value"), ("Atomic", "use a value"),
        ("Logger", "return what is worth logging"), ("Thread", "return what is to be done"),
        ("DispatchQueue", "return what is to be done"), ("unowned", "use a value"), ("weak", "use a value"),
    ]

    @Test func cores_useNoWordOfTheOutsideWorld() {
        var findings = Findings()
        for file in SourceTree.rules {
            for (index, line) in file.codeLines.enumerated() {
                for word in line.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
                    guard let rule = Self.banned.first(where: { $0.word == word }), !Self.isLabel(word, in: line) else {
                        continue
                    }
                    findings.add("\(file.path):\(index + 1): \(word): \(rule.instead)")
                }
            }
        }
        findings.report("cores use no word of the outside world")
    }

    /// `random:` as an argument's label is just what the rule asks for.
    private static func isLabel(_ word: Substring, in line: Substring) -> Bool {
        ["(\(word):", "(\(word) ", ", \(word):", ", \(word) "].contains(where: line.contains)
    }

    /// C functions that the compiler itself calls.
    static let compilersOwn: Set<String> = [
        "memcpy", "memmove", "memset", "memcmp", "strlen", "malloc_usable_size", "__stack_chk_fail", "bzero", "free",
        "malloc",
        "_GLOBAL_OFFSET_TABLE_", "__tls_get_addr", "bcmp", "__udivti3", "__umodti3", "__divti3", "__modti3", "__multi3",
    ]

    /// Parts of mangled names that lead outside. Identifiers are mangled with their length before them.
    static let outside = [
        "15ContinuousClock", "15SuspendingClock", "27SystemRandomNumberGenerator", "$ss5print", "$ss10debugPrint",
        "$ss4dump",
        "$ss8readLine", "$ss11CommandLine", "10Foundation", "20FoundationEssentials", "5Glibc", "8Dispatch",
        "15Synchronization",
        "_Concurrency", "$sScT", "$sScA", "7NIOCore", "7Logging",
    ]

    /// Why a core may not need `symbol`; `nil` when it may.
    static func objection(to symbol: String) -> String? {
        if let part = outside.first(where: symbol.contains) { return "leads outside (\(part))" }
        if symbol.hasPrefix("$s") || symbol.hasPrefix("_swift") || symbol.hasPrefix("__swift")
            || symbol.hasPrefix("symbolic ")
        {
            return nil
        }
        if symbol.hasPrefix("swift_stdlib_random") || symbol.hasPrefix("swift_task")
            || symbol.hasPrefix("swift_continuation")
        {
            return "randomness or tasks"
        }
        if symbol.hasPrefix("swift_") || compilersOwn.contains(symbol) { return nil }
        return "a C function"
    }

    @Test(arguments: SourceTree.cores)
    func core_asksTheLinkerForNothingOutside(core: String) throws {
        let objects = try ObjectFiles.of(core)
        #expect(!objects.isEmpty, "\(core) has object files in \(ObjectFiles.buildFolder.path)")
        var findings = Findings()
        for symbol in try ObjectFiles.undefinedSymbols(objects).sorted() {
            if let objection = Self.objection(to: symbol) { findings.add("\(symbol): \(objection)") }
        }
        findings.report("\(core) needs nothing from outside")
    }

    /// The alarm rings: an edge that reads files, clocks and locks is objected to.
    @Test func alarm_onAnEdge_rings() throws {
        let objections = try ObjectFiles.undefinedSymbols(ObjectFiles.of("DaemonKit")).compactMap(Self.objection)
        #expect(objections.contains("a C function"))
        #expect(objections.contains { $0.hasPrefix("leads outside") })
    }
}

/// What the build left behind.
enum ObjectFiles {
    /// The folder of this test's own executable holds the object files it was linked from.
    static let buildFolder: URL = {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        if FileManager.default.fileExists(atPath: own.appendingPathComponent("Money.build").path) { return own }
        let built = CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return built.first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("Money.build").path) }
            ?? own
    }()

    static func of(_ module: String) throws -> [URL] {
        let folder = buildFolder.appendingPathComponent("\(module).build")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "o" }
    }

    static func undefinedSymbols(_ objects: [URL]) throws -> Set<String> {
        let nm = Process()
        nm.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        nm.arguments = ["nm", "-u"] + objects.map(\.path)
        let output = Pipe()
        nm.standardOutput = output
        try nm.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        nm.waitUntilExit()
        try #require(nm.terminationStatus == 0, "nm reads the object files")
        let symbols = text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            return words.count == 2 && ["U", "w", "v"].contains(words[0]) ? String(words[1]) : nil
        }
        return Set(symbols)
    }
}
