import Attendance

/// A body of table OPERLOG: what was done on the device, users, and biometric data, in mixed lines (zk-push-adms,
/// section 6). Passwords and templates are dropped here: nothing above this parser sees one.
package struct PushOperLog: Equatable, Sendable {
    package struct Record: Equatable, Sendable {
        package let code: Int
        package let admin: String
        package let time: DeviceTime
        /// Four words, as they stand there.
        package let objects: [String]
    }

    /// A user without a password; a card number only in tests of this parser, it is journaled nowhere.
    package struct User: Equatable, Sendable {
        package let userID: UserID
        package let name: String
        package let privilege: Int
        package let card: UInt64?
    }

    package private(set) var records: [Record] = []
    package private(set) var users: [User] = []
    /// Lines with fingerprints, faces or pictures: counted, not read.
    package private(set) var discarded = 0
    /// Lines of a kind nobody named.
    package private(set) var unknown = 0
    /// At most `PushUnreadableLine.most`.
    package private(set) var unreadable: [PushUnreadableLine] = []
    /// Unreadable lines beyond those.
    package private(set) var unkept = 0
    package private(set) var lines = 0

    private static let biometric: Set<String> = [
        "FP", "FACE", "FVEIN", "USERPIC", "BIOPHOTO", "BIODATA", "PALM", "TEMPLATE", "ATTPHOTO",
    ]

    package init(_ body: some Collection<UInt8>) {
        for line in PushLines.split(body) {
            lines += 1
            let kind = String(decoding: line.prefix(16).prefix { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).uppercased()
            let rest = line.dropFirst(kind.utf8.count + 1)
            switch kind {
            case "OPLOG":
                if let record = Self.record(rest) {
                    records.append(record)
                } else if unreadable.count == PushUnreadableLine.most {
                    unkept += 1
                } else {
                    unreadable.append(PushUnreadableLine(line, number: lines, isOpen: false))
                }
            case "USER":
                if let user = Self.user(rest) { users.append(user) } else { unknown += 1 }
            case _ where Self.biometric.contains(kind): discarded += 1
            default: unknown += 1
            }
        }
    }

    private static func record(_ line: ArraySlice<UInt8>) -> Record? {
        guard line.count <= PushLines.longest else { return nil }
        let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
        guard fields.count >= 3, let code = PushLines.number(fields[0]), TextScan.parts(Array(fields[2])) != nil else {
            return nil
        }
        let time = TextScan(userID: [], time: fields[2], verify: 0, state: 0).deviceTime
        return Record(
            code: code, admin: String(decoding: fields[1].prefix(32), as: UTF8.self), time: time,
            objects: fields.dropFirst(3).prefix(4).map { String(decoding: $0.prefix(32), as: UTF8.self) })
    }

    private static func user(_ line: ArraySlice<UInt8>) -> User? {
        let fields = PushFields(line, separator: UInt8(ascii: "\t"), keeping: ["pin", "name", "pri", "card"])
        guard let pin = fields["pin"], !pin.isEmpty, pin.count <= UserID.longest else { return nil }
        return User(
            userID: UserID(field: pin), name: fields.text("name") ?? "",
            privilege: fields["pri"].flatMap { PushLines.number($0[...]) } ?? 0,
            card: fields["card"].flatMap { card($0) })
    }

    /// `[15CD5B07]` is hex, least significant byte first; anything else decimal.
    static func card(_ text: [UInt8]) -> UInt64? {
        guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else {
            return UInt64(String(decoding: text, as: UTF8.self))
        }
        guard let bytes = Hex.decode(String(decoding: text.dropFirst().dropLast(), as: UTF8.self).lowercased()),
            (1...8).contains(bytes.count)
        else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PushOperLog {
    /// The records as entries, in their order. A number that is none stands as 0 in `parameters`, as text in `object`.
    package func operations(serial: DeviceSerial) -> [Attendance.Operation] {
        var counts: [Attendance.Operation: Int] = [:]
        return records.map { record in
            let numbers = record.objects.map { Int($0) ?? 0 }
            let make: (Int) -> Attendance.Operation = { occurrence in
                Attendance.Operation(
                    serial: serial, source: .push, what: OperationNames.word(record.code), code: record.code,
                    deviceTime: record.time, by: record.admin, object: Self.object(record), parameters: numbers,
                    occurrence: occurrence)
            }
            let first = make(0)
            let occurrence = counts[first, default: 0]
            counts[first] = occurrence + 1
            return occurrence == 0 ? first : make(occurrence)
        }
    }

    /// Whom or what it was done to, where the code names one: a user, or an option's number.
    private static func object(_ record: Record) -> String {
        switch record.code {
        case 5...12, 30: record.objects.first.flatMap { $0 == "0" ? nil : $0 } ?? ""
        default: ""
        }
    }
}
