import Foundation
import ZKWire

/// A device's own clock: true time, the zone it stands in, an error, and a drift.
///
/// It shows local wall time and knows nothing of zones itself.
package struct DeviceClock: Sendable {
    package let zone: TimeZone
    /// Seconds the clock is ahead of true local time, drift left out.
    package private(set) var offset: Int
    /// Parts per million; 20 is about 1.7 s a day.
    package let drift: Double
    /// When the clock was last set: drift grows from here.
    private var setAt: Date

    /// Offsets beyond this are cut: about 130 years, more than the packed time can show.
    private static let largestOffset = 1 << 32

    package init(zone: TimeZone, offset: Int = 0, drift: Double = 0, startingAt now: Date) {
        self.zone = zone
        self.offset = Self.bounded(offset)
        self.drift = drift.isFinite ? drift : 0
        setAt = now
    }

    /// WIB, WITA, WIT or an IANA name.
    package static func zone(named name: String) -> TimeZone? {
        let iana = ["WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"][name] ?? name
        return TimeZone(identifier: iana)
    }

    /// What the clock shows.
    package func time(at now: Date) -> PackedTime {
        PackedTime(CivilTime.parts(ofSecond: second(at: now))) ?? PackedTime(rawValue: 0)
    }

    /// Seconds since 1970-01-01 00:00:00 on the device's own dial.
    func second(at now: Date) -> Int {
        let drifted = now.timeIntervalSince(setAt) * drift / 1_000_000
        return Self.whole(now.timeIntervalSince1970) + zone.secondsFromGMT(for: now) + offset + Self.whole(drifted)
    }

    package mutating func jump(by seconds: Int) {
        offset = Self.bounded(offset + Self.bounded(seconds))
    }

    /// Sets the clock to a date that exists; other times are refused.
    package mutating func set(_ time: PackedTime, at now: Date) -> Bool {
        guard time.parts.isCalendarDate else { return false }
        let wanted = CivilTime.second(of: time.parts)
        setAt = now
        offset = Self.bounded(wanted - Self.whole(now.timeIntervalSince1970) - zone.secondsFromGMT(for: now))
        return true
    }

    private static func bounded(_ seconds: Int) -> Int { min(max(seconds, -largestOffset), largestOffset) }

    private static func whole(_ seconds: Double) -> Int { Int(exactly: seconds.rounded(.down)) ?? 0 }
}

/// Between seconds of a dial and the parts of a date, without zones.
enum CivilTime {
    static let day = 86_400

    /// 0 is Sunday.
    static func weekday(ofDay day: Int) -> Int { ((day + 4) % 7 + 7) % 7 }

    /// Days since 1970-01-01 of a Gregorian date; the month may be any from 1 to 12, the day any number.
    static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func second(of parts: PackedTime.Parts) -> Int {
        dayNumber(year: parts.year, month: parts.month, day: parts.day) * day + parts.hour * 3600
            + parts.minute * 60 + parts.second
    }

    static func parts(ofSecond second: Int) -> PackedTime.Parts {
        let dayNumber = (second >= 0 ? second : second - day + 1) / day
        let rest = second - dayNumber * day
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        return PackedTime.Parts(
            year: yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), month: civilMonth,
            day: dayOfYear - (153 * month + 2) / 5 + 1, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
    }
}

extension PackedTime {
    /// `YYYY-MM-DDThh:mm:ss`, also for dates that do not exist but fit the slots (30 February). `nil` for others.
    package init?(deviceText text: String) {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard text.utf8.count == 19, halves.count == 2 else { return nil }
        let fields =
            halves[0].split(separator: "-", omittingEmptySubsequences: false)
            + halves[1].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = fields.compactMap { $0.allSatisfy(\.isASCII) ? UInt16($0).map(Int.init) : nil }
        guard fields.map(\.utf8.count) == [4, 2, 2, 2, 2, 2], numbers.count == 6 else { return nil }
        self.init(
            Parts(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
                second: numbers[5]))
    }

    /// The form `init(deviceText:)` reads.
    package var deviceText: String {
        let parts = parts.text
        return parts.replacing(" ", with: "T", maxReplacements: 1)
    }
}
