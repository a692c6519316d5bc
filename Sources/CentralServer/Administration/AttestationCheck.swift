import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// Whether what a person attests can be true of the day it is about: asked by commands and by the API alike.
///
/// A slip of the pen here becomes minutes late that somebody pays for.
enum AttestationCheck {
    struct Refusal: Error, Equatable {
        /// Which field of a form is wrong.
        enum Field: String, Equatable { case date, time, from, to, other }

        let text: String
        /// The same in Indonesian, for whoever fills in a form.
        let words: String
        var field = Field.other
    }

    /// Leave outside of the state's expense is the longest: four years (PP 11/2017).
    static let longestLeave = 1500

    static func leave(from: CivilDate, to: CivilDate) throws(Refusal) {
        guard from <= to, from.distance(to: to) < longestLeave else {
            throw Refusal(
                text: "from and to are not 1 to \(longestLeave) days in order",
                words: "Tanggal akhir harus pada atau sesudah tanggal awal, paling lama \(longestLeave) hari.",
                field: .to)
        }
    }

    /// The date it is now where the day begins first (WIT).
    static func today(_ now: Date) -> CivilDate {
        Moment(seconds: Int64(now.timeIntervalSince1970)).date(offset: 9 * 3600)
    }

    static func isOver(_ date: CivilDate, _ now: Date) throws(Refusal) {
        let today = today(now)
        guard date <= today else {
            throw Refusal(
                text: "\(date.text) is after today, \(today.text); nobody can attest it yet",
                words: "Tanggal ini belum tiba; belum ada yang dapat dinyatakan tentangnya.", field: .date)
        }
    }

    /// - Parameter account: of the day as it is without the correction; `nil` where the person is not employed.
    static func correction(
        _ kind: Correction.Kind, on date: CivilDate, _ account: DayAccount?, now: Date
    ) throws(Refusal) {
        guard let account else {
            throw Refusal(
                text: "the employee is not employed on \(date.text)",
                words: "Pegawai ini belum atau tidak lagi bekerja pada tanggal ini.", field: .date)
        }
        switch kind {
        case .excuseLate, .excuseEarly: return
        case .present, .notTheirs: return try isOver(date, now)
        case .arrival(let minute):
            try isOver(date, now)
            try isPossible(minute, "arrival", account.evidence.plan)
            if let left = account.workday.departure.at, left <= at(minute, account) {
                throw Refusal(
                    text: "an arrival at \(MinuteOfDay.text(minute)) is not before the departure that is known, "
                        + "\(wall(left, account))",
                    words: "Jam masuk harus sebelum jam pulang yang sudah tercatat, \(wall(left, account)).",
                    field: .time)
            }
        case .departure(let minute):
            try isOver(date, now)
            try isPossible(minute, "departure", account.evidence.plan)
            if let came = account.workday.arrival.at, at(minute, account) <= came {
                throw Refusal(
                    text: "a departure at \(MinuteOfDay.text(minute)) is not after the arrival that is known, "
                        + "\(wall(came, account))",
                    words: "Jam pulang harus sesudah jam masuk yang sudah tercatat, \(wall(came, account)).",
                    field: .time)
            }
        }
    }

    /// Within what the day's hours ask scans for, and an hour around it; on a day without hours, any time of the date.
    private static func isPossible(_ minute: Int, _ side: String, _ plan: DayPlan) throws(Refusal) {
        guard case .work(let hours, _, _) = plan else {
            guard minute < 1440 else {
                throw Refusal(
                    text: "the day has no hours of work: \(MinuteOfDay.text(minute)) is not on its date",
                    words: "Hari ini tidak ada jam kerja; jamnya harus pada tanggal ini juga.", field: .time)
            }
            return
        }
        let first = side == "arrival" ? hours.window.lowerBound - 60 : hours.start + 1
        let last = side == "arrival" ? hours.end - 1 : hours.window.upperBound + 60
        guard minute >= first, minute <= last else {
            throw Refusal(
                text: "the hours of the day, \(MinuteOfDay.text(hours.start)) to \(MinuteOfDay.text(hours.end)), allow "
                    + "\(side) from \(MinuteOfDay.text(max(0, first))) to \(MinuteOfDay.text(last)), "
                    + "not at \(MinuteOfDay.text(minute))",
                words: "Jam kerja hari ini \(MinuteOfDay.text(hours.start))–\(MinuteOfDay.text(hours.end)): jam "
                    + (side == "arrival" ? "masuk" : "pulang")
                    + " harus antara \(MinuteOfDay.text(max(0, first))) dan \(MinuteOfDay.text(last)).", field: .time)
        }
    }

    private static func at(_ minute: Int, _ account: DayAccount) -> Moment {
        Moment(account.evidence.date, minute: minute, offset: account.evidence.offset)
    }

    private static func wall(_ moment: Moment, _ account: DayAccount) -> String {
        let midnight = Moment(account.evidence.date, minute: 0, offset: account.evidence.offset)
        return MinuteOfDay.text(max(0, Int((moment.seconds - midnight.seconds) / 60)))
    }

    /// What is wrong with one line of a sheet; `nil` where nothing is.
    static func line(
        _ entry: Attestation.SheetEntry, of employee: Employee, unit: Int64, on date: CivilDate, _ tree: UnitTree
    ) -> Refusal? {
        let problem = SheetCheck(unit: unit, date: date, tree: tree).problem(entry, of: employee)
        return problem.map { Refusal(text: $0.english, words: $0.indonesian) }
    }
}
