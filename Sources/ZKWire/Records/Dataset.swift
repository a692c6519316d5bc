/// What users, attendance, templates and operations come in: u32 number of bytes that follow, then records.
///
/// Source: zk-protocol, section 9.2.
package struct Dataset: Hashable, Sendable {
    package static let headerSize = 4

    /// What the first word promises.
    package let promised: Int
    /// The bytes after it, no more than promised.
    package let body: [UInt8]

    /// - Throws: `WireError` where there is no first word. A dataset that is shorter than promised is not an
    ///   error here: see `isComplete`.
    package init(_ bytes: [UInt8]) throws(WireError) {
        promised = Int(try Fields(bytes, size: Self.headerSize, of: "dataset.total").u32(0))
        body = Array(bytes.dropFirst(Self.headerSize).prefix(promised))
    }

    package init(body: [UInt8]) {
        promised = body.count
        self.body = body
    }

    package var isComplete: Bool { body.count == promised }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + body.count)
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: promised))
        return bytes + body
    }

    /// The whole records of `layout`; a rest that is no whole record is left out.
    package func attendance(_ layout: AttendanceLayout) throws(WireError) -> [AttendanceRecord] {
        try AttendanceRecord.all(in: body, layout: layout)
    }

    package func users(_ layout: UserLayout) throws(WireError) -> [UserRecord] {
        var users: [UserRecord] = []
        for number in 0..<(body.count / layout.size) {
            users.append(try UserRecord(body, at: number * layout.size, layout: layout))
        }
        return users
    }
}

extension AttendanceRecord {
    /// The whole records in `bytes`, which begin at a record border.
    package static func all(in bytes: [UInt8], layout: AttendanceLayout) throws(WireError) -> [AttendanceRecord] {
        var records: [AttendanceRecord] = []
        records.reserveCapacity(bytes.count / layout.size)
        for number in 0..<(bytes.count / layout.size) {
            records.append(try AttendanceRecord(bytes, at: number * layout.size, layout: layout))
        }
        return records
    }
}
