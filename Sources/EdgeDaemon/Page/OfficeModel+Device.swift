import PageSupport

extension OfficeModel.Device {
    /// - Parameter journalFails: nothing that is read can be kept now, so that no device is read.
    init(_ device: DeviceBoard.Device, uptime: Duration, journalFails: Bool) {
        name = device.status.name
        age = device.readElapsed.map { max(.zero, uptime - $0) }
        count = device.status.count
        capacity = device.status.capacity
        daysLeft = device.daysLeft
        clockOffset = device.status.clockOffset
        clockIsUnknown = device.readAt != nil && device.status.clockOffset == nil
        let isLate = (age ?? uptime) > device.interval * Readiness.intervals
        state =
            switch device.trouble {
            // However long it may be lent: its scans must not wait unseen.
            case let trouble? where trouble.code == DeviceBoard.Trouble.lent:
                isLate ? .wrong(DeviceTroubleWords.stale) : .lent
            case let trouble? where OfficeCause.isOfJournal(trouble.code): .waiting
            // One that may pass is told when it came twice, as its alarm is.
            case let trouble? where !trouble.mayPass || trouble.failures > 1 || isLate: .wrong(trouble.code)
            case _ where isLate && journalFails: .waiting
            case _ where isLate: .wrong(DeviceTroubleWords.stale)
            default: age == nil ? .starting : .good
            }
    }

    var isUnreadable: Bool { if case .wrong = state { true } else { false } }

    /// Something about it is among the causes.
    var isWrong: Bool { isUnreadable || fullness > .roomy || isClockOff || clockIsUnknown }

    var fullness: LogFullness {
        guard let count, let capacity, capacity > 0 else { return .roomy }
        return LogFullness(used: Double(count) / Double(capacity), isFull: count >= capacity)
    }

    var isClockOff: Bool { clockOffset.map { $0.magnitude > OfficeModel.largestOffset } ?? false }

    /// `47 menit terlalu cepat`
    var clockWords: String? {
        clockOffset.map { "\(Indonesian.span(Double($0.magnitude))) terlalu \($0 > 0 ? "cepat" : "lambat")" }
    }
}
