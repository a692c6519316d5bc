import ZKWire

/// The records of one `attlog.dat`, in its order, and what of it could not be read.
///
/// It holds the file and where its records stand, and reads them when they are asked for: 400,000 records at once would
/// take a hundred times the file's memory.
package struct StickLog: Equatable, Sendable {
    package enum Form: String, Sendable {
        /// TAB-separated lines.
        case text
        /// A device's own records of 40 bytes (usb-disk-files, section 5).
        case binary
    }

    package struct Record: Equatable, Sendable {
        /// From 1: of the line, or of the binary record.
        package let number: Int
        package let scan: TextScan
        /// The third column of a line: the device's number, 1 unless set. Never the status.
        package let deviceNumber: Int?
    }

    /// A first or last line that is no record, such as the serial and the check value of protected downloads.
    package struct Annotation: Equatable, Sendable {
        package let number: Int
        package let text: String

        static let longest = 200
    }

    struct Span: Equatable, Sendable {
        let start, end, number: UInt32

        init(_ range: Range<Int>, number: Int) {
            start = UInt32(truncatingIfNeeded: range.lowerBound)
            end = UInt32(truncatingIfNeeded: range.upperBound)
            self.number = UInt32(truncatingIfNeeded: number)
        }
    }

    package let form: Form
    /// At most `StickFile.largest` of them, so that every place in it fits a span.
    private let bytes: [UInt8]
    var spans: [Span] = []
    package internal(set) var annotations: [Annotation] = []
    /// Lines that are no records: the first of them, from 1; `unreadableCount` says how many there are.
    package internal(set) var unreadable: [Int] = []
    package internal(set) var unreadableCount = 0

    package static let mostNumbers = 100

    /// Records whose date does not exist: kept and flagged as from any other source, and worth a look.
    package var undated: [Record] { records.filter { !$0.scan.deviceTime.isCalendarDate } }
    /// Records whose user id is empty: kept and flagged.
    package var nameless: [Record] { records.filter { $0.scan.userID.allSatisfy { $0 == 0x20 } } }

    package var scans: [TextScan] { records.map(\.scan) }

    package var count: Int { spans.count }

    /// All of them at once; for small files.
    package var records: [Record] { records(in: spans.indices) }

    package func records(in range: Range<Int>) -> [Record] {
        spans[range.clamped(to: spans.indices)].compactMap { span in
            let number = Int(span.number)
            let range = Int(span.start)..<Int(span.end)
            return form == .text
                ? StickLine.record(bytes[range], number: number) : StickLine.record40(bytes, range, number: number)
        }
    }

    init(form: Form, of bytes: [UInt8]) {
        self.form = form
        self.bytes = bytes
    }

    mutating func addUnreadable(_ number: Int) {
        unreadableCount += 1
        if unreadable.count < Self.mostNumbers { unreadable.append(number) }
    }
}

/// One line of `attlog.dat` (usb-disk-files, section 2): user id, time, device number, status, verify, work code.
///
/// This is not the order of push's ATTLOG, where the third column is the status: a parser that confuses the two makes
/// every scan a check-out.
enum StickLine {
    static let fields = 6
    /// Ids are padded to 9 or 14; the longest of any device has 24.
    private static let longestUserID = 64
    private static let longestWorkCode = 24
    private static let longest = 256

    /// - Returns: `nil` for what is no record.
    static func record(_ line: ArraySlice<UInt8>, number: Int) -> StickLog.Record? {
        guard line.count <= longest else { return nil }
        let parts = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard parts.count == fields, let userID = userID(parts[0]), TextScan.parts(Array(parts[1])) != nil,
            let device = StickLine.number(parts[2]), let state = StickLine.number(parts[3]),
            let verify = StickLine.number(parts[4]), let workCode = workCode(parts[5])
        else { return nil }
        return StickLog.Record(
            number: number,
            scan: TextScan(
                userID: userID, time: parts[1], verify: verify, state: state, workCode: workCode, raw: line),
            deviceNumber: device)
    }

    /// A device's own record of 40 bytes.
    static func record40(_ bytes: [UInt8], _ range: Range<Int>, number: Int) -> StickLog.Record? {
        guard let record = try? AttendanceRecord(bytes, at: range.lowerBound, layout: .a40),
            case .text(let userID) = record.who
        else { return nil }
        return StickLog.Record(
            number: number,
            scan: TextScan(
                userID: userID, time: Array(record.time.parts.text.utf8), verify: Int(record.verify),
                state: Int(record.state), workCode: record.workCode.map { String($0) }, raw: record.raw),
            deviceNumber: nil)
    }

    private static func userID(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard field.count <= longestUserID, field.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        let start = field.firstIndex { $0 != 0x20 } ?? field.endIndex
        let end = field.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? start
        return field[start..<end]
    }

    /// Digits, with spaces around them.
    static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 }
        guard (1...9).contains(digits.count), field.count <= 16, field.allSatisfy({ $0 == 0x20 || isDigit($0) }),
            field.count(where: isDigit) == digits.count
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func workCode(_ field: ArraySlice<UInt8>) -> String? {
        guard field.count <= longestWorkCode, field.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
        return String(decoding: field.filter { $0 != 0x20 }, as: UTF8.self)
    }
}
