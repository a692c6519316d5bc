import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOEmbedded
import Testing

@testable import CentralServer

/// What somebody with a login and bad intentions tries.
@Suite("Visitors with bad intentions", .timeLimit(.minutes(5)))
struct HostileVisitorTests {
    private static let monday = Government.date("2026-03-02")
    private static let people = PageGovernment.people.map(\.number)

    private static func leave(of employee: Int64, _ document: String) -> NewAttestation {
        NewAttestation(
            content: .leave(employee: employee, .sakit, DateSpan(from: monday, to: monday)), document: document,
            reason: "demam")
    }

    @Test("one duty does not widen another: who sees all days by role reads statements only of the unit that is led")
    func duties() async throws {
        // Citra of unit 3 stands in for the head of unit 1.
        let span = DateSpan(from: Self.monday, to: Self.monday)
        let heads = [(number: Self.people[2], UnitHead.Capacity.plt, span)]
        try await PageCentre.run(heads: heads) { centre, client in
            _ = try await centre.store.add(
                [Self.leave(of: 4, "Surat Elsewhere"), Self.leave(of: 2, "Surat Below")],
                by: Actor(name: "siti", role: "clerk"), at: centre.moment)
            let visitor = try await PageVisitor(
                client, centre.store, "pimpinan", .executive, employee: 3, at: centre.moment)
            for path in ["/pegawai/4?month=2026-03", "/pegawai/4/hari/2026-03-02"] {
                let other = try await visitor.get(path)
                #expect(other.status == .ok && !other.text.contains("Surat Elsewhere"), "\(path)")
                #expect(!other.text.contains("Riwayat hitungan"), "\(path)")
            }
            for path in ["/pegawai/2?month=2026-03", "/pegawai/2/hari/2026-03-02"] {
                let led = try await visitor.get(path)
                #expect(led.status == .ok && led.text.contains("Surat Below"), "\(path)")
            }
        }
    }

    @Test("a day that is shown by a preview, a refused form or the page of leave is noted as a look at the person")
    func previews() async throws {
        for (path, fields) in [
            ("/pegawai/1/hari/2026-03-02/koreksi", ["kind": "nothing"]), ("/pegawai/1/cuti", ["kind": "nothing"]),
            ("/pegawai/1/cuti", nil),
        ] as [(String, [String: String]?)] {
            try await PageCentre.run { centre, client in
                let clerk = try await PageVisitor(client, centre.store, "petugas", .clerk, unit: 1, at: centre.moment)
                let answer = if let fields { try await clerk.post(path, fields) } else { try await clerk.get(path) }
                #expect([200, 422].contains(answer.status.code), "\(path)")
                let views = try await centre.store.auditNotes(AuditQuery())
                    .filter { $0.what == AuditWord.viewPerson.rawValue }
                #expect(views.map(\.object) == ["employee:1"] && views.first?.by.name == "petugas", "\(path)")
            }
        }
    }

    @Test("a list of names with their days is noted once, with its unit")
    func lists() async throws {
        for (path, object, page) in [
            ("/kepegawaian/pernyataan", "", "attestations"), ("/kepegawaian/ambang?unit=1", "unit:1", "thresholds"),
            ("/kepegawaian/rekap?unit=1", "unit:1", "recap"), ("/kepegawaian/bulan/2026-02/1", "unit:1", "month"),
            ("/unit/1", "unit:1", "today"),
        ] {
            try await PageCentre.run { centre, client in
                let head = try await PageVisitor(client, centre.store, "kepala", .head, unit: 1, at: centre.moment)
                for _ in 0..<2 { #expect(try await head.get(path).status == .ok, "\(path)") }
                let views = try await centre.store.auditNotes(AuditQuery())
                    .filter { $0.what == AuditWord.viewPerson.rawValue }
                #expect(views.map(\.object) == [object], "\(path)")
                #expect(views.first?.detail == "{\"page\":\"\(page)\"}", "\(path)")
            }
        }
    }

    @Test("nobody states anything about the own days by the long way either: the list of statements, and sheets")
    func longWay() async throws {
        try await PageCentre.run { centre, client in
            let ani = try await PageVisitor(
                client, centre.store, "petugas", .clerk, unit: 1, employee: 1, at: centre.moment)
            let list = try await ani.get("/kepegawaian/pernyataan?dari=2020-01-01&sampai=2020-02-01").text
            #expect(list.contains("Surat 1") && !list.contains("/kepegawaian/pernyataan/1/cabut"))
            let own = try await ani.post("/kepegawaian/pernyataan/1/cabut", ["alasan": "tidak suka"])
            #expect(own.status == .forbidden)
            var sheet = [
                "unit": "1", "tanggal": "2026-02-27", "dokumen": "DH/1", "alasan": "mati lampu", "aksi": "simpan",
                "m-1": "07:30", "p-1": "16:00",
            ]
            let refused = try await ani.post("/kepegawaian/lembar", sheet)
            #expect(refused.status == .unprocessableContent && refused.text.contains("diisi petugas lain"))
            #expect(try await centre.store.attestations(AttestationQuery()).count == 1)
            (sheet["m-1"], sheet["p-1"]) = (nil, nil)
            (sheet["m-2"], sheet["p-2"]) = ("07:30", "16:00")
            #expect(try await ani.post("/kepegawaian/lembar", sheet).status == .seeOther)
            // Somebody else with the same powers may.
            let other = try await PageVisitor(
                client, centre.store, "lain", .clerk, unit: 1, employee: 2, at: centre.moment)
            #expect(
                try await other.post("/kepegawaian/pernyataan/1/cabut", ["alasan": "keliru"]).status == .seeOther)
        }
    }

    @Test("a list of files that is open ends with the duty it was opened by")
    func openList() async throws {
        let places = StreamPlaces(most: 1, mostOfSession: 1, mostOfAccount: 1)
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        ring.yield()
        let stream = ExportStream(
            rings: rings, section: { PageSection(id: "files", html: "rekap_2026-03_unit-1.csv") }, end: { .scope },
            place: try #require(places.take([1], of: "a")), channel: EmbeddedChannel(), now: { Date() })
        let sent = LockedList()
        var writer: any ResponseBodyWriter = ListWriter(sent: sent)
        try await stream.write(&writer)
        let text = sent.all.joined()
        #expect(text.contains("\"why\":\"scope\"") && !text.contains("rekap_"))
    }
}

private struct ListWriter: ResponseBodyWriter {
    let sent: LockedList

    mutating func write(_ buffer: ByteBuffer) async throws { sent.add([String(buffer: buffer)]) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
