import Foundation
import ZKWire

@testable import ZKSimulator

/// A device without sockets and one peer that has a session.
struct DeviceFixture {
    var device: SimulatedDevice
    var now: Date
    let peer: Peer
    let session: UInt16 = 0x5A31

    /// 2025-11-03 08:15:30 in WIB, the moment the constructed vectors are about.
    static let moment = Date(timeIntervalSince1970: 1_762_132_530)

    init(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(), link: Peer.Link = .tcp, now: Date = moment
    ) {
        self.now = now
        peer = Peer(link, 1)
        device = SimulatedDevice(configuration, at: now)
        device.sessions[peer] = DeviceSession(id: session, isAuthorised: true)
        device.order = [peer]
    }

    mutating func send(_ command: Command, _ data: [UInt8] = [], reply: UInt16 = 7) -> [Frame] {
        send(Frame(command, session: session, reply: reply, data: data))
    }

    mutating func send(_ frame: Frame) -> [Frame] {
        device.receive(frame, from: peer, at: now).frames.filter { $0.peer == peer }.map(\.frame)
    }

    mutating func one(_ command: Command, _ data: [UInt8] = []) -> Frame? {
        let frames = send(command, data)
        return frames.count == 1 ? frames[0] : nil
    }

    /// A dataset by 1503, and by 1504 in chunks of `chunk` where it is announced.
    mutating func read(_ request: BufferRequest, chunk: Int = 16_384) -> [UInt8]? {
        guard let first = one(.prepareBuffer, request.bytes) else { return nil }
        if first.command == .data { return first.data }
        guard first.command == .ackOK, let size = try? BufferAnnouncement(first.data).size else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < size {
            let range = BufferRange(offset: bytes.count, size: min(chunk, size - bytes.count))
            let burst = send(.readBuffer, range.bytes)
            guard burst.first?.command == .prepareData, burst.last?.command == .ackOK else { return nil }
            bytes += burst.filter { $0.command == .data }.flatMap(\.data)
        }
        return bytes
    }

    mutating func clearTables() {
        device.users.removeAll()
        device.log.clear()
        device.operations = []
    }
}

extension SimulatorConfiguration {
    init(_ profile: DeviceProfile, users: Int = 10, records: Int = 0, fault: String = "") throws {
        self.init(profile: profile, users: users, records: records, faults: try Fault.list(fault))
    }
}
