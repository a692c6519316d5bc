import Attendance
import ZKWire

/// A file from a flash disk, by its content; the name only warns.
package enum StickFile: Equatable, Sendable {
    case attendance(StickLog)
    /// For names in a preview; passwords are gone.
    case users(StickUsers)

    /// 430,000 lines: more than any device holds.
    package static let largest = 16 << 20

    /// - Throws: `StickRefusal`, for whatever is neither attendance nor users of a ZKTeco-style device.
    package init(_ bytes: [UInt8], name: String) throws(StickRefusal) {
        let kind = StickName(name).kind
        if kind == .biometric { throw .biometric }
        if kind == .messages { throw .messages }
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.largest else { throw .tooLarge }
        if let known = StickLookAlike.container(bytes, name: name) { throw known }
        if kind == .users {
            guard let users = StickUsers(bytes) else { throw .binary }
            self = .users(users)
        } else if bytes.contains(0) {
            self = try Self.binary(bytes)
        } else {
            self = .attendance(try Self.text(bytes))
        }
    }

    /// The records of an attendance file.
    package static func attendance(_ bytes: [UInt8], name: String) throws(StickRefusal) -> StickLog {
        guard case .attendance(let log) = try StickFile(bytes, name: name) else { throw .users }
        return log
    }

    // MARK: Text

    private static func text(_ bytes: [UInt8]) throws(StickRefusal) -> StickLog {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var log = StickLog(form: .text, of: bytes)
        // Lines that are no records, until the next one shows that they stood in the middle.
        var before: [Int] = []
        var last: ArraySlice<UInt8> = []
        var number = 0
        var position = start
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            let line = withoutReturns(bytes[position..<end])
            position = end + 1
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x1A }) { continue }
            guard StickLine.record(line, number: number) != nil else {
                // Before the first record there is room for one line about the file.
                if log.spans.isEmpty, log.annotations.isEmpty, log.unreadableCount + before.count == 0,
                    !isBroken(line)
                {
                    log.annotate(number, line)
                } else {
                    before.append(number)
                    last = line
                    if before.count > StickLog.mostNumbers { flush(&before, &log, keeping: 1) }
                }
                continue
            }
            flush(&before, &log)
            log.spans.append(.init(line.startIndex..<line.endIndex, number: number))
        }
        if let end = before.popLast() {
            flush(&before, &log)
            if isBroken(last) { log.addUnreadable(end) } else { log.annotate(end, last) }
        }
        guard !log.spans.isEmpty else { throw StickLookAlike.text(bytes[start...]) ?? .unreadable }
        return log
    }

    private static func flush(_ numbers: inout [Int], _ log: inout StickLog, keeping kept: Int = 0) {
        for number in numbers.dropLast(kept) { log.addUnreadable(number) }
        numbers.removeFirst(max(0, numbers.count - kept))
    }

    /// A record cut short or overwritten, such as by a disk pulled out too early, not a line about the file.
    private static func isBroken(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first else { return false }
        return line.contains(0x09) && (first == 0x20 || first == 0x09 || StickLine.isDigit(first))
    }

    private static func withoutReturns(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while line.last == 0x0D { line = line.dropLast() }
        return line
    }

    // MARK: Binary

    /// Years that a device of this family was built or will be read in. As C times the same numbers are years before
    /// 2004, so the two readings cannot be confused.
    private static let years = 2005...2033

    private static func binary(_ bytes: [UInt8]) throws(StickRefusal) -> StickFile {
        if let log = records40(bytes) { return .attendance(log) }
        if StickLookAlike.isTemplates(bytes) { throw .biometric }
        if StickUsers(bytes) != nil { throw .users }
        throw .binary
    }

    private static func records40(_ bytes: [UInt8]) -> StickLog? {
        let size = AttendanceLayout.a40.size
        guard bytes.count.isMultiple(of: size), !bytes.isEmpty else { return nil }
        var log = StickLog(form: .binary, of: bytes)
        var odd = 0
        for position in 0..<bytes.count / size {
            guard let record = try? AttendanceRecord(bytes, at: position * size, layout: .a40),
                case .text(let userID) = record.who, isPlain(userID)
            else { return nil }
            let parts = record.time.parts
            if !parts.isCalendarDate || !years.contains(parts.year) { odd += 1 }
            log.spans.append(.init(position * size..<(position + 1) * size, number: position + 1))
        }
        // One wrong date in a hundred is a device's flat battery; more is another format.
        return log.spans.isEmpty || odd * 100 > log.spans.count ? nil : log
    }

    private static func isPlain(_ userID: [UInt8]) -> Bool {
        !userID.isEmpty && userID.allSatisfy { (0x21..<0x7F).contains($0) }
    }
}

extension StickLog {
    mutating func annotate(_ number: Int, _ line: ArraySlice<UInt8>) {
        let text = String(decoding: line.prefix(Annotation.longest), as: UTF8.self)
        annotations.append(Annotation(number: number, text: text))
    }
}
