// Answers as tables, records and JSON lines.

import Money
import Tenancy
import Testing

@testable import weirctl

@Suite struct RenderingTests {
    private let columns: [Column] = [.left("tenant"), .right("balance"), .left("last_used"), .left("note")]
    private var report: Report {
        Report(
            columns,
            rows: [
                [.text("acme"), .money(Micros(12_500_000)), .instant(UnixMillis(1_795_246_380_250)), .text("first")],
                [.text("beta-industries"), .money(Micros(-508)), .absent, .text("")],
            ])
    }

    @Test func columnsLineUpAndNumbersStandToTheRight() {
        var table = TableText(columns)
        #expect(
            table.lines(report.rows) == """
                TENANT             BALANCE  LAST USED            NOTE
                acme             12.50      2026-11-21 07:33:00  first
                beta-industries  -0.000508  -                    -

                """)
    }

    @Test func laterPagesRepeatNoHeadingAndKeepTheWidths() {
        var table = TableText([.left("a", atLeast: 6), .right("b")])
        #expect(table.lines([[.text("x"), .number(1)]]) == "A       B\nx       1\n")
        #expect(table.lines([[.text("longer-one"), .number(2)]]) == "longer-one  2\n")
        #expect(table.lines([[.text("y"), .number(3)]]) == "y           3\n")
    }

    @Test func recordsAreFieldsAndValues() {
        let one = Report([.left("tenant"), .right("open_keys")], rows: [[.text("acme"), .number(3)]])
        #expect(one.records == "tenant     acme\nopen_keys  3\n")
    }

    @Test func jsonIsOneObjectALineWithExactAmounts() {
        #expect(
            report.jsonLines == """
                {"tenant":"acme","balance":"12.50","last_used":"2026-11-21T07:33:00.250Z","note":"first"}
                {"tenant":"beta-industries","balance":"-0.000508","last_used":null,"note":""}

                """)
    }

    @Test func jsonKeepsWhatATerminalMustNotSee() {
        let report = Report([.left("note"), .left("open")], rows: [[.text("a\u{1b}[2J\"\n"), .flag(true)]])
        #expect(report.jsonLines == "{\"note\":\"a\\u001b[2J\\\"\\n\",\"open\":true}\n")
    }

    @Test(arguments: [
        ("plain, Grüße, 你好", "plain, Grüße, 你好"), ("a\u{1b}[2Jb", "a\\x1b[2Jb"), ("two\nlines\t", "two\\x0alines\\x09"),
        ("\u{9b}1A", "\\x9b1A"), ("abc\u{202e}cba", "abc\\u{202e}cba"), ("\u{7f}", "\\x7f"),
    ])
    func controlCharactersAreShownNotObeyed(text: String, shown: String) {
        #expect(Cell.text(text).plain == shown)
    }
}
