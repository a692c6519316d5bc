/// Finds the record layout of a dataset from counts, sizes and plausibility together, never from one division.
///
/// Source: zk-protocol, section 9.3; the faults it answers are field notes 3.1–3.3.
package enum LayoutDetection {
    /// What was found and why, for the log (field notes, must 7).
    package struct Verdict<Layout: Hashable & Sendable>: Hashable, Sendable {
        package let layout: Layout
        package let reason: String
    }

    package struct Undecided: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Logs up to this long are looked at whole; of longer ones so many records, in runs of neighbours.
    ///
    /// Not at single ones: read with half its true size, a record is plausible in its first half only, and places an
    /// even number apart would show first halves alone.
    private static let samples = 1000
    private static let run = 10
    /// Scores this close together are no evidence for one layout over the other.
    private static let margin = 0.2

    /// - Parameters:
    ///   - total: bytes of the whole dataset's records, which may be more than `sample` shows.
    ///   - sample: records from the dataset's start, or from any record border of it for a known layout.
    ///   - count: records the device says it has; `nil` where it says nothing plausible.
    ///   - latest: the newest device time that is believable, packed.
    ///   - sixteenVerifyFirst: read 16-byte records the other way round (a per-device switch).
    ///   - known: the layout in which this device's log was read before.
    package static func attendance(
        total: Int, sample: [UInt8], count: Int?, latest: PackedTime, sixteenVerifyFirst: Bool = false,
        known: AttendanceLayout? = nil
    ) throws(Undecided) -> Verdict<AttendanceLayout> {
        let sixteen = sixteenVerifyFirst ? AttendanceLayout.a16VerifyFirst : .a16
        let candidates = [.a40, .a49, sixteen, .a8, .a8TimeLast, .a22].filter { total.isMultiple(of: $0.size) }
        guard !candidates.isEmpty, total > 0 else {
            throw Undecided(description: "\(total) bytes are not one or more records of 8, 16, 22, 40 or 49")
        }
        let strict = candidates.map { ($0, plausibility(of: sample, as: $0, latest: latest, counted: false)) }
        if let count {
            let counted = candidates.filter { fits(total / $0.size, count: count) }
            let scores = counted.map { ($0, plausibility(of: sample, as: $0, latest: latest, counted: true)) }
            // Where the count leaves two, the stricter look below decides, or nobody. The same where records read much
            // better in a size that the count does not fit: counters are wrong more often than records.
            if let best = try? clear(scores), !strict.contains(where: { $0.1 > best.1 + margin }) {
                try accept(best, known, strict)
                let reason = "\(total) bytes, the device counts \(count), \(percent(best.1)) of records plausible"
                return Verdict(layout: best.0, reason: reason)
            }
        }
        guard let best = try clear(strict) else {
            // A clock that was set right leaves records behind it that lie in the future. They are no reason to leave a
            // log unread that reads as it was read before, and in no other way.
            if let known, latest.rawValue < .max,
                let found = try? attendance(
                    total: total, sample: sample, count: count, latest: PackedTime(rawValue: .max),
                    sixteenVerifyFirst: sixteenVerifyFirst),
                found.layout == known || found.layout.size == 16 && known.size == 16
            {
                return Verdict(layout: found.layout, reason: "\(found.reason), as before, many beyond the clock")
            }
            let list = strict.map { "\($0.0.rawValue) \(percent($0.1))" }.joined(separator: ", ")
            throw Undecided(description: "no layout makes \(total) bytes plausible (\(list))")
        }
        try accept(best, known, strict)
        return Verdict(
            layout: best.0, reason: "\(total) bytes, no usable count, \(percent(best.1)) of records plausible")
    }

    /// A log does not change its layout without the firmware changing too: where it reads as well as it was read
    /// before, nothing else is believed.
    private static func accept(
        _ best: (AttendanceLayout, Double), _ known: AttendanceLayout?, _ strict: [(AttendanceLayout, Double)]
    ) throws(Undecided) {
        // The order within 16 bytes is a switch and no finding.
        guard let known, known != best.0, known.size != 16 || best.0.size != 16,
            let before = strict.first(where: { $0.0 == known || known.size == 16 && $0.0.size == 16 }),
            before.1 >= enough(known), before.1 >= best.1 - margin
        else { return }
        throw Undecided(
            description: "it was \(known.rawValue) before and still reads so, but also as \(best.0.rawValue)")
    }

    /// The layout that reads best; `nil` where none reads well.
    ///
    /// - Throws: `Undecided` where two read well: to take one would be a guess, and scans would be invented.
    private static func clear(
        _ scores: [(AttendanceLayout, Double)]
    ) throws(Undecided) -> (AttendanceLayout, Double)? {
        let good = scores.filter { $0.1 >= enough($0.0) }
        guard let best = best(of: good) else { return nil }
        if let rival = good.first(where: { $0.0 != best.0 && $0.1 >= best.1 - margin }) {
            throw Undecided(description: "\(best.0.rawValue) and \(rival.0.rawValue) are equally plausible")
        }
        return best
    }

    /// The share of sampled records that must be plausible.
    ///
    /// Real logs hold records with impossible dates and blank ones, in bad cases half of all (field notes 3.12).
    /// A user id that reads as text where text must be is strong evidence, so a quarter is enough there: a wrong
    /// size meets a record border at one record in twenty at most. Numbers alone are weak evidence.
    private static func enough(_ layout: AttendanceLayout) -> Double {
        layout.offsets.userID == nil ? 0.6 : 0.25
    }

    /// Users: 72 or 28 bytes, 16 only where neither fits.
    package static func users(total: Int, sample: [UInt8], count: Int?) throws(Undecided) -> Verdict<UserLayout> {
        let candidates = [UserLayout.u72, .u28, .u16].filter { total.isMultiple(of: $0.size) }
        guard total > 0, !candidates.isEmpty else {
            throw Undecided(description: "\(total) bytes are no multiple of 72, 28 or 16")
        }
        let scores = candidates.map { ($0, plausibility(of: sample, as: $0)) }
        let counted = count.map { count in candidates.filter { fits(total / $0.size, count: count) } } ?? []
        if let best = best(of: scores.filter { counted.contains($0.0) }), best.1 >= enoughUsers {
            return Verdict(layout: best.0, reason: "\(total) bytes, the device counts \(count ?? 0)")
        }
        guard let best = best(of: scores), best.1 >= enoughUsers else {
            throw Undecided(description: "no layout makes \(total) bytes of users plausible")
        }
        return Verdict(layout: best.0, reason: "\(total) bytes, \(percent(best.1)) of users plausible")
    }

    private static let enoughUsers = 0.6

    /// The real number may be a little above an earlier answer: people go on scanning.
    private static func fits(_ found: Int, count: Int) -> Bool {
        found >= count && found <= count + max(20, count / 100)
    }

    private static func best<Layout>(of scores: [(Layout, Double)]) -> (Layout, Double)? {
        scores.max { $0.1 < $1.1 }
    }

    private static func percent(_ share: Double) -> String { "\(Int(share * 100)) %" }

    private static func positions(_ count: Int) -> [Int] {
        guard count > samples else { return Array(0..<count) }
        let runs = samples / run
        return (0..<runs).flatMap { number in
            let first = number * (count - run) / (runs - 1)
            return first..<(first + run)
        }
    }

    private static func plausibility(
        of sample: [UInt8], as layout: AttendanceLayout, latest: PackedTime, counted: Bool
    ) -> Double {
        let positions = positions(sample.count / layout.size)
        guard !positions.isEmpty else { return 0 }
        let sum = positions.reduce(0.0) { sum, position in
            let record = try? AttendanceRecord(sample, at: position * layout.size, layout: layout)
            return sum + (record?.plausibility(latest: latest, counted: counted) ?? 0)
        }
        return sum / Double(positions.count)
    }

    private static func plausibility(of sample: [UInt8], as layout: UserLayout) -> Double {
        let positions = positions(sample.count / layout.size)
        guard !positions.isEmpty else { return 0 }
        let good = positions.filter { position in
            guard let user = try? UserRecord(sample, at: position * layout.size, layout: layout) else { return false }
            return user.isPlausible(layout)
        }
        return Double(good.count) / Double(positions.count)
    }
}

extension AttendanceRecord {
    /// The protocol's manual is of 2006. Small numbers in any garbage read as dates of 2000 and 2001.
    private static let earliestYear = 2006

    /// 1 for a real date up to `latest`, a user id that could have been typed and a state that exists; less where
    /// one of them is weak; 0 where one is wrong.
    ///
    /// For detection only: an implausible record is kept like any other.
    /// - Parameter counted: the device's own count agrees with the layout's size.
    func plausibility(latest: PackedTime, counted: Bool = false) -> Double {
        let parts = time.parts
        guard parts.isCalendarDate, time.rawValue <= latest.rawValue, state <= 5 || state == 255 else { return 0 }
        // A dead battery dates real records to 2000; where numbers are all there is, that must be told from garbage.
        let isDated = parts.year >= Self.earliestYear
        switch who {
        case .text(let text):
            guard !text.isEmpty, text.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return 0 }
            return isDated || counted ? 1 : 0.5
        case .number(let number):
            guard (1..<1_000_000_000).contains(number) else { return 0 }
            // Bytes 10 and 11 are reserved; in two 8-byte records read as one of 16 they are verify and state.
            let isReservedZero = raw.count == 16 && raw[10] == 0 && raw[11] == 0
            return counted || isDated && isReservedZero ? 1 : 0
        case .index(let index):
            return index > 0 && verify <= 142 && isDated ? 1 : 0
        }
    }
}

extension UserRecord {
    func isPlausible(_ layout: UserLayout) -> Bool {
        if isBlank { return true }
        guard index > 0, [0, 1, 2, 3, 6, 7, 12, 13, 14, 15].contains(privilege) else { return false }
        return userID.allSatisfy { (0x20..<0x7F).contains($0) } && !userID.isEmpty
    }
}
