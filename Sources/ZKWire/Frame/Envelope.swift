import NIOCore

/// The mark and length before each payload on TCP: `50 50 82 7D`, u32 length of the payload.
package enum Envelope {
    package static let mark: [UInt8] = [0x50, 0x50, 0x82, 0x7D]
    package static let size = 8

    package static func wrap(_ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + payload.count)
        bytes.append(contentsOf: mark)
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: payload.count))
        bytes.append(contentsOf: payload)
        return bytes
    }
}

/// Cuts a TCP byte stream into payloads. Segment borders mean nothing; every frame is consumed whole.
///
/// After an error the framing is lost for good: close the connection. There is no hunting for the next mark,
/// because attendance data may contain it (zk-protocol, section 1).
package struct EnvelopeDecoder: Sendable {
    private var buffer = ByteBuffer()
    private var failure: WireError?
    private static let spare = 256 * 1024

    package init() {}

    /// Bytes that come after an error are dropped: nothing will read them.
    package mutating func append(_ bytes: ByteBuffer) {
        guard failure == nil else { return }
        var bytes = bytes
        buffer.writeBuffer(&bytes)
    }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        guard failure == nil else { return }
        buffer.writeBytes(bytes)
    }

    /// The next whole payload; `nil` where more bytes are needed.
    package mutating func next() throws(WireError) -> [UInt8]? {
        if let failure { throw failure }
        do {
            return try cut()
        } catch {
            failure = error
            buffer.clear()
            throw error
        }
    }

    /// Bytes held that are not yet a whole payload.
    package var pending: Int { buffer.readableBytes }

    private mutating func cut() throws(WireError) -> [UInt8]? {
        let start = buffer.readerIndex
        let head = buffer.getBytes(at: start, length: min(Envelope.mark.count, buffer.readableBytes)) ?? []
        guard Envelope.mark.starts(with: head) else {
            throw WireError("envelope.mark", at: 0, .wrongMark(Self.describe(head)))
        }
        guard let length: UInt32 = buffer.getInteger(at: start + Envelope.mark.count, endianness: .little) else {
            return nil
        }
        guard (Frame.headerSize...Frame.longestPayload).contains(Int(length)) else {
            throw WireError(
                "envelope.length", at: Envelope.mark.count,
                .outOfRange(value: Int(length), allowed: "\(Frame.headerSize) to \(Frame.longestPayload)"))
        }
        guard let payload = buffer.getBytes(at: start + Envelope.size, length: Int(length)) else { return nil }
        buffer.moveReaderIndex(forwardBy: Envelope.size + Int(length))
        // Moving the rest down after every frame would copy a glued burst over and over.
        if buffer.readableBytes == 0 {
            buffer.clear()
        } else if buffer.readerIndex > Self.spare {
            buffer.discardReadBytes()
        }
        return payload
    }

    private static func describe(_ head: [UInt8]) -> String {
        // Door-controller panels answer on the same port with frames that begin AA 01 (zk-protocol, section 1).
        head.first == 0xAA
            ? "AA: an access panel, another protocol" : head.map { String($0, radix: 16) }.joined(separator: " ")
    }
}
