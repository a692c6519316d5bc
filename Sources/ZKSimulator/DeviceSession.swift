import ZKWire

/// Whom a device talks to: one TCP connection, or one UDP address.
package struct Peer: Hashable, Sendable {
    package enum Link: Hashable, Sendable {
        case tcp, udp
    }

    package let link: Link
    /// Distinguishes the peers of one server.
    package let number: Int

    package init(_ link: Link, _ number: Int) {
        self.link = link
        self.number = number
    }
}

/// What a device does in answer to something: frames to send, in order.
package struct DeviceOutput: Hashable, Sendable {
    package struct Sending: Hashable, Sendable {
        package let peer: Peer
        package let frame: Frame
    }

    package var frames: [Sending] = []
    /// The device restarted: every connection goes, with or without a session.
    package var closesAll = false

    package mutating func send(_ frame: Frame, to peer: Peer) {
        frames.append(Sending(peer: peer, frame: frame))
    }

    mutating func add(_ other: DeviceOutput) {
        frames += other.frames
        closesAll = closesAll || other.closesAll
    }
}

/// What a device remembers of one peer between CONNECT and EXIT.
struct DeviceSession: Sendable {
    let id: UInt16
    var isAuthorised: Bool
    var eventMask: UInt32 = 0
    var prepared: PreparedDataset?
    var upload: Upload?
}

/// What 1503 made ready for 1504: the dataset as it was then; later scans do not change it.
struct PreparedDataset: Sendable {
    private let total: [UInt8]
    private let body: [UInt8]

    init(body: [UInt8]) {
        self.body = body
        total = PackedTime(rawValue: UInt32(truncatingIfNeeded: body.count)).bytes
    }

    var isEmpty: Bool { body.isEmpty }
    var size: Int { total.count + body.count }

    /// As much of the range as there is.
    func bytes(_ range: BufferRange) -> [UInt8] {
        let start = min(max(0, range.offset), size)
        let end = start + min(max(0, range.size), size - start)
        if start >= total.count { return Array(body[(start - total.count)..<(end - total.count)]) }
        let head = total[start..<min(end, total.count)]
        return Array(head) + body.prefix(max(0, end - total.count))
    }
}

/// A buffer that a client is filling with 1500 and 1501.
struct Upload: Sendable {
    /// More than any user with ten templates needs.
    static let longest = 1 << 20

    let size: Int
    var bytes: [UInt8] = []
}
