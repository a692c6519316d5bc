/// One record of a device's attendance log, in the device's own terms.
package struct AttendanceRecord: Hashable, Sendable {
    /// How the record says who it was.
    package enum Who: Hashable, Sendable {
        /// The user id's text field up to its first NUL.
        case text([UInt8])
        case number(UInt32)
        /// Only the device's internal user index: needs the user list.
        case index(UInt16)
    }

    package var who: Who
    /// The record's first two bytes where the layout has them: an index on some devices, a running record
    /// number on others. Never an identity.
    package var index: UInt16?
    package var verify: UInt8
    package var time: PackedTime
    package var state: UInt8
    package var workCode: UInt32?
    /// The whole record as it was read.
    package var raw: [UInt8]

    package init(
        who: Who, index: UInt16? = nil, verify: UInt8, time: PackedTime, state: UInt8, workCode: UInt32? = nil,
        raw: [UInt8] = []
    ) {
        self.who = who
        self.index = index
        self.verify = verify
        self.time = time
        self.state = state
        self.workCode = workCode
        self.raw = raw
    }

    /// Reads the record that begins at `start`.
    package init(_ bytes: [UInt8], at start: Int = 0, layout: AttendanceLayout) throws(WireError) {
        let fields = try Fields(bytes, at: start, size: layout.size, of: "attendance\(layout.size)")
        let offsets = layout.offsets
        let index = offsets.index.map { fields.u16($0) }
        if let (from, size) = offsets.userID {
            who = .text(fields.text(from, size))
        } else if let from = offsets.userNumber {
            who = .number(fields.u32(from))
        } else {
            who = .index(index ?? 0)
        }
        self.index = index
        verify = fields.u8(offsets.verify)
        time = PackedTime(rawValue: fields.u32(offsets.time))
        state = fields.u8(offsets.state)
        workCode = offsets.workCode.map { fields.u32($0) }
        raw = fields.all
    }

    /// The record's bytes in `layout`. Fields the layout lacks are left out; where it has bytes this version
    /// does not read, they are those a device was seen to send.
    package func bytes(_ layout: AttendanceLayout) -> [UInt8] {
        let offsets = layout.offsets
        var bytes = [UInt8](repeating: 0, count: layout.size)
        func put(_ value: [UInt8], at offset: Int) {
            for (position, byte) in value.enumerated() where offset + position < bytes.count {
                bytes[offset + position] = byte
            }
        }
        func little(_ value: UInt32) -> [UInt8] { PackedTime(rawValue: value).bytes }
        if layout == .a40 || layout == .a49 { put([0xFF], at: 36) }
        if layout == .a49 { put([0xFF], at: 40) }
        if let offset = offsets.index { put(Array(little(UInt32(indexToWrite)).prefix(2)), at: offset) }
        if let (offset, size) = offsets.userID { put(Array(textToWrite.prefix(size)), at: offset) }
        if let offset = offsets.userNumber { put(little(numberToWrite), at: offset) }
        if let offset = offsets.workCode { put(little(workCode ?? 0), at: offset) }
        put([verify], at: offsets.verify)
        put(time.bytes, at: offsets.time)
        put([state], at: offsets.state)
        return bytes
    }

    private var indexToWrite: UInt16 {
        if case .index(let index) = who { index } else { index ?? 0 }
    }

    private var numberToWrite: UInt32 {
        switch who {
        case .text(let text): UInt32(text.textBeforeNUL) ?? 0
        case .number(let number): number
        case .index(let index): UInt32(index)
        }
    }

    private var textToWrite: [UInt8] {
        switch who {
        case .text(let text): text
        case .number(let number): Array(String(number).utf8)
        case .index(let index): Array(String(index).utf8)
        }
    }
}
