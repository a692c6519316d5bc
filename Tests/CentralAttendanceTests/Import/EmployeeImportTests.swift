import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import TableFiles
import Testing

@Suite struct EmployeeImportTests {
    private let head = "NIP,Nama,Jenis,Unit,Jabatan,NIP Atasan,Kelompok,Mulai,PIN\n"

    private func plan(
        _ rows: String, _ people: People = Import.people(), _ options: ImportOptions = Import.options()
    ) throws -> ImportPlan {
        try Import.plan(.employees, head + rows, ImportFacts(people: people), options)
    }

    @Test func newEmployeeIsMadeAndPlaced() throws {
        let plan = try plan("'19860926 201505 1 001,Agus,PNS,1.02,Perawat,,umum,01/02/2026,11\n")
        let from = Import.day("2026-02-01")
        #expect(plan.errors.isEmpty && plan.warnings.isEmpty)
        #expect(
            Import.changes(plan) == [
                .employee(number: Import.agus, kind: .pns, name: "Agus", from: from),
                .placement(
                    number: Import.agus, unit: "Dinas Contoh", post: "Perawat", superior: nil, group: "umum", from: from
                ),
                .link(.unit(1), UserID("11"), number: Import.agus, span: DateSpan(from: from), document: "daftar"),
            ])
        #expect(plan.lines == [2, 2, 2])
    }

    @Test func sameListAgainChangesNothing() throws {
        let people = Import.people(
            [Import.employee(5, Import.agus, "Agus", post: "Perawat")],
            links: [
                IdentityLink(
                    id: 1, scope: .unit(1), userID: UserID("11"), employee: 5,
                    span: DateSpan(from: Import.day("2025-01-01")))
            ])
        let plan = try plan("\(Import.agus),Agus,PNS,Dinas Contoh,Perawat,,,,11\n", people)
        #expect(plan.work.count == 0 && plan.unchanged == 1 && plan.errors.isEmpty)
    }

    @Test func whatChangedIsSaidAndNothingElse() throws {
        let people = Import.people([Import.employee(5, Import.agus, "Agus")])
        let plan = try plan("\(Import.agus),Agus S,CPNS,Puskesmas Contoh,,,,2026-03-01,\n", people)
        let from = Import.day("2026-03-01")
        #expect(
            Import.changes(plan) == [
                .employee(number: Import.agus, kind: .pns, name: "Agus S", from: Import.day("2025-01-01")),
                .employment(number: Import.agus, newNumber: Import.agus, kind: .cpns, from: from),
                .placement(
                    number: Import.agus, unit: "Puskesmas Contoh", post: "Staf", superior: nil, group: "umum",
                    from: from),
            ])
        #expect(plan.count(.change) == 1 && plan.count(.add) == 0)
    }

    @Test(arguments: ["1.98609E+17", "\"1,98609262015051E+17\"", "198609262015051000", "1.98609262015051e17"])
    func numberThatASpreadsheetDamagedIsAnErrorWithItsLine(_ number: String) throws {
        let plan = try plan("\(Import.dewi),Dewi,PPPK,1.02,,,,,\n\(number),Agus,PNS,1.02,,,,,\n")
        #expect(plan.errors.map(\.line) == [3] && plan.errors.first?.column == "NIP")
        #expect(plan.errors.first?.text.contains("rusak oleh Excel") == true)
        #expect(plan.work.count == 0, "all or nothing")
    }

    @Test func twoRowsOfOneNumberAreRefused() throws {
        let plan = try plan("\(Import.agus),Agus,PNS,1.02,,,,,\n19860926.201505.1.001,Agus,PNS,1.02,,,,,\n")
        #expect(plan.errors.map(\.line) == [3])
    }

    @Test func allMistakesAreShownAtOnce() throws {
        let plan = try plan(",A,PNS,1.02,,,,,\nX1,,PN,Tidak Ada,,Y9,,32/01/2026,0\nY2,=2+2,Honorer,1.02,,,,,\n")
        #expect(plan.errors.count == 6, "\(plan.errors.map(\.sentence))")
        #expect(Set(plan.errors.compactMap(\.column)) == ["NIP", "Nama", "Jenis", "Unit", "Mulai", "PIN"])
    }

    @Test func oddNumbersAreWarnedOfNotRefused() throws {
        let odd = ["198613262015051001", "198609262015053001", "198609262015211001", "12345"]
        let rows = odd.enumerated().map { "\($0.element),Orang \($0.offset),PNS,1.02,,,,,\n" }.joined()
        let plan = try plan(rows)
        #expect(plan.errors.isEmpty && plan.warnings.map(\.line) == [2, 3, 4, 5])
    }

    @Test(arguments: ["", "DAFTAR PEGAWAI\n", "NIP,Nama,Jenis,Unit\n"])
    func emptyListIsRefused(_ text: String) throws {
        let people = Import.people([Import.employee(5, Import.agus, "Agus")])
        guard !text.isEmpty else {
            #expect(throws: TableError.self) { try TableFile(bytes: []) }
            return
        }
        let plan = try Import.plan(.employees, text, ImportFacts(people: people), Import.options { $0.isFull = true })
        #expect(!plan.errors.isEmpty && plan.work.count == 0)
    }

    private let ten = (0..<10).map { Import.employee(Int64($0 + 1), "P\($0)", "Orang \($0)", kind: .nonASN) }
    private func list(_ count: Int) -> String {
        (0..<count).map { "P\($0),Orang \($0),Honorer,1.02,Staf,,,,\n" }.joined()
    }

    @Test func whoIsNotInTheListStays() throws {
        let plan = try plan(list(2), Import.people(ten))
        #expect(plan.work.count == 0 && plan.absent == 8)
    }

    @Test func shrunkenFullListIsRefused() throws {
        let full = Import.options { $0.isFull = true }
        #expect(try plan(list(8), Import.people(ten), full).errors.first?.text.contains("menyusut: 2 dari 10") == true)
        #expect(
            Import.changes(try plan(list(9), Import.people(ten), full)) == [
                .leaves(number: "P9", last: Import.day("2026-02-28"))
            ])
        let more = Import.options {
            $0.isFull = true
            $0.allowMissing = 20
        }
        #expect(try plan(list(8), Import.people(ten), more).count(.end) == 2)
    }

    @Test func numberOfSomebodyElseOnTheSameUnitIsRefused() throws {
        let people = Import.people(
            [Import.employee(5, Import.dewi, "Dewi", kind: .pppk)],
            links: [
                IdentityLink(
                    id: 1, scope: .device("AAA1"), userID: UserID("11"), employee: 5,
                    span: DateSpan(from: Import.day("2025-01-01"), to: Import.day("2026-03-01")))
            ])
        let row = "\(Import.agus),Agus,PNS,1.02,,,,2026-03-01,11\n"
        #expect(try plan(row, people).errors.first?.text.contains("sudah milik Dewi") == true)
        let later = "\(Import.agus),Agus,PNS,1.02,,,,2026-03-02,11\n"
        #expect(try plan(later, people).errors.isEmpty, "the day after, the user id is free")
        let twice = try plan("A1,Ani,THL,1.02,,,,,9\nA2,Budi,THL,1.02,,,,,9\n")
        #expect(twice.errors.map(\.line) == [3])
    }

    @Test func newNumberOfTheSamePersonKeepsThePerson() throws {
        let people = Import.people([Import.employee(5, Import.dewi, "Dewi", kind: .pppk)])
        let text = "NIP,NIP Lama,Nama,Jenis,Unit,Mulai\n199104082026042005,\(Import.dewi),Dewi,CPNS,1.02,2026-04-01\n"
        let plan = try Import.plan(.employees, text, ImportFacts(people: people))
        #expect(
            Import.changes(plan).first
                == .employment(
                    number: Import.dewi, newNumber: "199104082026042005", kind: .cpns, from: Import.day("2026-04-01")))
        #expect(plan.count(.add) == 0)
    }

    @Test func headerIsFoundBelowATitleAndUnknownColumnsAreNamed() throws {
        let text =
            "DAFTAR PEGAWAI;;;;\n;;;;\nNo;nip / ni pppk;NAMA  LENGKAP;Status Pegawai;Unit Kerja;Golongan\n1;A1;Ani;THL;dinas contoh;III/a\n"
        let plan = try Import.plan(.employees, text, ImportFacts(people: Import.people()))
        #expect(plan.errors.isEmpty && plan.count(.add) == 1)
        #expect(plan.warnings.map(\.column) == ["Golongan"])
        let lacking = try Import.plan(.employees, "Nama,Unit\nA,B\n", ImportFacts(people: Import.people()))
        #expect(lacking.errors.first?.text.contains("NIP, Jenis") == true)
    }

    /// Nothing here may trap, whatever people type.
    @Test func mutatedListsNeverTrap() throws {
        let sample = Array((head + "\(Import.agus),Agus,PNS,1.02,P,\(Import.dewi),umum,01/02/2026,11\n").utf8)
        let letters = Array("0123456789E+-=.,/\"' \u{E9}#".utf8)
        for seed in UInt64(1)...2000 {
            var state = seed
            var bytes = sample
            for _ in 0..<5 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = letters[Int(state >> 20 & 0xFFF) % letters.count]
            }
            guard let file = try? TableFile(bytes: bytes) else { continue }
            let plan = ImportPlan.plan(
                .employees, file, facts: ImportFacts(people: Import.people()), options: Import.options())
            #expect(plan.errors.isEmpty || plan.work.count == 0, "seed \(seed)")
        }
    }
}
