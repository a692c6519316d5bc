import ZKWire

/// How far one device's attendance log has been read: the end of what is known, byte for byte.
///
/// Not a count and not a time: logs are cleared, roll over, and are written by clocks that jump.
package struct AttendanceCursor: Hashable, Sendable {
    package var layout: AttendanceLayout
    /// The device's counter when it was read; `total` where it told none.
    package var count: Int
    /// Records the log held when it was read, by its size and not by the counter.
    package var total: Int
    /// The last raw records read, oldest first; at most `anchorRecords`.
    package var anchor: [UInt8]
    /// This firmware was seen to ignore the offset of `readBuffer`: read everything, always.
    package var ignoresOffset: Bool

    package static let anchorRecords = 8
    /// How many known records are read again before the new ones, so that the anchor is found among them.
    package static let overlap = 16

    package init(layout: AttendanceLayout, count: Int, total: Int, anchor: [UInt8], ignoresOffset: Bool = false) {
        self.layout = layout
        self.count = count
        self.total = total
        self.anchor = anchor
        self.ignoresOffset = ignoresOffset
    }

    /// Whether the anchor is long enough to be looked for.
    var isUsable: Bool { anchor.count == Self.anchorRecords * layout.size }

    /// Text for the store; `nil` from `init(text:)` for anything this version does not understand.
    package var text: String {
        "1 \(layout.rawValue) \(count) \(total) \(ignoresOffset ? 1 : 0) \(Self.hex(anchor))"
    }

    package init?(text: String) {
        let parts = text.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "1", let layout = AttendanceLayout(rawValue: String(parts[1])),
            let count = Self.number(parts[2]), let total = Self.number(parts[3]), ["0", "1"].contains(parts[4]),
            parts[5].utf8.count <= 2 * Self.anchorRecords * layout.size, let anchor = Self.bytes(parts[5]),
            anchor.count.isMultiple(of: layout.size)
        else { return nil }
        self.init(layout: layout, count: count, total: total, anchor: anchor, ignoresOffset: parts[4] == "1")
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hex(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let values = text.utf8.map { digits.firstIndex(of: $0) }
        guard values.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for position in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[position], let low = values[position + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    /// A counter is a u32 on the wire.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt32(text).map(Int.init)
    }
}

/// What one reading of the attendance log gave.
package struct AttendanceRead: Hashable, Sendable {
    package enum Extent: Hashable, Sendable {
        /// The counters say nothing is new, and nothing was downloaded.
        case nothingNew
        /// The end of the log, from the start of a second on.
        case tail
        /// Everything the device has.
        case complete
    }

    package var extent: Extent
    package var records: [AttendanceRecord]
    /// How many of `records`, at their end, lie behind the old cursor.
    package var newCount: Int
    /// `nil` where the log is empty.
    package var cursor: AttendanceCursor?
    package var sizes: FreeSizes?
    /// Why it was read so; for the log.
    package var reason: String
}
