import Attendance
import ZKWire

/// A dataset that stands in one frame, or that a transfer's frames carry together.
enum DatasetDescription {
    /// The newest device time believed in detection: everything that is a date.
    static let latest = PackedTime(rawValue: 3_214_079_999)

    enum Content {
        case users([UserRecord], UserLayout)
        case attendance([AttendanceRecord], AttendanceLayout)
        case unknown
    }

    /// Users or attendance, where exactly one of them reads well. Users of 16 bytes have no user id to go by and
    /// prove nothing against attendance.
    static func content(_ body: [UInt8]) -> Content {
        let users = try? LayoutDetection.users(total: body.count, sample: body, count: nil).layout
        let attendance = try? LayoutDetection.attendance(
            total: body.count, sample: body, count: nil, latest: latest
        ).layout
        switch (users, attendance) {
        case (let layout?, nil):
            return (try? Dataset(body: body).users(layout)).map { .users($0, layout) } ?? .unknown
        case (nil, let layout?), (.u16?, let layout?):
            return (try? AttendanceRecord.all(in: body, layout: layout)).map { .attendance($0, layout) } ?? .unknown
        default:
            return .unknown
        }
    }

    static func inline(_ dataset: Dataset) -> [String: WireValue] {
        let total = WireValue(dataset.promised)
        switch content(dataset.body) {
        case .users(let users, let layout):
            return ["total": total, "record_size": WireValue(layout.size), "users": .list(users.map { brief($0) })]
        case .attendance(let records, _):
            return ["total": total, "records": WireValue(records.count)]
        case .unknown:
            guard !dataset.body.isEmpty else { return ["total": total] }
            return [
                "total": total, "first_word_hex": .text(Hex.encode(dataset.body.prefix(4))), "plausible_records": 0,
            ]
        }
    }

    private static func brief(_ user: UserRecord) -> WireValue {
        var fields: [String: WireValue] = [
            "uid": WireValue(user.index), "privilege": WireValue(user.privilege), "user_id": WireValue(user.userID),
        ]
        if !user.name.bytes.isEmpty { fields["name"] = .text(RecordDescription.name(user.name.bytes)) }
        return .object(fields)
    }
}

/// Several frames that carry one dataset.
enum TransferDescription {
    /// `nil` where the frames are no transfer that came whole.
    static func fields(_ frames: [ReceivedFrame]) -> [String: WireValue]? {
        guard frames.allSatisfy(\.isIntact), let first = frames.first?.frame, first.command == .prepareData,
            let announced = try? TransferAnnouncement(first.data)
        else { return nil }
        let parts = frames.map(\.frame).filter { $0.command == .data && $0.reply == first.reply }
        // By fragment index: datagrams come in any order.
        let data = parts.enumerated().sorted { ($0.element.session, $0.offset) < ($1.element.session, $1.offset) }
            .flatMap(\.element.data)
        guard data.count == announced.size else { return nil }
        var fields: [String: WireValue] = ["dataset_bytes": WireValue(data.count), "reply": WireValue(first.reply)]
        let events = frames.filter { EventDescription.fields($0.frame) != nil }.count
        if events > 0 { fields["events"] = WireValue(events) }
        guard let dataset = try? Dataset(data), dataset.isComplete else { return fields }
        switch DatasetDescription.content(dataset.body) {
        case .users(let users, let layout):
            fields["users"] = WireValue(users.count)
            fields["record_size"] = WireValue(layout.size)
            if let first = users.first { fields["first"] = row(first) }
            if let last = users.last { fields["last"] = row(last) }
        case .attendance(let records, let layout):
            fields["records"] = WireValue(records.count)
            fields["record_size"] = WireValue(layout.size)
        case .unknown:
            break
        }
        return fields
    }

    private static func row(_ user: UserRecord) -> WireValue {
        .list([
            WireValue(user.index), WireValue(user.privilege), .text(RecordDescription.name(user.name.bytes)),
            WireValue(user.userID),
        ])
    }
}

/// A client's upload of users with fingerprints: three lengths, then users, table and templates.
enum UploadDescription {
    private static let entrySize = 8

    static func fields(_ data: [UInt8]) -> [String: WireValue]? {
        guard let head = try? Fields(data, size: 12, of: "upload") else { return nil }
        let (users, table, fingers) = (Int(head.u32(0)), Int(head.u32(4)), Int(head.u32(8)))
        // The lengths add up and the first user's mark stands where it must: certain enough.
        guard users > 0, 12 + users + table + fingers == data.count, data[12] == 2, table.isMultiple(of: entrySize)
        else {
            return nil
        }
        var entries: [WireValue] = []
        for number in 0..<(table / entrySize) {
            guard
                let entry = try? Fields(data, at: 12 + users + number * entrySize, size: entrySize, of: "upload.table")
            else { return nil }
            entries.append([
                "tag": WireValue(entry.u8(0)), "uid": WireValue(entry.u16(1)), "finger_plus_16": WireValue(entry.u8(3)),
                "offset": WireValue(entry.u32(4)),
            ])
        }
        return [
            "users_length": WireValue(users), "table_length": WireValue(table), "fingers_length": WireValue(fingers),
            "table": entries.count == 1 ? entries[0] : .list(entries),
        ]
    }
}
