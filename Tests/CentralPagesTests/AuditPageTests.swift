import CentralPages
import Foundation
import Testing

enum AuditSample {
    static let words = [
        "view_person", "export", "sign_in", "sign_in_refused", "sign_out", "account_added", "token_added",
        "employee_added", "attestation_added", "month_closed", "node_revoked", "witness_accepted",
    ]

    static func model() -> AuditModel {
        let rows: [(String, String, String, String, String, String, String)] = [
            ("inspektur.dua", "auditor", "10.20.1.14", "view_person", "Ni Luh Ayu Wandansari", "employee:12", ""),
            (
                "siti.rahma", "personnel", "10.20.1.7", "export", "rekap 2026-02", "month:2026-02",
                #"{"file":"rekap-2026-02.xlsx"}"#
            ),
            ("", "", "182.1.40.9", "sign_in_refused", "akun siti.rahma", "account:siti.rahma", ""),
            (
                "siti.rahma", "personnel", "10.20.1.7", "attestation_added", "Budi Santoso", "employee:7",
                #"{"attestation":41,"kind":"leave","document":"800/117/BKPSDM","employees":1}"#
            ),
            (
                "root", "operator", "", "node_revoked", "komputer absen 4f1c9a2be07d3358", "node:4f1c9a2be07d3358",
                #"{"from":"2026-03-02T00:00:00.000Z"}"#
            ),
            (
                "4f1c9a2be07d3358", "node", "10.30.0.2", "node_enrolled", "komputer absen 4f1c9a2be07d3358",
                "node:4f1c9a2be07d3358",
                #"{"unit":"Dinas Kependudukan dan Pencatatan Sipil","code":"1a2b3c4d5e6f7081"}"#
            ),
            (
                "siti.rahma", "personnel", "10.20.1.7", "month_closed", "Dinas Kesehatan", "unit:3",
                #"{"month":"2026-02","workdays":4120}"#
            ),
            (
                "kadis.kesehatan", "head", "fd12:3456:789a::1:7", "sign_in", "akun kadis.kesehatan",
                "account:kadis.kesehatan", ""
            ),
        ]
        return AuditModel(
            rows: rows.enumerated().map { place, row in
                AuditModel.Row(
                    seq: 12_408 - Int64(place), at: Sample.moment.addingTimeInterval(Double(-place * 1740)), by: row.0,
                    role: row.1, address: row.2, what: row.3, about: row.4, object: row.5, detail: row.6)
            },
            words: words, older: "/audit?sebelum=12401", headSeq: 12_408,
            headHash: String(repeating: "5f1c09ab", count: 8),
            check: (at: Sample.moment.addingTimeInterval(-30_000), seq: 12_300, firstBad: nil),
            witnesses: 41, nodes: 43)
    }

    static func doubted() -> AuditModel {
        var model = model()
        model.filter.by = "siti.rahma"
        model.filter.what = "export"
        model.filter.object = "199001012015011009"
        model.filter.problem = "Tidak ada NIP atau unit seperti ini."
        model.check = (at: Sample.moment.addingTimeInterval(-30_000), seq: 12_300, firstBad: 12_301)
        model.doubts = [
            AuditModel.Doubt(unit: "Kecamatan Bayang", node: "a", at: Sample.moment, seq: 12_390, isCut: true),
            AuditModel.Doubt(unit: "Dinas Kesehatan", node: "b", at: Sample.moment, seq: 12_301, isCut: false),
        ]
        model.newest = "/audit"
        return model
    }

    static func pages(_ pages: CentralPages, _ frame: PageFrame) -> [String: String] {
        [
            "audit": pages.auditPage(model(), frame), "audit-merah": pages.auditPage(doubted(), frame),
            "audit-kosong": pages.auditPage(
                AuditModel(
                    rows: [], words: words, headSeq: 0, headHash: String(repeating: "0", count: 64), witnesses: 0,
                    nodes: 0),
                frame),
        ]
    }
}

@Suite("Audit page")
struct AuditPageTests {
    @Test("what others wrote is data on it, wherever it stands")
    func hostile() throws {
        let attack = "<img src=x onerror=alert(1)>\"'\u{202E}"
        var model = AuditSample.model()
        model.rows = [
            AuditModel.Row(
                seq: 1, at: Sample.moment, by: attack, role: attack, address: attack, what: attack, about: attack,
                object: attack, detail: attack)
        ]
        model.filter.by = attack
        model.filter.object = attack
        model.filter.from = attack
        model.filter.problem = attack
        model.doubts = [AuditModel.Doubt(unit: attack, node: attack, at: Sample.moment, seq: 1, isCut: true)]
        let html = try CentralPages().auditPage(model, Sample.frame)
        #expect(!html.contains("<img") && !html.contains("\u{202E}"))
        #expect(html.contains("&lt;img"))
    }

    @Test("a log that does not fit is said so, with what to do, and a whole one as well")
    func states() throws {
        let pages = try CentralPages()
        let whole = pages.auditPage(AuditSample.model(), Sample.frame)
        #expect(whole.contains("Catatan utuh") && whole.contains("41 <span class=\"quiet\">dari 43"))
        #expect(whole.contains("href=\"/audit?tentang=employee%3A12\""))
        let bad = pages.auditPage(AuditSample.doubted(), Sample.frame)
        #expect(bad.contains("Catatan audit tidak cocok") && bad.contains("12.301") && bad.contains("Kecamatan Bayang"))
        #expect(bad.contains("<option value=\"export\" selected>"))
    }
}
