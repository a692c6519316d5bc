import ZKWire

/// Files of other makers and of other things, told apart so that the message can say what they are (usb-disk-files,
/// sections 4 and 6). None of them is parsed.
enum StickLookAlike {
    /// By the first bytes or the name.
    static func container(_ bytes: [UInt8], name: String) -> StickRefusal? {
        let lower = name.lowercased()
        if lower.hasSuffix(".kq") { return .anviz }
        // OLE (xls) and ZIP (xlsx).
        if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) || bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return .spreadsheet
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return .utf16 }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .biometric }
        return nil
    }

    /// What text without one record is: by its first two lines that are not empty.
    static func text(_ bytes: ArraySlice<UInt8>) -> StickRefusal? {
        let lines = bytes.prefix(4096).split { $0 == 0x0A || $0 == 0x0D }.filter { line in
            line.contains { $0 != 0x20 }
        }.prefix(2)
        guard let first = lines.first else { return .empty }
        if !isText(bytes.prefix(4096)) { return .binary }
        let header = String(decoding: first, as: UTF8.self).lowercased()
        if header.contains("\t"), ["enno", "tmno", "inout"].contains(where: header.contains) { return .fk }
        if let line = lines.first(where: { $0.contains(UInt8(ascii: "|")) }), line.contains(where: StickLine.isDigit) {
            return .pipes
        }
        if lines.contains(where: isDayFirst) { return .dayFirst }
        if lines.contains(where: isPushLine) { return .pushLines }
        if header.contains(";") || header.contains(",") { return .delimited }
        return nil
    }

    /// Text of any 8-bit encoding has next to no control characters but TAB and line ends.
    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        let odd = bytes.count { ($0 < 0x20 && ![0x09, 0x0A, 0x0D, 0x1A].contains($0)) || $0 == 0x7F }
        let high = bytes.count { $0 >= 0x80 }
        return odd * 100 <= bytes.count && high * 2 <= bytes.count
    }

    /// `04/05/2026 07:30`, with any of `/.-` between.
    private static func isDayFirst(_ line: ArraySlice<UInt8>) -> Bool {
        let pattern = Array("dd/dd/dddd".utf8)
        let line = Array(line)
        guard line.count >= pattern.count else { return false }
        return (0...(line.count - pattern.count)).contains { start in
            zip(line[start...], pattern).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "d") ? StickLine.isDigit(byte) : [0x2F, 0x2E, 0x2D].contains(byte)
            }
        }
    }

    /// User id, time, status, verify, work code and reserved columns: seven or more, where attlog.dat has six.
    private static func isPushLine(_ line: ArraySlice<UInt8>) -> Bool {
        let parts = line.split(separator: 0x09, omittingEmptySubsequences: false)
        return parts.count > StickLine.fields && TextScan.parts(Array(parts[1])) != nil
    }

    /// Finger templates (6 bytes of head, then the rest: size, index, finger, valid), all of 608 bytes or of any size,
    /// or faces of 2,576 bytes: where every record's head fits the file, it is one, whatever its name.
    static func isTemplates(_ bytes: [UInt8]) -> Bool {
        var position = 0
        var count = 0
        while position + 6 <= bytes.count {
            let size = Int(bytes[position]) | Int(bytes[position + 1]) << 8
            let index = Int(bytes[position + 2]) | Int(bytes[position + 3]) << 8
            // Fingers are 0 to 9, faces 50 and few more; valid 0, 1 or 3 (duress).
            guard index > 0, bytes[position + 4] < 64, bytes[position + 5] <= 3 else { return false }
            let step: Int
            if bytes.count.isMultiple(of: 608), size <= 602 {
                step = 608
            } else if bytes.count.isMultiple(of: 2576), size <= 2576 {
                step = 2576
            } else {
                guard size > 6 else { return false }
                step = size
            }
            position += step
            count += 1
        }
        return count > 0 && position == bytes.count
    }
}
