import Foundation
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("Faults of the line")
struct LineFaultTests {
    private func with(
        _ fault: String, _ profile: DeviceProfile = .tft, records: Int = 0,
        _ body: (SimulatorServer) async throws -> Void
    ) async throws {
        try await SimulatorServer.with(try SimulatorConfiguration(profile, records: records, fault: fault), body)
    }

    @Test("split sends single bytes, and the frames are whole all the same")
    func split() async throws {
        try await with("split@1", records: 20) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            let before = client.segments.count
            let bytes = try client.dataset(.attendance)
            #expect(try Dataset(bytes).body == server.logBytes)
            #expect(client.segments.count - before > 3)
            #expect(client.segments.dropFirst(before).contains { $0 < 16 })
        }
    }

    @Test("segment sends pieces of that size")
    func segment() async throws {
        try await with("segment=100@1", records: 100) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            let before = client.segments.count
            #expect(try Dataset(client.dataset(.attendance)).body == server.logBytes)
            #expect(client.segments.count - before >= 10)
        }
    }

    @Test("slow sends a byte, and the next one not before a second is over")
    func slow() async throws {
        try await with("slow@1") { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            let before = server.statistics.bytesOut
            let clock = ContinuousClock()
            let start = clock.now
            try client.request(.getTime)
            #expect(await server.wait(upTo: .seconds(30)) { $0.bytesOut >= before + 2 })
            #expect(clock.now - start >= .milliseconds(990))
        }
    }

    @Test("glue sends several frames in one write, and does not keep the last for ever")
    func glue() async throws {
        try await with("glue=3@1") { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            let before = client.segments.count
            let request = Frame(.getTime, session: client.session, reply: 5).enveloped()
            try client.send(bytes: request + request + request + request)
            for _ in 0..<4 { #expect(try client.frame().command == .ackOK) }
            // Both writes may have come before the first read.
            #expect([[60, 20], [80]].contains(Array(client.segments.dropFirst(before))))
        }
    }

    @Test("delay holds every answer back that long", arguments: [Peer.Link.tcp, .udp])
    func delay(_ link: Peer.Link) async throws {
        try await with("delay=150@1") { server in
            let client = try ServerTests.client(server, link)
            try client.connect()
            let clock = ContinuousClock()
            let start = clock.now
            #expect(try client.ask(.getTime).command == .ackOK)
            #expect(clock.now - start >= .milliseconds(140))
        }
    }

    @Test("corrupt sends a wrong checksum", arguments: [Peer.Link.tcp, .udp])
    func corrupt(_ link: Peer.Link) async throws {
        try await with("corrupt=1@1*1") { server in
            let client = try ServerTests.client(server, link)
            try client.connect()
            try client.request(.getTime)
            let broken = try #require(try client.next())
            #expect(!broken.isIntact)
            #expect(try client.ask(.getTime).command == .ackOK)
            #expect(server.statistics.faults["corrupt"] == 1)
        }
    }

    @Test("close-at closes in the middle of a frame, once")
    func closeAt() async throws {
        try await with("close-at=1000", records: 100) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            #expect(throws: RawClient.Failure.self) { try client.dataset(.attendance) }
            #expect(client.segments.reduce(0, +) == 1000)
            let again = try RawClient(tcp: server.tcpPort)
            try again.connect()
            #expect(try Dataset(again.dataset(.attendance)).body == server.logBytes)
        }
    }

    @Test("drop loses datagrams in and out, and the device does not hear what was lost on the way in")
    func drop() async throws {
        try await with("drop=1@1") { server in
            let client = try RawClient(udp: server.udpPort)
            try client.connect()
            // The first request is heard before the fault begins; its answer is the first thing lost.
            for _ in 0..<5 { try client.request(.getTime) }
            let before = server.statistics
            #expect(await server.wait { $0.bytesIn == 8 * 6 })
            #expect(before.bytesOut == 8)
            #expect(server.statistics.count(.getTime) <= 1)
            server.setFaults([])
            let reply = try client.request(.getTime)
            // The last request before it may have been counted and not yet dropped when the fault ended.
            var heard = try client.frame()
            if heard.reply != reply { heard = try client.frame() }
            #expect(heard.reply == reply)
        }
    }

    @Test("dup sends every datagram twice")
    func dup() async throws {
        try await with("dup=1@1") { server in
            let client = try RawClient(udp: server.udpPort)
            try client.connect()
            try client.request(.getTime)
            #expect(try client.frame() == client.frame())
        }
    }

    @Test("reorder swaps datagrams, and the fragment numbers tell their order")
    func reorder() async throws {
        try await with("reorder=1@2", records: 100) { server in
            let client = try RawClient(udp: server.udpPort)
            try client.connect()
            _ = try client.ask(.prepareBuffer, BufferRequest.attendance.bytes)
            try client.request(.readBuffer, BufferRange(offset: 0, size: 4004).bytes)
            let frames = try (0..<6).map { _ in try client.frame() }
            #expect(frames.map(\.command) == [.data, .prepareData, .data, .data, .ackOK, .data])
            let ordered = frames.filter { $0.command == .data }.sorted { $0.session < $1.session }
            #expect(try Dataset(ordered.flatMap(\.data)).body == server.logBytes)
        }
    }

    @Test("chance follows from the seed")
    func seeded() async throws {
        func answered(_ seed: UInt64) async throws -> [Bool] {
            var configuration = SimulatorConfiguration(seed: seed)
            configuration.faults = try Fault.list("corrupt=0.5@1")
            return try await SimulatorServer.with(configuration) { server in
                let client = try RawClient(udp: server.udpPort)
                try client.connect()
                return try (0..<40).map { _ in
                    try client.request(.getTime)
                    return try client.next()?.isIntact ?? false
                }
            }
        }
        let first = try await answered(7)
        #expect(try await answered(7) == first)
        #expect(try await answered(8) != first)
        #expect((5...35).contains(first.count { $0 }))
    }
}
