import Testing

@testable import ZKWire

/// What clients ask for.
enum RequestChecks {
    static let table: [String: FieldCheck] = [
        "opt-os-req": optionKey, "opt-platform-req": optionKey, "payload-zkfaceversion": optionKey,
        "opt-serial-req": optionKey, "opt-mac-req": optionKey, "d2-clear-error-req": optionKey,
        "udp-serial-req-bare": { subject in
            #expect(subject.vector.fields?["nul_terminated"] == .bool(false))
            #expect(subject.data.last != 0)
            return Meaning(try optionKey(subject).fields, emitted: DeviceOption.request("~SerialNumber").dropLast())
        },
        "opt-write-lockon": option, "sdkbuild-req": option,
        "user-wrq-72": user72, "user-wrq-72-att": user72, "user-wrq-28-pyzk": user28,
        "auth-req-key12": auth, "auth-req-123456": auth, "auth-req-0": auth,
        "wrrq-users-req": bufferRequest, "wrrq-attlog-req": bufferRequest,
        "data-rdy-req": bufferRange, "data-rdy-req-udp": bufferRange,
        "set-time-req": setTime, "n-set-time-padded": setTime,
        "bulk-prepare-req": { subject in
            let announced = try TransferAnnouncement(subject.data)
            #expect(announced.packet == 0)
            return Meaning(["size": JSON(announced.size)])
        },
        "bulk-data-req-72": bulkData,
        "delete-user-req": { Meaning(["uid": JSON(try $0.fields(2).u16(0))]) },
        "verify-req": { Meaning(["uid": JSON(try $0.fields(2).u16(0))]) },
        "usergrp-req": { Meaning(["uid": JSON(try $0.fields(4).u16(0))]) },
        "delete-template-req-19": fingerSlot, "usertemp-req": fingerSlot,
        "del-fptmp-req": { subject in
            let fields = try subject.fields(25)
            return Meaning(["user_id": JSON(fields.text(0, 24)), "finger": JSON(fields.u8(24))])
        },
        "enroll-req": { subject in
            let fields = try subject.fields(26)
            return Meaning([
                "user_id": JSON(fields.text(0, 24)), "finger": JSON(fields.u8(24)), "flag": JSON(fields.u8(25)),
            ])
        },
        "fp-upload-write": { subject in
            let fields = try subject.fields(6)
            return Meaning([
                "uid": JSON(fields.u16(0)), "finger": JSON(fields.u8(2)), "flag": JSON(fields.u8(3)),
                "size": JSON(fields.u16(4)),
            ])
        },
        "usertz-wrq-clear": { subject in
            let fields = try subject.fields(20)
            return Meaning([
                "uid": JSON(fields.u32(0)), "flag": JSON(fields.u32(4)),
                "tz": .array([8, 12, 16].map { JSON(fields.u32($0)) }),
            ])
        },
        "tz-req": number("timezone"), "unlock-req": number("value"), "testvoice-req": number("index"),
        "reg-event-req-1": number("mask"), "n-disable-req-4": number("timeout"),
        "disable-req-30s": number("timeout"),
    ]

    private static let optionKey: FieldCheck = { subject in
        let key = subject.data.textBeforeNUL
        return Meaning(["key": JSON(key)], emitted: subject.data.last == 0 ? DeviceOption.request(key) : nil)
    }

    static let option: FieldCheck = { subject in
        let option = try #require(DeviceOption(subject.data))
        return Meaning(["key": JSON(option.key), "value": JSON(option.value)], emitted: option.bytes)
    }

    private static let user72: FieldCheck = { subject in
        let user = try UserRecord(subject.data, layout: .u72)
        var fields = userFields(user)
        if subject.vector.fields?["tz_flag"] != nil { fields["tz_flag"] = JSON(try #require(user.zones.first)) }
        // One of the two carries a leftover byte after its password's NUL.
        let hasLeftover = subject.vector.id == "user-wrq-72"
        return Meaning(fields, emitted: hasLeftover ? nil : user.bytes(.u72))
    }

    private static let user28: FieldCheck = { subject in
        let user = try UserRecord(subject.data, layout: .u28)
        var fields = userFields(user)
        fields["user_id"] = JSON(try #require(UInt32(user.userID.textBeforeNUL)))
        return Meaning(fields, emitted: user.bytes(.u28))
    }

    static func userFields(_ user: UserRecord) -> [String: JSON] {
        [
            "uid": JSON(user.index), "privilege": JSON(user.privilege), "password": JSON(user.password.bytes),
            "name": JSON(user.name.bytes), "card": JSON(user.card), "group": JSON(user.group),
            "user_id": JSON(user.userID),
        ]
    }

    private static let auth: FieldCheck = { subject in
        guard case .int(let number) = subject.vector.fields?["key"] else { throw HexError(text: subject.vector.id) }
        let session = try subject.frame.session
        let key = CommKey(UInt32(number))
        #expect(key.accepts(subject.data, session: session))
        #expect(!CommKey(UInt32(number) ^ 1).accepts(subject.data, session: session))
        return Meaning(
            [
                "key": JSON(number), "session": JSON(session), "tick": JSON(try subject.fields(4).u8(2)),
                "scrambled_hex": JSON(hexText(subject.data)),
            ], emitted: key.scrambled(session: session))
    }

    private static let bufferRequest: FieldCheck = { subject in
        let request = try BufferRequest(subject.data)
        #expect(request == (request.dataType == 5 ? .users : .attendance))
        return Meaning(
            [
                "inner_command": JSON(request.inner.rawValue), "fct": JSON(request.dataType), "ext": JSON(request.ext),
            ], emitted: request.bytes)
    }

    private static let bufferRange: FieldCheck = { subject in
        let range = try BufferRange(subject.data)
        return Meaning(["offset": JSON(range.offset), "size": JSON(range.size)], emitted: range.bytes)
    }

    private static let setTime: FieldCheck = { subject in
        let time = PackedTime(rawValue: try #require(subject.data.leadingU32))
        #expect(time.parts.isCalendarDate)
        return Meaning(
            ["time_u32": JSON(time.rawValue), "time": JSON(time.parts.text)],
            emitted: time.bytes + Array(repeating: 0, count: subject.data.count - 4))
    }

    private static let fingerSlot: FieldCheck = { subject in
        let fields = try subject.fields(3)
        return Meaning(["uid": JSON(fields.u16(0)), "finger": JSON(fields.u8(2))])
    }

    /// Four bytes that are one number.
    private static func number(_ key: String) -> FieldCheck {
        { subject in
            #expect(subject.data.count == 4)
            let value = try #require(subject.data.leadingU32)
            return Meaning([key: JSON(value)], emitted: PackedTime(rawValue: value).bytes)
        }
    }

    /// u32 lengths of users, table and fingers; then `02` and a user, and `02`, index, finger + 16, offset.
    private static let bulkData: FieldCheck = { subject in
        let head = try subject.fields(12)
        let (users, table, fingers) = (Int(head.u32(0)), Int(head.u32(4)), Int(head.u32(8)))
        #expect(12 + users + table + fingers == subject.data.count)
        let user = try UserRecord(subject.data, at: 13, layout: .u72)
        #expect(user.bytes(.u72) == Array(subject.data[13..<(12 + users)]))
        let entry = try Fields(subject.data, at: 12 + users, size: 8, of: "table")
        #expect(entry.u16(1) == user.index)
        return Meaning([
            "users_length": JSON(users), "table_length": JSON(table), "fingers_length": JSON(fingers),
            "table": .object([
                "tag": JSON(entry.u8(0)), "uid": JSON(entry.u16(1)), "finger_plus_16": JSON(entry.u8(3)),
                "offset": JSON(entry.u32(4)),
            ]),
        ])
    }
}
