import Attendance
import CentralPages
import CentralStore
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Enrolment, shutting out and stick files in the browser")
struct NetworkPagesTests {
    private func withAdmin(
        role: AccountRole = .admin,
        _ work: @Sendable @escaping (PagesRig, inout Browser) async throws -> Void
    ) async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti", role: role)
            var browser = Browser(client)
            try await browser.signIn()
            try await work(rig, &browser)
        }
    }

    private static let form = "/jaringan/pendaftaran"

    @Test("A code is made for a unit, is shown once, and makes a node")
    func code() async throws {
        try await withAdmin { rig, browser in
            let token = try await browser.formToken(Self.form)
            let made = try await browser.post(
                Self.form, ["token": token, "unit": "Dinas Baru", "alamat": "http://127.0.0.1:8080"])
            #expect(made.status == .ok && made.headers[.cacheControl] == "no-store")
            let text = try #require(made.text.firstMatch(of: /<code class="net-code">([^<]+)</)?.1)
            let code = try EnrolmentCode(parsing: String(text))
            #expect(code.url == "http://127.0.0.1:8080")
            let again = try await browser.get(Self.form).text
            #expect(!again.contains(text) && again.contains("Dinas Baru"))
            let invited = try await rig.store.auditNotes(AuditQuery()).first {
                $0.what == AuditWord.nodeInvited.rawValue
            }
            #expect(invited?.by == Actor(name: "siti", role: "admin", address: "127.0.0.1"))
            let node = try await rig.store.enrol(
                EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey),
                nodeName: "00ff00ff00ff00ff",
                centreFingerprint: code.centreFingerprint, at: rig.clock.now())
            #expect(node?.unit == "Dinas Baru")
            #expect(try await browser.get(Self.form).text.contains("/jaringan/pendaftaran/cabut/00ff00ff00ff00ff"))
        }
    }

    @Test(
        "A form with a mistake says which, keeps what was typed, and makes nothing",
        arguments: [("", "http://127.0.0.1:1", "Nama kantor"), ("Dinas \"A\"", "http://hadir.example", "Alamat pusat")])
    func mistakes(unit: String, address: String, told: String) async throws {
        try await withAdmin { rig, browser in
            let token = try await browser.formToken(Self.form)
            let answer = try await browser.post(Self.form, ["token": token, "unit": unit, "alamat": address])
            #expect(answer.status == .unprocessableContent && answer.text.contains(told))
            #expect(answer.text.contains("value=\"\(address)\""))
            #expect(try await rig.store.openCodes(at: rig.clock.now()) == [])
        }
    }

    @Test("A node is shut out only after its consequences were confirmed, and then is said to be")
    func revocation() async throws {
        try await withAdmin { rig, browser in
            let edge = try await rig.enrolledEdge()
            let path = Self.form + "/cabut/" + edge.node
            let token = try await browser.formToken(path)
            #expect(try await browser.post(path, ["token": token]).status == .unprocessableContent)
            #expect(try await browser.post(path, ["token": "x", "yakin": "ya"]).status == .forbidden)
            #expect(try await rig.store.identity(ofNode: edge.node)?.revokedFrom == nil)
            let done = try await browser.post(path, ["token": token, "yakin": "ya"])
            #expect(done.status == .seeOther && done.location == Self.form + "?dicabut=" + edge.node)
            #expect(try await rig.store.identity(ofNode: edge.node)?.revokedFrom == rig.clock.now())
            #expect(try await browser.get(done.location ?? "").text.contains("Dinas Contoh sudah dicabut"))
            let noted = try await rig.store.auditNotes(AuditQuery()).first { $0.what == AuditWord.nodeRevoked.rawValue }
            #expect(noted?.by == Actor(name: "siti", role: "admin", address: "127.0.0.1"))
            #expect(try await browser.get(path).status == .notFound)
        }
    }

    @Test("A file is accepted with document and reason after its digest was compared; then its scans count")
    func file() async throws {
        try await withAdmin { rig, browser in
            var edge = try await rig.enrolledEdge()
            let digest = String(repeating: "ab", count: 32)
            let serial = try #require(DeviceSerial("CJ9L170560001"))
            let time = try #require(DeviceTime(text: "2026-03-02T07:30:00"))
            edge.write(
                .punch(
                    Punch(
                        serial: serial, userID: UserID("7"), deviceTime: time, occurrence: 0, verify: 1, state: 0,
                        source: .stick, raw: [], file: FileOrigin(sha256: digest, by: "petugas"))))
            _ = try await rig.store.append(try EntryRun(try edge.batch()), receivedAt: rig.clock.now())
            let path = "/jaringan/berkas"
            #expect(try await browser.get(path).text.contains("2 Mar 2026 07.30"))
            let token = try await browser.formToken(path)
            let full = [
                "token": token, "sha256": digest, "dokumen": "BA 1/2026", "alasan": "dicocokkan", "cocok": "ya",
            ]
            for missing in ["dokumen", "alasan", "cocok"] {
                let answer = try await browser.post(path, full.filter { $0.key != missing })
                #expect(answer.status == .unprocessableContent, "\(missing)")
                #expect(answer.text.contains("role=\"alert\"") && answer.text.contains(digest))
            }
            var other = full
            other["sha256"] = String(repeating: "cd", count: 32)
            #expect(try await browser.post(path, other).status == .unprocessableContent)
            #expect(try await rig.store.attestations(AttestationQuery()) == [])
            #expect(try await browser.post(path, full).status == .seeOther)
            let accepted = try #require(try await rig.store.attestations(AttestationQuery()).first)
            #expect(accepted.content == .file(sha256: digest) && accepted.by == Actor(name: "siti", role: "admin"))
            let noted = try await rig.store.auditNotes(AuditQuery()).first
            #expect(noted?.by.address == "127.0.0.1")
            let page = try await browser.get(path).text
            #expect(page.contains("Tidak ada berkas yang menunggu") && page.contains("BA 1/2026"))
        }
    }

    @Test("Whoever only reads the network has neither tab, and a stream does not bring them")
    func viewer() async throws {
        try await withAdmin(role: .viewer) { _, browser in
            let page = try await browser.get("/kantor")
            #expect(page.status == .ok && !page.text.contains("/jaringan/"))
            for path in [Self.form, "/jaringan/berkas"] {
                #expect(try await browser.get(path).status == .forbidden)
            }
        }
    }

    @Test("Sections for those with more tabs are others than for those without")
    func sections() async throws {
        try await Centre.run(.router) { centre, _ in
            let live = LivePages(
                source: OverviewSource(store: centre.store, settings: PagesSettings(), now: centre.clock.now),
                pages: try CentralPages(), frame: FrameMaker(settings: PagesSettings()), bell: ChangeBell(),
                logger: silent)
            let snapshot = try await live.snapshot(for: .offices)
            func nav(_ others: Set<NetworkPage>) async -> String {
                await live.sections(of: .offices, snapshot, with: others).first { $0.id == "nav" }?.html ?? ""
            }
            #expect(await !nav([]).contains("/jaringan/"))
            #expect(await nav([.enrolment]).contains("/jaringan/pendaftaran"))
            #expect(await !nav([]).contains("/jaringan/"))
        }
    }
}
