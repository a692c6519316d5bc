/// What the deduction of one month is of the whole allowance, exactly.
package struct MonthDeduction: Hashable, Sendable {
    /// The whole is 10^10: both the percentage and the part it is of are thousandths of a per cent.
    package static let whole = 10_000_000_000

    /// Of `whole`; never more than all of it.
    package let share: Int

    /// - Parameters:
    ///   - sum: the days' deductions added up, thousandths of a per cent.
    ///   - base: what they are a percentage of (domain, section 3.3).
    package init(sum: Int, of base: RuleSet.Base) {
        let sum = max(0, sum)
        switch base {
        case .full: share = min(sum, 100_000) * 100_000
        case .part(let part, let isCapped):
            let part = min(max(0, part), 100_000)
            // So large a sum is all of it anyway.
            let bounded = isCapped ? min(sum, 100_000) : min(sum, Self.whole)
            share = min(bounded * part, Self.whole)
        }
    }

    /// Thousandths of a per cent of the whole allowance, rounded down; for show.
    package var thousandths: Int { share / 100_000 }

    /// Of an allowance in rupiah; of a negative one, nothing.
    package func rupiah(of allowance: Int) -> Rupiah {
        let (high, low) = max(0, allowance).multipliedFullWidth(by: share)
        // The share is at most the whole, so the quotient is at most the allowance.
        let (quotient, remainder) = Self.whole.dividingFullWidth((high, low))
        return Rupiah(whole: quotient, tenBillionths: remainder)
    }
}

/// An amount that is rounded only where it is paid.
package struct Rupiah: Hashable, Sendable {
    package let whole: Int
    /// 0 ..< 10^10.
    package let tenBillionths: Int

    package func rounded(_ rule: RuleSet.Rounding) -> Int {
        switch rule {
        case .nearest: tenBillionths * 2 >= MonthDeduction.whole ? whole + 1 : whole
        case .down: whole
        case .up: tenBillionths > 0 ? whole + 1 : whole
        }
    }

    /// Exact, with a point: `10000`, `10000.25`.
    package var text: String {
        if tenBillionths == 0 { return "\(whole)" }
        var digits = Array(String(tenBillionths + MonthDeduction.whole).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(String(digits))"
    }
}
