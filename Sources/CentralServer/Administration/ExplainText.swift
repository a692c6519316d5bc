import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// `hadir-central workday explain` for people.
enum ExplainText {
    static func text(
        _ employee: Employee, _ date: CivilDate, _ kept: StoredWorkday?, _ account: DayAccount?,
        _ changes: [WorkdayChange]
    ) -> String {
        var lines = ["\(PageText.shown(employee.name)), \(date.text)", ""]
        if let kept {
            lines.append(
                "Tercatat: \(DayWords.text(kept.workday.status)), potongan "
                    + "\(DayWords.percent(kept.workday.deduction))")
        } else {
            lines.append("Belum pernah dihitung.")
        }
        guard let account else {
            return (lines + ["Tidak bekerja pada tanggal ini, atau tidak ada yang dapat dihitung."])
                .joined(separator: "\n")
        }
        if let kept, kept.workday != account.workday {
            lines.append("Dihitung sekarang hasilnya lain: \(DayWords.text(account.workday.status)).")
        }
        let words = DayWords(date: date, offset: account.evidence.offset)
        lines += [""] + account.explanation.map { "- " + PageText.shown(words.text($0), longest: 2000) }
        lines += ["", "Catatan mesin absen:"] + records(account.evidence, words)
        lines += ["", "Perubahan:"] + (changes.isEmpty ? ["- belum ada"] : changes.map { change($0, words) })
        return lines.joined(separator: "\n")
    }

    private static func records(_ evidence: WorkdayEvidence, _ words: DayWords) -> [String] {
        guard !evidence.records.isEmpty else { return ["- tidak ada mesin yang melayani"] }
        return evidence.records.sorted { $0.serial < $1.serial }.map { record in
            let spans = record.complete.prefix(10).map {
                "\(words.time($0.lowerBound))–\(words.time($0.upperBound))"
            }
            let known = spans.isEmpty ? "tidak ada bagian yang lengkap" : "lengkap " + spans.joined(separator: ", ")
            return "- \(PageText.shown(record.serial)): \(known), \(record.gaps.count) celah"
        }
    }

    private static func change(_ change: WorkdayChange, _ words: DayWords) -> String {
        let before = change.before.map { DayWords.text($0.status) } ?? "belum ada"
        let why = change.why.map(self.why).joined(separator: ", ")
        let moment = Moment(seconds: Int64(change.at.timeIntervalSince1970))
        let at = "\(moment.date(offset: words.offset).text) \(words.clock(moment))"
        return "- \(at): \(before) → \(DayWords.text(change.after.status)) (\(why))"
    }

    static func why(_ why: RecomputeItem.Why) -> String {
        switch why {
        case .scan: "scan"
        case .coverage: "catatan mesin"
        case .people: "data pegawai"
        case .link: "tautan PIN"
        case .schedule: "jadwal"
        case .rules: "aturan"
        case .calendar: "kalender"
        case .roster: "daftar piket"
        case .leave: "cuti, izin atau dinas"
        case .correction: "koreksi"
        case .sheet: "daftar hadir manual"
        case .file: "berkas stik"
        case .zone: "zona waktu"
        case .recompute: "dihitung ulang"
        }
    }

    /// What is to be seen beside the status, for people.
    static func flags(_ flags: Workday.Flags) -> [String] {
        let words: [(Workday.Flags, String)] = [
            (.manual, "daftar manual"), (.manualBesideRecord, "manual di samping catatan mesin"),
            (.corrected, "dikoreksi"), (.unconfirmedScans, "ada scan belum disetujui"),
            (.wrongClockScans, "ada scan dengan jam salah"),
            (.workedOnCollectiveLeave, "bekerja pada cuti bersama"), (.workedOnRestDay, "bekerja pada hari libur"),
            (.missingCheck, "tidak ada scan antara"), (.notLinked, "PIN belum ditautkan"),
            (.scansOutsideWindows, "ada scan di luar jam scan"),
        ]
        return words.filter { flags.contains($0.0) }.map(\.1)
    }
}

/// An attestation in two cells.
enum AttestationText {
    static func about(
        _ content: Attestation.Content, _ names: [Int64: String], _ source: RecapSource
    ) -> (who: String, what: String) {
        switch content {
        case .leave(let id, let kind, let span):
            (names[id] ?? "-", "\(DayWords.text(kind)) \(span.from.text) – \(span.to?.text ?? "")")
        case .correction(let id, let date, let kind):
            (names[id] ?? "-", "\(date.text) \(kind.word.rawValue) \(kind.minute.map(MinuteOfDay.text) ?? "")")
        case .sheet(let unit, let date, let lines):
            (source.tree[unit]?.name ?? "-", "\(date.text), \(lines.count) orang")
        case .coverage(let serial, let from, let to): (serial, "\(UTC.short(from)) – \(UTC.short(to))")
        case .file(let sha256): (String(sha256.prefix(12)), "berkas diterima")
        }
    }
}
