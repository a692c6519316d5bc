/// Where one person stands on one date, in the words that leaders count by; also while the day is going on.
package enum Standing: String, Sendable, Codable, CaseIterable {
    /// Came, not late.
    case present
    case late
    /// No arrival is known, and every device that could show one is heard.
    case notYet = "not_yet"
    case permission, sick, leave
    /// Duty elsewhere, training, study, work from elsewhere.
    case duty
    /// Decided: no scan, no reason.
    case absent
    /// No arrival is known, and a device that could show one is not heard, or nobody has said who the person is on it.
    case unsynced
    /// Nobody asks for work on this date.
    case off

    /// - Parameter isHeard: whether the devices of the person are read up to now; `false` for any earlier date.
    package init(_ workday: Workday, isHeard: Bool) {
        switch workday.status {
        case .terlambat: self = .late
        case .hadir, .pulangCepat, .lupaMasuk, .lupaPulang: self = workday.arrival.minutes > 0 ? .late : .present
        case .tanpaKeterangan: self = .absent
        case .izin: self = .permission
        case .sakit, .cutiSakit: self = .sick
        case .cutiTahunan, .cutiBesar, .cutiMelahirkan, .cutiAlasanPenting, .cltn: self = .leave
        case .dinasLuar, .tugasBelajar, .diklat, .wfh, .wfa: self = .duty
        case .libur, .cutiBersama, .tanpaJadwal: self = .off
        case .belumSinkron:
            if workday.arrival.state == .known {
                self = workday.arrival.minutes > 0 ? .late : .present
            } else if workday.departure.state == .known {
                self = .present
            } else {
                self = isHeard && !workday.flags.contains(.notLinked) ? .notYet : .unsynced
            }
        }
    }

    /// Came, late or not.
    package var isThere: Bool { self == .present || self == .late }
}

/// How many people stand where. The counts of two parts added are the counts of the whole.
package struct StandingCounts: Hashable, Sendable {
    package private(set) var counts: [Standing: Int] = [:]

    package init(_ counts: [Standing: Int] = [:]) { self.counts = counts.filter { $0.value != 0 } }

    package subscript(standing: Standing) -> Int { counts[standing] ?? 0 }

    package mutating func add(_ standing: Standing, _ number: Int = 1) {
        let sum = self[standing] + number
        counts[standing] = sum == 0 ? nil : sum
    }

    package static func += (left: inout Self, right: Self) {
        for (standing, number) in right.counts { left.add(standing, number) }
    }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum += right
        return sum
    }

    package var all: Int { counts.values.reduce(0, +) }
    /// Of whom work is asked.
    package var asked: Int { all - self[.off] }
    package var there: Int { self[.present] + self[.late] }
    /// Of whom it is known where they stand.
    package var known: Int { asked - self[.unsynced] }
    /// `there` of those known, in thousandths of a per cent, rounded down; `nil` where nobody is.
    package var share: Int? { known > 0 ? there * 100_000 / known : nil }
}
