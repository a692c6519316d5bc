/// Times of day as texts of hours write them.
package enum HoursTime {
    static let wants = "a time such as \"07:30\", or \"+1 07:00\" on the day after"
    static let wantsWindow =
        "two times such as \"06:00-11:59\", the first not after the second; \"+1 07:00\" is on the day after"

    /// Minutes from midnight of the date, 0 to 2879.
    package static func minute(_ text: some StringProtocol) -> Int? {
        guard let seconds = seconds(text, isSecondsAllowed: false) else { return nil }
        return seconds / 60
    }

    /// Seconds from midnight of the date: `07:30`, `07.30`, `07:30:59`, `+1 07:00`.
    package static func seconds(_ text: some StringProtocol, isSecondsAllowed: Bool = true) -> Int? {
        guard text.utf8.count <= 16 else { return nil }
        var rest = text[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        let isNextDay = rest.hasPrefix("+1")
        if isNextDay {
            rest = rest.dropFirst(2)
            guard rest.first == " " else { return nil }
            while rest.first == " " { rest.removeFirst() }
        }
        let parts = rest.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
        guard parts.count == 2 || (isSecondsAllowed && parts.count == 3) else { return nil }
        let numbers = parts.compactMap { twoDigits($0) }
        guard numbers.count == parts.count, let hour = numbers.first, hour <= 23,
            numbers.dropFirst().allSatisfy({ $0 <= 59 })
        else { return nil }
        let seconds = numbers.count == 3 ? numbers[2] : 0
        return (isNextDay ? 86_400 : 0) + hour * 3600 + numbers[1] * 60 + seconds
    }

    private static func twoDigits(_ text: some StringProtocol) -> Int? {
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// `06:00-11:59`, both minutes included.
    package static func window(_ text: some StringProtocol) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = minute(parts[0]), let to = minute(parts[1]), from <= to else { return nil }
        return from...to
    }

    /// `07:30`, `+1 07:00`.
    package static func text(minute: Int) -> String {
        let (hour, rest) = (minute % 1440 / 60, minute % 60)
        return "\(minute >= 1440 ? "+1 " : "")\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
    }

    package static func text(_ window: ClosedRange<Int>) -> String {
        "\(text(minute: window.lowerBound))-\(text(minute: window.upperBound))"
    }
}

/// Parts of an allowance in thousandths of a per cent, from and to the digits that people write.
package enum Rate {
    static let wants = "a rate such as \"0.5%\" or 1.25, from 0 to 100 with at most three decimals"

    /// `0.5%`, `0,5 %`, `1.25`: a per cent each; digit by digit, because a binary fraction is not what the rule says.
    package static func thousandths(_ text: some StringProtocol, atMost limit: Int = 100_000) -> Int? {
        guard text.utf8.count <= 16 else { return nil }
        var rest = text[...]
        if rest.last == "%" { rest.removeLast() }
        while rest.last == " " { rest.removeLast() }
        let parts = rest.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        guard (1...2).contains(parts.count), (1...3).contains(parts[0].utf8.count),
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }), let whole = Int(parts[0])
        else { return nil }
        var fraction = 0
        if parts.count == 2 {
            let digits = parts[1].utf8.count
            guard (1...3).contains(digits), let number = Int(parts[1]) else { return nil }
            fraction = number * (digits == 1 ? 100 : digits == 2 ? 10 : 1)
        }
        let rate = whole * 1000 + fraction
        return rate <= limit ? rate : nil
    }

    /// `0.5%`; as many decimals as there are.
    package static func text(_ thousandths: Int) -> String {
        let (whole, fraction) = (thousandths / 1000, abs(thousandths % 1000))
        guard fraction > 0 else { return "\(whole)%" }
        var digits = String("000\(fraction)".suffix(3))
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)%"
    }
}
