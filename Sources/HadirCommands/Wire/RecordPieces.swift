import Attendance
import ZKWire

/// How given bytes hold records of one size.
enum Piece {
    case one
    /// Records one after the other, and what is known of the whole: `total`, `record_size`.
    case many([UInt8], told: [String: WireValue])
    /// A dataset shorter than its first word promises: what is known of it.
    case cut([String: WireValue])

    init(_ bytes: [UInt8], size: Int) throws(WireInputError) {
        if bytes.count == size {
            self = .one
            return
        }
        let dataset = try? Dataset(bytes)
        let after = bytes.count - Dataset.headerSize
        if let dataset, dataset.promised == after, after.isMultiple(of: size) {
            self = .many(
                dataset.body, told: ["total": WireValue(dataset.promised), "record_size": WireValue(size)])
        } else if bytes.count.isMultiple(of: size) {
            self = .many(bytes, told: ["record_size": WireValue(size)])
        } else if let dataset, dataset.promised > after, dataset.promised.isMultiple(of: size) {
            self = .cut([
                "total": WireValue(dataset.promised), "available": WireValue(after),
                "whole_records": WireValue(after / size),
            ])
        } else {
            throw WireInputError(
                "\(bytes.count) bytes are neither records of \(size) bytes nor a dataset of them (u32 total in front)")
        }
    }
}

extension RecordDescription {
    /// Runs a parser; its error tells field and offset.
    static func wire<Value>(_ parse: () throws(WireError) -> Value) throws(WireInputError) -> Value {
        do {
            return try parse()
        } catch {
            throw WireInputError(error)
        }
    }

    static func operations(_ bytes: [UInt8]) throws(WireInputError) -> [String: WireValue] {
        let body: [UInt8]
        var fields: [String: WireValue]
        switch try Piece(bytes, size: OperationRecord.size) {
        case .one: (body, fields) = (bytes, ["record_size": WireValue(OperationRecord.size)])
        case .cut(let told): return told
        case .many(let records, let told): (body, fields) = (records, told)
        }
        let operations = try wire { () throws(WireError) in try OperationRecord.all(in: body) }
        fields["ops"] = .list(
            operations.map { .list([WireValue($0.admin), WireValue($0.operation), .text($0.time.parts.text)]) })
        fields["order"] = .list(["admin", "op", "time"].map { .text($0) })
        return fields
    }

    /// The templates themselves are fingerprints and are not printed: only their sizes.
    static func templates(_ bytes: [UInt8]) throws(WireInputError) -> [String: WireValue] {
        if let dataset = try? Dataset(bytes), dataset.promised == bytes.count - Dataset.headerSize {
            let entries = try wire { () throws(WireError) in try TemplateEntry.all(in: dataset.body) }
            return [
                "total": WireValue(dataset.promised),
                "entries": .list(
                    entries.map { entry in
                        .list([
                            WireValue(entry.index), WireValue(entry.finger), WireValue(entry.flag),
                            WireValue(entry.template.bytes.count),
                        ])
                    }),
                "order": .list(["uid", "finger", "flag", "template_length"].map { .text($0) }),
            ]
        }
        let head = try wire { () throws(WireError) in
            try Fields(bytes, size: TemplateEntry.headerSize, of: "template.header")
        }
        return [
            "entry_size": WireValue(head.u16(0)), "uid": WireValue(head.u16(2)), "finger": WireValue(head.u8(4)),
            "flag": WireValue(head.u8(5)),
        ]
    }

    static func time(_ bytes: [UInt8]) throws(WireInputError) -> [String: WireValue] {
        guard bytes.count == 4, let value = bytes.leadingU32 else {
            throw WireInputError("a packed time has 4 bytes, not \(bytes.count)")
        }
        let parts = PackedTime(rawValue: value).parts
        var fields: [String: WireValue] = [
            "time_u32": WireValue(value), "valid_calendar_date": .bool(parts.isCalendarDate),
        ]
        if parts.isCalendarDate {
            fields["time"] = .text(parts.text)
        } else if parts.year > 2099 {
            fields["decoded"] = .text(parts.text)
        } else {
            fields["decoded_parts"] = .list(
                [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map { WireValue($0) })
        }
        return fields
    }
}
