import Foundation
import ZKWire

/// What the faults of the device do to an answer that was right.
extension SimulatedDevice {
    mutating func disturbed(_ answer: [Frame], request: Frame, peer: Peer, at now: Date) -> DeviceOutput {
        var frames = answer
        if frames.first?.command == .prepareData { disturbBurst(&frames, peer: peer, at: now) }
        if !frames.isEmpty, fire(.staleAck, at: now) {
            frames.insert(Frame(.ackOK, session: request.session, reply: request.reply &- 1), at: 0)
        }
        if fire(.wrongReplyID, at: now) {
            for position in frames.indices { frames[position].reply &+= 7 }
        }
        var output = DeviceOutput()
        for frame in frames { output.send(frame, to: peer) }
        return output
    }

    /// PREPARE_DATA, DATA …, ACK.
    private mutating func disturbBurst(_ frames: inout [Frame], peer: Peer, at now: Date) {
        guard frames.count >= 3 else { return }
        if fire(.shortTransfer, at: now) { frames.remove(at: frames.count - 2) }
        if peer.link == .udp, frames.count >= 3, fire(.ackEarly, at: now) {
            frames.swapAt(frames.count - 1, frames.count - 2)
        }
        if faults.active(.eventInside, at: now) != nil, let event = eventOfSomebody(at: now) {
            _ = fire(.eventInside, at: now)
            frames.insert(event, at: min(2, frames.count))
            statistics.eventsSent += 1
        }
    }

    /// What the faults make of the line at this moment.
    package func line(at now: Date) -> LineFaults {
        func number(_ name: Fault.Name) -> Int? { faults.active(name, at: now).map { Int($0.value) } }
        func probability(_ name: Fault.Name) -> Double { faults.active(name, at: now)?.value ?? 0 }
        return LineFaults(
            loss: probability(.drop), duplicates: probability(.dup), swaps: probability(.reorder),
            corruption: probability(.corrupt), delay: number(.delay) ?? 0,
            pieces: pieces(at: now), glue: number(.glue) ?? 1,
            closesAfter: number(.closeAt))
    }

    private func pieces(at now: Date) -> LineFaults.Pieces? {
        if faults.active(.slow, at: now) != nil { return LineFaults.Pieces(size: 1, milliseconds: 1000) }
        if faults.active(.split, at: now) != nil { return LineFaults.Pieces(size: 1, milliseconds: 0) }
        return faults.active(.segment, at: now).map { LineFaults.Pieces(size: Int($0.value), milliseconds: 1) }
    }

    /// What a second TCP client meets.
    package func secondClient(at now: Date) -> Fault.SecondClient {
        faults.active(.secondClient, at: now).flatMap { Fault.SecondClient(rawValue: $0.word) } ?? .refuse
    }
}

/// The faults of the line between a device and its clients, as they are at one moment.
package struct LineFaults: Hashable, Sendable {
    /// Probabilities per datagram, and for `corruption` per frame.
    package var loss = 0.0
    package var duplicates = 0.0
    package var swaps = 0.0
    package var corruption = 0.0
    /// Milliseconds.
    package var delay = 0
    package var pieces: Pieces?
    /// Frames per write.
    package var glue = 1
    /// Bytes out on one connection after which it is closed.
    package var closesAfter: Int?

    /// TCP bytes go out in pieces of `size`, so many milliseconds apart.
    package struct Pieces: Hashable, Sendable {
        package let size: Int
        package let milliseconds: Int
    }

    static let none = LineFaults()
}
