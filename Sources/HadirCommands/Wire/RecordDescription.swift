import Attendance
import ZKWire

/// Records without a packet header, one or a dataset of them, in the keys of the published vectors.
package enum RecordDescription {
    package enum Kind: String, CaseIterable, Sendable {
        case attendance, user, operation, template, time, authkey
    }

    /// - Parameters:
    ///   - size: bytes of one record; `nil` finds it by what the bytes say.
    ///   - session: of the connection an auth key was made for.
    /// - Returns: `{"fields": …}`.
    package static func describe(
        _ bytes: [UInt8], as kind: Kind, size: Int? = nil, session: UInt16? = nil
    ) throws(WireInputError) -> WireValue {
        let fields: [String: WireValue]
        switch kind {
        case .attendance: fields = try attendance(bytes, layout: attendanceLayout(bytes, size: size))
        case .user: fields = try users(bytes, layout: userLayout(bytes, size: size))
        case .operation: fields = try operations(bytes)
        case .template: fields = try templates(bytes)
        case .time: fields = try time(bytes)
        case .authkey:
            guard let session else { throw WireInputError("an auth key needs --session, the connection's session id") }
            guard bytes.count == 4 else { throw WireInputError("an auth key has 4 bytes, not \(bytes.count)") }
            fields = AuthDescription.fields(bytes, session: session).filter { $0.key != "scrambled_hex" }
        }
        return ["fields": .object(fields)]
    }

    // MARK: Attendance

    private static func attendanceLayout(_ bytes: [UInt8], size: Int?) throws(WireInputError) -> AttendanceLayout {
        let sizes = "8, 16, 22, 40 or 49"
        if let size {
            guard let layout = AttendanceLayout.allCases.first(where: { $0.size == size }) else {
                throw WireInputError("attendance records have \(sizes) bytes, not \(size)")
            }
            return layout
        }
        let body = (try? Dataset(bytes)).flatMap { $0.isComplete && $0.promised > 0 ? $0.body : nil } ?? bytes
        do {
            return try LayoutDetection.attendance(
                total: body.count, sample: body, count: nil, latest: DatasetDescription.latest
            ).layout
        } catch {
            throw WireInputError("\(error); give --size \(sizes)")
        }
    }

    private static func attendance(
        _ bytes: [UInt8], layout: AttendanceLayout
    ) throws(WireInputError) -> [String: WireValue] {
        let body: [UInt8]
        var fields: [String: WireValue]
        switch try Piece(bytes, size: layout.size) {
        case .one:
            return try wire { () throws(WireError) in single(try AttendanceRecord(bytes, layout: layout), layout) }
        case .cut(let told): return told
        case .many(let records, let told): (body, fields) = (records, told)
        }
        let records = try wire { () throws(WireError) in try AttendanceRecord.all(in: body, layout: layout) }
        fields["records"] = .list(records.map { row($0, layout) })
        if layout.size == 16 {
            fields["order"] = .list(["pin", "time", "state", "verify", "workcode"].map { .text($0) })
        }
        return fields
    }

    private static func row(_ record: AttendanceRecord, _ layout: AttendanceLayout) -> WireValue {
        let (verify, time, state) = (
            WireValue(record.verify), WireValue.text(record.time.parts.text), WireValue(record.state)
        )
        switch record.who {
        case .index(let index): return .list([WireValue(index), verify, time, state])
        case .number(let number):
            return .list([WireValue(number), time, state, verify, WireValue(record.workCode ?? 0)])
        case .text(let text): return .list([WireValue(text), verify, time, state])
        }
    }

    private static func single(_ record: AttendanceRecord, _ layout: AttendanceLayout) -> [String: WireValue] {
        var fields: [String: WireValue] = [
            "time": .text(record.time.parts.text), "time_u32": WireValue(record.time.rawValue),
        ]
        if !record.time.parts.isCalendarDate { fields["valid_calendar_date"] = .bool(false) }
        switch record.who {
        case .index(let index): fields["uid"] = WireValue(index)
        case .number(let number): fields["pin"] = WireValue(number)
        case .text(let text): fields["user_id"] = WireValue(text)
        }
        switch layout {
        case .a16, .a16VerifyFirst:
            fields["byte8"] = WireValue(record.raw[8])
            fields["byte9"] = WireValue(record.raw[9])
            fields["workcode"] = WireValue(record.workCode ?? 0)
            fields["reading_preferred"] = .text("byte 8 = state, byte 9 = verify")
            return fields
        case .a22:
            fields["uid"] = WireValue(record.index ?? 0)
            fields["flag"] = WireValue(record.verify)
            fields["time_u32"] = nil
        case .a40, .a49:
            fields["index_or_uid"] = WireValue(record.index ?? 0)
            fields["verify"] = WireValue(record.verify)
            let tail = record.raw.dropFirst(32)
            if tail.contains(where: { $0 != 0 }) { fields["tail_hex"] = .text(Hex.encode(tail)) }
        case .a8, .a8TimeLast:
            fields["verify"] = WireValue(record.verify)
        }
        fields["state"] = WireValue(record.state)
        return fields
    }

    // MARK: Users

    private static func userLayout(_ bytes: [UInt8], size: Int?) throws(WireInputError) -> UserLayout {
        if let size {
            guard let layout = UserLayout.allCases.first(where: { $0.size == size }) else {
                throw WireInputError("user records have 16, 28 or 72 bytes, not \(size)")
            }
            return layout
        }
        let body = (try? Dataset(bytes)).flatMap { $0.isComplete && $0.promised > 0 ? $0.body : nil } ?? bytes
        do {
            return try LayoutDetection.users(total: body.count, sample: body, count: nil).layout
        } catch {
            throw WireInputError("\(error); give --size 16, 28 or 72")
        }
    }

    private static func users(_ bytes: [UInt8], layout: UserLayout) throws(WireInputError) -> [String: WireValue] {
        let body: [UInt8]
        var fields: [String: WireValue]
        switch try Piece(bytes, size: layout.size) {
        case .one:
            return try wire { () throws(WireError) in user(try UserRecord(bytes, layout: layout), layout, all: true) }
        case .cut(let told): return told
        case .many(let records, let told): (body, fields) = (records, told)
        }
        let users = try wire { () throws(WireError) in try Dataset(body: body).users(layout) }
        fields["users"] = .list(users.map { row($0, layout) })
        let disabled = users.filter(\.isDisabled).map { WireValue($0.index) }
        if !disabled.isEmpty { fields["disabled_uids"] = .list(disabled) }
        return fields
    }

    /// 28 bytes: uid, privilege, password, name, card, user id; 72 bytes: without the password.
    private static func row(_ user: UserRecord, _ layout: UserLayout) -> WireValue {
        let password = layout == .u72 ? [] : [WireValue(user.password.bytes)]
        return .list(
            [WireValue(user.index), WireValue(user.privilege)] + password
                + [.text(name(user.name.bytes)), WireValue(user.card), WireValue(user.userID)])
    }

    /// - Parameter all: with the time zones, which a write mostly leaves to the group.
    static func user(_ user: UserRecord, _ layout: UserLayout, all: Bool) -> [String: WireValue] {
        var fields: [String: WireValue] = [
            "uid": WireValue(user.index), "privilege": WireValue(user.privilege),
            "password": WireValue(user.password.bytes), "name": .text(name(user.name.bytes)),
        ]
        if layout != .u16 {
            fields["card"] = WireValue(user.card)
            fields["group"] = WireValue(user.group)
        }
        switch layout {
        case .u72:
            fields["user_id"] = WireValue(user.userID)
            fields["tz_flag"] = user.zones.first.map { WireValue($0) }
            if all || user.zones.first != 0 { fields["tz"] = .list(user.zones.dropFirst().map { WireValue($0) }) }
        case .u28:
            fields["user_id"] = UInt32(user.userID.textBeforeNUL).map { WireValue($0) } ?? WireValue(user.userID)
            if all { fields["tz"] = .list(user.zones.map { WireValue($0) }) }
        case .u16:
            break
        }
        return fields
    }

    /// UTF-8 without a character that the field's end cut in two; else the bytes, named as GBK where they can be.
    static func name(_ bytes: [UInt8]) -> String {
        for cut in 0...3 where cut <= bytes.count {
            let kept = bytes.dropLast(cut)
            // Only a character's beginning may be dropped, never whole characters.
            if cut > 0, kept.isEmpty || bytes[bytes.count - cut] < 0xC0 { continue }
            if let text = String(validating: kept, as: UTF8.self) { return text }
        }
        return "<\(isGBK(bytes) ? "GBK bytes" : "bytes") \(Hex.encode(bytes))>"
    }

    private static func isGBK(_ bytes: [UInt8]) -> Bool {
        var position = 0
        while position < bytes.count {
            if bytes[position] < 0x80 {
                position += 1
            } else {
                guard (0x81...0xFE).contains(bytes[position]), position + 1 < bytes.count,
                    (0x40...0xFE).contains(bytes[position + 1]), bytes[position + 1] != 0x7F
                else { return false }
                position += 2
            }
        }
        return true
    }
}
