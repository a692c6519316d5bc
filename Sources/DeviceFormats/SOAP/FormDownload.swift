/// One line of `GET /form/Download`: another route of the same web server (zk-soap, section 5).
///
/// Tab between the columns: user id, name, date and time, one nobody knows, status. As at least eight public programs
/// read it; a K40 has other columns, which this does not take for these.
package struct FormDownloadLine: Hashable, Sendable {
    package let name: String
    package let scan: TextScan

    package static let longestLine = 1024

    /// - Returns: the lines that could be read, and the numbers of those that could not, from 1 on.
    package static func all(in bytes: some Collection<UInt8>) -> (lines: [FormDownloadLine], unreadable: [Int]) {
        var lines: [FormDownloadLine] = []
        var unreadable: [Int] = []
        for (number, line) in Array(bytes).split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = Mark.trimmedEnd(line)
            guard !text.isEmpty else { continue }
            if let line = FormDownloadLine(text) { lines.append(line) } else { unreadable.append(number + 1) }
        }
        return (lines, unreadable)
    }

    init?(_ line: ArraySlice<UInt8>) {
        let columns = line.split(separator: 0x09, omittingEmptySubsequences: false)
        guard line.count <= Self.longestLine, columns.count == 5, !Mark.trimmed(columns[0]).isEmpty,
            TextScan.parts(Array(Mark.trimmed(columns[2]))) != nil,
            let state = SOAPText.number(Mark.trimmed(columns[4]))
        else { return nil }
        name = SOAPText.text(Mark.trimmed(columns[1]))
        // It does not tell how the person was recognised: 0 is "unspecified".
        scan = TextScan(
            userID: Mark.trimmed(columns[0]), time: Mark.trimmed(columns[2]), verify: 0, state: state, raw: line)
    }
}

extension Mark {
    /// Without the line's end; tabs in front and behind are columns.
    static func trimmedEnd(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == 0x0D ? line.dropLast() : line
    }
}
