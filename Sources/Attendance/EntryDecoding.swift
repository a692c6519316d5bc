import Foundation

/// An entry body that cannot be understood; the centre quarantines it with its bytes and this reason.
package struct EntryError: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

extension EntryBody {
    /// Reads one stored line.
    ///
    /// - Returns: what it says and the edge's clock beside it.
    /// - Throws: `EntryError` naming the field that is missing or wrong. A kind of a later version is no error.
    package static func decode(_ body: [UInt8]) throws -> (body: EntryBody, at: Date) {
        guard body.count <= longestBody else { throw EntryError("body of \(body.count) bytes is over \(longestBody)") }
        if let (punch, moment) = PunchLineReader.read(body) { return (.punch(punch), moment) }
        return try decodeFully(body)
    }

    /// The same, whatever the kind and however it is written.
    static func decodeFully(_ body: [UInt8]) throws -> (body: EntryBody, at: Date) {
        guard let fields = JSONReading.decode(EntryFields.self, from: body) else {
            throw EntryError("body is not one line of UTF-8 JSON, an object with kind and at, each field of its type")
        }
        guard let moment = UTC.date(fields.at) else { throw EntryError("at is not a UTC time") }
        return (try fields.body(), moment)
    }
}

/// Every field any kind has; which ones must be there is decided by kind.
private struct EntryFields: Decodable {
    let kind: String
    let at: String
    var serial, user_id, user_id_hex, device_time, work_code, source, raw: String?
    var occurrence, verify, state, offset, capacity, privilege: Int?
    var removed: Bool?
    var monotonic, previous_seq: Int64?
    var flags: [String]?
    var reason, previous, previous_hash, boot_id, id, order, result: String?
    var from, to, name, timezone, model, platform, firmware, code, text: String?
    var holes: [HoleFields]?

    struct HoleFields: Decodable {
        let from, to, why: String
    }

    func body() throws -> EntryBody {
        switch EntryBody.Kind(rawValue: kind) {
        case .epoch: .epoch(try epoch())
        case .punch: .punch(try punch())
        case .coverage: .coverage(try coverage())
        case .clock: .clock(try clock())
        case .device: .device(try device())
        case .alarm: .alarm(try alarm())
        case .user: .user(try user())
        case .order: .order(try orderResult())
        case .operation, nil: .other(kind: kind)
        }
    }

    private func need<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw EntryError("\(kind): \(name) is missing or wrong") }
        return value
    }

    /// A number that counts: never negative.
    private func count<Number: BinaryInteger>(_ value: Number?, _ name: String) throws -> Number? {
        try value.map { try need($0 >= 0 ? $0 : nil, name) }
    }

    private func needSerial() throws -> DeviceSerial {
        try need(serial.flatMap { DeviceSerial($0) }, "serial")
    }

    private func needTime() throws -> DeviceTime {
        try need(device_time.flatMap { DeviceTime(text: $0) }, "device_time")
    }

    private func needDate(_ text: String?, _ name: String) throws -> Date {
        try need(text.flatMap { UTC.date($0) }, name)
    }

    private func epoch() throws -> EpochStart {
        EpochStart(
            reason: try need(reason.flatMap { EpochStart.Reason(rawValue: $0) }, "reason"),
            previous: try previous.map { try need(Epoch($0), "previous") },
            previousSeq: try count(previous_seq, "previous_seq"),
            previousHash: try previous_hash.map { try need(ChainHash(hex: $0), "previous_hash") })
    }

    private func needUserID() throws -> UserID {
        let bytes = try user_id_hex.map { try need(Hex.decode($0), "user_id_hex") }
        let id = UserID(field: try bytes ?? Array(need(user_id, "user_id").utf8))
        guard id.bytes.count <= UserID.longest else {
            throw EntryError("\(kind): user_id is over \(UserID.longest) bytes")
        }
        return id
    }

    private func user() throws -> DeviceUser {
        DeviceUser(
            serial: try needSerial(), userID: try needUserID(), name: try need(name, "name"),
            privilege: try need(privilege, "privilege"), isRemoved: removed ?? false)
    }

    private func orderResult() throws -> OrderResult {
        OrderResult(
            id: try need(id, "id"), kind: try need(order, "order"),
            result: try need(result.flatMap { OrderResult.Result(rawValue: $0) }, "result"), text: text ?? "")
    }

    private func punch() throws -> Punch {
        let id = try needUserID()
        let occurrence = try need(occurrence, "occurrence")
        guard (0..<100_000).contains(occurrence) else {
            throw EntryError("punch: occurrence \(occurrence) is out of range")
        }
        let record = try raw.map { try need(Hex.decode($0), "raw") } ?? []
        guard record.count <= Punch.longestRaw else { throw EntryError("punch: raw is over \(Punch.longestRaw) bytes") }
        return Punch(
            serial: try needSerial(), userID: id, deviceTime: try needTime(), occurrence: occurrence,
            verify: try need(verify, "verify"), state: try need(state, "state"), workCode: work_code,
            source: try need(source.flatMap { Punch.Source(rawValue: $0) }, "source"), raw: record,
            flags: (flags ?? []).compactMap { Punch.Flag(rawValue: $0) })
    }

    private func coverage() throws -> Coverage {
        Coverage(
            serial: try needSerial(), from: try needDate(from, "from"), to: try needDate(to, "to"),
            source: try need(source.flatMap { Punch.Source(rawValue: $0) }, "source"),
            holes: try (holes ?? []).map {
                Coverage.Hole(
                    from: try needDate($0.from, "holes.from"), to: try needDate($0.to, "holes.to"), why: $0.why)
            })
    }

    private func clock() throws -> ClockReading {
        ClockReading(
            serial: try needSerial(), deviceTime: try needTime(), offset: offset,
            monotonic: try need(count(monotonic, "monotonic"), "monotonic"), bootID: try need(boot_id, "boot_id"))
    }

    private func device() throws -> DeviceFacts {
        DeviceFacts(
            serial: try needSerial(), name: try need(name, "name"), timezone: try need(timezone, "timezone"),
            model: model ?? "", platform: platform ?? "", firmware: firmware ?? "",
            capacity: try count(capacity, "capacity"))
    }

    private func alarm() throws -> Alarm {
        Alarm(
            code: try need(code, "code"), serial: try serial.map { try need(DeviceSerial($0), "serial") },
            text: text ?? "")
    }
}
