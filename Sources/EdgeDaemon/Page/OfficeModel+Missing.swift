import Foundation
import PageSupport

extension OfficeModel {
    /// Scans that the centre may not have although nothing waits here. While there are such, the page is never green.
    static func missing(_ status: EdgeStatus, _ words: Indonesian?) -> [OfficeCause] {
        let names = Dictionary(
            status.devices.map { ($0.status.serial, $0.status.name) }, uniquingKeysWith: { first, _ in first })
        func name(_ serial: String) -> String { PageText.shown(names[serial] ?? serial) }
        return status.missing.held.map { .held($0, device: name($0.serial)) }
            + status.missing.lost.map { .lost($0, device: name($0.serial), words) }
    }
}

extension OfficeCause {
    fileprivate static func held(_ held: MissingScans.Held, device: String) -> OfficeCause {
        let count = (held.isMore ? "lebih dari " : "") + Indonesian.number(Int64(held.count))
        let isForeign = held.reason == "not_your_device"
        let why = isForeign ? "perangkat ini terdaftar di kantor lain" : "isinya tidak dapat dibaca pusat"
        return OfficeCause(
            code: "scans_held", what: "Pusat menahan \(count) absen dari perangkat \(device): \(why).",
            advice: "Absen itu tersimpan, tetapi belum dihitung. "
                + (isForeign ? "Minta pusat memindahkan perangkat ini ke kantor ini." : "Ini perlu diperiksa di pusat.")
        )
    }

    fileprivate static func lost(_ lost: MissingScans.Lost, device: String, _ words: Indonesian?) -> OfficeCause {
        let found = words.map { " Ini diketahui pada \($0.short(lost.at)) \($0.zoneName)." } ?? ""
        let what =
            switch lost.why {
            case .rolledOver: "Sebagian catatan di memori perangkat \(device) hilang sebelum sempat dibaca."
            case .cleared: "Catatan di memori perangkat \(device) dihapus; yang belum sempat dibaca hilang."
            case .notReconciled:
                "Catatan di memori perangkat \(device) berubah; sebagian mungkin hilang sebelum sempat dibaca."
            }
        return OfficeCause(
            code: lost.why.rawValue, what: what, advice: "Laporkan ini.\(found) Pesan ini tampil selama tujuh hari.")
    }
}
