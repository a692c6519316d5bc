import AttendanceRules

/// A time in which a device's scans do not come, or not with the right time. Seconds of UTC.
package struct SampleOutage: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The office's computer was off; the device kept its log.
        case edgeDown = "edge_down"
        /// The device had no power: nobody could scan, and its log shows nothing.
        case deviceOff = "device_off"
        /// The computer was off, and somebody cleared the log before it was back.
        case logCleared = "log_cleared"
        /// A power cut set the clock to 2000; it was noticed later.
        case clockReset = "clock_reset"
        /// Somebody set the clock wrong by minutes.
        case wrongClock = "wrong_clock"
    }

    package let kind: Kind
    package let from: Int64
    /// First second when all is well again.
    package let to: Int64
    /// Device time minus true local time, of a wrong clock.
    let shift: Int64

    func contains(_ second: Int64) -> Bool { from <= second && second < to }

    /// What the device shows while this lasts, as local seconds since 1970.
    func local(_ second: Int64) -> Int64 {
        switch kind {
        case .clockReset: Self.reset + second - from
        case .wrongClock: second + Int64(SampleOptions.offset) + shift
        default: second + Int64(SampleOptions.offset)
        }
    }

    /// 2000-01-01T00:00:00 on the wall, where a ZKTeco clock begins anew.
    private static let reset: Int64 = 946_684_800

    var isOfClock: Bool { kind == .clockReset || kind == .wrongClock }
}

extension SampleGovernment {
    /// What goes wrong with a device in a month; at most one thing, except that its computer may go down with all of them.
    ///
    /// Kinds take turns over devices and months, so that each is there in every government of nine devices.
    func outages(of device: SampleDevice, in month: CivilMonth) -> [SampleOutage] {
        guard !units[device.place].isStickOnly else { return [] }
        let last = lastOutage(of: device.place)
        let own = drawn(device, month).filter { outage in last.map { outage.to < $0.from } ?? true }
        guard let last,
            options.dates.upperBound.month == month || options.dates.upperBound.adding(days: -1).month == month
        else { return own }
        return own + [last]
    }

    private func drawn(_ device: SampleDevice, _ month: CivilMonth) -> [SampleOutage] {
        let first = devicesOfPlace[device.place].first.map { devices[$0] } ?? device
        if turn(first, month) == 0 { return outage(.edgeDown, first, month).map { [$0] } ?? [] }
        let kind: SampleOutage.Kind? =
            switch turn(device, month) {
            case 2: .deviceOff
            case 4: .clockReset
            case 6: .wrongClock
            case 8: .logCleared
            default: nil
            }
        return kind.flatMap { outage($0, device, month) }.map { [$0] } ?? []
    }

    private func turn(_ device: SampleDevice, _ month: CivilMonth) -> Int {
        (device.index + month.number * 4 + Int(options.seed % 9)) % 9
    }

    private func outage(_ kind: SampleOutage.Kind, _ device: SampleDevice, _ month: CivilMonth) -> SampleOutage? {
        var random = SampleRandom(seed: options.seed, .outage, device.index, month.number)
        let inner =
            options.dates.lowerBound.adding(
                days: 1)...max(
                options.dates.lowerBound.adding(days: 1), options.dates.upperBound)
        guard let room = DateSpan(month.dates).clamped(to: inner) else { return nil }
        var date = room.lowerBound.adding(days: random.below(max(1, room.count - 3)))
        // On a day off nobody would notice.
        for _ in 0..<10
        where date < room.upperBound
            && (calendar.isFree(date) || date.weekday == .saturday || date.weekday == .sunday)
        {
            date = date.adding(days: 1)
        }
        let begin = SampleOptions.midnight(date) + Int64(random.number(5 * 3600...9 * 3600))
        let hours: ClosedRange<Int> =
            switch kind {
            case .edgeDown: 3...60
            case .deviceOff: 6...30
            case .logCleared: 5...24
            case .clockReset: 4...26
            case .wrongClock: 5...48
            }
        let end = begin + Int64(random.number(hours) * 3600 + random.below(3600))
        let minutes = Int64(random.number(7...45)) * 60 + Int64(random.below(60))
        let shift = random.chance(5000) ? minutes : -minutes
        guard end < SampleOptions.midnight(month.dates.upperBound.adding(days: 1)) else { return nil }
        return SampleOutage(kind: kind, from: begin, to: end, shift: shift)
    }

    /// One office in ten is silent when the story ends: what it has is still to come.
    func lastOutage(of place: Int) -> SampleOutage? {
        guard place % 10 == 4, options.dates.count > 3 else { return nil }
        let from = SampleOptions.midnight(options.dates.upperBound.adding(days: -1)) + 9 * 3600
        return SampleOutage(kind: .edgeDown, from: from, to: .max / 2, shift: 0)
    }
}
