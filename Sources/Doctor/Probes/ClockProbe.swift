import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Reasons to doubt this computer's clock that need no network.
package enum ClockProbe {
    /// A step back that small is a clock being set.
    static let allowance: TimeInterval = 60

    /// - Parameters:
    ///   - earliest: no true time is before it.
    ///   - newest: of the newest thing that was kept here; `nil` where nothing is known.
    ///   - difference: this computer's clock minus the centre's, as the last receipt told.
    ///   - isKept: whether somebody keeps the clock right; `nil` where the system does not say.
    package static func judge(
        now: Date, earliest: Date, newest: Date?, difference: TimeInterval? = nil, isKept: Bool? = isKept
    ) -> CheckOutcome {
        var facts: [String: Fact] = ["now": .moment(now)]
        var findings: [Finding] = []
        if now < earliest {
            findings.append(Finding(.clockInPast, "", facts))
        } else if let newest, now < newest.addingTimeInterval(-allowance) {
            facts["newest"] = .moment(newest)
            findings.append(Finding(.clockBehindJournal, "", facts))
        }
        if let difference, difference.magnitude > allowance {
            facts["difference"] = .seconds(Int(clamping: Int64(difference.magnitude.rounded())))
            findings.append(Finding(.clockDiffers, "", facts))
        }
        if isKept == false { findings.append(Finding(.clockUnsynchronised, "", facts)) }
        return CheckOutcome(findings, facts)
    }

    /// The kernel's own word, which time services keep; reading it changes nothing.
    package static var isKept: Bool? {
        typealias Ask = @convention(c) (UnsafeMutableRawPointer) -> Int32
        // The headers show adjtimex to C only. Its structure has 208 bytes; all zero asks and sets nothing.
        guard let symbol = dlsym(nil, "adjtimex") else { return nil }
        let adjtimex = unsafeBitCast(symbol, to: Ask.self)
        var facts = [UInt64](repeating: 0, count: 64)
        let state = facts.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { adjtimex($0) } ?? -1 }
        let timeError: Int32 = 5
        return state < 0 ? nil : state != timeError
    }
}
