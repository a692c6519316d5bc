/// Times as people write them in the file: a whole number and `ms`, `s`, `m` or `h`.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    /// `nil` where it is no such text, or more than nine digits.
    package static func parse(_ text: String) -> Duration? {
        for (suffix, milliseconds) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int64(digits)
            else { continue }
            return .milliseconds(number * milliseconds)
        }
        return nil
    }

    /// The shortest text that `parse` reads as `duration`; parts below a millisecond are left out.
    package static func write(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds =
            parts.seconds.multipliedReportingOverflow(by: 1000).partialValue
            &+ parts.attoseconds / 1_000_000_000_000_000
        for (suffix, size) in units.reversed() where milliseconds % size == 0 && milliseconds >= size {
            return "\(milliseconds / size)\(suffix)"
        }
        return "\(milliseconds)ms"
    }
}
