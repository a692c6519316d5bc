import Testing

@testable import ZKWire

/// What devices answer in one frame.
enum ReplyChecks {
    static let table: [String: FieldCheck] = [
        "opt-platform-rep": RequestChecks.option, "d2-mac-rep": RequestChecks.option,
        "state-rep-2": inSession("state"), "transfer-end-ack": inSession("session_field"),
        "k40-late-ack": inSession("session_field"),
        "connect-ok-rep": inSession("session_assigned"), "connect-ok-rep-udp": inSession("session_assigned"),
        "k40-connect-rep-reply1": inSession("session_assigned"),
        "connect-unauth-rep": { subject in
            #expect(try subject.frame.command == .ackUnauthorised)
            return Meaning(["session_assigned": JSON(try subject.frame.session)])
        },
        "payload-pinwidth-9": { Meaning(["value": JSON(try $0.fields(1).u8(0))]) },
        "pinwidth-rep": { Meaning(["pin_width": JSON(try $0.fields(1).u8(0))]) },
        "tz-rep-48": timezone, "ulg-rep-7": unlockGroup,
        "sizes-rep-92": sizes, "sizes-rep-80-a": sizes, "d2-sizes-rep-4zero": unknownSizes,
        "wrrq-rep-5044": { subject in
            let announced = try BufferAnnouncement(subject.data)
            let fields = try subject.fields(13)
            return Meaning([
                "size": JSON(announced.size), "size_again": JSON(fields.u32(5)),
                "unknown_word_hex": JSON(hexText(fields.slice(9, 4))),
            ])
        },
        "prepare-5044-1008": announcement, "prepare-1011-1008": announcement, "z40-prepare-1164": announcement,
        "data-tail-4bytes": { subject in
            #expect(try subject.frame.command == .data)
            return Meaning(["fragment_index": JSON(try subject.frame.session)])
        },
        "get-time-rep": { subject in
            let time = PackedTime(rawValue: try #require(subject.data.leadingU32))
            return Meaning(["time": JSON(time.parts.text)], emitted: time.bytes)
        },
        "version-rep": { subject in
            let text = subject.data.textBeforeNUL
            return Meaning(["version": JSON(text)], emitted: Array(text.utf8) + [0])
        },
        "bad-checksum": { subject in
            #expect(subject.vector.fields?["must_reject"] == .bool(true))
            #expect(subject.frames.map(\.isIntact) == [false])
            return Meaning([:])
        },
        "users72-inline-7": users72(withNames: false), "users72-inline-2-split": users72(withNames: true),
        "flow-inline": { subject in
            let dataset = try Dataset(subject.data)
            #expect(dataset.isComplete)
            let records = try dataset.attendance(.a40)
            return Meaning(
                ["total": JSON(dataset.promised), "records": JSON(records.count)], emitted: dataset.bytes)
        },
        "k40-legacy-data-garbage": { subject in
            let dataset = try Dataset(subject.data)
            let latest = PackedTime(rawValue: 1_000_000_000)
            let plausible = try [AttendanceLayout.a8, .a8TimeLast, .a40].flatMap { try dataset.attendance($0) }
                .filter { $0.plausibility(latest: latest) > 0 }
            return Meaning([
                "total": JSON(dataset.promised), "first_word_hex": JSON(hexText(dataset.body.prefix(4))),
                "plausible_records": JSON(plausible.count),
            ])
        },
    ]

    private static func inSession(_ key: String) -> FieldCheck {
        { subject in
            #expect(try subject.frame.command == .ackOK)
            #expect(subject.data.isEmpty)
            return Meaning([key: JSON(try subject.frame.session)])
        }
    }

    private static let announcement: FieldCheck = { subject in
        let announced = try TransferAnnouncement(subject.data)
        return Meaning(["size": JSON(announced.size), "packet": JSON(announced.packet)], emitted: announced.bytes)
    }

    private static let sizes: FieldCheck = { subject in
        let sizes = try #require(FreeSizes(subject.data))
        #expect(sizes.isPlausible)
        var fields: [String: JSON] = [
            "data_length": JSON(subject.data.count), "users": JSON(sizes.users), "fingers": JSON(sizes.fingers),
            "attendance": JSON(sizes.attendance), "oplog": JSON(sizes.operations), "admins": JSON(sizes.admins),
            "passwords": JSON(sizes.passwords), "finger_capacity": JSON(sizes.fingerCapacity),
            "user_capacity": JSON(sizes.userCapacity), "attendance_capacity": JSON(sizes.attendanceCapacity),
            "finger_free": JSON(sizes.fingersFree), "user_free": JSON(sizes.usersFree),
            "attendance_free": JSON(sizes.attendanceFree),
        ]
        if let faces = sizes.faces { fields["faces"] = JSON(faces) }
        if let capacity = sizes.faceCapacity { fields["face_capacity"] = JSON(capacity) }
        // The 92 bytes were captured with a word this version does not read, just before the faces.
        let emitted = sizes.bytes(size: subject.data.count)
        return Meaning(fields, emitted: subject.data.count == FreeSizes.shortSize ? emitted : nil)
    }

    private static let unknownSizes: FieldCheck = { subject in
        #expect(subject.vector.fields?["counts_known"] == .bool(false))
        #expect(FreeSizes(subject.data) == nil)
        return Meaning(["data_length": JSON(subject.data.count)])
    }

    private static let timezone: FieldCheck = { subject in
        let fields = try subject.fields(32)
        func pad(_ value: UInt8) -> String { value < 10 ? "0\(value)" : "\(value)" }
        func day(_ number: Int) -> JSON {
            let at = 2 + number * 4
            return JSON(
                "\(pad(fields.u8(at))):\(pad(fields.u8(at + 1)))-\(pad(fields.u8(at + 2))):\(pad(fields.u8(at + 3)))")
        }
        return Meaning([
            "timezone": JSON(fields.u16(0)), "sunday": day(0), "monday": day(1), "saturday": day(6),
            "tail_hex": JSON(hexText(fields.slice(30, 2))),
        ])
    }

    private static let unlockGroup: FieldCheck = { subject in
        let fields = try subject.fields(8)
        return Meaning([
            "combination": JSON(fields.u8(0)), "groups": .array((1...5).map { JSON(fields.u8($0)) }),
            "valid": JSON(fields.u16(6)),
        ])
    }

    private static func users72(withNames: Bool) -> FieldCheck {
        { subject in
            let dataset = try Dataset(subject.data)
            #expect(dataset.isComplete)
            let verdict = try LayoutDetection.users(total: dataset.body.count, sample: dataset.body, count: nil)
            #expect(verdict.layout == .u72)
            let users = try dataset.users(verdict.layout).map { user -> JSON in
                var fields: [String: JSON] = [
                    "uid": JSON(user.index), "privilege": JSON(user.privilege), "user_id": JSON(user.userID),
                ]
                if withNames { fields["name"] = JSON(user.name.bytes) }
                return .object(fields)
            }
            return Meaning(
                [
                    "total": JSON(dataset.promised), "record_size": JSON(verdict.layout.size), "users": .array(users),
                ], emitted: dataset.bytes)
        }
    }
}
