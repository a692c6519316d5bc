import Testing

@testable import ZKWire

/// What devices tell unasked.
enum EventChecks {
    static let table: [String: FieldCheck] = [
        "event-att32-999111333": attendance, "event-att12": attendance, "event-att10": attendance,
        "event-att36": attendance, "event-att52": attendance,
        "udp-event-att14": { subject in
            let event = try attendanceEvent(subject)
            guard case .index(let user) = event.who else { throw HexError(text: "not an index") }
            return Meaning([
                "event": 1, "user": JSON(user), "verify_byte": JSON(event.verify), "state_byte": JSON(event.state),
                "time": JSON(event.time.parts.text),
            ])
        },
        "event-fpftr-100": { subject in
            guard case .fingerScore(let score) = try event(subject).content else { throw HexError(text: "no score") }
            return Meaning(["event": JSON(try event(subject).code), "score": JSON(score)], emitted: [score])
        },
        "event-finger": { subject in
            #expect(try event(subject).content == .other([]))
            return Meaning(["event": JSON(try event(subject).code)], emitted: [])
        },
        "event-enroll-ok": { subject in
            guard case .enrolFinger(let result, let size?, let userID, let finger?) = try event(subject).content else {
                throw HexError(text: "no enrolment")
            }
            return Meaning([
                "event": JSON(try event(subject).code), "result": JSON(result), "size": JSON(size),
                "user_id": JSON(userID), "finger": JSON(finger),
            ])
        },
        "event-enroll-dup": { subject in
            guard case .enrolFinger(let result, nil, _, nil) = try event(subject).content else {
                throw HexError(text: "no enrolment")
            }
            return Meaning(["event": JSON(try event(subject).code), "result": JSON(result)])
        },
        "event-alarm-tamper": { subject in
            guard case .alarm(let alarm) = try event(subject).content else { throw HexError(text: "no alarm") }
            return Meaning(["event": JSON(try event(subject).code), "alarm": JSON(alarm)])
        },
        "event-verify-unknown": { subject in
            #expect(try event(subject).content == .verify(index: nil))
            return Meaning(["event": JSON(try event(subject).code), "user_sn": .null])
        },
    ]

    private static func event(_ subject: Subject) throws -> RealtimeEvent {
        #expect(try subject.frame.reply == 0)
        return try #require(RealtimeEvent(try subject.frame))
    }

    private static func attendanceEvent(_ subject: Subject) throws -> AttendanceEvent {
        guard case .attendance(let events) = try event(subject).content else { throw HexError(text: "no scan") }
        let only = try #require(events.first)
        #expect(events.count == 1)
        #expect(only.raw == subject.data)
        return only
    }

    private static let attendance: FieldCheck = { subject in
        let event = try attendanceEvent(subject)
        var fields: [String: JSON] = [
            "event": JSON(try Self.event(subject).code), "verify": JSON(event.verify), "state": JSON(event.state),
            "time": JSON(event.time.parts.text),
        ]
        switch event.who {
        case .text(let text): fields["user_id"] = JSON(text)
        case .number(let number): fields["user"] = JSON(number)
        case .index(let index): fields["user"] = JSON(index)
        }
        #expect(event.time.packed?.parts == event.time.parts)
        let rest = subject.data.count - event.bytes.count
        return Meaning(fields, emitted: event.bytes + Array(repeating: 0, count: rest))
    }
}

extension JSON: ExpressibleByIntegerLiteral {
    init(integerLiteral value: Int) { self = .int(value) }
}
