import ZKWire

/// A device's attendance log: records already in the profile's layout, one after another in one buffer, so that a
/// log of a million records costs its bytes and nothing more.
package struct AttendanceLog: Sendable {
    package let layout: AttendanceLayout
    /// Records the device can hold.
    package private(set) var capacity: Int
    package var whenFull: WhenFull
    /// All records, oldest first.
    package private(set) var bytes: [UInt8]
    /// Records ever appended: what running record numbers are taken from.
    package private(set) var appended: Int

    /// Some firmware rolls over, other firmware stops recording (zk-protocol, section 11.4).
    package enum WhenFull: String, Sendable, CaseIterable {
        case drop, stop
    }

    init(layout: AttendanceLayout, capacity: Int, whenFull: WhenFull = .drop, bytes: [UInt8] = []) {
        self.layout = layout
        self.capacity = max(1, capacity)
        self.whenFull = whenFull
        self.bytes = bytes
        appended = bytes.count / layout.size
        dropBeyondCapacity()
    }

    package var count: Int { bytes.count / layout.size }

    /// Appends one record of exactly the layout's size; whether it was taken.
    mutating func append(_ record: [UInt8]) -> Bool {
        guard record.count == layout.size else { return false }
        if count >= capacity {
            guard whenFull == .drop else { return false }
            dropOldest(count - capacity + 1)
        }
        bytes += record
        appended += 1
        return true
    }

    mutating func clear() { bytes = [] }

    mutating func dropOldest(_ number: Int) {
        bytes.removeFirst(min(max(0, number), count) * layout.size)
    }

    /// A smaller capacity drops the oldest records at once.
    mutating func setCapacity(_ records: Int) {
        capacity = max(1, records)
        dropBeyondCapacity()
    }

    private mutating func dropBeyondCapacity() {
        if count > capacity { dropOldest(count - capacity) }
    }

    package func records() -> [AttendanceRecord] {
        // The buffer holds whole records only.
        (try? AttendanceRecord.all(in: bytes, layout: layout)) ?? []
    }
}

/// Makes the log a device has when it is switched on: scans of its users on weekday mornings and afternoons,
/// ascending, the last before `end`.
struct SeededLog {
    let profile: DeviceProfile
    let users: [UserRecord]
    let seed: UInt64
    /// Device time in seconds since 1970 on its own dial.
    let end: Int

    /// One half-day in which people come or go: start and length in seconds of the day.
    private struct HalfDay {
        var start: Int
        var state: UInt8
    }

    private static let morning = 7 * 3600
    private static let afternoon = 16 * 3600
    private static let span = 75 * 60
    /// Half-days before people are made to scan more than once in one: about three years.
    private static let mostHalfDays = 1500

    func bytes(records count: Int) -> [UInt8] {
        guard count > 0, !users.isEmpty else { return [] }
        let perHalfDay = max(users.count, (count + Self.mostHalfDays - 1) / Self.mostHalfDays)
        let halfDays = halfDays((count + perHalfDay - 1) / perHalfDay)
        let size = profile.attendance.size
        // One template per user; only time, state and verify differ from scan to scan.
        let templates = users.flatMap { Self.template($0, profile: profile) }
        var random = SeededRandom(seed: seed ^ 0x6C6F67)
        var skip = halfDays.count * perHalfDay - count
        var number = 0
        return [UInt8](unsafeUninitializedCapacity: count * size) { buffer, filled in
            templates.withUnsafeBytes { templates in
                guard let target = UnsafeMutableRawPointer(buffer.baseAddress), let source = templates.baseAddress
                else { return }
                for halfDay in halfDays {
                    let stride = coprimeStride(&random)
                    let first = random.below(users.count)
                    var slot = skip
                    skip = 0
                    while slot < perHalfDay {
                        let user = (first &+ slot &* stride) % users.count
                        let record = target + number &* size
                        record.copyMemory(from: source + user &* size, byteCount: size)
                        patch(record, number: number, slot: slot, of: perHalfDay, halfDay: halfDay, &random)
                        slot &+= 1
                        number &+= 1
                    }
                }
            }
            filled = number &* size
        }
    }

    private func patch(
        _ record: UnsafeMutableRawPointer, number: Int, slot: Int, of slots: Int, halfDay: HalfDay,
        _ random: inout SeededRandom
    ) {
        let width = Self.span / slots
        let second = slot &* Self.span / slots &+ (width > 1 ? random.below(width) : 0)
        let time = UInt32(truncatingIfNeeded: halfDay.start &+ second).littleEndian
        let layout = profile.attendance
        record.storeBytes(of: time, toByteOffset: layout.timeOffset, as: UInt32.self)
        record.storeBytes(of: halfDay.state, toByteOffset: layout.stateOffset, as: UInt8.self)
        if random.next() & 0x1F == 0 {
            // Now and then a password instead of a finger or face.
            record.storeBytes(of: 0, toByteOffset: layout.verifyOffset, as: UInt8.self)
        }
        if profile.indexField == .recordNumber && !layout.namesIndex && layout != .a16 {
            let running = UInt16(truncatingIfNeeded: number &+ 1).littleEndian
            record.storeBytes(of: running, toByteOffset: 0, as: UInt16.self)
        }
    }

    private static func template(_ user: UserRecord, profile: DeviceProfile) -> [UInt8] {
        AttendanceRecord(
            who: profile.who(userID: user.userID, index: user.index), index: user.index, verify: profile.usualVerify,
            time: PackedTime(rawValue: 0), state: 0
        ).bytes(profile.attendance)
    }

    /// The last `count` half-days of weekdays that end before `end`, oldest first, as packed times.
    private func halfDays(_ count: Int) -> [HalfDay] {
        var found: [HalfDay] = []
        var day = end / CivilTime.day
        while found.count < count, day > 0 {
            if (1...5).contains(CivilTime.weekday(ofDay: day)) {
                for (start, state) in [(Self.afternoon, UInt8(1)), (Self.morning, 0)] where found.count < count {
                    let second = day * CivilTime.day + start
                    guard second + Self.span < end else { continue }
                    let packed = PackedTime(CivilTime.parts(ofSecond: second))
                    found.append(HalfDay(start: Int(packed?.rawValue ?? 0), state: state))
                }
            }
            day -= 1
        }
        return found.reversed()
    }

    /// A step through the users that meets each of them once.
    private func coprimeStride(_ random: inout SeededRandom) -> Int {
        guard users.count > 2 else { return 1 }
        while true {
            let stride = 1 + random.below(users.count - 1)
            var (a, b) = (users.count, stride)
            while b != 0 { (a, b) = (b, a % b) }
            if a == 1 { return stride }
        }
    }
}

extension DeviceProfile {
    /// How this profile's records name a user.
    func who(userID: [UInt8], index: UInt16?) -> AttendanceRecord.Who {
        if attendance.namesIndex { return .index(index ?? 0) }
        if attendance == .a16 { return .number(UInt32(userID.textBeforeNUL) ?? 0) }
        return .text(userID)
    }
}
