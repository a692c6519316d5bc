/// A frame a device sends unasked (zk-protocol, section 14): command 500, the event code in the session field.
package struct RealtimeEvent: Hashable, Sendable {
    package enum Code: UInt16, Sendable, CaseIterable {
        case attendance = 1
        case finger = 2
        case enrolUser = 4
        case enrolFinger = 8
        case button = 16
        case unlock = 32
        case verify = 128
        case fingerScore = 256
        case alarm = 512
    }

    package enum Content: Hashable, Sendable {
        case attendance([AttendanceEvent])
        /// A finger was enrolled: 0 is success.
        case enrolFinger(result: UInt16, size: UInt16?, userID: [UInt8], finger: UInt8?)
        /// `nil`: a finger nobody is known by.
        case verify(index: UInt32?)
        case fingerScore(UInt8)
        case alarm(UInt32)
        /// Without data, or of a code or length this version does not read.
        case other([UInt8])
    }

    package let code: UInt16
    package let content: Content

    /// Masks for `registerEvent`.
    package static let attendanceOnly: UInt32 = 1
    package static let everything: UInt32 = 0xFFFF

    /// Reads an event frame; `nil` for a frame that is none.
    package init?(_ frame: Frame) {
        guard frame.command == .registerEvent else { return nil }
        code = frame.session
        content = Self.content(Code(rawValue: frame.session), frame.data)
    }

    private static func content(_ code: Code?, _ data: [UInt8]) -> Content {
        switch code {
        case .attendance:
            let events = AttendanceEvent.all(in: data)
            return events.isEmpty ? .other(data) : .attendance(events)
        case .enrolFinger:
            guard let head = try? Fields(data, size: 2, of: "event.enrol") else { return .other(data) }
            guard let full = try? Fields(data, size: 14, of: "event.enrol") else {
                return .enrolFinger(result: head.u16(0), size: nil, userID: [], finger: nil)
            }
            return .enrolFinger(
                result: full.u16(0), size: full.u16(2), userID: full.text(4, 9), finger: full.u8(13))
        case .verify:
            return data.leadingU32.map { .verify(index: $0 == .max ? nil : $0) } ?? .other(data)
        case .fingerScore:
            return data.first.map { .fingerScore($0) } ?? .other(data)
        case .alarm:
            return data.leadingU32.map { .alarm($0) } ?? .other(data)
        case .finger, .enrolUser, .button, .unlock, nil:
            return .other(data)
        }
    }
}

/// One scan told by a live event. The layout is chosen by the data's length (zk-protocol, section 14.2).
package struct AttendanceEvent: Hashable, Sendable {
    package enum Layout: Hashable, Sendable {
        /// u16 user index; on devices whose index is the user id, the same number.
        case index16
        /// u32 user id.
        case number32
        /// 24 bytes of text.
        case text24
    }

    package var who: AttendanceRecord.Who
    package var verify: UInt8
    package var state: UInt8
    package var time: EventTime
    /// The event's bytes as they came.
    package var raw: [UInt8]

    package init(who: AttendanceRecord.Who, verify: UInt8, state: UInt8, time: EventTime) {
        self.who = who
        self.verify = verify
        self.state = state
        self.time = time
        raw = []
        raw = bytes
    }

    private init?(_ data: [UInt8], at start: Int, layout: Layout, size: Int) {
        guard let fields = try? Fields(data, at: start, size: size, of: "event.attendance") else { return nil }
        let idSize: Int
        switch layout {
        case .index16: (who, idSize) = (.index(fields.u16(0)), 2)
        case .number32: (who, idSize) = (.number(fields.u32(0)), 4)
        case .text24: (who, idSize) = (.text(fields.text(0, 24)), 24)
        }
        verify = fields.u8(idSize)
        state = fields.u8(idSize + 1)
        time = EventTime(fields.slice(idSize + 2, EventTime.size))
        raw = fields.all
    }

    /// Exact single lengths first, then several glued events; anything else of 32 bytes and more is read by
    /// its first 32. Empty where the length fits nothing.
    package static func all(in data: [UInt8]) -> [AttendanceEvent] {
        let (layout, size): (Layout, Int)
        switch data.count {
        case 10, 14: (layout, size) = (.index16, data.count)
        case 12: (layout, size) = (.number32, 12)
        case 32, 36, 37, 52: (layout, size) = (.text24, data.count)
        case let count where count > 32 && count.isMultiple(of: 32): (layout, size) = (.text24, 32)
        case let count where count > 32: (layout, size) = (.text24, count)
        case let count where count > 0 && count.isMultiple(of: 12): (layout, size) = (.number32, 12)
        case let count where count > 0 && count.isMultiple(of: 10): (layout, size) = (.index16, 10)
        default: return []
        }
        return (0..<(data.count / size)).compactMap {
            AttendanceEvent(data, at: $0 * size, layout: layout, size: size)
        }
    }

    /// The event's data: 10, 12 or 32 bytes by how it names the user.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        switch who {
        case .index(let index): bytes.append(littleEndian: index)
        case .number(let number): bytes.append(littleEndian: number)
        case .text(let text): bytes.append(text: text, size: 24)
        }
        return bytes + [verify, state] + time.bytes
    }
}
