import Attendance
import Foundation
import PageSupport

/// What the template shows: every text is clean of characters that steer, and nothing is markup.
struct OfficeView: Sendable {
    struct Cause: Sendable {
        let what: String
        let advice: String
    }

    struct Device: Sendable {
        let name: String
        let isWrong: Bool
        let isGood: Bool
        let state: String
        let read: String
        let records: String
        let clock: String
    }

    struct Scan: Sendable {
        let time: String
        let device: String
        let user: String
    }

    let unit: String
    let title: String
    let light: String
    let isGreen: Bool
    let isYellow: Bool
    let isRed: Bool
    let headline: String
    let detail: String
    /// Of the first cause, which is the headline.
    let advice: String?
    /// All but the first cause.
    let others: [Cause]
    let hasOthers: Bool
    let help: String
    let waiting: String
    let confirmed: String
    let quarantined: String?
    let devices: [Device]
    let deviceCount: String
    let scans: [Scan]
    let hasScans: Bool
    let version: String
    let moment: String
    let zone: String

    static let defaultHelp = "Diskominfo"
    private static let longestText = 160

    init(_ model: OfficeModel, unit: String, help: String?, version: String, now: Date, words: Indonesian) {
        self.unit = PageText.shown(unit, longest: Self.longestText)
        self.help = Self.contact(help)
        self.version = PageText.shown(version)
        let (headline, detail) = Self.verdict(model, now, words)
        self.headline = headline
        self.detail = detail
        isGreen = model.light == .green
        isRed = model.light == .red
        isYellow = !isGreen && !isRed
        light = isGreen ? "green" : isRed ? "red" : "yellow"
        title = isGreen ? "Terkirim" : isRed ? "Ada masalah" : "Sebentar"
        advice = model.causes.first?.advice
        others = model.causes.dropFirst().map { Cause(what: $0.what, advice: $0.advice) }
        hasOthers = !others.isEmpty
        waiting = Self.waiting(model, now, words)
        confirmed = model.confirmedAt.map { Self.moment($0, now, words) } ?? "belum ada sejak program dijalankan"
        quarantined = model.quarantined > 0 ? Indonesian.number(Int64(model.quarantined)) : nil
        devices = model.devices.map { Device($0) }
        deviceCount = Indonesian.number(Int64(model.devices.count))
        scans = model.scans.map { Scan($0, now, words) }
        hasScans = !scans.isEmpty
        moment = "\(words.longDate(now)), pukul \(words.time(now))"
        zone = words.zoneName
    }

    /// Whom to call.
    static func contact(_ help: String?) -> String { PageText.shown(help ?? defaultHelp, longest: longestText) }

    private static func verdict(
        _ model: OfficeModel, _ now: Date, _ words: Indonesian
    ) -> (headline: String, detail: String) {
        switch model.light {
        case .green:
            (
                "Semua absen sudah terkirim",
                model.confirmedAt.map { "Pusat mengonfirmasinya \(moment($0, now, words))." } ?? ""
            )
        case .yellow(.sending): ("Sedang mengirim", "\(waiting(model, now, words)). Tunggu sebentar.")
        case .yellow(.starting):
            ("Sedang memeriksa", "Program baru dijalankan: perangkat dan pusat sedang dihubungi. Tunggu sebentar.")
        case .yellow(.lent):
            ("Perangkat sedang dipakai petugas", "Absennya dibaca lagi setelah petugas selesai. Tunggu sebentar.")
        case .red: (model.causes.first?.what ?? "Ada masalah.", "")
        }
    }

    private static func waiting(_ model: OfficeModel, _ now: Date, _ words: Indonesian) -> String {
        guard let waiting = model.waiting else {
            return model.journalFails ? "Tidak diketahui; absen masih tersimpan di perangkat" : "Tidak diketahui"
        }
        guard waiting > 0 else { return "Tidak ada yang menunggu" }
        let since =
            model.waitingSince.map { since in
                ", yang paling lama sejak \(words.short(since)) \(words.zoneName) "
                    + "(\(Indonesian.span(now.timeIntervalSince(since))))"
            } ?? ""
        return "\(Indonesian.number(waiting)) data (absen dan kabar perangkat) menunggu dikirim\(since)"
    }

    /// `12 detik lalu (22 Nov 07.31 WIB)`
    private static func moment(_ moment: Date, _ now: Date, _ words: Indonesian) -> String {
        "\(ago(now.timeIntervalSince(moment))) (\(words.short(moment)) \(words.zoneName))"
    }

    /// `12 detik lalu`
    fileprivate static func ago(_ seconds: Double) -> String {
        seconds < 5 ? "baru saja" : "\(Indonesian.span(seconds)) lalu"
    }
}

extension OfficeView.Device {
    init(_ device: OfficeModel.Device) {
        name = PageText.shown(device.name)
        isWrong = device.isWrong
        switch device.state {
        case .good: state = device.isWrong ? "Terbaca, perlu diperiksa" : "Baik"
        case .starting: state = "Sedang dihubungi"
        case .lent: state = "Sedang dipakai petugas"
        case .waiting: state = "Menunggu komputer ini"
        case .wrong(let code): state = DeviceTroubleWords(code: code).short
        }
        isGood = device.state == .good && !device.isWrong
        read = device.age.map { OfficeView.ago(Double($0.components.seconds)) } ?? "belum"
        records =
            switch (device.count, device.capacity) {
            case (let count?, let capacity?):
                "\(Indonesian.number(Int64(count))) dari \(Indonesian.number(Int64(capacity)))"
            case (let count?, nil): Indonesian.number(Int64(count))
            default: "–"
            }
        clock =
            device.clockIsUnknown
            ? "bukan tanggal" : device.clockOffset.map { $0.magnitude <= 60 ? "cocok" : device.clockWords ?? "" } ?? "–"
    }
}

extension OfficeView.Scan {
    init(_ scan: OfficeModel.Scan, _ now: Date, _ words: Indonesian) {
        device = PageText.shown(scan.device)
        user = scan.userID.isEmpty ? "(kosong)" : PageText.shown(scan.userID)
        time = Self.shown(scan.time, words.wall(now)) ?? "bukan tanggal: \(PageText.shown(scan.time.text))"
    }

    /// `22 Nov 11.41.03`, with the year where it is another one than that of `now`; `nil` for what is no date.
    private static func shown(_ time: DeviceTime, _ now: String) -> String? {
        let parts = time.text.split { $0 == "-" || $0 == "T" }
        guard time.isCalendarDate, let year = parts.first, let clock = parts.last, parts.count == 4,
            let month = Int(parts[1]).flatMap(Indonesian.month), let day = Int(parts[2])
        else { return nil }
        let date = "\(day) \(month.prefix(3))\(now.hasPrefix("\(year)-") ? "" : " \(year)")"
        return "\(date) \(clock.replacing(":", with: "."))"
    }
}
