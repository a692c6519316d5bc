/// What `prepareBuffer` (1503) asks for: `01`, u16 inner command, u32 data type, u32 extension.
///
/// Source: zk-protocol, section 9.1.
package struct BufferRequest: Hashable, Sendable {
    package let inner: Command
    package let dataType: UInt32
    package let ext: UInt32

    package static let users = BufferRequest(inner: .userTemplateRead, dataType: 5)
    package static let attendance = BufferRequest(inner: .attendanceRead, dataType: 0)
    package static let operations = BufferRequest(inner: .operationsRead, dataType: 0)

    package init(inner: Command, dataType: UInt32, ext: UInt32 = 0) {
        self.inner = inner
        self.dataType = dataType
        self.ext = ext
    }

    package init(_ data: [UInt8]) throws(WireError) {
        let fields = try Fields(data, size: 11, of: "bufferRequest")
        inner = Command(rawValue: fields.u16(1))
        dataType = fields.u32(3)
        ext = fields.u32(7)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.append(littleEndian: inner.rawValue)
        bytes.append(littleEndian: dataType)
        bytes.append(littleEndian: ext)
        return bytes
    }
}

/// The 13-byte answer to `prepareBuffer` that announces a large dataset: 00, size, size, a word of unknown use.
package struct BufferAnnouncement: Hashable, Sendable {
    package let size: Int

    package init(size: Int) { self.size = size }

    package init(_ data: [UInt8]) throws(WireError) {
        size = Int(try Fields(data, size: 5, of: "announcement").u32(1))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = [0]
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: size))
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: size))
        bytes.append(littleEndian: UInt32(0))
        return bytes
    }
}

/// What `readBuffer` (1504) asks for: u32 offset and u32 size within the prepared dataset.
package struct BufferRange: Hashable, Sendable {
    package let offset: Int
    package let size: Int

    package init(offset: Int, size: Int) {
        self.offset = offset
        self.size = size
    }

    package init(_ data: [UInt8]) throws(WireError) {
        let fields = try Fields(data, size: 8, of: "bufferRange")
        offset = Int(fields.u32(0))
        size = Int(fields.u32(4))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: offset))
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: size))
        return bytes
    }
}

/// `prepareData` (1500) from the device: how many bytes will come, in frames of at most how many.
package struct TransferAnnouncement: Hashable, Sendable {
    package let size: Int
    package let packet: Int

    package init(size: Int, packet: Int) {
        self.size = size
        self.packet = packet
    }

    /// Some firmware sends only the size; the packet limit is then 0, unknown.
    package init(_ data: [UInt8]) throws(WireError) {
        size = Int(try Fields(data, size: 4, of: "transfer.size").u32(0))
        packet = (try? Fields(data, size: 8, of: "transfer")).map { Int($0.u32(4)) } ?? 0
    }

    package var bytes: [UInt8] { BufferRange(offset: size, size: packet).bytes }
}
