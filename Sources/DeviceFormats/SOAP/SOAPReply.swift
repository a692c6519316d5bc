/// Reads a reply as it comes, head and body, and hands out its rows one by one.
///
/// Bytes may be cut anywhere. Memory holds at most one row. Source: zk-soap, sections 1 and 3.
package struct SOAPReply: Sendable {
    package struct Limits: Sendable {
        /// Of the head and of what stands before the root.
        var head = 16 << 10
        /// A row of the log has about 130 bytes, one of the user list 250.
        var row = 8 << 10
        /// Ten times the largest log of devices with this service (zk-soap, section 4).
        var rows = 1_000_000
        /// With this many rows of the size seen, twice over: so that blank lines without end are noticed.
        var bytes = 256 << 20

        package init() {}
    }

    private enum Stage: Hashable {
        case status, head, prologue, rows
        /// Something that is no element: kept for its words.
        case text
        case done
    }

    /// Rows handed out.
    package private(set) var rows = 0
    /// Whether the closing tag came: all that came after it is ignored.
    package var isComplete: Bool { stage == .done }

    private let roots: [String]
    private let limits: Limits
    private var stage = Stage.status
    /// Bytes that are not understood yet, from `position` on.
    private var pending: [UInt8] = []
    private var position = 0
    /// No end of the row at hand stands before it.
    private var searched = 0
    private var taken = 0
    private var headTaken = 0
    private var bodyTaken = 0
    private var announced: Int?
    private var closing: [UInt8] = []

    private static let rowEnd = Array("</Row>".utf8)
    private static let rowTag = Array("Row".utf8)

    package init(to command: SOAPRequest.Command, limits: Limits = Limits()) {
        // One command's reply under the other's name has been seen in programs that ask for either.
        roots =
            [.users, .allUsers].contains(command)
            ? [SOAPRequest.Command.users.reply, SOAPRequest.Command.allUsers.reply] : [command.reply]
        self.limits = limits
    }

    /// - Parameter each: gets every row that is complete now; none may be believed before `finish`.
    package mutating func take(
        _ bytes: some Collection<UInt8>, each: (SOAPRow) -> Void = { _ in }
    ) throws(SOAPError) {
        guard stage != .done else { return }
        taken += bytes.count
        guard taken <= limits.bytes else { throw .tooLong("the reply", limits.bytes) }
        pending += bytes
        while try step(each) {}
        pending.removeFirst(position)
        searched = max(0, searched - position)
        position = 0
        if stage == .done { pending = [] }
    }

    /// The connection is over. Returns where the reply is whole; one without a body is a reply without rows.
    package func finish() throws(SOAPError) {
        switch stage {
        case .done: return
        case .status where taken == 0: throw .noAnswer
        case .status: throw pending.starts(with: "HTTP/".utf8) ? .truncated(rows: 0) : .notHTTP
        case .head, .rows: throw .truncated(rows: rows)
        case .prologue:
            guard position >= pending.count, bodyTaken >= announced ?? 0 else { throw .truncated(rows: 0) }
        case .text: throw Self.speaksOfKey(pending) ? .keyRefused : .otherService
        }
    }

    // MARK: Steps

    /// - Returns: false where more bytes are needed.
    private mutating func step(_ each: (SOAPRow) -> Void) throws(SOAPError) -> Bool {
        switch stage {
        case .status, .head: return try headLine()
        case .prologue: return try prologue()
        case .rows: return try row(each)
        case .text:
            guard pending.count - position <= 512 else { throw .otherService }
            return false
        case .done: return false
        }
    }

    private mutating func headLine() throws(SOAPError) -> Bool {
        guard let end = pending[position...].firstIndex(of: 0x0A) else {
            guard headTaken + pending.count - position <= limits.head else { throw .tooLong("the head", limits.head) }
            if stage == .status, pending.count >= 5, !pending.starts(with: "HTTP/".utf8) { throw .notHTTP }
            return false
        }
        let line = Mark.trimmed(pending[position..<end])
        headTaken += end + 1 - position
        guard headTaken <= limits.head else { throw .tooLong("the head", limits.head) }
        position = end + 1
        searched = position
        if stage == .status {
            // Not of the trimmed line: a space before it must not depend on how the bytes were cut.
            guard pending.starts(with: "HTTP/".utf8) else { throw .notHTTP }
            let words = line.split(separator: 0x20)
            guard words.count > 1, let status = SOAPText.number(words[1]) else { throw .notHTTP }
            guard status == 200 else { throw .status(status) }
            stage = .head
        } else if line.isEmpty {
            stage = .prologue
        } else {
            note(header: line)
        }
        return true
    }

    /// Most devices send no length and some a wrong one: it only tells an empty body from one that never came.
    private mutating func note(header line: ArraySlice<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            SOAPText.text(line[..<colon]).lowercased() == "content-length"
        else { return }
        announced = Int(SOAPText.text(Mark.trimmed(line[colon...].dropFirst())))
    }

    private mutating func prologue() throws(SOAPError) -> Bool {
        skipSpace()
        let rest = pending[position...]
        guard let first = rest.first else { return false }
        guard first == Mark.open else {
            if rest.starts(with: Self.byteOrderMark.prefix(rest.count)) {
                guard rest.count >= Self.byteOrderMark.count else { return false }
                advance(by: Self.byteOrderMark.count)
                return true
            }
            stage = .text
            return true
        }
        guard let end = rest.firstIndex(of: Mark.close) else {
            guard rest.count <= limits.head else { throw .otherService }
            return false
        }
        let tag = rest[rest.startIndex..<end].dropFirst()
        if tag.first == UInt8(ascii: "?") {
            advance(by: end + 1 - position)
            return true
        }
        let name = SOAPText.text(tag.prefix { !Mark.isSpace($0) && $0 != Mark.slash })
        guard roots.contains(name) else { throw .otherService }
        advance(by: end + 1 - position)
        closing = Array(name.utf8)
        stage = tag.last == Mark.slash ? .done : .rows
        return true
    }

    private mutating func row(_ each: (SOAPRow) -> Void) throws(SOAPError) -> Bool {
        skipSpace()
        let rest = pending[position...]
        guard let first = rest.first else { return false }
        guard first == Mark.open else { throw .malformed(row: rows + 1) }
        guard let end = rest.firstIndex(of: Mark.close) else {
            guard rest.count <= 256 else { throw .malformed(row: rows + 1) }
            return false
        }
        let tag = rest[rest.startIndex..<end].dropFirst()
        if tag.first == Mark.slash {
            guard Mark.trimmed(tag.dropFirst()).elementsEqual(closing) else { throw .malformed(row: rows + 1) }
            stage = .done
            return false
        }
        guard tag.prefix(while: { !Mark.isSpace($0) && $0 != Mark.slash }).elementsEqual(Self.rowTag) else {
            throw .malformed(row: rows + 1)
        }
        if tag.last == Mark.slash {
            advance(by: end + 1 - position)
            return true
        }
        return try rowBody(from: end + 1, each)
    }

    private mutating func rowBody(from start: Int, _ each: (SOAPRow) -> Void) throws(SOAPError) -> Bool {
        let from = max(start, searched)
        guard let end = pending[from...].firstRange(of: Self.rowEnd) else {
            guard pending.count - start <= limits.row else { throw .tooLong("a row", limits.row) }
            searched = max(start, pending.count - Self.rowEnd.count + 1)
            return false
        }
        guard end.lowerBound - start <= limits.row else { throw .tooLong("a row", limits.row) }
        let row = SOAPRow(pending[start..<end.lowerBound])
        position = end.upperBound
        searched = position
        // A row without anything in it is how some programs write "no data".
        guard !row.elements.isEmpty else { return true }
        rows += 1
        guard rows <= limits.rows else { throw .tooLong("the number of rows", limits.rows) }
        each(row)
        return true
    }

    // MARK: Bytes

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private mutating func skipSpace() {
        let rest = pending[position...].drop(while: Mark.isSpace)
        advance(by: rest.startIndex - position)
    }

    private mutating func advance(by count: Int) {
        position += count
        if stage == .prologue { bodyTaken += count }
        searched = max(searched, position)
    }

    private static func speaksOfKey(_ bytes: [UInt8]) -> Bool {
        let text = SOAPText.text(bytes).lowercased().filter { $0 != " " }
        return text.contains("comkey") || text.contains("commkey")
    }
}
