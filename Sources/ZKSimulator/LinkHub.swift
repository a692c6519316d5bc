import Foundation
import NIOCore
import ZKWire

/// The connections of one device: hands payloads to it and its answers back, and decides who is its one TCP client.
///
/// Confined to its event loop; the device itself is behind the server's lock.
final class LinkHub {
    private let server: SimulatorServer
    private var links: [Peer: TCPLink] = [:]
    private var waiting: [TCPLink] = []
    private var nextNumber = 0
    private var random: SeededRandom
    var udp: UDPLink?

    /// A client that closes and connects again at once is no second client: its close may be read after its connect.
    private static let secondLook = TimeAmount.milliseconds(20)

    init(server: SimulatorServer, seed: UInt64) {
        self.server = server
        random = SeededRandom(seed: seed ^ 0x6C69_6E65)
    }

    func makeTCPLink() -> TCPLink {
        nextNumber += 1
        return TCPLink(peer: Peer(.tcp, nextNumber), hub: self)
    }

    func makeUDPLink() -> UDPLink {
        let link = UDPLink(hub: self)
        udp = link
        return link
    }

    // MARK: Coming and going

    func opened(_ link: TCPLink) {
        links[link.peer] = link
        server.change { device, _ in
            device.statistics.connections += 1
            device.statistics.connectionsOpen += 1
        }
        guard hasOther(than: link.peer) else { return }
        link.isHeld = true
        server.loop.assumeIsolated().scheduleTask(in: Self.secondLook) { self.contest(link) }
    }

    func closed(_ link: TCPLink) {
        guard links.removeValue(forKey: link.peer) != nil else { return }
        waiting.removeAll { $0 === link }
        server.change { device, _ in
            device.statistics.connectionsOpen -= 1
            device.disconnected(link.peer)
        }
        admitWaiting()
    }

    func closeAll() {
        for link in links.values { link.close() }
    }

    /// Another TCP client has a session.
    private func hasOther(than peer: Peer) -> Bool {
        server.change { device, _ in self.links.keys.contains { $0 != peer && device.hasSession($0) } }
    }

    /// A second client: the device's fault plan says who loses.
    private func contest(_ link: TCPLink) {
        guard links[link.peer] != nil else { return }
        guard hasOther(than: link.peer) else { return admit(link) }
        switch server.change({ device, now in device.secondClient(at: now) }) {
        case .refuse:
            server.change { device, _ in device.statistics.connectionsRefused += 1 }
            link.close()
        case .hang:
            link.isHeld = true
            waiting.append(link)
        case .kick:
            for other in links.values where other !== link {
                server.change { device, _ in device.disconnected(other.peer) }
                other.close()
            }
            admit(link)
        }
    }

    private func admit(_ link: TCPLink) {
        link.isHeld = false
        link.takePayloads()
    }

    private func admitWaiting() {
        guard let next = waiting.first, !hasOther(than: next.peer) else { return }
        waiting.removeFirst()
        admit(next)
    }

    // MARK: In

    func received(_ payload: [UInt8], overhead: Int, from peer: Peer) {
        server.change { device, _ in device.statistics.bytesIn += payload.count + overhead }
        if peer.link == .udp, happens(server.change { device, now in device.line(at: now).loss }, .drop) { return }
        guard let received = try? ReceivedFrame(payload: payload), received.isIntact else {
            return rejected(from: peer, nil)
        }
        if received.frame.command == .connect, peer.link == .tcp, hasOther(than: peer), let link = links[peer] {
            contest(link)
            if link.isHeld || hasOther(than: peer) { return }
        }
        server.interrupt(before: received.frame.command)
        let (output, line) = server.change { device, now in
            (device.receive(received.frame, from: peer, at: now), device.line(at: now))
        }
        deliver(output, line: line)
        admitWaiting()
    }

    func rejected(from peer: Peer, _ error: (any Error)?) {
        server.change { device, _ in device.statistics.framesRejected += 1 }
        server.logger.debug("frame rejected", metadata: ["reason": "\(error.map { "\($0)" } ?? "checksum or length")"])
    }

    // MARK: Out

    /// Sends what the device answered, frames of one peer together; a restart closes every connection.
    func deliver(_ output: DeviceOutput, line: LineFaults) {
        var frames = output.frames[...]
        while let peer = frames.first?.peer {
            let run = frames.prefix { $0.peer == peer }
            let payloads = run.map { corrupted($0.frame.payload(), line) }
            if let link = links[peer] {
                link.send(payloads, line: line)
            } else if peer.link == .udp {
                udp?.send(payloads, to: peer, line: line)
            }
            frames = frames.dropFirst(run.count)
        }
        if output.closesAll {
            for link in links.values { link.finish(line: line) }
        }
    }

    private func corrupted(_ payload: [UInt8], _ line: LineFaults) -> [UInt8] {
        guard happens(line.corruption, .corrupt) else { return payload }
        var payload = payload
        payload[2] ^= 0x5A
        return payload
    }

    func sent(_ bytes: Int) {
        server.change { device, _ in device.statistics.bytesOut += bytes }
    }

    func closedByFault() {
        server.change { device, now in _ = device.fire(.closeAt, at: now) }
    }

    /// Whether a fault of the line happens now, and that it did.
    func happens(_ probability: Double, _ name: Fault.Name) -> Bool {
        guard probability > 0, random.happens(probability) else { return false }
        return server.change { device, now in device.fire(name, at: now) }
    }
}
