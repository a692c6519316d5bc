import Attendance
import Foundation
import PageSupport

/// What the template shows: every text is clean of characters that steer, and nothing is markup.
struct ImportView: Sendable {
    enum State: Sendable {
        case form
        case refused(String)
        case preview(StickPreview)
        case done(StickResult)
        case cancelled
    }

    struct Row: Sendable {
        let what: String
        let value: String
        let isOdd: Bool
    }

    struct Device: Sendable {
        let name: String
        let isChosen: Bool
    }

    /// What the form said before it was refused.
    struct Chosen: Sendable {
        var device = ""
        var serial = ""
    }

    let unit: String
    let title: String
    let help: String
    let token: String
    let isForm: Bool
    let isPreview: Bool
    let isDone: Bool
    let isCancelled: Bool
    let refusal: String?
    let devices: [Device]
    let hasDevices: Bool
    let serial: String
    let rows: [Row]
    let question: String
    let sha256: String
    let name: String
    let device: String
    let hasNew: Bool
    let result: String

    init(_ state: State, unit: String, devices: [String], token: String, help: String, chosen: Chosen = Chosen()) {
        self.unit = PageText.shown(unit, longest: 160)
        self.help = help
        self.token = token
        self.devices = devices.map { Device(name: PageText.shown($0), isChosen: $0 == chosen.device) }
        serial = PageText.shown(chosen.serial, longest: 64)
        hasDevices = !devices.isEmpty
        var preview: StickPreview?
        var refusal: String?
        var result = ""
        switch state {
        case .form: title = "Absen dari flash disk"
        case .refused(let sentence):
            title = "Berkas tidak diterima"
            refusal = sentence
        case .preview(let told):
            title = "Periksa dulu"
            preview = told
        case .done(let done):
            title = "Sudah masuk"
            result = Self.result(done)
        case .cancelled: title = "Dibatalkan"
        }
        self.refusal = refusal
        self.result = result
        isPreview = preview != nil
        isDone = if case .done = state { true } else { false }
        isCancelled = if case .cancelled = state { true } else { false }
        isForm = preview == nil
        rows = preview.map(Self.rows) ?? []
        question = preview.map(Self.question) ?? ""
        hasNew = (preview?.new ?? 0) > 0
        sha256 = preview?.sha256 ?? ""
        // Said back to us as it is; the template escapes it.
        name = preview?.name ?? ""
        device = preview.map { $0.device ?? $0.serial } ?? ""
    }

    private static func number(_ value: Int) -> String { Indonesian.number(Int64(value)) }

    private static func result(_ done: StickResult) -> String {
        guard done.new > 0 else {
            return "Semua absen di berkas itu sudah ada sebelumnya. Tidak ada yang ditambahkan."
        }
        return "\(number(done.new)) absen dari flash disk dimasukkan dan akan dikirim ke pusat. Di pusat tertulis "
            + "“belum dikonfirmasi” sampai mesin absennya sendiri terbaca oleh komputer ini."
    }

    private static func question(_ preview: StickPreview) -> String {
        preview.new > 0
            ? "Masukkan \(number(preview.new)) absen ini?" : "Tidak ada absen baru di berkas ini: semuanya sudah ada."
    }

    private static func rows(_ preview: StickPreview) -> [Row] {
        let device = preview.device.map { "\(PageText.shown($0)), nomor seri \(PageText.shown(preview.serial))" }
        var rows = [
            Row(
                what: "Mesin absen", value: device ?? "nomor seri \(PageText.shown(preview.serial))", isOdd: false),
            Row(what: "Berkas", value: PageText.shown(preview.name, longest: 120), isOdd: false),
            Row(what: "Rentang tanggal", value: span(preview), isOdd: preview.first == nil),
            Row(what: "Jumlah absen", value: number(preview.records), isOdd: false),
            Row(what: "Sudah ada", value: number(preview.known), isOdd: false),
            Row(what: "Baru", value: number(preview.new), isOdd: false),
            Row(what: "PIN yang tidak dikenal", value: unknown(preview), isOdd: preview.unknownUserCount > 0),
            Row(
                what: "Tanggal mustahil",
                value: counted(preview.undated, preview.undatedLines, "tetap disimpan, tidak dihitung"),
                isOdd: preview.undated > 0),
        ]
        if !preview.isKnownDevice {
            rows.insert(
                Row(
                    what: "Perhatian",
                    value: "Mesin dengan nomor seri ini belum pernah terbaca di sini. Cocokkan dengan menu mesinnya.",
                    isOdd: true), at: 1)
        }
        if preview.future > 0 {
            rows.append(
                Row(
                    what: "Tanggal yang belum tiba", value: "\(number(preview.future)) – jam mesin absen pernah salah",
                    isOdd: true))
        }
        if preview.nobody > 0 {
            rows.append(
                Row(
                    what: "Tanpa PIN", value: "\(number(preview.nobody)) – tetap disimpan, tidak dihitung", isOdd: true)
            )
        }
        if preview.unreadable > 0 {
            rows.append(
                Row(
                    what: "Baris yang tidak terbaca",
                    value: counted(preview.unreadable, preview.unreadableLines, "tidak dimasukkan"), isOdd: true))
        }
        return rows
    }

    private static func counted(_ count: Int, _ lines: [Int], _ what: String) -> String {
        guard count > 0 else { return "tidak ada" }
        let shown = lines.prefix(8).map { String($0) }.joined(separator: ", ")
        return "\(number(count)) – baris \(shown)\(count > 8 ? ", …" : ""); \(what)"
    }

    private static func unknown(_ preview: StickPreview) -> String {
        guard preview.isUserListKnown else { return "daftar PIN mesin ini belum pernah terbaca" }
        guard preview.unknownUserCount > 0 else { return "tidak ada" }
        let shown = preview.unknownUsers.prefix(8).map { PageText.shown($0, longest: 24) }.joined(separator: ", ")
        return "\(number(preview.unknownUserCount)) – \(shown)\(preview.unknownUserCount > 8 ? ", …" : "")"
    }

    private static func span(_ preview: StickPreview) -> String {
        guard let first = preview.first.flatMap(date), let last = preview.last.flatMap(date) else {
            return "tidak ada tanggal yang sah"
        }
        return first == last ? first : "\(first) sampai \(last)"
    }

    /// `1 Maret 2021` of `2021-03-01T05:55:00`.
    private static func date(_ text: String) -> String? {
        let parts = text.prefix(10).split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]).flatMap(Indonesian.month), let day = Int(parts[2]) else {
            return nil
        }
        return "\(day) \(month) \(parts[0])"
    }
}
