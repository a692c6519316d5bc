import Attendance

/// A body of table ATTLOG: one scan a line (zk-push-adms, section 5).
///
/// A line that tells a user and a time is a scan, whatever else is wrong with it: a time that is no date stands in the
/// key as written, and a state or verify that is missing or no number is what an empty column is.
package struct PushAttLog: Equatable, Sendable {
    /// In the order of the body.
    package let scans: [TextScan]
    /// At most `PushUnreadableLine.most`.
    package let unreadable: [PushUnreadableLine]
    /// Unreadable lines beyond those.
    package let unkept: Int

    /// Lines `TABLE=ATTLOG`, which one third-party agent writes before the first scan (zkteco-lan-agent 1.2.2).
    private let headings: Int

    /// What the answer counts: every line that was not empty.
    package var lines: Int { scans.count + unreadable.count + unkept + headings }

    package init(_ body: some Collection<UInt8>) {
        var scans: [TextScan] = []
        var unreadable: [PushUnreadableLine] = []
        var headings = 0
        var unkept = 0
        for (index, line) in PushLines.split(body).enumerated() {
            if line.elementsEqual("TABLE=ATTLOG".utf8) {
                headings += 1
            } else if let scan = Self.scan(line) {
                scans.append(scan)
            } else if unreadable.count == PushUnreadableLine.most {
                unkept += 1
            } else {
                unreadable.append(PushUnreadableLine(line, number: index + 1, isOpen: true))
            }
        }
        self.scans = scans
        self.unreadable = unreadable
        self.headings = headings
        self.unkept = unkept
    }

    /// What a device writes where nobody chose a state.
    private static let noState = 255
    /// "Other", in the paper of 2021.
    private static let otherVerify = 200

    /// PIN, time, state, verify, and a work code where there is a fifth column. The rest is kept only as raw bytes.
    static func scan(_ line: ArraySlice<UInt8>) -> TextScan? {
        guard line.count <= PushLines.longest else { return nil }
        let fields = line.contains(UInt8(ascii: "\t")) ? tabbed(line) : blanked(line)
        guard fields.count >= 2 else { return nil }
        let (user, time) = (fields[0], fields[1])
        let isStrict = TextScan.parts(Array(time)) != nil
        guard isStrict || !user.isEmpty && !user.contains(mark) && isTime(time) else { return nil }
        let rest = fields.dropFirst(2)
        let state = rest.first.flatMap { PushLines.number($0) }
        let verify = rest.dropFirst().first.flatMap { PushLines.number($0) }
        // A line of another table, sent to the wrong one, may have a password behind its first two columns.
        let isOpen = isStrict && state != nil && verify != nil || !line.contains(mark)
        return TextScan(
            userID: user, time: time, verify: verify ?? otherVerify, state: state ?? noState,
            workCode: fields.count > 4 ? String(decoding: fields[4].prefix(64), as: UTF8.self) : nil,
            raw: (isOpen ? line : line[..<time.endIndex]).prefix(Punch.longestRaw))
    }

    private static let mark = UInt8(ascii: "=")

    /// Whether somebody meant a time: `7:31:05`, `2026-11-20 07:31`, `20-11-2026 07:31:05.120 PM`, `20261120073105`.
    private static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        guard (3...40).contains(text.count) else { return false }
        var digits = 0
        for byte in text {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits += 1
            } else if !timeMarks.contains(byte) {
                return false
            }
        }
        return digits >= 8 || digits >= 3 && text.contains(UInt8(ascii: ":"))
    }

    private static let timeMarks = Set("-/.,:+ TtZzAaPpMm".utf8)

    private static func tabbed(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: "\t"), maxSplits: 5, omittingEmptySubsequences: false)
            .prefix(5).map { PushLines.trimmed($0) }
    }

    /// `PIN date time state verify …`, as some firmware writes it [R1].
    private static func blanked(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: true)
        guard words.count >= 2 else { return [] }
        // Date and time in one word, or the time alone.
        if words[1].contains(UInt8(ascii: ":")) { return Array(words.prefix(5)) }
        guard words.count >= 3 else { return [] }
        return [words[0], line[words[1].startIndex..<words[2].endIndex]] + words[3...].prefix(3)
    }
}
