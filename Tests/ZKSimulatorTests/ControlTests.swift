import Foundation
import NIOCore
import NIOPosix
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("The control socket")
struct ControlTests {
    private func answers(_ lines: [String], on server: SimulatorServer) -> [String] {
        lines.map { SimulatorControl(server: server).run($0).trimmingCharacters(in: .newlines) }
    }

    @Test("each command does what its help says and gives one answer")
    func commands() throws {
        let clock = TestClock()
        let server = SimulatorServer(
            SimulatorConfiguration(serial: "SIM1", users: 3, records: 2), clock: { clock.now })
        let all = answers(
            [
                "scan 2", "scan 3 out", "scan 1 at 2026-02-30T08:00:00", "count", "clock +3600", "clock -60",
                "serial SIM2", "silence 5", "silence 0", "drop", "reboot", "faults drop=0.5,silent", "faults",
            ], on: server)
        #expect(
            all == [
                "ok 2025-11-03T08:15:30 2 1 0", "ok 2025-11-03T08:15:30 3 1 1", "ok 2026-02-30T08:00:00 1 1 0", "ok 5",
                "ok 2025-11-03T09:15:30", "ok 2025-11-03T09:14:30", "ok", "ok", "ok", "ok", "ok", "ok", "ok",
            ])
        #expect(server.serial == "SIM2")
        let export = answers(["export"], on: server)[0].split(separator: "\n").map(String.init)
        #expect(export.count == 6 && export.last == "ok")
        #expect(
            export[2...4] == [
                "2\t2025-11-03T08:15:30\t1\t0", "3\t2025-11-03T08:15:30\t1\t1", "1\t2026-02-30T08:00:00\t1\t0",
            ])
        #expect(answers(["clear-log", "count"], on: server) == ["ok", "ok 0"])
        #expect(answers(["users"], on: server)[0].split(separator: "\n").count == 4)
        #expect(answers(["scan"], on: server)[0].hasPrefix("ok 2025-11-03T09:14:30 "))
        let statistics = Data(answers(["stats"], on: server)[0].utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(SimulatorStatistics.self, from: statistics) == server.statistics)
        #expect(server.statistics.scans == 4)
    }

    @Test(
        "what is no command is an error that says why",
        arguments: [
            "", "jump", "scan 1 2 3 4", "scan 1 at yesterday", "scan 1 sideways", "clock", "clock soon", "silence -1",
            "silence 99999999", "faults dorp", "count 5",
        ])
    func errors(_ line: String) {
        let server = SimulatorServer(SimulatorConfiguration())
        let answer = answers([line], on: server)[0]
        #expect(answer.hasPrefix("error: ") && answer.utf8.count > 12)
        #expect(server.recordCount == 0)
    }

    @Test("a disabled device says that it is disabled")
    func disabled() async throws {
        try await SimulatorServer.with(SimulatorConfiguration()) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            _ = try client.ask(.disableDevice)
            #expect(answers(["scan 1"], on: server)[0].hasPrefix("error: the device is disabled"))
            #expect(server.isDisabled)
        }
    }

    @Test("commands glued and split on the socket are answered in order; an endless line is not")
    func socket() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sim-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = SimulatorConfiguration(users: 5)
        configuration.controlPath = folder.appending(path: "c").path
        let path = try #require(configuration.controlPath)
        try await SimulatorServer.with(configuration) { server in
            func talk(_ pieces: [String]) async throws -> String {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(unixDomainSocketPath: path) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                        }
                    }
                return try await channel.executeThenClose { inbound, outbound in
                    var text = ""
                    for piece in pieces { try await outbound.write(ByteBuffer(string: piece)) }
                    for try await buffer in inbound {
                        text += String(buffer: buffer)
                        if text.hasSuffix("ok 1\n") || text.hasPrefix("error: a line") { break }
                    }
                    return text
                }
            }
            let answer = try await talk(["count\nsc", "an 3 at 2026-01-05T07:00:00\nco", "unt\n"])
            #expect(answer == "ok 0\nok 2026-01-05T07:00:00 3 1 0\nok 1\n")
            let refused = try await talk([String(repeating: "x", count: 5000)])
            #expect(refused.hasPrefix("error: a line of more than 4096 bytes"))
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
