import Attendance
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Audit log of the server", .timeLimit(.minutes(1)))
struct AuditTests {
    private func words(_ store: any CentralStore) async throws -> [String] {
        try await store.auditNotes(after: 0, limit: 1000).map(\.what)
    }

    @Test("a receipt carries the end of the log, to a node that has shown its key, and nobody else")
    func receipts() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device())
            let batch = try edge.batch()
            let receipt = try centre.receipt(try await client.send(batch), to: batch)
            let own = try await centre.store.auditHead()
            #expect(receipt.audit == own)
            #expect(receipt.audit?.seq == 2, "a code was printed, a node enrolled")
            let stranger = try edge.batch(signedBy: .init())
            let refused = try centre.receipt(try await client.send(stranger), to: stranger)
            #expect(refused.answer == .bad && refused.audit == nil)
        }
    }

    @Test("what a node tells back is compared: what does not fit is a doubt, and its scans are taken all the same")
    func echoes() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch())
            let head = try await centre.store.auditHead()
            func send(_ audit: AuditHead?, after seq: Int) async throws -> Receipt {
                let batch = try edge.batch(
                    after: seq, status: NodeStatus(version: "1", backlog: 0, audit: audit))
                return try centre.receipt(try await client.send(batch), to: batch)
            }
            #expect(try await send(head, after: 0).answer == .ok)
            #expect(try await send(nil, after: 2).answer == .ok, "an edge of an earlier version")
            #expect(try await centre.store.auditDoubts(limit: 9).isEmpty)
            let beyond = AuditHead(seq: 400, hash: head.hash)
            let receipt = try await send(beyond, after: 2)
            #expect(receipt.answer == .ok && receipt.high_water == 2)
            let doubts = try await centre.store.auditDoubts(limit: 9)
            #expect(doubts.map(\.witness) == [beyond] && doubts[0].isCut && doubts[0].node == edge.node)
        }
    }

    @Test("what an operator does in the shell is noted under the user's name, without passwords and tokens")
    func administration() async throws {
        try await PagesRig.run { rig, _ in
            try await rig.add("budi", role: .clerk)
            _ = try await rig.enrolledEdge()
            guard
                case .token(let token, _) = await rig.administration.perform(.addToken(role: "reader", label: "dasbor"))
            else { throw FixtureError(what: "no token") }
            _ = await rig.administration.perform(.account(.disable(name: "budi")))
            _ = await rig.administration.perform(.account(.disable(name: "nobody")))
            _ = await rig.administration.perform(.announceKey)
            _ = await rig.administration.perform(.announceKey)
            _ = await rig.administration.perform(.switchKey(force: true))
            let notes = try await rig.store.auditNotes(after: 0, limit: 100)
            #expect(
                notes.map(\.what) == [
                    "account_added", "node_invited", "node_enrolled", "token_added", "account_disabled",
                    "key_announced", "key_changed",
                ])
            #expect(
                notes.filter { $0.what != "node_enrolled" }.allSatisfy {
                    $0.by == Actor(name: "siti", role: "operator")
                })
            let all = notes.map { "\($0.object) \($0.detail)" }.joined(separator: "\n")
            #expect(all.contains("dasbor") && !all.contains(token) && !all.contains(PagesRig.right))
            for hash in [token.sha256, PagesRig.right.sha256] { #expect(!all.contains(Hex.encode(hash))) }
        }
    }

    @Test("signing in and out is noted with the address, a wrong password as well")
    func sessions() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti", role: .auditor)
            var browser = Browser(client)
            _ = try await browser.signIn("siti", "wrong wrong wrong")
            _ = try await browser.signIn("siti", "wrong wrong wrong")
            rig.clock.pass(600)
            _ = try await browser.signIn("siti")
            let token = try await browser.formToken("/audit")
            _ = try await browser.post("/keluar", ["token": token])
            let notes = try await rig.store.auditNotes(after: 1, limit: 100)
            #expect(
                notes.map(\.what) == ["sign_in_refused", "sign_in_refused", "sign_in", "sign_out"])
            #expect(notes.map(\.by.name) == ["", "", "siti", "siti"])
            #expect(notes.allSatisfy { $0.object == "account:siti" && !$0.by.address.isEmpty })
        }
    }

    @Test("/audit is for auditors and admins: it shows who did what, filters, and goes through old notes page by page")
    func page() async throws {
        try await PagesRig.run { rig, client in
            for (name, role) in [("ani", AccountRole.auditor), ("wati", .viewer)] {
                try await rig.add(name, role: role)
            }
            let attack = "<script>alert(1)</script>"
            for number in 1...60 {
                try await rig.store.note(
                    .export, object: "month:2026-03", detail: "{\"file\":\"\(number) \(attack)\"}",
                    by: Actor(name: "dewi", role: "personnel"), from: "10.0.0.9", at: rig.clock.now())
            }
            var viewer = Browser(client)
            try await viewer.signIn("wati")
            #expect(try await viewer.get("/audit").status == .forbidden)
            var auditor = Browser(client)
            try await auditor.signIn("ani")
            let first = try await auditor.get("/audit").text
            #expect(first.contains("Mengunduh data") && first.contains("dewi") && first.contains("Masuk"))
            #expect(!first.contains(attack) && first.contains("Belum diperiksa"))
            #expect(!first.contains("Membuat akun</th>"), "that is on the next page")
            let older = try #require(first.firstMatch(of: /href="(\/audit\?sebelum=\d+)"/)?.1)
            let second = try await auditor.get(String(older)).text
            #expect(second.contains("Membuat akun</th>") && second.contains("Ke yang terbaru"))
            let filtered = try await auditor.get("/audit?apa=account_added&tentang=wati").text
            #expect(filtered.contains("akun wati") && !filtered.contains("akun ani"))
            let unknown = try await auditor.get("/audit?tentang=199001012015011001").text
            #expect(unknown.contains("Tidak ada NIP atau unit seperti ini."))
            #expect(try await auditor.post("/audit", [:]).status == .methodNotAllowed)
        }
    }

    @Test("the log is looked at once a night, at once where it never was, and what it found is kept")
    func nightly() async throws {
        try await PagesRig.run { rig, _ in
            try await rig.add("siti")
            let service = AuditService(
                store: rig.store, settings: PagesSettings(), now: rig.clock.now, logger: rig.log.logger)
            let zone = PagesSettings().value.zone
            #expect(try await service.look()?.isWhole == true)
            #expect(try await service.look() == nil)
            // To one in the morning of the next day there, and to two.
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = zone
            let midnight = try #require(
                calendar.nextDate(
                    after: rig.clock.now(), matching: DateComponents(hour: 0), matchingPolicy: .nextTime))
            rig.clock.pass(midnight.timeIntervalSince(rig.clock.now()) + 3600)
            #expect(try await service.look() == nil)
            rig.clock.pass(3600)
            let own = try await rig.store.auditHead()
            #expect(try await service.look()?.head == own)
            #expect(try await rig.store.lastAuditCheck()?.firstBad == nil)
            #expect(rig.log.text.contains("audit.verified"))
            // A node knows more than there is.
            let edge = try await rig.enrolledEdge()
            _ = try await rig.store.compare(
                witness: AuditHead(seq: 99, hash: .of([1])), ofNode: edge.node, at: rig.clock.now())
            rig.clock.pass(86_400)
            #expect(try await service.look()?.isWhole == false)
            #expect(try await rig.store.lastAuditCheck()?.firstBad == 1)
            #expect(rig.log.text.contains("audit.altered"))
            // An operator knows why.
            guard case .accepted(1) = await rig.administration.perform(.acceptAudit(because: "cadangan 1 Maret")) else {
                throw FixtureError(what: "not accepted")
            }
            guard case .refused = await rig.administration.perform(.acceptAudit(because: "\u{1B}[2J")) else {
                throw FixtureError(what: "taken")
            }
            rig.clock.pass(86_400)
            #expect(try await service.look()?.isWhole == true)
        }
    }
}
