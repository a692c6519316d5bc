import Attendance
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("Lending a device to a command")
struct LendingTests {
    private static let lend = ControlRequest(command: .lend, devices: ["lobby"], purpose: "hadir device pull")

    @Test("The session is closed first, the device read again when it comes back, and no scan of the meantime is lost")
    func whole() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza { $0.commKey = .none }
        try await office.runningDaemon([stanza]) { running in
            try await office.hears("device.read")
            let seen = try await ControlClient.ask(
                Self.lend, socket: running.state.controlSocket, timeout: .seconds(30)
            ) { answer in
                let lent = try #require(answer.lent)
                #expect(lent.device == "lobby" && lent.address == stanza.address.description && lent.seconds == 600)
                #expect(device.statistics.count(.exit) == 1, "the daemon has left it")
                #expect(device.statistics.count(.connect) == 1)
                _ = try device.scan(userID: "3")
                return device.statistics.count(.connect)
            }
            #expect(seen == 1)
            try await office.hears("device.returned")
            try await office.hears("device.read", 2)
            #expect(try await running.ask(.sync)?.synced?.first?.problem == nil)
            #expect(try running.punches() == 21, "the gap is filled")
            #expect(device.statistics.count(.connect) == 2)
            #expect(try running.alarms() == [], "lending is no failure")
        }
        await device.stop()
    }

    @Test("A second borrower is refused and hears who has it; then the device is free for him")
    func second() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        try await office.runningDaemon([device.stanza()]) { running in
            try await office.hears("device.read")
            let path = running.state.controlSocket
            _ = try await ControlClient.ask(Self.lend, socket: path, timeout: .seconds(30)) { _ in
                let refused = try await ControlClient.ask(Self.lend, socket: path)
                #expect(refused?.lent == nil)
                #expect(
                    refused?.error
                        == "lobby is lent to hadir device pull, process \(getpid()): wait until that has ended")
            }
            try await office.hears("device.returned")
            let again = try await ControlClient.ask(Self.lend, socket: path)
            #expect(again?.lent?.device == "lobby")
        }
        await device.stop()
    }

    @Test("By address, whichever link is meant; what is not configured is not the daemon's to lend")
    func byAddress() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza()
        try await office.runningDaemon([stanza]) { running in
            try await office.hears("device.read")
            let path = running.state.controlSocket
            for link in ["tcp", "udp"] {
                let request = ControlRequest(command: .lend, devices: ["\(link)://127.0.0.1:\(stanza.address.port)"])
                #expect(try await ControlClient.ask(request, socket: path)?.lent?.device == "lobby")
            }
            for other in ["tcp://127.0.0.1:1", "gudang", "tcp://192.0.2.1:\(stanza.address.port)"] {
                let answer = try await running.ask(.lend, [other])
                #expect(answer?.unknown == other && answer?.lent == nil)
            }
            #expect(try await running.ask(.lend, [])?.error?.contains("one device") == true)
        }
        await device.stop()
    }

    @Test("After ten minutes it is taken back, whatever the borrower does")
    func expiry() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        try await office.runningDaemon([device.stanza()]) { running in
            try await office.hears("device.read")
            _ = try await ControlClient.ask(
                Self.lend, socket: running.state.controlSocket, timeout: .seconds(30)
            ) { _ in
                try await office.time.pass(.seconds(600))
                try await office.hears("device.read", 2)
            }
            #expect(office.heard("device.returned").first?.metadata["seconds"] == "600")
        }
        await device.stop()
    }

    @Test("A borrower that dies with the device disabled: the daemon enables it before anything else")
    func leftDisabled() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza()
        try await office.runningDaemon([stanza]) { running in
            try await office.hears("device.read")
            _ = try await ControlClient.ask(
                Self.lend, socket: running.state.controlSocket, timeout: .seconds(30)
            ) { _ in
                let transport = try await connect(to: stanza.address, configuration: .init())
                let session = DeviceSession(
                    transport: transport, configuration: .init(), logger: office.environment.logger)
                try await session.open()
                try await session.disable(seconds: 0)
                // As a process that is killed leaves it: the line is gone, and nobody says a word.
                device.dropConnections()
                // Before the session: its goodbye would enable the device while the line's end is still under way.
                await transport.close()
                await session.close()
                #expect(device.isDisabled)
            }
            try await office.hears("device.read", 2)
            #expect(!device.isDisabled)
        }
        await device.stop()
    }

    @Test("A device that cannot be reached is lent at once; one in the middle of a reading after it, or not")
    func whenever() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza()
        await device.stop()
        try await office.runningDaemon([stanza]) { running in
            try await office.hears("device.failed")
            #expect(
                try await ControlClient.ask(Self.lend, socket: running.state.controlSocket)?.lent?.device == "lobby")
            try await office.hears("device.returned")
            try await office.hears("device.failed", 2)
        }
        let other = try Office()
        var slow = SimulatorConfiguration(users: 9, records: 100_000)
        slow.faults = try Fault.list("slow@13")
        let busy = SimulatorServer(slow, clock: { [time = other.time] in time.date })
        try await busy.start()
        try await other.runningDaemon([busy.stanza()]) { running in
            #expect(await busy.wait { $0.count(.prepareBuffer) > 0 || $0.count(.readBuffer) > 0 })
            async let refused = ControlClient.ask(Self.lend, socket: running.state.controlSocket)
            try await other.time.pass(.seconds(60))
            #expect(try await refused?.error == "lobby is being read and is not free yet: try again in a minute")
        }
        await busy.stop()
    }

    @Test("A borrower that waits or has the device when the daemon stops is let go, and the daemon ends")
    func stopping() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let (held, isHeld) = AsyncStream<Void>.makeStream()
        let borrower = try await office.runningDaemon([device.stanza()]) { running in
            try await office.hears("device.read")
            let path = running.state.controlSocket
            let borrower = Task {
                _ = try await ControlClient.ask(Self.lend, socket: path, timeout: .seconds(30)) { _ in
                    isHeld.yield()
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                }
            }
            for await _ in held { break }
            return borrower
        }
        borrower.cancel()
        _ = await borrower.result
        await device.stop()
    }
}

extension LendingTests {
    @Test("A device that a command left blocked is opened by the daemon's next session")
    func leftBlocked() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza()
        try await office.runningDaemon([stanza]) { running in
            try await office.hears("device.read")
            _ = try await ControlClient.ask(
                ControlRequest(command: .lend, devices: ["lobby"], purpose: "t"), socket: running.state.controlSocket,
                timeout: .seconds(30)
            ) { _ in
                let session = DeviceSession(
                    transport: try await ZKClient.connect(to: stanza.address, configuration: .init()),
                    configuration: .init(), logger: office.environment.logger)
                try await session.open()
                try await session.disable(seconds: 600)
                // Never closed, as by a command that was killed.
                device.dropConnections()
                #expect(device.isDisabled)
            }
            try await office.hears("device.read", 2)
            #expect(!device.isDisabled)
        }
        await device.stop()
    }

    @Test("A device that something left blocked before this run is opened by the first session")
    func leftBlockedBefore() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let stanza = try device.stanza()
        let session = DeviceSession(
            transport: try await ZKClient.connect(to: stanza.address, configuration: .init()),
            configuration: .init(), logger: office.environment.logger)
        try await session.open()
        try await session.disable(seconds: 600)
        device.dropConnections()
        #expect(device.isDisabled)
        try await office.working(stanza) { _ in
            try await office.hears("device.read")
            #expect(!device.isDisabled)
        }
        await device.stop()
    }
}
