import Attendance
import ZKWire

/// What devices answer. Without the request, only what the bytes alone make certain; no guess is told as fact.
enum ReplyDescription {
    /// A session field above this is no fragment index: a chunk has 65 fragments at most.
    private static let mostFragments: UInt16 = 100

    static func fields(_ frame: Frame, request: Command?) -> [String: WireValue]? {
        if let request, let fields = answer(frame, to: request) { return fields }
        switch frame.command {
        case .ackOK: return acknowledged(frame.data)
        // Reply number 0 answers the connection's first command; a wrong key is refused with a later number.
        case .ackUnauthorised where frame.reply == 0: return ["session_assigned": WireValue(frame.session)]
        case .prepareData: return announcement(frame.data)
        case .data, .ackData: return carried(frame)
        default: return nil
        }
    }

    /// Answers whose meaning only the request tells.
    private static func answer(_ frame: Frame, to request: Command) -> [String: WireValue]? {
        let data = frame.data
        switch (request, frame.command) {
        case (.connect, .ackOK), (.connect, .ackUnauthorised):
            return ["session_assigned": WireValue(frame.session)]
        case (.stateRead, .ackOK):
            return ["state": WireValue(frame.session)]
        case (.readBuffer, .ackOK), (.attendanceRead, .ackOK), (.operationsRead, .ackOK):
            return data.isEmpty ? ["session_field": WireValue(frame.session)] : nil
        case (.getTime, .ackOK):
            return data.leadingU32.map { ["time": .text(PackedTime(rawValue: $0).parts.text)] }
        case (.getPinWidth, .ackOK):
            return data.first.map { ["pin_width": WireValue($0)] }
        case (.getFreeSizes, .ackOK) where FreeSizes(data) == nil:
            return ["data_length": WireValue(data.count), "counts_known": .bool(false)]
        case (.getVersion, .ackOK):
            return ["version": .text(data.textBeforeNUL)]
        case (.timezoneRead, .ackOK):
            return timezone(data)
        case (.unlockGroupRead, .ackOK):
            return unlockGroup(data)
        default:
            return nil
        }
    }

    private static func acknowledged(_ data: [UInt8]) -> [String: WireValue]? {
        let text = data.prefix { $0 != 0 }
        let isText =
            !text.isEmpty && text.allSatisfy { (0x20..<0x7F).contains($0) }
            && data.dropFirst(text.count).allSatisfy { $0 == 0 }
        if isText, text.count > 4, let option = DeviceOption(data), !option.key.isEmpty {
            return ["key": .text(option.key), "value": .text(option.value)]
        }
        if isText, data.textBeforeNUL.hasPrefix("Ver ") { return ["version": .text(data.textBeforeNUL)] }
        if let fields = prepared(data) ?? sizes(data) { return fields }
        switch data.count {
        case 1: return ["value": WireValue(data[0])]
        case 4: return data.leadingU32.map { ["value": WireValue($0)] }
        default: return nil
        }
    }

    /// 00, size, the same size again, a word of unknown use.
    private static func prepared(_ data: [UInt8]) -> [String: WireValue]? {
        guard data.count == 13, data[0] == 0, let fields = try? Fields(data, size: 13, of: "announcement"),
            fields.u32(1) == fields.u32(5)
        else { return nil }
        return [
            "size": WireValue(fields.u32(1)), "size_again": WireValue(fields.u32(5)),
            "unknown_word_hex": .text(Hex.encode(fields.slice(9, 4))),
        ]
    }

    private static func sizes(_ data: [UInt8]) -> [String: WireValue]? {
        guard [FreeSizes.shortSize, FreeSizes.faceSize, FreeSizes.longSize].contains(data.count),
            let sizes = FreeSizes(data), sizes.isPlausible
        else { return nil }
        var fields: [String: WireValue] = [
            "data_length": WireValue(data.count), "users": WireValue(sizes.users), "fingers": WireValue(sizes.fingers),
            "attendance": WireValue(sizes.attendance), "oplog": WireValue(sizes.operations),
            "admins": WireValue(sizes.admins), "passwords": WireValue(sizes.passwords),
            "finger_capacity": WireValue(sizes.fingerCapacity), "user_capacity": WireValue(sizes.userCapacity),
            "attendance_capacity": WireValue(sizes.attendanceCapacity), "finger_free": WireValue(sizes.fingersFree),
            "user_free": WireValue(sizes.usersFree), "attendance_free": WireValue(sizes.attendanceFree),
        ]
        if let faces = sizes.faces { fields["faces"] = WireValue(faces) }
        if let capacity = sizes.faceCapacity { fields["face_capacity"] = WireValue(capacity) }
        return fields
    }

    private static func announcement(_ data: [UInt8]) -> [String: WireValue]? {
        guard let announced = try? TransferAnnouncement(data) else { return nil }
        var fields: [String: WireValue] = ["size": WireValue(announced.size)]
        if data.count >= 8 { fields["packet"] = WireValue(announced.packet) }
        return fields
    }

    /// An upload of users, a whole dataset, or a fragment of one.
    private static func carried(_ frame: Frame) -> [String: WireValue]? {
        if let upload = UploadDescription.fields(frame.data) { return upload }
        let isFragment = frame.session <= mostFragments
        // Four zero bytes are an empty dataset, or the end of one.
        if let dataset = try? Dataset(frame.data), frame.data.count == Dataset.headerSize + dataset.promised,
            dataset.promised > 0 || !isFragment
        {
            return DatasetDescription.inline(dataset)
        }
        return isFragment ? ["fragment_index": WireValue(frame.session)] : nil
    }

    private static func timezone(_ data: [UInt8]) -> [String: WireValue]? {
        guard let fields = try? Fields(data, size: 32, of: "timezone") else { return nil }
        let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        var told: [String: WireValue] = [
            "timezone": WireValue(fields.u16(0)), "tail_hex": .text(Hex.encode(fields.slice(30, 2))),
        ]
        for (number, day) in days.enumerated() {
            let parts = (0..<4).map { part in
                let value = fields.u8(2 + number * 4 + part)
                return value < 10 ? "0\(value)" : "\(value)"
            }
            told[day] = .text("\(parts[0]):\(parts[1])-\(parts[2]):\(parts[3])")
        }
        return told
    }

    private static func unlockGroup(_ data: [UInt8]) -> [String: WireValue]? {
        guard let fields = try? Fields(data, size: 8, of: "unlockGroup") else { return nil }
        return [
            "combination": WireValue(fields.u8(0)), "groups": .list((1...5).map { WireValue(fields.u8($0)) }),
            "valid": WireValue(fields.u16(6)),
        ]
    }
}

/// What devices tell unasked.
enum EventDescription {
    static func fields(_ frame: Frame) -> [String: WireValue]? {
        guard frame.reply == 0, let event = RealtimeEvent(frame), RealtimeEvent.Code(rawValue: event.code) != nil else {
            return nil
        }
        var fields: [String: WireValue] = ["event": WireValue(event.code)]
        switch event.content {
        case .attendance(let scans):
            if let only = scans.first, scans.count == 1 {
                fields.merge(scan(only)) { value, _ in value }
            } else {
                fields["events"] = .list(scans.map { .object(scan($0)) })
            }
        case .enrolFinger(let result, let size, let userID, let finger):
            fields["result"] = WireValue(result)
            if let size, let finger {
                fields["size"] = WireValue(size)
                fields["user_id"] = WireValue(userID)
                fields["finger"] = WireValue(finger)
            }
        case .verify(let index): fields["user_sn"] = index.map { WireValue($0) } ?? .null
        case .fingerScore(let score): fields["score"] = WireValue(score)
        case .alarm(let alarm): fields["alarm"] = WireValue(alarm)
        case .other(let data):
            if event.code == RealtimeEvent.Code.enrolUser.rawValue, let user = try? Fields(data, size: 2, of: "event") {
                fields["uid"] = WireValue(user.u16(0))
            } else if !data.isEmpty {
                fields["data_hex"] = .text(Hex.encode(data))
            }
        }
        return fields
    }

    private static func scan(_ scan: AttendanceEvent) -> [String: WireValue] {
        var fields: [String: WireValue] = ["time": .text(scan.time.parts.text)]
        switch scan.who {
        case .text(let text): fields["user_id"] = WireValue(text)
        case .number(let number): fields["user"] = WireValue(number)
        case .index(let index): fields["user"] = WireValue(index)
        }
        // In the 14 bytes it is open which of the two is the verify method (zk-protocol, section 14.2).
        let isOpen = scan.raw.count == 14
        fields[isOpen ? "verify_byte" : "verify"] = WireValue(scan.verify)
        fields[isOpen ? "state_byte" : "state"] = WireValue(scan.state)
        if isOpen {
            fields["data_layout"] = .text("u16 user, u8 verify, u8 state byte, 6-byte time, 4 zero bytes")
        }
        return fields
    }
}
