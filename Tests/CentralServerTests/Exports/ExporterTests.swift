import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import TableFiles
import Testing

@testable import CentralServer

/// A file as a reader sees it.
struct MadeFile {
    let table: TableFile
    let notes: [[String]]
    let tally: ExportTally
    let raw: [UInt8]

    /// - Parameter scope: `nil` for the whole government.
    static func make(
        _ kind: ExportKind, _ format: ExportFormat = .xlsx, months: (String, String) = ("2026-03", "2026-03"),
        staged: StagedAttendance = StagedAttendance(), unit: Int64? = nil,
        heads: [JournalHead] = [], sheet: String? = nil,
        progress: @escaping @Sendable (ExportProgress) async throws -> Void = { _ in }
    ) async throws -> MadeFile {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "a.\(format.rawValue)").path
            let whole = try await RecapSource(staged)
            let source = RecapSource(
                staged, whole.people, tree: whole.tree,
                scope: unit == nil ? .government : UnitScope(unit: unit, in: whole.tree))
            var paper = ExportPaper()
            paper.government = "Kabupaten Contoh"
            paper.zone = TimeZone(secondsFromGMT: 25_200) ?? .gmt
            paper.place = "Kota Contoh"
            let context = ExportContext(
                source: source,
                explanations: { wanted in
                    wanted.mapValues { dates in
                        var found: [CivilDate: [Explanation]] = [:]
                        for date in dates { found[date] = staged.account(of: 1, on: date)?.explanation }
                        return found
                    }
                },
                heads: { heads }, paper: paper, by: Actor(name: "=siti", role: "personnel"), at: monday,
                progress: progress)
            let request = ExportRequest(
                kind: kind, first: try #require(CivilMonth(text: months.0)),
                last: try #require(CivilMonth(text: months.1)), format: format)
            let made = try await ExportWriter.write(
                request, context, to: path, notes: path + ".n.csv", temporary: directory.path, title: "x")
            let bytes = Array(try Data(contentsOf: URL(filePath: path)))
            let beside = made.hasNotes ? Array(try Data(contentsOf: URL(filePath: path + ".n.csv"))) : bytes
            let notes = try TableFile(bytes: beside, sheet: format == .xlsx ? "Keterangan" : nil).rows.map(\.cells)
            return MadeFile(
                table: try TableFile(bytes: bytes, sheet: sheet), notes: notes, tally: made.tally, raw: bytes)
        }
    }

    /// Rows below the head, by its titles.
    var rows: [[String: String]] {
        guard
            let start = table.rows.firstIndex(where: {
                $0.cells.contains { ["nip", "unit"].contains($0.lowercased()) }
            })
        else { return [] }
        let head = table.rows[start].cells
        return table.rows.dropFirst(start + 1).map { row in
            Dictionary(zip(head, row.cells), uniquingKeysWith: { first, _ in first })
        }
    }

    func note(_ title: String) -> [String] {
        notes.filter { $0.first == title || $0.dropFirst().first == title }.map {
            $0.dropFirst().joined(separator: " ")
        }
    }
}

@Suite("What files say")
struct ExporterTests {
    private static func month(_ text: String = "2026-03") throws -> CivilMonth { try #require(CivilMonth(text: text)) }

    @Test("the sums of a recap are those of the recap, row by row and in all", arguments: [nil, 1, 2, 3] as [Int64?])
    func recap(unit: Int64?) async throws {
        let staged = StagedAttendance()
        let whole = try await RecapSource(staged)
        let source = RecapSource(
            staged, whole.people, tree: whole.tree,
            scope: unit == nil ? .government : UnitScope(unit: unit, in: whole.tree))
        let recap = try await source.month(Self.month()).recap
        for format in ExportFormat.allCases {
            let file = try await MadeFile.make(.recap, format, staged: staged, unit: unit)
            let people = file.rows.filter { $0["NIP"]?.isEmpty == false && $0["NIP"] != "#" }
            #expect(people.count == recap.byEmployee.count)
            for (id, sums) in recap.byEmployee {
                let number = source.employee(id: id)?.number ?? ""
                let row = try #require(people.first { $0["NIP"]?.hasSuffix(number) == true })
                #expect(row["Jml Hari Kerja"] == String(sums.workingDays))
                #expect(row["TK"] == String(sums.absent))
                #expect(row["BS"] == String(sums.count(.belumSinkron)))
                #expect(row["Menit Terlambat"] == String(sums.late.minutes))
                #expect(row["Menit Pulang Awal"] == String(sums.early.minutes))
                let days = ["H", "S", "I", "C", "DL", "TK", "Lain", "BS"].compactMap { row[$0].flatMap { Int($0) } }
                #expect(days.reduce(0, +) == sums.workingDays)
            }
            let total = try #require(file.rows.first { $0["Nama"] == "JUMLAH" })
            #expect(total["Jml Hari Kerja"] == String(recap.total.workingDays))
            #expect(total["Menit Terlambat"] == String(recap.total.late.minutes))
            #expect(total["TK"] == String(recap.total.absent))
            #expect(file.tally.sums == recap.total)
        }
    }

    @Test("the units of a file are the branches of the recap")
    func units() async throws {
        let staged = StagedAttendance()
        let source = try await RecapSource(staged)
        let recap = try await source.month(Self.month()).recap
        let file = try await MadeFile.make(.units, staged: staged)
        for branch in recap.branches(of: source.roots, in: source.tree) {
            let row = try #require(file.rows.first { $0["Unit"] == branch.unit.name })
            #expect(row["Jml Hari Kerja"] == String(branch.total.workingDays))
            #expect(row["TL (menit)"] == String(branch.total.late.minutes))
        }
    }

    @Test("a closed month is written as it was closed, and says so", arguments: ExportFormat.allCases)
    func closed(format: ExportFormat) async throws {
        let staged = StagedAttendance()
        let late = Government.days.filter { $0.employee == 3 && $0.workday.date.month.month == 3 }
            .map { StoredWorkday(employee: 3, unit: 3, workday: Workday(date: $0.workday.date, status: .dinasLuar)) }
        staged.state.withLock { state in
            state.copies = late
            state.closed = [
                Closing(
                    unit: 3, month: CivilMonth(number: 2026 * 12 + 2), by: Actor(name: "bkpsdm", role: "personnel"),
                    at: monday)
            ]
        }
        let file = try await MadeFile.make(.recap, format, staged: staged)
        let row = try #require(file.rows.first { $0["NIP"]?.hasSuffix(Government.citra) == true })
        #expect(row["DL"] == String(late.count) && row["TK"] == "0" && row["Bulan"] == "ditutup")
        let other = try #require(file.rows.first { $0["NIP"]?.hasSuffix(Government.ani) == true })
        #expect(other["Bulan"] == "terbuka")
        #expect(file.note("Bulan 2026-03").first?.contains("ditutup untuk Kecamatan Contoh") == true)
        #expect(file.note("Bulan 2026-03").first?.contains("bkpsdm") == true)
    }

    @Test("a unit's file has its people and the days placed there, and nobody else", arguments: ExportKind.allCases)
    func scope(kind: ExportKind) async throws {
        // Budi is in Bagian Umum to the fifteenth, then in Kecamatan.
        for format in ExportFormat.allCases {
            let file = try await MadeFile.make(kind, format, unit: 2)
            let text =
                file.table.rows.flatMap(\.cells).joined(separator: "\n") + file.notes.joined().joined(separator: "\n")
            #expect(!text.contains("Ani ") && !text.contains(Government.ani), "\(kind)")
            #expect(!text.contains("Citra ") && !text.contains(Government.citra), "\(kind)")
            #expect(!text.contains(Government.kecamatan), "\(kind)")
            #expect(file.tally.sums.allDays == 15 || kind == .grid && file.tally.sums.allDays == 15)
        }
    }

    @Test("the grid has a code for every date, the head as the records name them, and dots where nobody is known")
    func grid() async throws {
        let file = try await MadeFile.make(.grid, sheet: Government.dinas)
        let ani = try #require(file.rows.first { $0["NIP"] == Government.ani })
        let days = Government.days.filter { $0.employee == 1 && $0.workday.date.month.month == 3 }
        #expect(days.count == 31)
        for day in days {
            let code = PrintCodes.standard.code(of: day.workday)
            #expect(ani[String(day.workday.date.parts.day)] == code)
        }
        #expect(
            Set(days.map { PrintCodes.standard.code(of: $0.workday) }) == ["L", "TL1", "TK", "CS", "BS", "PSW3", "H"])
        let cells = file.table.rows.flatMap(\.cells)
        #expect(cells.contains("Plt. Kepala Dinas Contoh") && cells.contains("Kota Contoh, 2 Maret 2026"))
        #expect(cells.contains("NIP " + Government.ani))
        #expect(cells.contains { $0.hasPrefix("Kode: ") && $0.contains("TK = tanpa keterangan") })
        let other = try await MadeFile.make(.grid, sheet: Government.kecamatan)
        let texts = other.table.rows.flatMap(\.cells)
        #expect(texts.contains("Camat Contoh") && texts.contains { $0.hasPrefix("....") })
        // Budi came on the sixteenth.
        let budi = try #require(other.rows.first { $0["NIP"] == Government.budi })
        #expect(budi["15"]?.isEmpty ?? true)
        #expect(budi["16"]?.isEmpty == false)
    }

    @Test("a day that is not known is there with its device, from when to when and why")
    func unsynced() async throws {
        let file = try await MadeFile.make(.unsynced)
        let open = Government.days.filter { !$0.workday.status.isDecided && $0.workday.date.month.month == 3 }
        let dates = Set(file.rows.compactMap { $0["Tanggal"] })
        #expect(dates == Set(open.map(\.workday.date.text)))
        let row = try #require(file.rows.first { $0["Mesin"] == "CJ9L170560001" })
        #expect(row["Sebab"]?.isEmpty == false && row["Dari"]?.isEmpty == false && row["Sampai"]?.isEmpty == false)
        #expect(file.rows.contains { $0["Sebab"] == "jam mesin meleset lebih dari 5 menit" })
    }

    @Test(
        "an upload has the columns that docs/exports.md describes, in this order",
        arguments: [ExportKind.uploadDays, .uploadMonths])
    func columns(kind: ExportKind) async throws {
        let file = try await MadeFile.make(kind, .csv)
        let head = try #require(file.table.rows.first?.cells)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/exports.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "### `\(kind.rawValue)`").dropFirst().first)
        let listed = section.components(separatedBy: "\n### ").first?.split(separator: "\n")
            .compactMap { line in
                line.hasPrefix("| `") ? line.split(separator: "`").dropFirst().first.map(String.init) : nil
            }
        #expect(listed == head)
        #expect(!file.raw.starts(with: [0xEF, 0xBB, 0xBF]))
        let row = try #require(file.rows.first)
        #expect(row["nip"]?.count == 18 && row["nip"]?.allSatisfy(\.isNumber) == true)
        #expect(file.notes.joined().contains { $0.contains("tidak mengirim ke BKN") })
    }

    @Test("H12 what was typed as a name is nobody's formula", arguments: ExportKind.allCases)
    func formulas(kind: ExportKind) async throws {
        let evil = "=HYPERLINK(\"http://x\",\"y\")"
        let people = Government.people
        let staged = StagedAttendance(
            People(
                revision: 1,
                units: people.units.map {
                    OrgUnit(
                        id: $0.id, name: $0.id == 1 ? evil : $0.name, code: "@x", kind: $0.kind, parent: $0.parent,
                        timezone: nil)
                }, heads: people.heads,
                employees: people.employees.map {
                    Employee(
                        id: $0.id, name: $0.id == 1 ? "\u{301}\t" + evil : $0.name, employments: $0.employments,
                        placements: $0.placements.map {
                            Placement(unit: $0.unit, post: "+post", superior: nil, group: $0.group, span: $0.span)
                        })
                }, links: [],
                devices: people.devices.map {
                    ServedDevice(serial: "=" + $0.serial, unit: $0.unit, timezone: nil, service: $0.service)
                }))
        let csv = try await MadeFile.make(kind, .csv, staged: staged)
        for row in csv.table.rows {
            for cell in row.cells where !cell.isEmpty {
                let isNumber = cell.hasPrefix("-") && Double(cell) != nil
                #expect(!CSVText.isFormula(cell) || isNumber, "\(kind): \(cell)")
            }
        }
        let book = try await MadeFile.make(kind, .xlsx, staged: staged)
        #expect(!book.table.rows.isEmpty)
    }

    @Test("it says what it was computed from: rules, days not known, and the end of every journal")
    func notes() async throws {
        let epoch = Epoch.random()
        let hash = ChainHash.start(of: epoch)
        let heads = [
            JournalHead(node: "n1", unit: 1, epoch: epoch.text, highWater: 42, endHash: hash),
            JournalHead(node: "n3", unit: 3, epoch: epoch.text, highWater: 7, endHash: hash),
        ]
        let file = try await MadeFile.make(.recap, unit: 1, heads: heads)
        #expect(file.note("Aturan") == [Government.version.description])
        #expect(file.note("Hari belum sinkron") == [String(file.tally.sums.count(.belumSinkron))])
        #expect(file.note("Pemerintah") == ["Kabupaten Contoh"])
        #expect(file.note("Bulan 2026-03") == ["belum ditutup: angka masih dapat berubah"])
        #expect(file.note("Sidik semua jurnal") == [Exporter.digest(heads)])
        let lines = file.notes.filter { $0.dropFirst().first == "n1" }
        #expect(lines == [[Government.dinas, "n1", epoch.text, "42", hash.hex]])
        #expect(!file.notes.contains { $0.contains("n3") })
        #expect(Exporter.digest(heads) == Exporter.digest(heads.reversed()))
        #expect(Exporter.digest(heads) != Exporter.digest(Array(heads.dropFirst())))
    }

    @Test("progress only grows, and ends with all of it; whoever throws there ends the file")
    func progress() async throws {
        let seen = LockedList()
        let file = try await MadeFile.make(.recap, months: ("2026-01", "2026-04")) { progress in
            seen.add(["\(progress.done) \(progress.all)"])
        }
        let steps = seen.all.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        #expect(steps == steps.sorted() && steps.last == 12 && seen.all.last == "12 12")
        #expect(file.tally.rows == 6)
        await #expect(throws: CancellationError.self) {
            try await MadeFile.make(.recap) { progress in if progress.done > 0 { throw CancellationError() } }
        }
    }

    @Test("no more than some hundred people's days are asked for at one time")
    func pieces() async throws {
        let staged = StagedAttendance()
        staged.state.withLock { state in
            state.people = People(
                revision: 1, units: state.people.units, heads: [],
                employees: (1...1200).map { id in
                    Employee(
                        id: Int64(id), name: "P\(id)", employments: state.people.employees[0].employments,
                        placements: state.people.employees[0].placements)
                }, links: [], devices: [])
        }
        _ = try await MadeFile.make(.recap, .csv, months: ("2026-01", "2026-03"), staged: staged)
        let asked = staged.state.withLock { $0.asked }
        #expect(asked == [500, 500, 200, 500, 500, 200, 500, 500, 200])
    }

    @Test("codes of an office replace ours; what cannot be told apart is refused")
    func codes() throws {
        let codes = try #require(PrintCodes(parsing: "tanpa_keterangan=A dinas_luar=SPPD"))
        #expect(codes[.tanpaKeterangan] == "A" && codes[.dinasLuar] == "SPPD" && codes[.hadir] == "H")
        for wrong in ["x=A", "hadir", "hadir=", "hadir==1", "hadir=TK", "hadir=ABCDEFG", "hadir=+1", "hadir=a=b"] {
            #expect(PrintCodes(parsing: wrong) == nil, "\(wrong)")
        }
        #expect(Set(DayStatus.allCases.map { PrintCodes.standard[$0] }).count == DayStatus.allCases.count)
    }
}
