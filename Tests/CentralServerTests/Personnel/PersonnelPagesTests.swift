import Attendance
import AttendanceRules
import CentralStore
import Foundation
import HummingbirdTesting
import Testing

@testable import CentralServer

/// What BKPSDM and clerks do at pages, over the real store.
@Suite("Pages of BKPSDM")
struct PersonnelPagesTests {
    private static let february = CivilMonth(number: 2026 * 12 + 1)

    @Test("Every page opens for BKPSDM, and none shows a clerk anything of another unit")
    func scope() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            try await Office.work(rig, Self.february)
            let (dinas, kecamatan) = (
                try await Office.unit("Dinas Contoh", rig), try await Office.unit("Kecamatan Contoh", rig)
            )
            let pages = [
                "", "/pin", "/pin?keadaan=tanpa", "/pin?keadaan=linked", "/pernyataan", "/lembar",
                "/lembar?unit=UNIT&tanggal=2026-02-03", "/bulan", "/bulan/2026-02/UNIT", "/rekap?bulan=2026-02",
                "/rekap?bulan=2026-02&unit=UNIT", "/ambang?tahun=2026",
            ]
            var clerk = try await Office.clerk(of: "Dinas Contoh", rig, client)
            for page in pages {
                let all = try await siti.get("/kepegawaian" + page.replacing("UNIT", with: "\(kecamatan)"))
                #expect(all.status == .ok, "\(page)")
                let own = try await clerk.get("/kepegawaian" + page.replacing("UNIT", with: "\(dinas)"))
                #expect(own.status == .ok, "\(page)")
                #expect(!own.text.contains("Citra"), "\(page)")
                #expect(!own.text.contains(Government.citra), "\(page)")
                guard page.contains("UNIT") else { continue }
                let other = try await clerk.get("/kepegawaian" + page.replacing("UNIT", with: "\(kecamatan)"))
                #expect(other.status == .notFound, "\(page)")
            }
        }
    }

    @Test(
        "A sheet is checked line by line, then kept, listed and withdrawn; the same sheet of another unit is not there")
    func sheet() async throws {
        try await PagesRig.run { rig, client in
            _ = try await Office.opened(rig, client)
            let dinas = try await Office.unit("Dinas Contoh", rig)
            let ani = try await Office.employee(Government.ani, rig)
            let citra = try await Office.employee(Government.citra, rig)
            var clerk = try await Office.clerk(of: "Dinas Contoh", rig, client)
            let token = try await clerk.formToken("/kepegawaian/lembar")
            var fields = [
                "token": token, "unit": "\(dinas)", "tanggal": "2026-02-03", "dokumen": "DH/1",
                "alasan": "Listrik padam",
                "m-\(ani)": "16:00", "p-\(ani)": "7.30", "aksi": "simpan",
            ]
            let wrong = try await clerk.post("/kepegawaian/lembar", fields)
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.text.contains("jam pulang 07:30 tidak sesudah jam masuk 16:00"))
            fields["m-\(ani)"] = "0730"
            fields["p-\(ani)"] = "16.00"
            fields["m-\(citra)"] = "07:30"
            #expect(try await clerk.post("/kepegawaian/lembar", fields).status == .unprocessableContent)
            fields["m-\(citra)"] = nil
            fields["aksi"] = "periksa"
            let good = try await clerk.post("/kepegawaian/lembar", fields)
            #expect(good.text.contains("1 dari 2 pegawai terisi"))
            #expect(try await rig.store.attestations(AttestationQuery()).isEmpty)
            fields["aksi"] = "simpan"
            #expect(try await clerk.post("/kepegawaian/lembar", fields).location?.contains("kabar=tersimpan") == true)
            let kept = try #require(try await rig.store.attestations(AttestationQuery()).first)
            let entry = Attestation.SheetEntry(employee: ani, arrival: 450, departure: 960)
            #expect(kept.content == .sheet(unit: dinas, Government.date("2026-02-03"), [entry]))
            #expect(kept.by.name == "wati" && kept.by.role == "clerk")
            let list = try await clerk.get("/kepegawaian/pernyataan?dari=2026-02-01&sampai=2026-03-02").text
            #expect(list.contains("DH/1"))
            // A clerk may not read reasons, not even the own.
            #expect(!list.contains("Listrik padam"))
            let gone = try await clerk.post(
                "/kepegawaian/pernyataan/\(kept.id)/cabut", ["token": token, "alasan": "salah unit"])
            #expect(gone.location?.contains("kabar=dicabut") == true)
            #expect(try await rig.store.attestations(AttestationQuery()).isEmpty)
            fields["unit"] = "\(try await Office.unit("Kecamatan Contoh", rig))"
            #expect(try await clerk.post("/kepegawaian/lembar", fields).status == .notFound)
        }
    }

    @Test("A sheet from a file is shown before it is kept; people of other units are refused by line")
    func sheetFile() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            let dinas = try await Office.unit("Dinas Contoh", rig)
            let token = try await siti.formToken("/kepegawaian/lembar?unit=\(dinas)&tanggal=2026-02-03")
            let fields = [("token", token), ("unit", "\(dinas)"), ("tanggal", "2026-02-03")]
            let good = "nip,masuk,pulang\n\(Government.ani),07:30,16:00\n"
            let shown = try await siti.upload(
                "/kepegawaian/lembar/berkas", fields, file: ("lembar.csv", Array(good.utf8)))
            #expect(shown.text.contains("value=\"07:30\"") && shown.text.contains("value=\"16:00\""))
            let foreign = good + "\(Government.citra),07:30,\n"
            let refused = try await siti.upload(
                "/kepegawaian/lembar/berkas", fields, file: ("lembar.csv", Array(foreign.utf8)))
            #expect(refused.status == .unprocessableContent)
            #expect(refused.text.contains("baris 3"))
            #expect(try await rig.store.attestations(AttestationQuery()).isEmpty)
        }
    }

    @Test("A month is refused by its undecided days with their reason, and closed when all is decided and looked at")
    func month() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            let dinas = try await Office.unit("Dinas Contoh", rig)
            let path = "/kepegawaian/bulan/2026-02/\(dinas)"
            try await Office.work(rig, Self.february, undecided: [(Government.budi, 10)])
            let open = try await siti.get(path).text
            #expect(open.contains("Hari yang belum pasti: 1"))
            #expect(open.contains("Budi Invented") && open.contains("10 Februari 2026"))
            let token = try await siti.formToken(path)
            let unread = try await siti.post(path, ["token": token])
            #expect(unread.status == .unprocessableContent)
            let refused = try await siti.post(path, ["token": token, "setuju": "ya"])
            #expect(refused.status == .conflict)
            #expect(refused.text.contains("1 hari belum pasti"))
            #expect(try await rig.store.closings().isEmpty)
            try await Office.work(rig, Self.february)
            let closed = try await siti.post(path, ["token": token, "setuju": "ya"])
            #expect(closed.location == path + "?kabar=ditutup")
            let closing = try #require(try await rig.store.closings().first)
            #expect(closing.unit == dinas && closing.by.name == "siti")
            #expect(try await siti.get("/kepegawaian/bulan").text.contains("ditutup"))
            let march = try await siti.post("/kepegawaian/bulan/2026-03/\(dinas)", ["token": token, "setuju": "ya"])
            #expect(march.status == .conflict)
            #expect(march.text.contains("Bulan ini belum selesai"))
            try await Office.work(rig, Self.february, undecided: [(Government.ani, 3)])
            #expect(try await siti.get(path).text.contains("Penyesuaian sesudah ditutup: 1"))
        }
    }

    @Test("A clerk reads a month and may not close it")
    func clerkCloses() async throws {
        try await PagesRig.run { rig, client in
            _ = try await Office.opened(rig, client)
            try await Office.work(rig, Self.february)
            let dinas = try await Office.unit("Dinas Contoh", rig)
            var clerk = try await Office.clerk(of: "Dinas Contoh", rig, client)
            let token = try await clerk.formToken("/kepegawaian/bulan/2026-02/\(dinas)")
            let answer = try await clerk.post(
                "/kepegawaian/bulan/2026-02/\(dinas)", ["token": token, "setuju": "ya"])
            #expect(answer.status == .forbidden)
            #expect(try await rig.store.closings().isEmpty)
        }
    }

    @Test("Rows of a recap add up to its last one, on every level")
    func recap() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            try await Office.work(rig, Self.february, undecided: [(Government.budi, 10), (Government.citra, 2)])
            var units = [""]
            for name in ["Dinas Contoh", "Bagian Umum", "Kecamatan Contoh"] {
                units.append("&unit=\(try await Office.unit(name, rig))")
            }
            for unit in units {
                let text = try await siti.get("/kepegawaian/rekap?bulan=2026-02\(unit)").text
                let body = try #require(text.firstMatch(of: /<tbody role="rowgroup">(.*?)<\/tbody>/)).1
                let rows = body.matches(of: /<tr role="row">(.*?)<\/tr>/).map { row in
                    row.1.matches(of: /data-label="[^"]*"><bdi>(\d+)<\/bdi>/).compactMap { Int($0.1) }
                }
                #expect(rows.count >= 2 && rows.allSatisfy { $0.count == 7 }, "\(unit)")
                let total = try #require(rows.last)
                for column in 0..<7 {
                    #expect(rows.dropLast().reduce(0) { $0 + $1[column] } == total[column], "\(unit) \(column)")
                }
                // Working days are those there, excused, absent and not known.
                #expect(total[0] == total[1] + total[2] + total[3] + total[4], "\(unit)")
            }
        }
    }
}
