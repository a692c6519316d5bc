/// One entry of a device's operation log: who changed what on it, 16 bytes (zk-protocol, section 15.6).
package struct OperationRecord: Hashable, Sendable {
    package static let size = 16

    /// The device was switched on, or restarted.
    package static let switchedOn: UInt8 = 0

    /// Operations that tell of tampering with clock, log or users.
    package enum Telling: UInt8, Sendable, CaseIterable {
        case optionChanged = 5
        case userDeleted = 9
        case dataCleared = 13
        case clockSet = 21
        case factoryReset = 22
        case attendanceCleared = 23
        case adminsCleared = 24
        case userEnrolled = 30
    }

    /// Index of the administrator; 0 for none.
    package var admin: UInt16
    package var operation: UInt8
    package var time: PackedTime
    package var parameters: [UInt16]

    package init(admin: UInt16, operation: UInt8, time: PackedTime, parameters: [UInt16] = [0, 0, 0, 0]) {
        self.admin = admin
        self.operation = operation
        self.time = time
        self.parameters = parameters
    }

    package init(_ bytes: [UInt8], at start: Int = 0) throws(WireError) {
        let fields = try Fields(bytes, at: start, size: Self.size, of: "operation")
        admin = fields.u16(0)
        operation = fields.u8(2)
        time = PackedTime(rawValue: fields.u32(4))
        parameters = [8, 10, 12, 14].map { fields.u16($0) }
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: admin)
        bytes.append(operation)
        bytes.append(0)
        bytes.append(contentsOf: time.bytes)
        for number in 0..<4 { bytes.append(littleEndian: number < parameters.count ? parameters[number] : 0) }
        return bytes
    }

    package static func all(in body: [UInt8]) throws(WireError) -> [OperationRecord] {
        var records: [OperationRecord] = []
        for number in 0..<(body.count / size) { records.append(try OperationRecord(body, at: number * size)) }
        return records
    }
}

/// One entry of the templates dataset: u16 size of the whole entry, u16 index, u8 finger, u8 flag, template.
///
/// Fingerprints: specific personal data. The daemon never asks for them; the template itself is redacted.
package struct TemplateEntry: Hashable, Sendable {
    package static let headerSize = 6

    package let size: Int
    package let index: UInt16
    package let finger: UInt8
    package let flag: UInt8
    package let template: Redacted

    /// The entries of a dataset's body. An entry below 6 bytes or beyond the end stops with an error.
    package static func all(in body: [UInt8]) throws(WireError) -> [TemplateEntry] {
        var entries: [TemplateEntry] = []
        var start = 0
        while start < body.count {
            let head = try Fields(body, at: start, size: headerSize, of: "template.header")
            let size = Int(head.u16(0))
            guard size >= headerSize else {
                throw WireError("template.size", at: start, .outOfRange(value: size, allowed: "6 or more"))
            }
            let whole = try Fields(body, at: start, size: size, of: "template")
            entries.append(
                TemplateEntry(
                    size: size, index: head.u16(2), finger: head.u8(4), flag: head.u8(5),
                    template: Redacted(Array(whole.slice(headerSize, size - headerSize)))))
            start += size
        }
        return entries
    }
}
