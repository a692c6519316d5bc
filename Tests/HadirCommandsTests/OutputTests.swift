import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient

@testable import EdgeDaemon
@testable import HadirCommands

@Suite("What commands write")
struct OutputTests {
    @Test("No cell of a table can move the cursor, turn the text around, or end the line")
    func harmless() {
        let hostile = "a\u{1B}[2Jb\u{202E}c\u{2066}d\re\nf\u{07}g\u{2028}h\u{200B}i\u{9B}j\u{FEFF}"
        var table = TableText(["name", "other"])
        table.add([hostile, "x"])
        let lines = table.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2)
        #expect(lines.last == "a?[2Jb?c?d?e?f?g?h?i?j?  x")
        #expect(TableText.harmless("Siti Nurhaliza – Bagian Umum 漢字 é") == "Siti Nurhaliza – Bagian Umum 漢字 é")
    }

    @Test("Columns are as wide as their widest cell; the last is not filled up; a short row does no harm")
    func columns() {
        var table = TableText(["a", "long heading", "c"])
        table.add(["wide cell", "1", "2"])
        table.add(["x"])
        #expect(table.text == "a          long heading  c\nwide cell  1             2\nx")
    }

    @Test("H12 A cell that a spreadsheet would take for a formula gets an apostrophe")
    func formulas() {
        for cell in ["=1+1", "+62", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"] {
            #expect(CSVLine.text([cell]).hasPrefix("'\(cell.first.map(String.init) ?? "")"))
        }
        // A control character is shown as what begins no formula.
        #expect(CSVLine.text(["\t=1"]) == "?=1")
        #expect(CSVLine.text(["\r=1"]) == "?=1")
        #expect(CSVLine.text(["1", "2026-11-23T07:00:00", ""]) == "1,2026-11-23T07:00:00,")
    }

    @Test("Whichever of , ; and TAB ends a cell for the reader, none begins a formula; import takes the names back")
    func formulasForOtherReaders() throws {
        let names = [
            "x;=cmd|' /C calc'!A0", "=1", "a,b", "x;;@a,+62", "x; =1", "x;\"=1+1\"", "x,\"\"\"-1", "'=1", "x;'=1",
            "''=1",
            "Sari W. (a;b)", "x;’=1", "x;＝1", "-", ";", ";'", "Sri; Wahyuni", "'Abd al-Karim", "x;' \"'=1",
        ]
        for name in names {
            let line = CSVLine.text(["5", name, "user"])
            for separator in [",", ";", "\t"] as [Character] {
                // Worst case: a reader that knows no quotes, or drops them.
                for cell in line.split(separator: separator, omittingEmptySubsequences: false) {
                    let first = cell.first { !" \"".contains($0) }
                    #expect(first.map { "=+-@＝＋－＠".contains($0) } != true, "\(name) became \(line)")
                }
            }
            let back = try RosterFile("user_id,name,privilege\n\(line)", name: "f")
            #expect(back.changes.first?.name == name)
        }
    }

    @Test("Commas, quotes and line ends stay in their cell")
    func quoting() {
        #expect(CSVLine.text(["a,b", "say \"hi\"", "c"]) == "\"a,b\",\"say \"\"hi\"\"\",c")
        #expect(CSVLine.text(["one\ntwo"]) == "one?two")
        #expect(CSVLine.text(["=\"a\",1"]) == "\"'=\"\"a\"\",1\"")
    }

    @Test("Commas and quotes stay in their cell with a combining mark behind them, too")
    func combiningMarks() {
        #expect(Array(CSVLine.text(["a,\u{301}b", "c"]).utf8) == Array("\"a,\u{301}b\",c".utf8))
        #expect(Array(CSVLine.text(["a;\u{301}b", "c"]).utf8) == Array("\"a;\u{301}b\",c".utf8))
        #expect(Array(CSVLine.text(["a\"\u{301}b", "c"]).utf8) == Array("\"a\"\"\u{301}b\",c".utf8))
        #expect(CSVLine.text(["=\u{301}1"]).utf8.first == 0x27)
    }

    @Test("A hostile record stays data in every format")
    func pulled() async throws {
        let serial = try #require(DeviceSerial("SIM1"))
        let time = try #require(DeviceTime(year: 2026, month: 11, day: 23, hour: 7, minute: 0, second: 0))
        let punches = ["=HYPERLINK(1)", "\u{1B}]0;x", "7\",\"8"].map { id in
            Punch(
                serial: serial, userID: UserID(field: Array(id.utf8)), deviceTime: time, occurrence: 0, verify: 1,
                state: 0, source: .poll, raw: [1, 2], flags: [])
        }
        let records = PulledRecords(punches: punches, platform: "ZMM210_TFT")
        let csv = written { records.print(.csv) }
        #expect(csv[1].hasPrefix("'=HYPERLINK(1),"))
        #expect(csv[3].hasPrefix("\"7\"\",\"\"8\",2026"))
        for format in DevicePullCommand.Format.allCases {
            let lines = written { records.print(format) }
            #expect(lines.allSatisfy { !$0.contains("\u{1B}") }, "\(format)")
        }
        for line in written({ records.print(.ndjson) }) {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil)
        }
    }

    private func written(_ body: () -> Void) -> [String] {
        let lines = Lines()
        Terminal.$output.withValue(lines) { body() }
        return lines.all
    }

    @Test("Every error has its documented code")
    func codes() throws {
        func code(_ error: any Error) -> Int32 { CommandFailure(error).code.rawValue }
        #expect(code(DeviceError(.noAnswer, "connect")) == 69)
        #expect(code(CentreLinkError(.unreachable, "")) == 69)
        #expect(code(NodeEnrolmentError(status: 403)) == 77)
        #expect(code(NodeEnrolmentError(status: 500)) == 69)
        #expect(code(ControlError("x")) == 69)
        #expect(code(DevicesFileError([.init(file: "f", line: 1, message: "m")])) == 78)
        #expect(code(EnrolmentError.mistyped) == 65)
        #expect(code(EdgeDaemonError.alreadyRunning("/x")) == 75)
        #expect(code(EdgeDaemonError.partEnded("x")) == 74)
        #expect(code(StateDirectoryError("x")) == 74)
        #expect(code(CocoaError(.fileNoSuchFile)) == 74)
        #expect(code(CommandFailure(.permission, "x")) == 77)
        #expect(CommandFailure(NodeEnrolmentError(status: 429)).description.contains("wait a minute"))
        #expect(CommandFailure(DevicesFileError([.init(file: "f", line: 3, message: "m")])).description == "f:3: m")
    }
}

private final class Lines: TerminalOutput {
    private let kept = LockedLines()

    var all: [String] { kept.all }

    func print(_ line: String) { for part in line.split(separator: "\n") { kept.add(String(part)) } }
    func say(_ line: String) {}
}
