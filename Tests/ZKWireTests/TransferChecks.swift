import Testing

@testable import ZKWire

/// Answers of several frames.
enum TransferChecks {
    static let table: [String: FieldCheck] = [
        "flow-5044-1008": { subject in
            let dataset = try dataset(subject)
            let users = try dataset.users(.u72)
            let (first, last) = (try #require(users.first), try #require(users.last))
            return Meaning([
                "dataset_bytes": JSON(dataset.bytes.count), "users": JSON(users.count), "record_size": 72,
                "first": row(first), "last": row(last), "reply": JSON(try subject.frame.reply),
            ])
        },
        "flow-event-inside": { subject in
            let dataset = try dataset(subject)
            #expect(try dataset.attendance(.a40).count == 4)
            let events = subject.frames.compactMap { RealtimeEvent($0.frame) }
            return Meaning([
                "dataset_bytes": JSON(dataset.bytes.count), "events": JSON(events.count),
                "reply": JSON(try subject.frame.reply),
            ])
        },
        "flow-stale-acks": { subject in
            guard case .int(let awaited) = subject.vector.fields?["awaited_reply"] else {
                throw HexError(text: "no awaited reply")
            }
            let skipped = subject.frames.prefix { Int($0.frame.reply) != awaited }.count
            let answer = try #require(subject.frames.dropFirst(skipped).first)
            let option = try #require(DeviceOption(answer.frame.data))
            return Meaning([
                "awaited_reply": JSON(awaited), "frames_to_skip": JSON(skipped), "value": JSON(option.value),
            ])
        },
        "flow-udp-1604": { subject in
            var meaning = try attendance16(subject)
            meaning.fields["record_size"] = JSON(AttendanceLayout.a16.size)
            return meaning
        },
        "flow-udp-ack-early": { subject in
            #expect(subject.frames.dropLast().last?.frame.command == .ackOK)
            return try attendance16(subject)
        },
    ]

    /// What the transfer's data frames carry, which must be what its first frame promised.
    private static func dataset(_ subject: Subject) throws -> Dataset {
        let promised = try TransferAnnouncement(try subject.frame.data)
        #expect(subject.data.count == promised.size)
        let dataset = try Dataset(subject.data)
        #expect(dataset.isComplete)
        #expect(dataset.bytes == subject.data)
        return dataset
    }

    private static func row(_ user: UserRecord) -> JSON {
        .array([JSON(user.index), JSON(user.privilege), JSON(user.name.bytes), JSON(user.userID)])
    }

    private static let attendance16: FieldCheck = { subject in
        let dataset = try dataset(subject)
        let records = try dataset.attendance(.a16)
        #expect(records.allSatisfy { $0.plausibility(latest: PackedTime(rawValue: 840_000_000)) == 1 })
        return Meaning(["dataset_bytes": JSON(dataset.bytes.count), "records": JSON(records.count)])
    }
}
