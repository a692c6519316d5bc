import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Synchronization
import Testing
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir device clear-log")
struct ClearLogTests {
    /// What the daemon's answers are changed into, and what happens meanwhile.
    private final class Script: Sendable {
        struct State {
            var acknowledges = true
            var quarantined = 0
            var receipts = 0
            /// Called with the number of the question for a receipt.
            var atReceipt: @Sendable (Int) -> Void = { _ in }
            var atClearing: @Sendable (Int?) -> Void = { _ in }
            var clearings: [Int?] = []
        }

        let state = Mutex(State())
        let office: RunningOffice

        init(_ office: RunningOffice) { self.office = office }

        func ask(_ request: ControlRequest) async throws -> ControlAnswer? {
            switch request.command {
            case .receipted:
                let serial = try #require(request.devices.first.flatMap { DeviceSerial($0) })
                let real = try EdgeStore.readOnly(path: office.state.journal).receipted(of: serial)
                let (now, number, happens) = state.withLock { state in
                    state.receipts += 1
                    return (state.acknowledges, state.receipts, state.atReceipt)
                }
                happens(number)
                var answer = ControlAnswer()
                answer.receipted = EdgeStore.Receipted(
                    lastSeq: real.lastSeq, ackedSeq: now ? real.lastSeq : 0,
                    quarantined: state.withLock { $0.quarantined }, isResending: false)
                return answer
            case .clearing:
                let answer = try await office.ask(request)
                let happens = state.withLock { state in
                    state.clearings.append(request.count)
                    return state.atClearing
                }
                happens(request.count)
                return answer
            default: return try await office.ask(request)
            }
        }

        func clear(typing serial: String = "CJ9L170560001") async -> (code: Int32, said: String) {
            let kept = LockedLines()
            let code = await Terminal.$output.withValue(Lines(kept: kept)) {
                do {
                    try await ClearLog(
                        device: try DeviceTarget.parse(["lobby", "--timeout", "2"] + office.here), wait: .seconds(1),
                        ask: { try await self.ask($0) }, typed: { _ in serial }
                    ).run()
                    return Int32(0)
                } catch {
                    kept.add("\(error)")
                    return CommandFailure(error).code.rawValue
                }
            }
            return (code, kept.all.joined(separator: "\n"))
        }
    }

    private struct Lines: TerminalOutput {
        let kept: LockedLines

        func print(_ line: String) { kept.add(line) }
        func say(_ line: String) { kept.add(line) }
    }

    private func scene(
        faults: String = "", _ profile: DeviceProfile = .tft,
        _ body: (SimulatorServer, RunningOffice, Script) async throws -> Void
    ) async throws {
        let configuration = SimulatorConfiguration(
            profile: profile, serial: "CJ9L170560001", users: 9, records: 30, faults: try Fault.list(faults))
        try await SimulatorServer.with(configuration) { device in
            try await RunningOffice.with(device) { office async throws in
                #expect(await office.run("device", "sync").code == 0)
                try await body(device, office, Script(office))
            }
        }
    }

    @Test("Where all is journaled and receipted: cleared, open, told by whom, and nothing is called missing for it")
    func clears() async throws {
        try await scene { device, office, script async throws in
            let done = await script.clear()
            #expect(done.code == 0, "\(done.said)")
            #expect(device.recordCount == 0 && !device.isDisabled && device.statistics.disables == 1)
            #expect(done.said.contains("30 records cleared"))
            try device.scan(userID: "3")
            #expect(await office.run("device", "sync").code == 0)
            #expect(await office.run("device", "sync").code == 0)
            let told = try #require(try office.done.last)
            #expect(told.what == "log_cleared" && told.before == "30" && told.after == "0" && !told.by.isEmpty)
            #expect(try office.alarms == [] && office.holes == [])
            let punches = try office.entries.count { if case .punch = $0 { true } else { false } }
            #expect(punches >= 31)
            // The word was for that once.
            device.clearLog()
            #expect(await office.run("device", "sync").code == 0)
            #expect(try office.alarms.contains("log_cleared"))
        }
    }

    @Test("Refused before the device is touched: no daemon, no receipt, scans in quarantine, another serial typed")
    func refused() async throws {
        try await scene { device, office, script async throws in
            script.state.withLock { $0.acknowledges = false }
            let waits = await script.clear()
            #expect(waits.code == 69 && waits.said.contains("not acknowledged"))
            script.state.withLock { $0.quarantined = 2 }
            let held = await script.clear()
            #expect(held.code == 69 && held.said.contains("2 scans"))
            script.state.withLock { state in
                state.acknowledges = true
                state.quarantined = 0
            }
            let wrong = await script.clear(typing: "CJ9L170560002")
            #expect(wrong.code == 64 && wrong.said.contains("nothing was cleared"))
            let plain = await office.run("device", "clear-log", "lobby", "--serial", "CJ9L170560001", "--wait", "1")
            #expect(plain.code == 69 && plain.err.contains("not enrolled"))
            #expect(device.recordCount == 30 && device.statistics.disables == 0 && device.statistics.destructive == 0)
            #expect(try office.whatWasDone == [])
        }
        let folder = try OfficeFolder()
        let alone = await Shell.run(
            "device", "clear-log", "lobby", "--serial", "X", "--config", folder.config, "--state", folder.state)
        #expect(alone.code == 69 && alone.err.contains("hadird does not run"))
        let address = await Shell.run("device", "clear-log", "tcp://127.0.0.1", "--serial", "X")
        #expect(address.code == 64)
    }

    @Test("A scan between the reading and the clearing: counted, not cleared, and read before the next attempt")
    func scanBetween() async throws {
        try await scene(faults: "disable-ignored") { device, office, script async throws in
            // The second question of an attempt is asked with the log in hand.
            script.state.withLock { $0.atReceipt = { if $0 == 2 { _ = try? device.scan(userID: "4") } } }
            let done = await script.clear()
            #expect(done.code == 0, "\(done.said)")
            #expect(done.said.contains("counts 31 records instead of 30"))
            #expect(device.recordCount == 0)
            #expect(try office.done.last?.before == "31")
            let punches = try office.entries.compactMap { entry -> PunchKey? in
                if case .punch(let punch) = entry { punch.key } else { nil }
            }
            #expect(Set(punches).count == 31)
        }
    }

    @Test("Where people scan all the time, three attempts clear nothing")
    func busy() async throws {
        try await scene(faults: "disable-ignored") { device, office, script async throws in
            script.state.withLock { $0.atReceipt = { if $0.isMultiple(of: 2) { _ = try? device.scan(userID: "4") } } }
            let done = await script.clear()
            #expect(done.code == 69 && done.said.contains("scan at lobby all the time"))
            #expect(device.recordCount == 33 && device.statistics.destructive == 0 && !device.isDisabled)
            #expect(try office.whatWasDone == [])
        }
    }

    @Test("A device that dies before it is told to clear keeps its log, and is opened when it is back")
    func diesBefore() async throws {
        try await scene { device, office, script async throws in
            script.state.withLock { $0.atReceipt = { if $0 == 2 { device.dropConnections() } } }
            let done = await script.clear()
            #expect(done.code == 69, "\(done.said)")
            #expect(device.recordCount == 30 && !device.isDisabled && device.statistics.destructive == 0)
            #expect(await office.run("device", "sync").code == 0)
            #expect(try office.alarms == [] && office.holes == [] && office.whatWasDone == [])
        }
    }

    @Test(
        "A device that dies while it is told to clear: cleared or not, nothing is called missing, and the word is used up"
    )
    func diesAt() async throws {
        // Side by side: each waits long for a device that says nothing.
        async let cleared: Void = diesAt(isCleared: true)
        async let kept: Void = diesAt(isCleared: false)
        _ = try await (cleared, kept)
    }

    private func diesAt(isCleared: Bool) async throws {
        try await scene { device, office, script async throws in
            script.state.withLock {
                $0.atClearing = { _ in
                    if isCleared { device.clearLog() }
                    device.silence()
                }
            }
            let done = await script.clear()
            #expect(done.code == 69 && done.said.contains("the next reading tells"), "\(done.said)")
            #expect(done.said.contains("opens itself"))
            #expect(device.isDisabled, "nobody could reach it")
            device.silence(false)
            var code: Int32 = 1
            for _ in 0..<20 where code != 0 { code = await office.run("device", "sync").code }
            #expect(code == 0)
            #expect(!device.isDisabled, "the daemon opens what a command left blocked")
            try device.scan(userID: "3")
            #expect(await office.run("device", "sync").code == 0)
            // Its own operation log tells of the clearing; there is no record of ours, only the word.
            #expect(try office.alarms.filter { $0 != "device_no_answer" && $0 != "device_timed_out" } == [])
            #expect(try office.holes == [])
            device.clearLog()
            #expect(await office.run("device", "sync").code == 0)
            #expect(try office.alarms.contains("log_cleared"))
        }
    }

    @Test(
        "Records that name an index, as the oldest devices write them, are compared with the joins of their first reading"
    )
    func oldest() async throws {
        let configuration = SimulatorConfiguration(profile: .legacy, serial: "CJ9L170560001", users: 9, records: 30)
        try await SimulatorServer.with(configuration) { device in
            try await RunningOffice.with(device) { office async throws in
                let done = await Script(office).clear()
                #expect(done.code == 0, "\(done.said)")
                #expect(device.recordCount == 0)
            }
        }
    }

    @Test("A wrong --serial is refused also where the log is empty")
    func wrongSerialOnEmpty() async throws {
        let configuration = SimulatorConfiguration(serial: "CJ9L170560001", users: 2, records: 0)
        try await SimulatorServer.with(configuration) { device in
            try await RunningOffice.with(device) { office async throws in
                let wrong = await office.run("device", "clear-log", "lobby", "--serial", "OTHER1")
                #expect(wrong.code == 64 && wrong.err.contains("not the serial number"), "\(wrong)")
                #expect(await office.run("device", "clear-log", "lobby", "--serial", "CJ9L170560001").code == 0)
            }
        }
    }
}
