import NIOCore
import ZKWire

/// Moves whole frames between us and one device, and knows no command.
///
/// TCP, UDP, USB and an in-memory link prove the same conformance suite; faults, traces and captures are
/// transports around transports. Frames whose checksum is wrong are dropped and counted below this line.
package protocol Transport: Sendable {
    /// Frames may be lost, doubled and reordered.
    var isDatagram: Bool { get }
    /// Most bytes to ask of the device in one `readBuffer` (zk-protocol, section 9.1).
    var longestChunk: Int { get }
    /// How devices behave on this kind of link, where it is not how they do on a network.
    var traits: TransportTraits { get }
    /// What came from the device, in order of arrival. Finishes, or throws `TransportError`, when the link is
    /// gone. Read by one reader only.
    var inbound: AsyncThrowingStream<Frame, any Error> { get }
    var counters: TransportCounters { get }

    /// Hands the frame over; does not wait for a device that is slow to take it.
    ///
    /// - Throws: `TransportError` where the link is gone, or the device takes no more.
    func send(_ frame: Frame) async throws
    /// A frame taken from `inbound` is dealt with and its memory free again. Frames not yet told of are counted,
    /// and a device that sends faster than it is read, and too much, loses its link.
    func received(_ frame: Frame)
    /// Safe to call more than once.
    func close() async
}

extension Transport {
    package var traits: TransportTraits { TransportTraits() }
}

/// What a session must do otherwise on one kind of link than on a network.
package struct TransportTraits: Hashable, Sendable {
    /// `getFreeSizes` takes an index and answers one number (zk-usb, section 3.3; one witness).
    package var countersOneByOne = false
    /// The direct commands of old firmware may be tried where it knows no buffers.
    package var readsDirectly = true
    /// Users come in this layout, deleted ones as zeros that the counter does not count; `nil`: to be found out.
    package var users: UserLayout?
    package var enrolsRemotely = true
    /// Scans may be told live; else only polls bring them.
    package var tellsEvents = true

    package init() {}

    /// A terminal on a USB cable: one witness, zk-usb, section 3.3.
    package static let usb: TransportTraits = {
        var traits = TransportTraits()
        traits.countersOneByOne = true
        traits.readsDirectly = false
        traits.users = .u72
        traits.enrolsRemotely = false
        traits.tellsEvents = false
        return traits
    }()
}

/// Bytes of the device protocol, envelopes included, since the link was opened.
package struct TransportCounters: Hashable, Sendable {
    package var bytesIn = 0
    package var bytesOut = 0
    package var framesIn = 0
    package var framesOut = 0
    package var badChecksums = 0

    package init() {}
}

package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case nameNotFound, refused, unreachable, connectTimedOut, closedByDevice, framingLost, accessPanel, flooded,
            closed
        // Of a USB cable.
        case notPluggedIn, notPermitted, heldByOther, stalled, timedOut, unstable, unsupported
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
}
