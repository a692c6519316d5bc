import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Crypto
import Foundation

/// A correction as it is typed: what was sent, what is wrong with it, and what it would make of the day.
struct CorrectionForm: Sendable {
    var kind = ""
    var time = ""
    var isNextDay = false
    var key = ""
    var document = ""
    var reason = ""
    /// By field, in Indonesian.
    var problems: [String: String] = [:]
    /// The day with the correction; `nil` before it was looked at.
    var preview: DayAccount?

    init() {}

    init(_ fields: FormFields) {
        kind = fields["kind"]
        time = fields["time"]
        isNextDay = !fields["besok"].isEmpty
        key = fields["key"]
        document = fields["document"]
        reason = fields["reason"]
    }

    /// Of all that is stored: who saves has seen the preview of just this.
    var digest: String {
        let text = [kind, time, isNextDay ? "1" : "", key, document, reason].map { "\($0.utf8.count):\($0)" }.joined()
        return SHA256.hash(data: Data(text.utf8)).prefix(16).map { String(format: "%02x", $0) }.joined()
    }

    /// Reads the form; `problems` say what is wrong with it.
    mutating func correction(on date: CivilDate, _ account: DayAccount?, now: Date) -> Correction.Kind? {
        (document, reason) = FormText.checked(document, reason, &problems)
        guard let word = CorrectionWord(rawValue: kind) else {
            problems["kind"] = "Pilih jenis koreksi."
            return nil
        }
        var minute: Int?
        if word == .arrival || word == .departure {
            minute = MinuteOfDay.parse(time.replacing(".", with: ":")).map { isNextDay ? $0 + 1440 : $0 }
            guard let minute, minute < 2880 else {
                problems["time"] = "Tulis jam seperti 07:30."
                return nil
            }
        }
        let isOfDay = account?.evidence.scans.contains { $0.key.hex == key } ?? false
        if word == .notTheirs, !isOfDay {
            problems["key"] = "Pilih absen yang bukan milik pegawai ini."
            return nil
        }
        guard let correction = word.correction(minute: minute, key: key) else { return nil }
        do throws(AttestationCheck.Refusal) {
            try AttestationCheck.correction(correction, on: date, account, now: now)
        } catch {
            problems[error.field == .time ? "time" : "kind"] = error.words
            return nil
        }
        return problems.isEmpty ? correction : nil
    }

    // MARK: On the page

    static let kinds: [(word: CorrectionWord, text: String)] = [
        (.arrival, "Masuk pada jam"), (.departure, "Pulang pada jam"), (.present, "Hadir sehari penuh"),
        (.excuseLate, "Keterlambatan dimaafkan"), (.excuseEarly, "Pulang lebih awal dimaafkan"),
        (.notTheirs, "Satu absen bukan milik pegawai ini"),
    ]

    func blocks(_ account: DayAccount, path: String) -> [WorkPage.Block] {
        var blocks: [WorkPage.Block] = []
        if let preview { blocks.append(.table(PreviewTable.table([(account, preview)]))) }
        let first = WorkPage.Field.Option("", "Pilih…")
        let words = DayWords(date: account.evidence.date, offset: account.evidence.offset)
        let scans = account.evidence.scans.map {
            WorkPage.Field.Option($0.key.hex, "\(words.time($0.at)) di \($0.serial)")
        }
        var fields = [
            WorkPage.Field(
                "kind", "Jenis koreksi", kind,
                kind: .select([first] + Self.kinds.map { .init($0.word.rawValue, $0.text) }), isNeeded: true),
            WorkPage.Field("time", "Jam", time, kind: .clock, hint: "Hanya untuk masuk atau pulang pada jam."),
            WorkPage.Field("besok", "Jam itu keesokan harinya", isNextDay ? "ya" : "", kind: .check),
        ]
        if !scans.isEmpty {
            fields.append(
                WorkPage.Field(
                    "key", "Absen", key, kind: .select([first] + scans),
                    hint: "Hanya untuk absen yang bukan miliknya."))
        }
        fields += [
            WorkPage.Field("document", "Nomor surat", document, isNeeded: true, longest: 200),
            WorkPage.Field("reason", "Alasan", reason, isNeeded: true, longest: 1000),
        ]
        if preview != nil { fields.append(WorkPage.Field("periksa", "", digest, kind: .hidden)) }
        for index in fields.indices { fields[index].problem = problems[fields[index].name] ?? "" }
        let look = WorkPage.Button("Lihat pratinjau", action: "pratinjau", isMain: preview == nil)
        let save = WorkPage.Button("Simpan koreksi", action: "simpan")
        blocks.append(
            .form(
                WorkPage.Form(
                    "Koreksi tanggal ini",
                    lead: "Absen di perangkat tetap tersimpan apa adanya; koreksi berdiri di sampingnya.",
                    path: path, fields: fields, buttons: preview == nil ? [look] : [save, look])))
        return blocks
    }
}

/// Document and reason, which every form of this kind has.
enum FormText {
    static func checked(
        _ document: String, _ reason: String, _ problems: inout [String: String]
    ) -> (document: String, reason: String) {
        let plain = (APIBody.plain(document, upTo: 200), APIBody.plain(reason, upTo: 1000))
        if plain.0 == nil { problems["document"] = "Tulis nomor suratnya, paling panjang 200 huruf." }
        if plain.1 == nil { problems["reason"] = "Tulis alasannya, paling panjang 1000 huruf." }
        return (plain.0 ?? document, plain.1 ?? reason)
    }
}

/// What days are now, and what they would be.
enum PreviewTable {
    static func table(_ days: [(now: DayAccount, then: DayAccount)], more: Int = 0) -> WorkPage.Table {
        WorkPage.Table(
            "Pratinjau", lead: "Belum disimpan." + (more > 0 ? " Dan \(more) hari lagi." : ""),
            columns: ["Tanggal", "Sekarang", "Menjadi"],
            rows: days.map { now, then in
                [
                    WorkPage.Cell(PersonWords.text(now.evidence.date)), cell(now),
                    cell(then),
                ]
            }, empty: "Tidak ada hari kerja di antaranya.")
    }

    private static func cell(_ account: DayAccount) -> WorkPage.Cell {
        let (day, words) = (account.workday, DayWords(date: account.evidence.date, offset: account.evidence.offset))
        let sides = [("masuk", day.arrival), ("pulang", day.departure)].compactMap { name, side in
            side.at.map { "\(name) \(words.time($0))" }
        }
        let note =
            sides + [PersonWords.minutes(day), "potongan \(DayWords.percent(day.deduction))"].filter { !$0.isEmpty }
        let tone: WorkPage.Tone =
            switch PersonWords.tone(day.status) {
            case .ok: .ok
            case .warn: .warn
            case .bad: .bad
            case .idle, .off: .idle
            }
        return .pill(tone, PersonWords.status(day.status), note: note.joined(separator: "; "))
    }
}
