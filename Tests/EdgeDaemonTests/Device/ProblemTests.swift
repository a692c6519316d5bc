import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("A device's worker: problems")
struct ProblemTests {
    private func device(
        _ profile: DeviceProfile = .tft, records: Int = 50, office: Office,
        _ change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) -> SimulatorServer {
        var configuration = SimulatorConfiguration(profile: profile, users: 10, records: records)
        change(&configuration)
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    @Test("A lost connection: what happened meanwhile is read at the next one, without an alarm for one try")
    func gap() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        try await office.working(try device.stanza(), board: board) { _ in
            try await office.hears("device.read")
            device.dropConnections()
            try await office.hears("device.failed")
            #expect(board.devices.first?.problem?.contains("wait for scans") == true)
            for user in 1...5 { try device.scan(userID: "\(user)") }
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.recovered")
            try await office.has(everyScanOf: device)
        }
        #expect(board.devices.first?.problem == nil)
        #expect(try office.alarms == [])
        await device.stop()
    }

    @Test("A device that is off: one alarm while it lasts, waits that grow, everything read when it is back")
    func silenceAndReturn() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        try await office.working(try device.stanza()) { _ in
            try await office.hears("device.read")
            await device.stop()
            try await office.hears("device.failed")
            for (number, wait) in [1500, 3000, 6000, 12000, 24000, 48000].enumerated() {
                try await office.time.pass(.milliseconds(wait))
                try await office.hears("device.failed", number + 2)
            }
            #expect(try office.alarms == ["device_connection_refused"])
            try await device.start()
            for user in 1...5 { try device.scan(userID: "\(user)") }
            try await office.time.pass(.seconds(96))
            try await office.hears("device.recovered")
            try await office.has(everyScanOf: device)
        }
        #expect(try office.alarms.count == 1)
        await device.stop()
    }

    @Test("D2 A device that accepts and never answers is given up after its time-out")
    func silent() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        device.silence()
        try await office.working(try device.stanza()) { _ in
            try await office.time.pass(.seconds(10))
            try await office.time.pass(.seconds(2))
            try await office.hears("device.failed")
            #expect(office.heard("device.failed").last?.metadata["code"] == "device_no_answer")
            device.silence(false)
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.read")
        }
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("D14 A wrong comm key is tried three times, then not for a quarter of an hour")
    func wrongKey() async throws {
        let office = try Office()
        let device = device(office: office) { $0.commKey = CommKey(1234) }
        try await device.start()
        try await office.working(try device.stanza { $0.commKey = CommKey(1) }) { worker in
            try await office.hears("device.failed")
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.failed", 2)
            try await office.time.pass(.seconds(3))
            try await office.hears("device.failed", 3)
            try await office.time.sees(.seconds(900))
            #expect(device.statistics.keysRefused == 3)
            #expect(try office.alarms == ["device_key_refused"], "one, not one a try")
            // A person who has mended the key asks at once.
            device.setCommKey(CommKey(1))
            let outcome = try await worker.sync()
            #expect(outcome.newPunches == 50)
        }
        await device.stop()
    }

    @Test("D11 A device with another serial is refused: nothing of it is journaled, and its events are not heard")
    func otherSerial() async throws {
        let office = try Office()
        let device = device(office: office) { $0.serial = "FOREIGN000001" }
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        try await office.working(try device.stanza(serial: "CJ9L170560001"), board: board) { _ in
            try await office.hears("device.failed")
            try device.scan(userID: "1")
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.failed", 2)
        }
        let problem = try #require(board.devices.first?.problem)
        #expect(problem.contains("FOREIGN000001") && problem.contains("CJ9L170560001"))
        #expect(problem.contains("hadir device enroll"))
        #expect(try office.punches.isEmpty)
        #expect(try office.alarms == ["device_other_device"])
        #expect(device.statistics.count(.prepareBuffer) == 0)
        #expect(device.statistics.count(.registerEvent) == 0)
        await device.stop()
    }

    @Test("D11 A stanza without a serial takes the first device that answers, and then no other")
    func firstSerial() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        let stanza = try device.stanza(serial: nil)
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.punches.count == 50)
        device.setSerial("FOREIGN000001")
        await #expect {
            try await office.reader(stanza).readInNewSession()
        } throws: {
            ($0 as? DeviceError)?.code == .otherDevice
        }
        #expect(try office.punches.count == 50)
        await device.stop()
    }

    @Test("D7 A log that was cleared: an alarm, a hole in coverage, and every new scan", arguments: [0, 3])
    func cleared(newScans: Int) async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            office.time.advance(by: .seconds(30))
            device.clearLog()
            for user in 0..<newScans { try device.scan(userID: "\(user + 1)") }
            let outcome = try await worker.sync()
            #expect(outcome.newPunches == newScans)
            _ = try await worker.sync()
            _ = try await worker.sync()
        }
        #expect(try office.alarms == ["log_cleared", "log_touched"])
        let coverage = try office.coverage
        #expect(coverage.count == 2, "no more of them while nothing changes, also for an empty log")
        let hole = try #require(coverage.last?.holes.first)
        #expect(hole.why == "log_cleared")
        #expect(hole.from == StagedTime.start && hole.to == StagedTime.start.addingTimeInterval(30))
        await device.stop()
    }

    @Test("D8 A full log that rolled over beyond what was read: an alarm and a hole; within it: neither")
    func rolledOver() async throws {
        let office = try Office()
        let device = device(records: 100, office: office) { $0.capacity = 100 }
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            for user in 1...20 { try device.scan(userID: "\(user % 9 + 1)", at: "2026-11-23T07:00:\(10 + user)") }
            #expect(try await worker.sync().newPunches == 20)
            #expect(try office.alarms == ["log_full"])
            for number in 0..<130 {
                try device.scan(
                    userID: "\(number % 9 + 1)", at: "2026-11-23T08:\(10 + number / 50):\(10 + number % 50)")
            }
            #expect(try await worker.sync().newPunches == 100)
        }
        #expect(try office.alarms == ["log_full", "log_rolled_over"])
        #expect(try office.coverage.flatMap(\.holes).map(\.why) == ["log_rolled_over"])
        await device.stop()
    }

    @Test("A log that fills up is told once at each step, not at every reading")
    func nearlyFull() async throws {
        let office = try Office()
        let device = device(records: 79, office: office) { $0.capacity = 100 }
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            #expect(try office.alarms == [])
            for minute in 10..<32 {
                try device.scan(userID: "1", at: "2026-11-23T07:\(minute):00")
                _ = try await worker.sync()
            }
        }
        #expect(try office.alarms == ["log_nearly_full", "log_almost_full", "log_full"])
        await device.stop()
    }

    @Test("Coverage without news is journaled every quarter of an hour, also where nothing was downloaded")
    func coverageInterval() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        try await office.working(try device.stanza(poll: .seconds(40), live: false)) { _ in
            for reading in 1...50 {
                try await office.hears("device.read", reading)
                try await office.time.pass(.seconds(40))
            }
        }
        let coverage = try office.coverage
        #expect(coverage.map { $0.to.timeIntervalSince(StagedTime.start) } == [0, 920, 1840])
        #expect(coverage.dropFirst().map(\.from) == coverage.dropLast().map(\.to), "no gap between them")
        await device.stop()
    }

    @Test("B9 A journal that takes no more: shown, the cursor waits, and everything is read when it does again")
    func journalFails() async throws {
        let office = try Office()
        let device = device(office: office)
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let stanza = try device.stanza()
        _ = try await office.reader(stanza).readInNewSession()
        for user in 1...9 { try device.scan(userID: "\(user)") }
        let readOnly = try EdgeStore.readOnly(path: office.state.journal)
        try await office.working(stanza, store: readOnly, board: board) { _ in
            try await office.hears("device.failed")
            #expect(board.devices.first?.problem?.contains("the journal cannot be written") == true)
            #expect(board.commits.problem != nil)
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.failed", 2)
            #expect(office.heard("device.failed").last?.metadata["code"] == "journal_readOnly")
        }
        #expect(try office.punches.count == 50)
        try await office.working(stanza, board: board) { _ in
            try await office.hears("device.read", 2)
            // The reading is told before the board is.
            await office.soon { board.devices.first?.problem == nil }
            #expect(board.devices.first?.problem == nil)
            #expect(board.commits.problem == nil)
        }
        #expect(try office.scans == device.journalled)
        await device.stop()
    }
}
