import Attendance
import AttendanceRules
import Foundation

/// Why a day is what it is, in Indonesian, line by line: for whoever must explain it to the person it is about.
package struct DayWords: Sendable {
    /// How far the clocks of the person's unit are ahead of UTC, in seconds.
    package let offset: Int
    package let date: CivilDate

    package init(date: CivilDate, offset: Int) {
        self.date = date
        self.offset = offset
    }

    package func text(_ line: Explanation) -> String {
        switch line {
        case .work(let hours, let schedule, let shift): work(hours, schedule, shift)
        case .rest(let rest, let schedule): "Hari libur: \(Self.text(rest)) (jadwal \(schedule))."
        case .notEmployed: "Belum atau tidak lagi bekerja pada tanggal ini."
        case .noSchedule: "Belum ada jadwal yang mengikat kelompok pegawai ini pada tanggal ini."
        case .windows(let arrival, let departure):
            "Scan masuk dihitung \(span(arrival)); scan pulang dihitung \(span(departure))."
        case .cutByDayBefore(let moment): "Sebelum \(time(moment)) masih milik hari kerja sebelumnya."
        case .cutByDayAfter(let moment): "Mulai \(time(moment)) milik hari kerja berikutnya."
        case .rules(let version): "Aturan yang berlaku: \(version)."
        case .noRules: "Belum ada aturan potongan yang berlaku untuk jenis pegawai ini."
        case .scan(let scan, let use): "Scan \(time(scan.at)) di mesin \(scan.serial): \(Self.text(use))."
        case .sameAct(let first, let last):
            "Scan \(time(first.at)) dan \(time(last.at)) terlalu berdekatan: dihitung satu kali."
        case .leave(let leave): "\(Self.text(leave.kind)) \(Self.text(leave.span)), surat \(leave.document)."
        case .correction(let correction): "Koreksi, surat \(correction.document): \(Self.text(correction.kind))."
        case .sheet(let line): sheet(line)
        case .endMoved(let minutes): "Jam pulang bergeser \(minutes) menit karena jam masuk fleksibel."
        case .notLinked: "PIN pegawai ini di mesin absen belum ditautkan."
        case .noDevice: "Belum ada mesin absen yang melayani unit pegawai ini."
        case .complete(let side, let range): "Catatan semua mesin lengkap untuk \(Self.text(side)), \(span(range))."
        case .incomplete(let side, let serial, let range, let gaps): incomplete(side, serial, range, gaps)
        case .side(let name, let side): "\(Self.text(name).capitalised): \(self.side(name, side))."
        case .check(let name, let state): "Scan antara \(name): \(Self.text(state))."
        case .rate(let part, let thousandths): "Potongan \(Self.percent(thousandths)) untuk \(Self.text(part))."
        case .result(let status, let deduction):
            "Hasil: \(Self.text(status)), potongan \(Self.percent(deduction))."
        }
    }

    private func work(_ hours: DayHours, _ schedule: String, _ shift: String?) -> String {
        let named = shift.map { ", sif \($0)" } ?? ""
        let tolerance = hours.tolerance > 0 ? ", toleransi \(hours.tolerance) menit" : ""
        return "Hari kerja \(clock(hours.start))–\(clock(hours.end))\(tolerance) (jadwal \(schedule)\(named))."
    }

    private func sheet(_ line: SheetLine) -> String {
        let arrival = line.arrival.map { "masuk \(clock($0))" } ?? "tanpa tanda tangan masuk"
        let departure = line.departure.map { "pulang \(clock($0))" } ?? "tanpa tanda tangan pulang"
        return "Daftar hadir manual, surat \(line.document): \(arrival), \(departure)."
    }

    private func incomplete(
        _ side: Explanation.SideName, _ serial: String, _ range: Range<Moment>, _ gaps: [DeviceRecord.Gap]
    ) -> String {
        if !gaps.isEmpty, gaps.allSatisfy({ $0.why == DeviceRecord.Gap.notLinked }) {
            return "Belum dapat dipastikan untuk \(Self.text(side)): pegawai belum tertaut di mesin \(serial)."
        }
        let shown = gaps.prefix(5).map { "\(span($0.span)) \(Self.reason($0.why))" }
        let rest = gaps.count > 5 ? ["dan \(gaps.count - 5) celah lain"] : []
        return "Belum dapat dipastikan untuk \(Self.text(side)): catatan mesin \(serial) belum lengkap \(span(range))"
            + (shown.isEmpty ? "." : ": " + (shown + rest).joined(separator: "; ") + ".")
    }

    private func side(_ name: Explanation.SideName, _ side: Workday.Side) -> String {
        let excused = side.isExcused ? ", dimaafkan dengan surat" : ""
        let minutes =
            side.minutes > 0
            ? ", \(name == .arrival ? "terlambat" : "lebih awal") \(side.minutes) menit"
                + (side.band.map { " (\($0))" } ?? "") : ""
        switch side.state {
        case .known: return "\(side.at.map(time) ?? "tercatat")\(minutes)\(excused)"
        case .missing: return "tidak ada scan\(side.band.map { ", dihitung \($0)" } ?? "")\(excused)"
        case .notAsked, .undecided: return Self.text(side.state)
        }
    }

    // MARK: Times

    /// `07.30`, with the day where it is another one.
    package func time(_ moment: Moment) -> String {
        let day = moment.date(offset: offset)
        let seconds = Int(moment.seconds + Int64(offset) - Int64(day.dayNumber) * 86_400)
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let text = seconds % 60 == 0 ? parts.prefix(2).joined(separator: ".") : parts.joined(separator: ".")
        switch date.distance(to: day) {
        case 0: return text
        case 1: return "\(text) esok hari"
        case -1: return "\(text) hari sebelumnya"
        default: return "\(day.text) \(text)"
        }
    }

    /// `07.30`, whatever the day.
    package func clock(_ moment: Moment) -> String {
        DayWords(date: moment.date(offset: offset), offset: offset).time(moment)
    }

    private func span(_ range: Range<Moment>) -> String { "\(time(range.lowerBound))–\(time(range.upperBound))" }

    private func clock(_ minute: Int) -> String { time(Moment(date, minute: minute, offset: offset)) }
}

extension String {
    fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
