import AttendanceRules
import CentralStore
import Crypto
import Foundation
import HummingbirdTesting
import NIOCore
import Testing

@testable import CentralServer

/// Lists in the browser: looked at, then written, the very file.
@Suite("Imports in the browser")
struct ImportPagesTests {
    @Test("Units and people come in by two files, each looked at before it is written")
    func wholeWay() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti", role: .personnel)
            var browser = Browser(client)
            try await browser.signIn()
            let preview = try await browser.preview("units", Office.units)
            #expect(preview.status == .ok)
            #expect(preview.text.contains("3 baris: 3 baru"))
            #expect(try await rig.store.people().units.isEmpty)
            #expect(try await browser.confirm(preview).location == "/kepegawaian/impor?kabar=diimpor")
            #expect(try await rig.store.people().units.count == 3)
            let people = try await browser.preview("employees", Office.people)
            _ = try await browser.confirm(people)
            let found = try await rig.store.people().employees
            #expect(Set(found.map(\.number)) == [Government.ani, Government.budi, Government.citra])
            // Which files, and how much: one note for each, behind those of its changes.
            let imports = try await rig.store.auditNotes(AuditQuery()).filter { $0.what == AuditWord.import.rawValue }
            #expect(imports.map(\.object) == ["list:employees", "list:units"])
            #expect(imports.allSatisfy { $0.by.name == "siti" && $0.by.address == "127.0.0.1" })
            let detail = try #require(imports.first?.detail)
            let digest = SHA256.hash(data: Data(Office.people.utf8)).map { String(format: "%02x", $0) }.joined()
            #expect(detail.contains("\"sha256\":\"\(digest)\"") && detail.contains("\"rows\":3"))
            #expect(detail.contains("\"added\":3") && !detail.contains("Invented"))
            // Who did it is the account, not the machine.
            #expect(
                try await rig.store.acts(limit: 100).filter { !$0.what.hasPrefix("account_") }
                    .allSatisfy { $0.by.name == "siti" && $0.by.role == "personnel" })
        }
    }

    @Test("Errors are said by line, and nothing is offered to be written")
    func errorsByLine() async throws {
        try await PagesRig.run { rig, client in
            var browser = try await Office.opened(rig, client)
            let before = try await rig.store.peopleRevision()
            let answer = try await browser.preview(
                "employees", "NIP,Nama,Jenis,Unit\n123,,PNS,Dinas Contoh\n\(Government.ani),Ani,Raja,Entah\n")
            #expect(answer.status == .unprocessableContent)
            #expect(answer.text.contains("baris 2, kolom Nama"))
            #expect(answer.text.contains("baris 3, kolom Jenis"))
            #expect(!answer.text.contains("name=\"rencana\""))
            #expect(try await rig.store.peopleRevision() == before)
        }
    }

    @Test("What people changed since the preview is not overwritten: pratinjau lagi")
    func changedMeanwhile() async throws {
        try await PagesRig.run { rig, client in
            var browser = try await Office.opened(rig, client)
            let list = Office.people.replacing("Ani Invented", with: "Ani Terkira")
            let preview = try await browser.preview("employees", list)
            try await rig.store.change(
                people: [.leaves(number: Government.citra, last: Government.date("2026-02-01"))], revision: nil,
                by: Actor(name: "lain", role: "operator"), at: rig.clock.now())
            let answer = try await browser.confirm(preview)
            #expect(answer.status == .conflict)
            #expect(answer.text.contains("Pratinjau lagi"))
            #expect(try await rig.store.people().employees.allSatisfy { $0.name != "Ani Terkira" })
        }
    }

    @Test("Leave that came meanwhile from elsewhere ends a preview, too")
    func leaveMeanwhile() async throws {
        try await PagesRig.run { rig, client in
            var browser = try await Office.opened(rig, client)
            let list = "NIP,Jenis,Mulai,Sampai,Dokumen\n\(Government.ani),izin,2026-02-02,2026-02-03,S-1\n"
            let preview = try await browser.preview("leave", list)
            #expect(preview.status == .ok)
            let ani = try await Office.employee(Government.ani, rig)
            let span = DateSpan(from: Government.date("2026-02-03"), to: Government.date("2026-02-04"))
            _ = try await rig.store.add(
                [NewAttestation(content: .leave(employee: ani, .sakit, span), document: "S-2", reason: "x")],
                by: Actor(name: "lain", role: "clerk"), at: rig.clock.now())
            #expect(try await browser.confirm(preview).status == .conflict)
            #expect(try await rig.store.attestations(AttestationQuery()).count == 1)
        }
    }

    @Test("A preview is one session's, is written once, and is too old after a quarter of an hour")
    func ownership() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            try await rig.add("rudi", role: .personnel)
            var rudi = Browser(client)
            try await rudi.signIn("rudi")
            let list = Office.people.replacing("Ani Invented", with: "Ani Terkira")
            let first = try await siti.preview("employees", list)
            #expect(try await rudi.confirm(first).status == .conflict)
            #expect(try await siti.confirm(first).location != nil)
            #expect(try await siti.confirm(first).status == .conflict)
            let second = try await siti.preview("employees", Office.people)
            rig.clock.pass(15 * 60 + 1)
            #expect(try await siti.confirm(second).status == .conflict)
        }
    }

    @Test("A form without the session's token is refused, whatever file is in it; and only BKPSDM imports")
    func refusals() async throws {
        try await PagesRig.run { rig, client in
            var browser = try await Office.opened(rig, client)
            let file = (name: "a.csv", bytes: Array(Office.units.utf8))
            let forged = try await browser.upload(
                "/kepegawaian/impor", [("token", String(repeating: "0", count: 64))], file: file)
            #expect(forged.status == .forbidden)
            let without = try await browser.upload("/kepegawaian/impor", [("jenis", "units")], file: file)
            #expect(without.status == .forbidden)
            var clerk = try await Office.clerk(of: "Dinas Contoh", rig, client)
            #expect(try await clerk.get("/kepegawaian/impor").status == .forbidden)
            let token = try await browser.formToken("/kepegawaian/impor")
            // Its body is not read: the connection ends with the answer, so nothing more is asked on it.
            let plain = try await browser.post("/kepegawaian/impor", ["token": token])
            #expect(plain.status == .badRequest)
        }
    }

    @Test(
        "Names that try to be SQL, formulas or markup are shown as text and kept as text",
        arguments: [
            "Robert'); DROP TABLE employees;--", "=cmd|' /C calc'!A0", "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>", "{{frame.token}}", "Ani&lt;b&gt;",
        ])
    func injection(_ name: String) async throws {
        try await PagesRig.run { rig, client in
            var browser = try await Office.opened(rig, client)
            let cell = "\"" + name.replacing("\"", with: "\"\"") + "\""
            let preview = try await browser.preview(
                "employees", "NIP,Nama,Jenis,Unit\n198001012010011001,\(cell),PNS,Dinas Contoh\n",
                name: "<script>\(name.prefix(4).filter { $0 != "\"" })</script>.csv")
            #expect(preview.status == .ok)
            #expect(!preview.text.contains("<script>alert"))
            #expect(!preview.text.contains("<img src"))
            #expect(!preview.text.contains("<script>R"))
            _ = try await browser.confirm(preview)
            let people = try await rig.store.people().employees
            #expect(people.count == 4)
            #expect(people.contains { $0.name == name })
            let month = try await browser.get("/kepegawaian/pin?keadaan=tanpa").text
            #expect(!month.contains("<script>alert") && !month.contains("<img src"))
        }
    }
}
