import Attendance
import ZKWire

/// What clients ask for: the command tells the layout of the data.
enum RequestDescription {
    static func fields(_ frame: Frame) -> [String: WireValue]? {
        guard !frame.data.isEmpty else { return nil }
        return text(frame) ?? number(frame) ?? slot(frame) ?? bulk(frame) ?? structure(frame)
    }

    private static func text(_ frame: Frame) -> [String: WireValue]? {
        switch frame.command {
        // After an error the maker's library sends the rejected key again, as command 65535.
        case .optionRead, .ackUnknown:
            var fields: [String: WireValue] = ["key": .text(frame.data.textBeforeNUL)]
            if !frame.data.contains(0) { fields["nul_terminated"] = .bool(false) }
            return fields
        case .optionWrite:
            return DeviceOption(frame.data).map { ["key": .text($0.key), "value": .text($0.value)] }
        default:
            return nil
        }
    }

    /// Data that is one number in its first four bytes.
    private static func number(_ frame: Frame) -> [String: WireValue]? {
        let keys: [Command: String] = [
            .timezoneRead: "timezone", .unlock: "value", .registerEvent: "mask", .disableDevice: "timeout",
        ]
        guard let value = frame.data.leadingU32 else { return nil }
        if let key = keys[frame.command] { return [key: WireValue(value)] }
        switch frame.command {
        case .setTime:
            return ["time_u32": WireValue(value), "time": .text(PackedTime(rawValue: value).parts.text)]
        case .testVoice: return ["index": WireValue(value)]
        default: return nil
        }
    }

    /// Data that names a user, and mostly a finger.
    private static func slot(_ frame: Frame) -> [String: WireValue]? {
        let data = frame.data
        switch frame.command {
        case .deleteUser, .verifyRead, .userGroupRead, .userTimezoneRead, .startVerify:
            return at(data, 2).map { ["uid": WireValue($0.u16(0))] }
        case .userTemplateRead where data == [5]:
            return ["fct": 5]
        case .deleteUserTemplate, .userTemplateRead, .templateRead:
            return at(data, 3).map { ["uid": WireValue($0.u16(0)), "finger": WireValue($0.u8(2))] }
        case .templateWrite:
            return at(data, 6).map {
                [
                    "uid": WireValue($0.u16(0)), "finger": WireValue($0.u8(2)), "flag": WireValue($0.u8(3)),
                    "size": WireValue($0.u16(4)),
                ]
            }
        case .deleteTemplate:
            return at(data, 25).map { ["user_id": WireValue($0.text(0, 24)), "finger": WireValue($0.u8(24))] }
        case .startEnroll:
            return at(data, 26).map {
                ["user_id": WireValue($0.text(0, 24)), "finger": WireValue($0.u8(24)), "flag": WireValue($0.u8(25))]
            }
        default:
            return nil
        }
    }

    private static func bulk(_ frame: Frame) -> [String: WireValue]? {
        switch frame.command {
        case .prepareBuffer:
            return (try? BufferRequest(frame.data)).map {
                [
                    "inner_command": WireValue($0.inner.rawValue), "fct": WireValue($0.dataType),
                    "ext": WireValue($0.ext),
                ]
            }
        case .readBuffer:
            return (try? BufferRange(frame.data)).map { ["offset": WireValue($0.offset), "size": WireValue($0.size)] }
        default:
            return nil
        }
    }

    private static func structure(_ frame: Frame) -> [String: WireValue]? {
        let data = frame.data
        switch frame.command {
        case .userWrite:
            guard let layout = UserLayout.allCases.first(where: { $0.size == data.count }) else { return nil }
            return (try? UserRecord(data, layout: layout)).map { RecordDescription.user($0, layout, all: false) }
        case .auth:
            return at(data, 4).map { AuthDescription.fields($0.all, session: frame.session) }
        case .userTimezoneWrite:
            return at(data, 20).map { fields in
                [
                    "uid": WireValue(fields.u32(0)), "flag": WireValue(fields.u32(4)),
                    "tz": .list([8, 12, 16].map { WireValue(fields.u32($0)) }),
                ]
            }
        default:
            return nil
        }
    }

    private static func at(_ data: [UInt8], _ size: Int) -> Fields? {
        try? Fields(data, size: size, of: "request")
    }
}

/// The four bytes of `auth`. Their scrambling hides nothing (zk-protocol, section 5.1).
enum AuthDescription {
    /// Largest key the makers' menus take in most manuals. Above 16,777,215 the lost byte leaves 256 keys open.
    private static let largestKey: UInt32 = 999_999

    static func fields(_ data: [UInt8], session: UInt16) -> [String: WireValue] {
        var fields: [String: WireValue] = [
            "session": WireValue(session), "scrambled_hex": .text(Hex.encode(data)),
        ]
        if data.count > 2 { fields["tick"] = WireValue(data[2]) }
        if let key = key(data, session: session) { fields["key"] = WireValue(key) }
        return fields
    }

    /// The one key up to `largestKey` that scrambles to `data`; `nil` where there is none.
    private static func key(_ data: [UInt8], session: UInt16) -> UInt32? {
        guard data.count == 4 else { return nil }
        let tick = data[2]
        // The low byte of the reversed key is 0 for such keys, so the lost byte is that of the session.
        let mixed = [
            UInt8(truncatingIfNeeded: session), data[3] ^ tick ^ UInt8(ascii: "K"),
            data[0] ^ tick ^ UInt8(ascii: "S"), data[1] ^ tick ^ UInt8(ascii: "O"),
        ]
        guard let sum = mixed.leadingU32 else { return nil }
        let reversed = sum &- UInt32(session)
        var number: UInt32 = 0
        for bit in 0..<32 where reversed & (1 << UInt32(bit)) != 0 { number |= 1 << UInt32(31 - bit) }
        guard number <= largestKey, CommKey(number).accepts(data, session: session) else { return nil }
        return number
    }
}

extension WireValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) { self = .number(value) }
}
