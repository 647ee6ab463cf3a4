// The real gatewayd with the options that only look at its configuration: what it says, where, and with which status.

import Foundation
import Testing

@Suite struct ConfigurationProcessTests {
    /// gatewayd, built beside this test.
    private static let program: URL = {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        return own.appendingPathComponent("gatewayd")
    }()

    private func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said, complained)
    }

    private func file(_ text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("weir.yaml")
        try text.write(to: path, atomically: true, encoding: .utf8)
        return path.path
    }

    @Test func check_ofTheSample_isGoodWithoutSystemdsCredentials() throws {
        let path = ConfigurationTests.root.appendingPathComponent("deploy/weir.yaml").path
        let result = try run("--config", path, "--check-config")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(result.output == "\(path): good\n")
    }

    @Test func start_withABadFile_saysAllOfItAndOpensNothing() throws {
        let path = try file("gatewayd:\n  listen: [nowhere]\n  socket: s\n  state_directory: state\n  threads: many\n")
        let result = try run("--config", path)
        #expect(result.status == 78 && result.output.isEmpty)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("\(path):2:12: gatewayd.listen[0].address: ") == true)
        #expect(lines.last?.hasPrefix("\(path):5:12: gatewayd.threads: ") == true)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weir.yaml"])
    }

    @Test func print_ofWhatWasPrinted_isTheSame() throws {
        let sample = ConfigurationTests.root.appendingPathComponent("deploy/weir.yaml").path
        let first = try run("--print-config", "--config", sample)
        #expect(first.status == 0)
        let second = try run("--print-config", "--config", try file(first.output))
        #expect(second.output == first.output)
    }

    @Test func missingFile_isAConfigurationProblem() throws {
        let result = try run("--config", "/nowhere/weir.yaml")
        #expect(result.status == 78)
        #expect(result.errors == "/nowhere/weir.yaml:1:1: cannot open /nowhere/weir.yaml: No such file or directory\n")
    }

    @Test func unknownOption_isAUsageProblem() throws {
        let result = try run("--cofnig", "x")
        #expect(result.status == 64 && result.errors.contains("did you mean --config?"), "\(result)")
        #expect(try run("--version").output.hasPrefix("gatewayd "))
        #expect(try run("--help").output.contains("--check-config"))
    }
}
