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
    package static func decodeFully(_ body: [UInt8]) throws -> (body: EntryBody, at: Date) {
        guard let line = JSONReading.decode(EntryLine.self, from: body) else {
            throw EntryError("body is not one line of UTF-8 JSON, an object with kind and at, each field of its type")
        }
        guard let moment = UTC.date(line.at) else { throw EntryError("at is not a UTC time") }
        return (try line.body(), moment)
    }
}

/// `kind` and `at`, and the fields that this kind has; what else stands there is of a later version and not looked at.
private struct EntryLine: Decodable {
    let kind: String
    let at: String
    private let fields: (any KindFields)?

    private enum CodingKeys: String, CodingKey { case kind, at }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(String.self, forKey: .kind)
        at = try container.decode(String.self, forKey: .at)
        fields = try Self.type(of: kind)?.init(from: decoder)
    }

    private static func type(of kind: String) -> (any KindFields.Type)? {
        switch EntryBody.Kind(rawValue: kind) {
        case .epoch: EpochFields.self
        case .punch: PunchFields.self
        case .coverage: CoverageFields.self
        case .clock: ClockFields.self
        case .device: DeviceFields.self
        case .alarm: AlarmFields.self
        case .user: UserFields.self
        case .order: OrderFields.self
        case .operation: OperationFields.self
        case nil: nil
        }
    }

    func body() throws -> EntryBody { try fields?.body(FieldCheck(kind: kind)) ?? .other(kind: kind) }
}

/// One kind's own fields as they stand; which ones must be there, and what they can be, is said by `body`.
private protocol KindFields: Decodable {
    func body(_ check: FieldCheck) throws -> EntryBody
}

/// Refuses a field by its name and kind.
private struct FieldCheck {
    let kind: String

    func need<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw EntryError("\(kind): \(name) is missing or wrong") }
        return value
    }

    /// A number that counts: never negative.
    func count<Number: BinaryInteger>(_ value: Number?, _ name: String) throws -> Number? {
        try value.map { try need($0 >= 0 ? $0 : nil, name) }
    }

    func serial(_ text: String?) throws -> DeviceSerial {
        try need(text.flatMap { DeviceSerial($0) }, "serial")
    }

    func time(_ text: String?) throws -> DeviceTime {
        try need(text.flatMap { DeviceTime(text: $0) }, "device_time")
    }

    func date(_ text: String?, _ name: String) throws -> Date {
        try need(text.flatMap { UTC.date($0) }, name)
    }

    func source(_ text: String?) throws -> Punch.Source {
        try need(text.flatMap { Punch.Source(rawValue: $0) }, "source")
    }

    func userID(_ text: String?, hex: String?) throws -> UserID {
        let bytes = try hex.map { try need(Hex.decode($0), "user_id_hex") }
        let id = UserID(field: try bytes ?? Array(need(text, "user_id").utf8))
        guard id.bytes.count <= UserID.longest else {
            throw EntryError("\(kind): user_id is over \(UserID.longest) bytes")
        }
        return id
    }
}

private struct EpochFields: KindFields {
    let reason, previous, previous_hash: String?
    let previous_seq: Int64?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .epoch(
            EpochStart(
                reason: try check.need(reason.flatMap { EpochStart.Reason(rawValue: $0) }, "reason"),
                previous: try previous.map { try check.need(Epoch($0), "previous") },
                previousSeq: try check.count(previous_seq, "previous_seq"),
                previousHash: try previous_hash.map { try check.need(ChainHash(hex: $0), "previous_hash") }))
    }
}

private struct PunchFields: KindFields {
    let serial, user_id, user_id_hex, device_time, work_code, source, raw, file, by: String?
    let occurrence, verify, state: Int?
    let flags: [String]?

    func body(_ check: FieldCheck) throws -> EntryBody {
        let id = try check.userID(user_id, hex: user_id_hex)
        let occurrence = try check.need(occurrence, "occurrence")
        guard (0..<100_000).contains(occurrence) else {
            throw EntryError("punch: occurrence \(occurrence) is out of range")
        }
        let record = try raw.map { try check.need(Hex.decode($0), "raw") } ?? []
        guard record.count <= Punch.longestRaw else { throw EntryError("punch: raw is over \(Punch.longestRaw) bytes") }
        return .punch(
            Punch(
                serial: try check.serial(serial), userID: id, deviceTime: try check.time(device_time),
                occurrence: occurrence, verify: try check.need(verify, "verify"),
                state: try check.need(state, "state"), workCode: work_code, source: try check.source(source),
                raw: record, flags: (flags ?? []).compactMap { Punch.Flag(rawValue: $0) },
                file: try file.map { FileOrigin(sha256: try check.need(Self.hash($0), "file"), by: by ?? "") }))
    }
}

extension PunchFields {
    fileprivate static func hash(_ text: String) -> String? {
        Hex.decode(text).flatMap { $0.count == 32 ? Hex.encode($0) : nil }
    }
}

private struct CoverageFields: KindFields {
    let serial, from, to, source: String?
    let holes: [Hole]?

    struct Hole: Decodable { let from, to, why: String }

    func body(_ check: FieldCheck) throws -> EntryBody {
        .coverage(
            Coverage(
                serial: try check.serial(serial), from: try check.date(from, "from"), to: try check.date(to, "to"),
                source: try check.source(source),
                holes: try (holes ?? []).map {
                    Coverage.Hole(
                        from: try check.date($0.from, "holes.from"), to: try check.date($0.to, "holes.to"),
                        why: $0.why)
                }))
    }
}

private struct ClockFields: KindFields {
    let serial, device_time, boot_id: String?
    let offset: Int?
    let monotonic: Int64?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .clock(
            ClockReading(
                serial: try check.serial(serial), deviceTime: try check.time(device_time), offset: offset,
                monotonic: try check.need(check.count(monotonic, "monotonic"), "monotonic"),
                bootID: try check.need(boot_id, "boot_id")))
    }
}

private struct DeviceFields: KindFields {
    let serial, name, timezone, model, platform, firmware: String?
    let capacity: Int?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .device(
            DeviceFacts(
                serial: try check.serial(serial), name: try check.need(name, "name"),
                timezone: try check.need(timezone, "timezone"), model: model ?? "", platform: platform ?? "",
                firmware: firmware ?? "", capacity: try check.count(capacity, "capacity")))
    }
}

private struct UserFields: KindFields {
    let serial, user_id, user_id_hex, name: String?
    let privilege: Int?
    let removed: Bool?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .user(
            DeviceUser(
                serial: try check.serial(serial), userID: try check.userID(user_id, hex: user_id_hex),
                name: try check.need(name, "name"), privilege: try check.need(privilege, "privilege"),
                isRemoved: removed ?? false))
    }
}

private struct OperationFields: KindFields {
    let serial, source, what, device_time, by, object, before, after: String?
    let code, occurrence: Int?
    let parameters: [Int]?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .operation(
            Operation(
                serial: try check.serial(serial),
                source: try check.need(source.flatMap { Operation.Source(rawValue: $0) }, "source"),
                what: try check.need(what, "what"), code: try check.count(code, "code"),
                deviceTime: try device_time.map { try check.time($0) }, by: by ?? "", object: object ?? "",
                before: before, after: after, parameters: parameters ?? [],
                occurrence: try check.count(occurrence, "occurrence") ?? 0))
    }
}

private struct OrderFields: KindFields {
    let id, order, result, text: String?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .order(
            OrderResult(
                id: try check.need(id, "id"), kind: try check.need(order, "order"),
                result: try check.need(result.flatMap { OrderResult.Result(rawValue: $0) }, "result"),
                text: text ?? ""))
    }
}

private struct AlarmFields: KindFields {
    let code, serial, text: String?

    func body(_ check: FieldCheck) throws -> EntryBody {
        .alarm(
            Alarm(
                code: try check.need(code, "code"),
                serial: try serial.map { try check.need(DeviceSerial($0), "serial") }, text: text ?? ""))
    }
}
