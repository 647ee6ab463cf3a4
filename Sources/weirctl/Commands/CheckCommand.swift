// CheckCommand: the configuration, judged by those who will use it.
//
// For: finding every mistake before a restart or a reload does.
// Refuses: nothing itself: each daemon's own --check-config decides.
// Called by: Weirctl.

import ArgumentParser

struct CheckCommand: ParsableCommand {
    static let columns: [Column] = [.left("daemon"), .left("good"), .left("problems")]
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Lets each daemon check the configuration; status 4 when one refuses it.",
        discussion: "Nothing is started or changed. Problems come as file:line:column: key: reason. "
            + Report.fields(columns))
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let path = Installation.configPath(global, .ofProcess)
        var report = Report(Self.columns)
        var isGood = true
        for daemon in ["gatewayd", "walletd"] + (Self.hasVault(path) ? ["tokend"] : []) {
            let program = ChildProcess.Program(
                path: try Binaries.path(daemon), arguments: ["--config", path, "--check-config"], launcher: [])
            let (end, output) = try ProgramRun.run(program)
            isGood = isGood && end == .exited(0)
            report.add(Self.row(daemon, end, output))
        }
        if global.json { global.printer.list(report, whenEmpty: "") } else { tell(report) }
        if !isGood { throw Ending(status: .configuration) }
    }

    /// A file that cannot be read is for gatewayd and walletd to complain about.
    private static func hasVault(_ path: String) -> Bool {
        (try? SiblingSettings.read(path))?.token != nil
    }

    static func row(_ daemon: String, _ end: ChildEnd, _ output: String) -> [Cell] {
        let isGood = end == .exited(0)
        let lines = output.split(separator: "\n").map(String.init)
        return [.text(daemon), .flag(isGood), .texts(isGood ? [] : lines + (lines.isEmpty ? ["it \(end)"] : []))]
    }

    /// One line a problem, as editors jump to it, rather than all of them in one cell.
    private func tell(_ report: Report) {
        for row in report.rows {
            guard case .texts(let problems) = row[2] else { continue }
            global.printer.say("\(row[0].plain): \(problems.isEmpty ? "good" : "refused")")
            for problem in problems { global.printer.say("  \(Cell.printable(problem))") }
        }
    }
}
