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

    /// How many records are looked at: the first, the last and some between.
    private static let samples = 24
    /// The share of sampled records that must be plausible. Real logs hold some records with dead-battery or
    /// impossible dates; a wrong layout makes nearly all of them wrong.
    private static let enough = 0.6

    /// - Parameters:
    ///   - total: bytes of the whole dataset's records, which may be more than `sample` shows.
    ///   - sample: records from the dataset's start, or from any record border of it for a known layout.
    ///   - count: records the device says it has; `nil` where it says nothing plausible.
    ///   - latest: the newest device time that is believable, packed.
    ///   - sixteenVerifyFirst: read 16-byte records the other way round (a per-device switch).
    package static func attendance(
        total: Int, sample: [UInt8], count: Int?, latest: PackedTime, sixteenVerifyFirst: Bool = false
    ) throws(Undecided) -> Verdict<AttendanceLayout> {
        let sixteen = sixteenVerifyFirst ? AttendanceLayout.a16VerifyFirst : .a16
        let candidates = [.a40, .a49, sixteen, .a8, .a8TimeLast, .a22].filter { total.isMultiple(of: $0.size) }
        guard !candidates.isEmpty, total > 0 else {
            throw Undecided(description: "\(total) bytes are no multiple of 8, 16, 22, 40 or 49")
        }
        let scores = candidates.map { ($0, plausibility(of: sample, as: $0, latest: latest)) }
        let counted = count.map { count in candidates.filter { fits(total / $0.size, count: count) } } ?? []
        if let best = best(of: scores.filter { counted.contains($0.0) }), best.1 >= enough {
            return Verdict(layout: best.0, reason: "\(total) bytes, the device counts \(count ?? 0), \(percent(best.1)) of records plausible")
        }
        guard let best = best(of: scores), best.1 >= enough else {
            let list = scores.map { "\($0.0.rawValue) \(percent($0.1))" }.joined(separator: ", ")
            throw Undecided(description: "no layout makes \(total) bytes plausible (\(list))")
        }
        // Two layouts that both read well would be a guess: that is the caller's to refuse.
        let rivals = scores.filter { $0.0 != best.0 && $0.1 >= best.1 - 0.2 && $0.1 >= enough }
        guard rivals.isEmpty else {
            throw Undecided(description: "\(best.0.rawValue) and \(rivals[0].0.rawValue) are equally plausible")
        }
        return Verdict(layout: best.0, reason: "\(total) bytes, no usable count, \(percent(best.1)) of records plausible")
    }

    /// Users: 72 or 28 bytes, 16 only where neither fits.
    package static func users(total: Int, sample: [UInt8], count: Int?) throws(Undecided) -> Verdict<UserLayout> {
        let candidates = [UserLayout.u72, .u28, .u16].filter { total.isMultiple(of: $0.size) }
        guard total > 0, !candidates.isEmpty else {
            throw Undecided(description: "\(total) bytes are no multiple of 72, 28 or 16")
        }
        let scores = candidates.map { ($0, plausibility(of: sample, as: $0)) }
        let counted = count.map { count in candidates.filter { fits(total / $0.size, count: count) } } ?? []
        if let best = best(of: scores.filter { counted.contains($0.0) }), best.1 >= enough {
            return Verdict(layout: best.0, reason: "\(total) bytes, the device counts \(count ?? 0)")
        }
        guard let best = best(of: scores), best.1 >= enough else {
            throw Undecided(description: "no layout makes \(total) bytes of users plausible")
        }
        return Verdict(layout: best.0, reason: "\(total) bytes, \(percent(best.1)) of users plausible")
    }

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
        return (0..<samples).map { $0 * (count - 1) / (samples - 1) }
    }

    private static func plausibility(of sample: [UInt8], as layout: AttendanceLayout, latest: PackedTime) -> Double {
        let positions = positions(sample.count / layout.size)
        guard !positions.isEmpty else { return 0 }
        let good = positions.filter { position in
            guard let record = try? AttendanceRecord(sample, at: position * layout.size, layout: layout) else {
                return false
            }
            return record.isPlausible(latest: latest)
        }
        return Double(good.count) / Double(positions.count)
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
    /// A real date up to `latest`, a user id that could have been typed, a state that exists.
    ///
    /// For detection only: an implausible record is kept like any other.
    func isPlausible(latest: PackedTime) -> Bool {
        guard time.parts.isCalendarDate, time.rawValue <= latest.rawValue else { return false }
        guard state <= 5 || state == 255 else { return false }
        switch who {
        case .text(let text): return !text.isEmpty && text.allSatisfy { (0x20..<0x7F).contains($0) }
        case .number(let number): return number > 0 && number < 1_000_000_000
        case .index(let index): return index > 0 && verify <= 142
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
