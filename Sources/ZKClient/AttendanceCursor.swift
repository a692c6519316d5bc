import ZKWire

/// How far one device's attendance log has been read: the end of what is known, byte for byte.
///
/// Not a count and not a time: logs are cleared, roll over, and are written by clocks that jump.
package struct AttendanceCursor: Hashable, Sendable {
    package var layout: AttendanceLayout
    /// The device's counter when it was read; 0 where it told none.
    package var count: Int
    /// The last raw records read, oldest first; at most `anchorRecords`.
    package var anchor: [UInt8]
    /// This firmware was seen to ignore the offset of `readBuffer`: read everything, always.
    package var ignoresOffset: Bool

    package static let anchorRecords = 8
    /// How many known records are read again before the new ones, so that the anchor is found among them.
    package static let overlap = 16

    package init(layout: AttendanceLayout, count: Int, anchor: [UInt8], ignoresOffset: Bool = false) {
        self.layout = layout
        self.count = count
        self.anchor = anchor
        self.ignoresOffset = ignoresOffset
    }

    /// Whether the anchor is long enough to be looked for.
    var isUsable: Bool { anchor.count == Self.anchorRecords * layout.size }

    /// Text for the store; `nil` from `init(text:)` for anything this version does not understand.
    package var text: String {
        let hex = anchor.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "1 \(layout.rawValue) \(count) \(ignoresOffset ? 1 : 0) \(hex)"
    }

    package init?(text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "1", let layout = AttendanceLayout(rawValue: String(parts[1])),
            let count = Int(parts[2]), parts[4].utf8.count.isMultiple(of: 2)
        else { return nil }
        var anchor: [UInt8] = []
        var rest = parts[4]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            anchor.append(byte)
            rest = rest.dropFirst(2)
        }
        self.init(layout: layout, count: count, anchor: anchor, ignoresOffset: parts[3] == "1")
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
