import Testing

@testable import ZKWire

/// Records without a packet header.
enum RecordChecks {
    static let table: [String: FieldCheck] = [
        "att40-999111333": { subject in
            var meaning = try attendance40(subject)
            meaning.fields["tail_hex"] = JSON(hexText(subject.data.suffix(8)))
            meaning.emitted = try AttendanceRecord(subject.data, layout: .a40).bytes(.a40)
            return meaning
        },
        "att40-face-verify15": attendance40,
        "att16-z40-1": attendance16, "att16-z40-3": attendance16,
        "wl10-att22-record": { subject in
            let record = try AttendanceRecord(subject.data, layout: .a22)
            guard case .text(let userID) = record.who else { throw HexError(text: "no user id") }
            return Meaning(
                [
                    "uid": JSON(try #require(record.index)), "user_id": JSON(userID), "flag": JSON(record.verify),
                    "time": JSON(record.time.parts.text), "state": JSON(record.state),
                ], emitted: record.bytes(.a22))
        },
        "att8-dataset": dataset(.a8) { record in
            guard case .index(let index) = record.who else { return .null }
            return .array([
                JSON(index), JSON(record.verify), JSON(record.time.parts.text), JSON(record.state),
            ])
        },
        "att16-dataset": dataset(.a16) { record in
            guard case .number(let number) = record.who else { return .null }
            return .array([
                JSON(number), JSON(record.time.parts.text), JSON(record.state), JSON(record.verify),
                JSON(record.workCode ?? .max),
            ])
        },
        "att40-dataset": dataset(.a40, whole: false, textual), "att49-dataset": dataset(.a49, whole: false, textual),
        "att40-truncated": { subject in
            let dataset = try Dataset(subject.data)
            #expect(!dataset.isComplete)
            return Meaning([
                "total": JSON(dataset.promised), "available": JSON(dataset.body.count),
                "whole_records": JSON(try dataset.attendance(.a40).count),
            ])
        },
        "user72-ned": { subject in
            let user = try UserRecord(subject.data, layout: .u72)
            var fields = RequestChecks.userFields(user)
            fields["tz_flag"] = JSON(try #require(user.zones.first))
            fields["tz"] = .array(user.zones.dropFirst().map { JSON($0) })
            return Meaning(fields)
        },
        "user28-dataset": { subject in
            let users = try users(subject, .u28)
            return Meaning([
                "total": JSON(try Dataset(subject.data).promised), "record_size": 28,
                "users": .array(
                    users.map { user in
                        .array([
                            JSON(user.index), JSON(user.privilege), JSON(user.password.bytes), JSON(user.name.bytes),
                            JSON(user.card), JSON(user.userID),
                        ])
                    }),
                "disabled_uids": .array(users.filter(\.isDisabled).map { JSON($0.index) }),
            ])
        },
        "user72-dataset": { subject in
            let users = try users(subject, .u72)
            return Meaning([
                "total": JSON(try Dataset(subject.data).promised), "record_size": 72,
                "users": .array(
                    users.map { user in
                        .array([
                            JSON(user.index), JSON(user.privilege), JSON(name(user.name.bytes)), JSON(user.card),
                            JSON(user.userID),
                        ])
                    }),
            ])
        },
        "template-entry-head": { subject in
            let head = try Fields(subject.data, size: TemplateEntry.headerSize, of: "template")
            // The vector is cut on purpose, so reading it as a whole entry must fail, and say where.
            #expect(throws: WireError("template", at: 0, .tooShort(needed: 1220, got: 24))) {
                _ = try TemplateEntry.all(in: subject.data)
            }
            return Meaning([
                "entry_size": JSON(head.u16(0)), "uid": JSON(head.u16(2)), "finger": JSON(head.u8(4)),
                "flag": JSON(head.u8(5)),
            ])
        },
        "templates-dataset": { subject in
            let dataset = try Dataset(subject.data)
            let entries = try TemplateEntry.all(in: dataset.body)
            return Meaning([
                "total": JSON(dataset.promised),
                "entries": .array(
                    entries.map { entry in
                        .array([
                            JSON(entry.index), JSON(entry.finger), JSON(entry.flag), JSON(entry.template.bytes.count),
                        ])
                    }),
            ])
        },
        "oplog-dataset": { subject in
            let dataset = try Dataset(subject.data)
            let operations = try OperationRecord.all(in: dataset.body)
            return Meaning(
                [
                    "total": JSON(dataset.promised), "record_size": JSON(OperationRecord.size),
                    "ops": .array(
                        operations.map { .array([JSON($0.admin), JSON($0.operation), JSON($0.time.parts.text)]) }),
                ], emitted: Dataset(body: operations.flatMap(\.bytes)).bytes)
        },
        "authkey-1": authKey, "authkey-2": authKey, "authkey-3": authKey, "authkey-5": authKey,
        "time-1": time, "time-2": time, "time-3": time, "time-5": time, "time-6": time,
        "time-bad-1": impossibleTime, "time-bad-3": impossibleTime,
        "time-ff": { subject in
            let time = PackedTime(rawValue: try #require(subject.data.leadingU32))
            return Meaning(
                [
                    "time_u32": JSON(time.rawValue), "decoded": JSON(time.parts.text),
                    "valid_calendar_date": .bool(time.parts.isCalendarDate),
                ], emitted: PackedTime(time.parts)?.bytes)
        },
    ]

    private static let attendance40: FieldCheck = { subject in
        let record = try AttendanceRecord(subject.data, layout: .a40)
        guard case .text(let userID) = record.who else { throw HexError(text: "no user id") }
        #expect(record.raw == subject.data)
        return Meaning([
            "index_or_uid": JSON(try #require(record.index)), "user_id": JSON(userID), "verify": JSON(record.verify),
            "time_u32": JSON(record.time.rawValue), "time": JSON(record.time.parts.text), "state": JSON(record.state),
        ])
    }

    private static let attendance16: FieldCheck = { subject in
        let record = try AttendanceRecord(subject.data, layout: .a16)
        let other = try AttendanceRecord(subject.data, layout: .a16VerifyFirst)
        #expect((record.state, record.verify) == (other.verify, other.state))
        guard case .number(let number) = record.who else { throw HexError(text: "no number") }
        return Meaning(
            [
                "pin": JSON(number), "time_u32": JSON(record.time.rawValue), "time": JSON(record.time.parts.text),
                "byte8": JSON(record.state), "byte9": JSON(record.verify),
                "workcode": JSON(try #require(record.workCode)),
            ], emitted: record.bytes(.a16))
    }

    private static let textual: @Sendable (AttendanceRecord) -> JSON = { record in
        guard case .text(let userID) = record.who else { return .null }
        return .array([
            JSON(userID), JSON(record.verify), JSON(record.time.parts.text), JSON(record.state),
        ])
    }

    /// - Parameter whole: whether every byte of the layout is read, so that the same bytes must come out.
    private static func dataset(
        _ layout: AttendanceLayout, whole: Bool = true, _ row: @escaping @Sendable (AttendanceRecord) -> JSON
    ) -> FieldCheck {
        { subject in
            let dataset = try Dataset(subject.data)
            #expect(dataset.isComplete)
            let verdict = try LayoutDetection.attendance(
                total: dataset.body.count, sample: dataset.body, count: dataset.body.count / layout.size,
                latest: PackedTime(rawValue: 840_000_000))
            #expect(verdict.layout == layout)
            let records = try dataset.attendance(layout)
            let emitted = Dataset(body: records.flatMap { $0.bytes(layout) }).bytes
            return Meaning(
                [
                    "total": JSON(dataset.promised), "record_size": JSON(layout.size),
                    "records": .array(records.map(row)),
                ], emitted: whole ? emitted : nil)
        }
    }

    private static func users(_ subject: Subject, _ layout: UserLayout) throws -> [UserRecord] {
        let dataset = try Dataset(subject.data)
        #expect(dataset.isComplete)
        let verdict = try LayoutDetection.users(total: dataset.body.count, sample: dataset.body, count: nil)
        #expect(verdict.layout == layout)
        let users = try dataset.users(layout)
        #expect(users.flatMap { $0.bytes(layout) } == dataset.body)
        return users
    }

    /// Names as the file spells them: UTF-8, without a character the field's end cut in two; else named as GBK.
    private static func name(_ bytes: [UInt8]) -> String {
        for cut in 0..<min(4, bytes.count + 1) {
            if let text = String(validating: bytes.dropLast(cut), as: UTF8.self), cut == 0 || !text.isEmpty {
                return text
            }
        }
        return "<GBK bytes \(hexText(bytes))>"
    }

    private static let authKey: FieldCheck = { subject in
        guard case .int(let number) = subject.vector.fields?["key"],
            case .int(let session) = subject.vector.fields?["session"]
        else { throw HexError(text: subject.vector.id) }
        let tick = try subject.fields(4).u8(2)
        let key = CommKey(UInt32(number))
        #expect(key.accepts(subject.data, session: UInt16(session)))
        return Meaning(
            ["key": JSON(number), "session": JSON(session), "tick": JSON(tick)],
            emitted: key.scrambled(session: UInt16(session), tick: tick))
    }

    private static let time: FieldCheck = { subject in
        let time = PackedTime(rawValue: try #require(subject.data.leadingU32))
        return Meaning(
            [
                "time_u32": JSON(time.rawValue), "time": JSON(time.parts.text),
                "valid_calendar_date": .bool(time.parts.isCalendarDate),
            ], emitted: PackedTime(time.parts)?.bytes)
    }

    private static let impossibleTime: FieldCheck = { subject in
        let time = PackedTime(rawValue: try #require(subject.data.leadingU32))
        let parts = time.parts
        return Meaning(
            [
                "time_u32": JSON(time.rawValue),
                "decoded_parts": .array(
                    [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { JSON($0) }),
                "valid_calendar_date": .bool(parts.isCalendarDate),
            ], emitted: PackedTime(parts)?.bytes)
    }
}
