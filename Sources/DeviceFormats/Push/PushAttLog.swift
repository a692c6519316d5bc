import Attendance

/// A body of table ATTLOG: one scan a line (zk-push-adms, section 5).
package struct PushAttLog: Equatable, Sendable {
    /// In the order of the body.
    package let scans: [TextScan]
    package let unreadable: [PushUnreadableLine]

    /// Lines `TABLE=ATTLOG`, which one third-party agent writes before the first scan (zkteco-lan-agent 1.2.2).
    private let headings: Int

    /// What the answer counts: every line that was not empty.
    package var lines: Int { scans.count + unreadable.count + headings }

    package init(_ body: some Collection<UInt8>) {
        var scans: [TextScan] = []
        var unreadable: [PushUnreadableLine] = []
        var headings = 0
        for (index, line) in PushLines.split(body).enumerated() {
            if line.elementsEqual("TABLE=ATTLOG".utf8) {
                headings += 1
            } else if let scan = Self.scan(line) {
                scans.append(scan)
            } else {
                unreadable.append(PushUnreadableLine(line, number: index + 1, isOpen: true))
            }
        }
        self.scans = scans
        self.unreadable = unreadable
        self.headings = headings
    }

    /// What a device writes where nobody chose a state.
    private static let noState = 255
    /// "Other", in the paper of 2021.
    private static let otherVerify = 200

    /// PIN, time, state, verify, and a work code where there is a fifth column. The rest is kept only as raw bytes.
    static func scan(_ line: ArraySlice<UInt8>) -> TextScan? {
        guard line.count <= PushLines.longest else { return nil }
        let fields = line.contains(UInt8(ascii: "\t")) ? tabbed(line) : blanked(line)
        guard let fields, fields.count >= 4, TextScan.parts(Array(fields[1])) != nil,
            let state = fields[2].isEmpty ? noState : PushLines.number(fields[2]),
            let verify = fields[3].isEmpty ? otherVerify : PushLines.number(fields[3])
        else { return nil }
        return TextScan(
            userID: fields[0], time: fields[1], verify: verify, state: state,
            workCode: fields.count > 4 ? String(decoding: fields[4].prefix(64), as: UTF8.self) : nil,
            raw: line.prefix(Punch.longestRaw))
    }

    private static func tabbed(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        line.split(separator: UInt8(ascii: "\t"), maxSplits: 5, omittingEmptySubsequences: false)
            .prefix(5).map { PushLines.trimmed($0) }
    }

    /// `PIN date time state verify …`, as some firmware writes it [R1].
    private static func blanked(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: true)
        guard words.count >= 5, words[1].endIndex + 1 == words[2].startIndex else { return nil }
        return [words[0], line[words[1].startIndex..<words[2].endIndex], words[3], words[4]]
            + (words.count > 5 ? [words[5]] : [])
    }
}
