import Attendance
import AttendanceRules
import Foundation

/// One device as its edge sees it: what was read, up to when its record is complete.
struct DeviceLine: Sendable {
    let device: SampleDevice
    /// Up to when coverage was claimed.
    var covered: Int64
    /// Why the last claim could not date its scans.
    var wasUndated = false
    /// Scans of this run of days and of the one before: the second time in one second, a person waits a second.
    private var recent: Set<Punch.Slot> = []
    private var earlier: Set<Punch.Slot> = []
    /// Scans by a clock that began anew: it may begin there again.
    private var afterReset: Set<Punch.Slot> = []

    init(_ device: SampleDevice, _ options: SampleOptions) {
        self.device = device
        covered = SampleOptions.midnight(options.dates.lowerBound) - 7200
    }

    /// Readings are this many seconds apart, and coverage is told of this often. A real edge tells every quarter of an
    /// hour (docs/contract.md); here an hour, or a year would be mostly that.
    static let interval: Int64 = 180
    static let coverageInterval: Int64 = 3600

    static func reading(at second: Int64) -> Int64 { (second + interval - 1) / interval * interval }

    var facts: DeviceFacts {
        DeviceFacts(
            serial: device.serial, name: device.name, timezone: SampleOptions.zone,
            model: device.isColour ? "Contoh F22" : "Contoh X100", platform: device.isColour ? "ZMM220_TFT" : "ZEM560",
            firmware: device.isColour ? "Ver 6.60 Contoh" : "Ver 5.04 Contoh",
            capacity: device.isColour ? 100_000 : 50_000)
    }

    mutating func beginPeriod() {
        earlier = recent
        recent = []
    }

    /// - Parameter local: seconds since 1970 as the device's clock shows them.
    mutating func punch(
        _ pin: Int, local second: Int64, isDeparture: Bool, file: FileOrigin?, isReset: Bool
    ) -> Punch? {
        let user = UserID(String(pin))
        var second = second
        var time = Self.time(second)
        while let taken = time, isTaken(Punch.Slot(userID: user, deviceTime: taken.time)) {
            second += 1
            time = Self.time(second)
        }
        guard let time else { return nil }
        let slot = Punch.Slot(userID: user, deviceTime: time.time)
        if isReset { afterReset.insert(slot) } else { recent.insert(slot) }
        let verify = device.isColour && pin % 3 == 0 ? 15 : 1
        let state = device.number == 0 && isDeparture ? 1 : 0
        return Punch(
            serial: device.serial, userID: user, deviceTime: time.time, occurrence: 0, verify: verify, state: state,
            source: file == nil ? .poll : .stick,
            raw: file == nil ? raw(user, pin, time.packed, verify: UInt8(verify), state: UInt8(state)) : [], file: file)
    }

    private func isTaken(_ slot: Punch.Slot) -> Bool {
        recent.contains(slot) || earlier.contains(slot) || afterReset.contains(slot)
    }

    /// The text of a wall clock, and the number a ZKTeco device keeps for it (zk-protocol, section 8).
    private static func time(_ second: Int64) -> (time: DeviceTime, packed: UInt32)? {
        let day = Int(second / 86_400)
        let rest = Int(second % 86_400)
        let (year, month, date) = CivilDate(dayNumber: day).parts
        guard
            let time = DeviceTime(
                year: year, month: month, day: date, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
        else { return nil }
        return (time, UInt32(clamping: (((year % 100) * 12 + month - 1) * 31 + date - 1) * 86_400 + rest))
    }

    /// The record as the device's log has it: 40 bytes, or 16 on older ones.
    private func raw(_ user: UserID, _ pin: Int, _ packed: UInt32, verify: UInt8, state: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40)
        func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        guard device.isColour else {
            add(UInt32(clamping: pin))
            add(packed)
            return bytes + [verify, state, 0, 0, 0, 0, 0, 0]
        }
        add(UInt16(truncatingIfNeeded: pin))
        bytes += user.bytes + [UInt8](repeating: 0, count: max(0, 24 - user.bytes.count))
        bytes.append(verify)
        add(packed)
        return bytes + [state] + [UInt8](repeating: 0, count: 8)
    }
}
