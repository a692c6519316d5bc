import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import TableFiles
import Testing

@Suite struct OtherImportTests {
    private let people = Import.people([Import.employee(5, Import.agus, "Agus")])

    @Test func unitsComeAfterThoseAboveThem() throws {
        let text = "Nama,Jenis,Induk,Kode,Zona\nSeksi,lainnya,Bidang,,\nBidang,bagian,9.9,,\nDinas Lain,opd,,9.9,WITA\n"
        let plan = try Import.plan(.units, text, ImportFacts(people: people))
        #expect(plan.errors.isEmpty, "\(plan.errors)")
        #expect(
            Import.changes(plan) == [
                .unit(name: "Dinas Lain", code: "9.9", kind: .opd, parent: nil, timezone: "Asia/Makassar"),
                .unit(name: "Bidang", code: nil, kind: .bagian, parent: "Dinas Lain", timezone: nil),
                .unit(name: "Seksi", code: nil, kind: .lainnya, parent: "Bidang", timezone: nil),
            ])
    }

    @Test func unitsInACircleAreRefused() throws {
        let text = "Nama,Jenis,Induk\nA,opd,B\nB,opd,C\nC,opd,A\n"
        let plan = try Import.plan(.units, text, ImportFacts(people: people))
        #expect(plan.errors.first?.text.contains("berputar") == true && plan.work.count == 0)
    }

    @Test func unitsAgainChangeNothing() throws {
        let text = "Nama,Jenis,Induk,Kode\nDinas Contoh,opd,,1.02\nPuskesmas Contoh,puskesmas,1.02,\n"
        let plan = try Import.plan(.units, text, ImportFacts(people: people))
        #expect(plan.work.count == 0 && plan.unchanged == 2)
    }

    @Test func headIsNamedByNumber() throws {
        let text =
            "Nama,Jenis,Kepala,Kapasitas,Mulai,Sampai,Dokumen\nDinas Contoh,opd,\(Import.agus),Plt,2026-02-01,2026-07-31,SP 1\n"
        let plan = try Import.plan(.units, text, ImportFacts(people: people))
        #expect(
            Import.changes(plan) == [
                .head(
                    unit: "Dinas Contoh", number: Import.agus, capacity: .plt,
                    span: DateSpan(from: Import.day("2026-02-01"), to: Import.day("2026-07-31")), document: "SP 1")
            ])
    }

    @Test func calendarThatIsShippedIsReadWhole() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/CentralAttendance/Examples/kalender-2025-2026.csv")
        let file = try TableFile(path: path.path)
        let plan = ImportPlan.plan(
            .calendar, file, facts: ImportFacts(people: people), options: Import.options())
        #expect(plan.errors.isEmpty && plan.count(.add) == 53 && plan.read == 53)
        guard case .hours(let changes) = plan.work else { return #expect(Bool(false), "not of hours") }
        let days = changes.compactMap { if case .calendar(let day) = $0 { day } else { nil } }
        let again = ImportPlan.plan(
            .calendar, file, facts: ImportFacts(people: people, calendar: days), options: Import.options())
        #expect(again.work.count == 0 && again.unchanged == 53)
    }

    @Test func leaveIsAnEntryWithItsLetter() throws {
        let text =
            "NIP,Jenis,Dari,Sampai,No. Surat,Keterangan\n\(Import.agus),Cuti Tahunan,2026-03-09,11/03/2026,851/1,x\n"
        let plan = try Import.plan(.leave, text, ImportFacts(people: people))
        let span = DateSpan(from: Import.day("2026-03-09"), to: Import.day("2026-03-11"))
        let leave = NewAttestation(content: .leave(employee: 5, .cutiTahunan, span), document: "851/1", reason: "x")
        #expect(plan.work == .attest([leave]))
        let known = Attestation(
            id: 1, content: leave.content, document: "851/1", reason: "x", by: Actor(name: "a", role: "operator"),
            at: Date(timeIntervalSince1970: 0))
        let again = try Import.plan(.leave, text, ImportFacts(people: people, leave: [known]))
        #expect(again.work.count == 0 && again.unchanged == 1)
    }

    @Test(arguments: ["CB", "cuti bersama", "", "liburan"])
    func leaveThatIsNotClearIsRefused(_ kind: String) throws {
        let text = "NIP,Jenis,Dari,Sampai,Nomor Surat\n\(Import.agus),\(kind),2026-03-09,2026-03-11,851/1\n"
        #expect(try Import.plan(.leave, text, ImportFacts(people: people)).errors.map(\.column) == ["Jenis"])
    }

    @Test func leaveThatEndsBeforeItBeginsIsRefused() throws {
        let text = "NIP,Jenis,Dari,Sampai,Nomor Surat\n\(Import.agus),CT,2026-03-09,2026-03-08,851/1\n"
        #expect(try Import.plan(.leave, text, ImportFacts(people: people)).errors.map(\.column) == ["Sampai"])
    }

    @Test func linkOfAnUnknownDeviceOrPersonIsRefused() throws {
        let text =
            "Perangkat,Unit,PIN,NIP\nZZZ,,1,\(Import.agus)\n,,1,\(Import.agus)\nAAA1,,1,999\nAAA1,,0,\(Import.agus)\n"
        let plan = try Import.plan(.links, text, ImportFacts(people: people))
        #expect(plan.errors.map(\.line) == [2, 3, 4, 5])
    }

    @Test func userIDOfTwoPeopleIsRefusedWithBoth() throws {
        let both = Import.people([
            Import.employee(5, Import.agus, "Agus"), Import.employee(6, Import.dewi, "Dewi", kind: .pppk),
        ])
        let text =
            "Perangkat,Unit,PIN,NIP,Mulai,Sampai\n,1.02,7,\(Import.agus),2026-01-01,2026-06-30\nAAA1,,7,\(Import.dewi),2026-06-30,\n"
        let plan = try Import.plan(.links, text, ImportFacts(people: both))
        #expect(plan.errors.map(\.line) == [3] && plan.errors.first?.text.contains("Agus") == true)
        let apart = text.replacing("2026-06-30,\n", with: "2026-07-01,\n")
        #expect(try Import.plan(.links, apart, ImportFacts(people: both)).errors.isEmpty)
    }

    @Test func samplesOfTheDocumentationAreRead() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/samples")
        let csv = try TableFile(path: folder.appending(path: "pegawai.csv").path)
        let xlsx = try TableFile(path: folder.appending(path: "pegawai.xlsx").path)
        #expect(csv.rows == xlsx.rows && csv.rows.count == 8)
    }
}

@Suite struct LinkProposalTests {
    private func seen(_ pin: String, _ name: String?) -> SeenUserID {
        SeenUserID(
            serial: "AAA1", unit: 1, userID: UserID(pin), deviceName: name, first: "2026-01-05T07:30:00", last: nil,
            scans: 3)
    }

    private let people = Import.people([
        Import.employee(1, Import.agus, "dr. Agus Setiawan, M.Kes."),
        Import.employee(2, "198001012005011002", "Budi Santoso"),
        Import.employee(3, "198001012005011003", "Budi Santosa Wijaya", unit: 2),
        Import.employee(4, "198001012005011004", "Siti Aminah"),
        Import.employee(5, "198001012005011005", "Siti Aminah"),
    ])

    private func propose(_ pin: String, _ name: String?) -> LinkProposal? {
        LinkProposal.all([seen(pin, name)], people).first
    }

    @Test func wholeNameIsExact() {
        let proposal = propose("1", "AGUS SETIAWAN")
        #expect(proposal?.certainty == .exact && proposal?.candidates.first?.employee.id == 1)
        #expect(proposal?.from == Import.day("2026-01-05"))
    }

    @Test func cutAndShortenedNamesAreLikely() {
        #expect(propose("1", "Agus Set")?.certainty == .likely)
        #expect(propose("1", "Agus S")?.candidates.first?.reason == "nama disingkat")
        #expect(propose("051001", nil)?.candidates.first?.employee.id == 1)
    }

    @Test func namesOfSeveralPeopleAreNeverProposedAsOne() {
        #expect(propose("1", "Siti Aminah")?.certainty == .ambiguous)
        #expect(propose("1", "Budi San")?.certainty == .ambiguous)
        #expect(propose("1", "Tak Dikenal")?.certainty == LinkProposal.Certainty.none)
        let twice = LinkProposal.all([seen("1", "Agus Setiawan"), seen("2", "Agus Setiawan")], people)
        #expect(twice.map(\.certainty) == [.ambiguous, .ambiguous])
    }

    @Test func userIDOfTwoPeopleIsListedAsClaimed() {
        func link(_ id: Int64, _ scope: IdentityLink.Scope, _ employee: Int64, _ from: String) -> IdentityLink {
            IdentityLink(
                id: id, scope: scope, userID: UserID("1"), employee: employee, span: DateSpan(from: Import.day(from)))
        }
        let links = [link(1, .unit(1), 1, "2026-01-01"), link(2, .device("AAA1"), 2, "2026-02-01")]
        let both = Import.people(people.employees, links: links)
        #expect(LinkedUserID.all([seen("1", nil), seen("2", nil)], both).map(\.state) == [.claimed, .unknown])
        #expect(LinkProposal.all([seen("1", "Agus Setiawan")], both).isEmpty)
        // A link counts before its PIN was ever seen: it must be possible to find and to end it.
        #expect(LinkedUserID.all([], both).flatMap(\.links).map(\.id).sorted().first == 1)
        #expect(LinkedUserID.all([], both).contains { $0.seen.serial == "AAA1" && $0.links.contains { $0.id == 2 } })
    }
}
