import Attendance
import ZKWire

/// The one place where a device's records become punches.
///
/// Keeps everything: impossible dates, empty user ids and indexes nobody has are flagged, never dropped.
package struct PunchNormaliser: Sendable {
    private struct Place: Hashable {
        let index: UInt16
        let time: UInt32
    }

    private let serial: DeviceSerial
    private let source: Punch.Source
    private let users: [UInt16: UserID]
    private var joins: [Place: UserID]
    /// Joins made at their first reading; the store keeps them so that later readings give the same key.
    package private(set) var newJoins: [IndexJoin] = []

    /// - Parameters:
    ///   - users: the device's user list, for layouts that name an index.
    ///   - joins: what earlier readings of this device joined.
    package init(serial: DeviceSerial, source: Punch.Source, users: [UserRecord] = [], joins: [IndexJoin] = []) {
        self.serial = serial
        self.source = source
        // A user without a user id is what a deletion leaves behind on some devices: it names nobody.
        let named = users.map { ($0.index, UserID(field: $0.userID)) }.filter { !$0.1.bytes.isEmpty }
        self.users = Dictionary(named, uniquingKeysWith: { first, _ in first })
        self.joins = Dictionary(
            joins.map { (Place(index: $0.index, time: $0.time), $0.userID) }, uniquingKeysWith: { first, _ in first })
    }

    /// The punches of one reading, in its order. Occurrences are counted within it.
    package mutating func punches(from records: [AttendanceRecord]) -> [Punch] {
        var counts: [Punch.Slot: Int] = Dictionary(minimumCapacity: records.count)
        var punches: [Punch] = []
        punches.reserveCapacity(records.count)
        for record in records {
            let (userID, isResolved) = userID(of: record.who, time: record.time)
            let slot = Punch.Slot(userID: userID, deviceTime: DeviceTime(record.time))
            let occurrence = counts[slot, default: 0]
            counts[slot] = occurrence + 1
            punches.append(
                Punch(
                    serial: serial, userID: userID, deviceTime: slot.deviceTime, occurrence: occurrence,
                    verify: Int(record.verify), state: Int(record.state),
                    workCode: record.workCode.flatMap { $0 == 0 ? nil : String($0) }, source: source, raw: record.raw,
                    flags: Self.flags(userID, slot.deviceTime, isResolved)))
        }
        return punches
    }

    /// The punch of one live event; `nil` for an event that names only an index: what that number means
    /// differs between firmwares, so the log is asked instead.
    package func punch(from event: AttendanceEvent) -> Punch? {
        let userID: UserID
        switch event.who {
        case .text(let text): userID = UserID(field: text)
        case .number(let number): userID = UserID(number: number)
        case .index: return nil
        }
        let time = event.time.packed.map { DeviceTime($0) } ?? DeviceTime(rawField: event.time.bytes)
        return Punch(
            serial: serial, userID: userID, deviceTime: time, occurrence: 0, verify: Int(event.verify),
            state: Int(event.state), source: source, raw: event.raw, flags: Self.flags(userID, time, true))
    }

    private mutating func userID(of who: AttendanceRecord.Who, time: PackedTime) -> (UserID, isResolved: Bool) {
        switch who {
        case .text(let text): return (UserID(field: text), true)
        case .number(let number): return (UserID(number: number), true)
        case .index(let index):
            let place = Place(index: index, time: time.rawValue)
            let known = joins[place]
            let userID = known ?? users[index] ?? UserID(number: UInt32(index))
            if known == nil {
                joins[place] = userID
                newJoins.append(IndexJoin(index: index, time: time.rawValue, userID: userID))
            }
            // A join does not tell whether the number is a user id or the index itself, for want of a better one;
            // the user list does, for as long as it has this user.
            return (userID, userID != UserID(number: UInt32(index)) || users[index] == userID)
        }
    }

    static func flags(_ userID: UserID, _ time: DeviceTime, _ isResolved: Bool) -> [Punch.Flag] {
        var flags: [Punch.Flag] = []
        if userID.isNobody { flags.append(.noUser) }
        if !time.isCalendarDate { flags.append(.noDate) }
        if !isResolved { flags.append(.unresolvedIndex) }
        return flags
    }
}

extension DeviceTime {
    /// A device's packed time: a date, or the four bytes as they stand in the record.
    package init(_ time: PackedTime) {
        let parts = time.parts
        self =
            DeviceTime(
                year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute,
                second: parts.second) ?? DeviceTime(rawField: time.bytes)
    }
}
