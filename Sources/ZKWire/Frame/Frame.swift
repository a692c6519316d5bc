/// One command or reply: command, session id, reply number and data.
///
/// ```
/// 0  u16 command   2  u16 checksum   4  u16 session id   6  u16 reply number   8  data
/// ```
/// Source: zk-protocol, section 1.
package struct Frame: Hashable, Sendable {
    package var command: Command
    /// The session id from the client; from the device often something else (zk-protocol, section 4).
    package var session: UInt16
    package var reply: UInt16
    package var data: [UInt8]

    package static let headerSize = 8
    /// Longest payload accepted; the largest seen on a wire is 65,544.
    package static let longestPayload = 1 << 20

    package init(_ command: Command, session: UInt16 = 0, reply: UInt16 = 0, data: [UInt8] = []) {
        self.command = command
        self.session = session
        self.reply = reply
        self.data = data
    }

    /// The payload: one UDP datagram, or what follows the envelope on TCP.
    package func payload() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + data.count)
        bytes.append(littleEndian: command.rawValue)
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: session)
        bytes.append(littleEndian: reply)
        bytes.append(contentsOf: data)
        let checksum = Checksum.of(payload: bytes)
        bytes[2] = UInt8(truncatingIfNeeded: checksum)
        bytes[3] = UInt8(truncatingIfNeeded: checksum >> 8)
        return bytes
    }

    /// The payload in its TCP envelope.
    package func enveloped() -> [UInt8] {
        Envelope.wrap(payload())
    }
}

/// A frame as it came, with the checksum that stood in it.
package struct ReceivedFrame: Hashable, Sendable {
    package let frame: Frame
    package let checksum: UInt16
    /// A frame whose checksum is wrong is dropped and counted; the request then times out and is repeated.
    package let isIntact: Bool

    /// Reads one payload.
    package init(payload: [UInt8]) throws(WireError) {
        guard payload.count <= Frame.longestPayload else {
            throw WireError("frame", at: 0, .outOfRange(value: payload.count, allowed: "up to \(Frame.longestPayload)"))
        }
        let fields = try Fields(payload, size: Frame.headerSize, of: "frame.header")
        frame = Frame(
            Command(rawValue: fields.u16(0)), session: fields.u16(4), reply: fields.u16(6),
            data: Array(payload.dropFirst(Frame.headerSize)))
        checksum = fields.u16(2)
        isIntact = checksum == Checksum.of(payload: payload)
    }
}
