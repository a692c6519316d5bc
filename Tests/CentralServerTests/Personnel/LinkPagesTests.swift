import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import HummingbirdTesting
import Testing

@testable import CentralServer

/// Whose user ids are: proposed, said by a person, ended.
@Suite("Links at pages")
struct LinkPagesTests {
    /// A device of Dinas Contoh that scans of 7 and 8 came from.
    private static func scanned(
        _ rig: PagesRig, _ client: any TestClientProtocol, _ more: [UserID] = []
    ) async throws -> [String: String] {
        var edge = try await rig.enrolledEdge()
        edge.write(try device())
        for id in [UserID("7"), UserID("8")] + more { edge.write(try punch(id)) }
        guard try await client.send(try edge.batch()).status == .ok else { throw FixtureError(what: "no batch") }
        let seen = try await rig.store.seenUserIDs()
        return Dictionary(seen.map { ($0.userID.text, PersonnelPages.key($0)) }) { first, _ in first }
    }

    @Test("A user id gets a person with a document, by whoever may say so, and loses it again")
    func wholeWay() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            let keys = try await Self.scanned(rig, client)
            let (seven, eight) = (try #require(keys["7"]), try #require(keys["8"]))
            let page = try await siti.get("/kepegawaian/pin").text
            #expect(page.contains("PIN belum dikenal: 2"))
            let token = try await siti.formToken("/kepegawaian/pin")
            var fields = ["token": token, "n-\(seven)": Government.ani, "s-\(seven)": "2026-01-01", "n-\(eight)": "1"]
            fields["dokumen"] = ""
            #expect(try await siti.post("/kepegawaian/pin", fields).status == .unprocessableContent)
            fields["dokumen"] = "BA-1"
            let unknown = try await siti.post("/kepegawaian/pin", fields)
            #expect(unknown.text.contains("NIP tidak dikenal"))
            // All or nothing: the good row waits with the bad one, and is still filled in.
            #expect(unknown.text.contains(Government.ani))
            #expect(try await rig.store.people().links.isEmpty)
            fields["n-\(eight)"] = ""
            #expect(try await siti.post("/kepegawaian/pin", fields).location == "/kepegawaian/pin?kabar=tertaut")
            let link = try #require(try await rig.store.people().links.first)
            #expect(link.userID == UserID("7") && link.span.from == Government.date("2026-01-01"))
            #expect(try await siti.get("/kepegawaian/pin").text.contains("PIN belum dikenal: 1"))
            let ended = try await siti.post(
                "/kepegawaian/pin/\(link.id)/akhiri", ["token": token, "sampai": "2026-02-01"])
            #expect(ended.location?.contains("kabar=diakhiri") == true)
            #expect(try await rig.store.people().links.first?.span.to == Government.date("2026-02-01"))
        }
    }

    @Test("A clerk sees the unit's user ids and links none; another unit's are not there")
    func clerk() async throws {
        try await PagesRig.run { rig, client in
            var siti = try await Office.opened(rig, client)
            let keys = try await Self.scanned(rig, client)
            let seven = try #require(keys["7"])
            var wati = try await Office.clerk(of: "Dinas Contoh", rig, client)
            let page = try await wati.get("/kepegawaian/pin").text
            #expect(page.contains("PIN belum dikenal: 2") && !page.contains("name=\"n-"))
            let token = try await wati.formToken("/kepegawaian/pin")
            let fields = ["token": token, "n-\(seven)": Government.ani, "dokumen": "BA-1"]
            #expect(try await wati.post("/kepegawaian/pin", fields).status == .forbidden)
            let kecamatan = try await Office.unit("Kecamatan Contoh", rig)
            _ = try await rig.store.change(account: "wati", .role(.clerk, unit: kecamatan), at: rig.clock.now())
            try await wati.signIn("wati")
            #expect(try await wati.get("/kepegawaian/pin").text.contains("Semua PIN sudah dikenal"))
            // Somebody of personnel for one unit links neither there nor to people elsewhere.
            _ = try await rig.store.change(account: "wati", .role(.personnel, unit: kecamatan), at: rig.clock.now())
            try await wati.signIn("wati")
            let own = try await wati.formToken("/kepegawaian/pin")
            let foreign = try await wati.post(
                "/kepegawaian/pin", ["token": own, "n-\(seven)": Government.citra, "dokumen": "BA-1"])
            #expect(foreign.status == .unprocessableContent)
            #expect(try await rig.store.people().links.isEmpty)
            #expect(try await siti.get("/kepegawaian").text.contains("PIN belum dikenal"))
        }
    }
}
