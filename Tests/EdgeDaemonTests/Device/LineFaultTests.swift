import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// Faults of the line and of a device that behaves like none should: reliability, section 5, D.
@Suite("A device's worker: the line and hostile devices")
struct LineFaultTests {
    private func device(
        _ office: Office, records: Int = 20, fault: String = "", _ profile: DeviceProfile = .tft,
        _ change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            profile: profile, users: 4, records: records, faults: try Fault.list(fault))
        change(&configuration)
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    @Test("D1 A device that restarts at any byte of a reading: nothing is taken half, nothing is missed")
    func closedAtEachByte() async throws {
        let office = try Office()
        let device = try device(office, records: 3, .legacy)
        try await device.start()
        let stanza = try device.stanza(live: false)
        _ = try await office.reader(stanza).readInNewSession()
        let before = device.statistics.bytesOut
        try device.scan(userID: "1", at: "2026-11-23T08:00:00")
        _ = try await office.reader(stanza).readInNewSession()
        let bytes = device.statistics.bytesOut - before
        #expect(bytes > 300)
        var broken = 0
        for offset in 1...bytes {
            let minute = offset / 60 % 60
            let second = offset % 60
            try device.scan(userID: "\(offset % 4 + 1)", at: Self.time(9 + offset / 3600, minute, second))
            device.setFaults([Fault(.closeAt, Double(offset))])
            do { _ = try await office.reader(stanza).readInNewSession() } catch { broken += 1 }
            device.setFaults([])
            if offset.isMultiple(of: 100) { #expect(try await isWhole(office, stanza, device), "byte \(offset)") }
        }
        #expect(try await isWhole(office, stanza, device))
        #expect(broken > bytes / 2, "\(broken) of \(bytes)")
        #expect(try office.coverage.flatMap(\.holes) == [] && office.alarms == [])
        await device.stop()
    }

    private static func time(_ hour: Int, _ minute: Int, _ second: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "2026-11-23T\(two(hour)):\(two(minute)):\(two(second))"
    }

    private func isWhole(
        _ office: Office, _ stanza: DeviceConfiguration, _ device: SimulatorServer
    ) async throws -> Bool {
        _ = try await office.reader(stanza).readInNewSession()
        let punches = try office.punches
        return try office.scans == device.journalled && Set(punches.map(\.key)).count == punches.count
    }

    @Test("D2 A line that is cut without a word is noticed within 45 s and a time-out, and the session is rebuilt")
    func halfOpen() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await office.working(try device.stanza(poll: .seconds(600))) { _ in
            try await office.hears("device.read")
            device.silence()
            for user in 1...4 { try device.scan(userID: "\(user)") }
            let begun = office.time.now
            try await office.time.pass(.seconds(45))
            try await office.time.pass(.seconds(10))
            try await office.time.pass(.seconds(2))
            try await office.hears("device.failed")
            #expect(begun.duration(to: office.time.now) == .seconds(57))
            device.silence(false)
            try await office.time.pass(.milliseconds(1500))
            try await office.has(everyScanOf: device)
            // The new session tells scans again: the registration was renewed with it.
            try device.scan(userID: "2")
            try await office.has(everyScanOf: device)
            #expect(try office.punches.last?.source == .live)
        }
        await device.stop()
    }

    @Test("D3 A device that sends a byte now and then is given up at its time-out, however it goes on")
    func slowLoris() async throws {
        let office = try Office()
        let device = try device(office, fault: "slow")
        try await device.start()
        try await office.working(try device.stanza()) { _ in
            try await office.time.sees(.seconds(10))
            let begun = office.time.now
            #expect(await device.wait { $0.bytesOut > 0 })
            try await office.time.pass(.seconds(10))
            try await office.time.pass(.seconds(2))
            try await office.hears("device.failed")
            #expect(begun.duration(to: office.time.now) == .seconds(12))
        }
        await device.stop()
    }

    @Test("D4 Four thousand million bytes are announced: refused at once, alarmed, and nothing is believed")
    func hugeSize() async throws {
        let office = try Office()
        let device = try device(office, records: 100, fault: "huge-size")
        try await device.start()
        try await office.working(try device.stanza(live: false)) { _ in
            try await office.hears("device.failed")
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.failed", 2)
            #expect(device.statistics.count(.readBuffer) == 0)
            device.setFaults([])
            try await office.time.pass(.seconds(3))
            try await office.has(everyScanOf: device)
        }
        #expect(try office.alarms == ["device_incomplete"])
        await device.stop()
    }

    @Test("D5 Wrong checksums, late answers and foreign reply numbers in every session: every scan, and no other")
    func brokenFrames() async throws {
        let office = try Office()
        let device = try device(office, records: 50, .legacy)
        try await device.start()
        let stanza = try device.stanza(live: false)
        for fault in ["stale-ack", "corrupt=0.3", "wrong-reply-id", "short-transfer", "event-inside"] {
            device.setFaults(try Fault.list(fault))
            try device.scan(userID: "1")
            office.time.hurry(.seconds(10))
            _ = try? await office.reader(stanza).readInNewSession()
            office.time.hurry(nil)
            #expect(try Set(office.scans).isSubset(of: device.journalled), "\(fault)")
            device.setFaults([])
            #expect(try await isWhole(office, stanza, device), "after \(fault)")
        }
        await device.stop()
    }

    @Test("D6 A firmware that was replaced and writes other records is read anew; no record is read in the old layout")
    func otherLayout() async throws {
        let office = try Office()
        let old = try device(office, records: 60)
        try await old.start()
        let stanza = try old.stanza(live: false)
        _ = try await office.reader(stanza).readInNewSession()
        await old.stop()
        let port = try #require(old.tcpPort)
        let new = try device(office, records: 0, .tft49) { $0.tcp = .init(port: port) }
        for scan in old.scans() { _ = try new.scan(userID: scan.userID, at: scan.time, state: scan.state) }
        try new.scan(userID: "3", at: "2026-11-23T07:12:12")
        try await new.start()
        let outcome = try await office.reader(stanza).readInNewSession()
        #expect(outcome.newPunches == 1, "the other sixty have the keys they had")
        #expect(try office.scans == new.journalled)
        // A record no layout explains: refused whole, told by size and hash, and not as a scan.
        new.setFaults(try Fault.list("no-buffer,garbage-13"))
        try new.scan(userID: "3", at: "2026-11-23T07:12:13")
        try await office.working(stanza) { _ in
            try await office.hears("device.failed")
            #expect(try office.alarms.last == "device_layout_unknown")
        }
        #expect(try office.punches.count == 61)
        await new.stop()
    }

    @Test("D8 A rolled over log: the alarm tells up to when scans were read and from when the log has them")
    func rollOverBounds() async throws {
        let office = try Office()
        let device = try device(office, records: 0) { $0.capacity = 50 }
        try await device.start()
        let stanza = try device.stanza(live: false)
        for second in 0..<50 { try device.scan(userID: "1", at: Self.time(7, 0, second)) }
        _ = try await office.reader(stanza).readInNewSession()
        for number in 0..<80 { try device.scan(userID: "2", at: Self.time(8, number / 60, number % 60)) }
        _ = try await office.reader(stanza).readInNewSession()
        let texts = try office.entries.compactMap { entry -> String? in
            guard case .alarm(let alarm) = entry, alarm.code == "log_rolled_over" else { return nil }
            return alarm.text
        }
        #expect(texts.count == 1)
        #expect(texts.first?.contains("2026-11-23 07:00:49") == true, "\(texts)")
        #expect(texts.first?.contains("2026-11-23 08:00:30") == true, "\(texts)")
        await device.stop()
    }

    @Test("D13 A device whose only session is taken is not hammered: a dozen tries in ten minutes, ever wider apart")
    func sessionTaken() async throws {
        let office = try Office()
        let device = try device(office, fault: "second-client=refuse")
        try await device.start()
        let stanza = try device.stanza()
        let other = DeviceSession(
            transport: try await ZKClient.connect(to: stanza.address, configuration: .init()), configuration: .init(),
            logger: office.environment.logger)
        try await other.open()
        try await office.working(stanza) { _ in
            let begun = office.time.now
            var tries = 0
            for wait in [1500, 3000, 6000, 12_000, 24_000, 48_000, 96_000, 192_000, 225_000] {
                tries += 1
                try await office.hears("device.failed", tries)
                try await office.time.pass(.milliseconds(wait))
            }
            try await office.hears("device.failed", tries + 1)
            #expect(begun.duration(to: office.time.now) > .seconds(600))
            #expect(device.statistics.connectionsRefused <= 10)
            await other.close()
            try await office.time.pass(.milliseconds(225_000))
            try await office.has(everyScanOf: device)
        }
        #expect(try office.alarms.count == 1)
        await device.stop()
    }

    /// Reads `count` devices in rounds of 30 s, those of `faults` among them, and expects all others in time.
    private func rounds(_ count: Int, _ faults: [Int: String], stopped: Set<Int> = []) async throws {
        let office = try Office()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let devices = try (0..<count).map { number in
            try device(office, records: 3, fault: faults[number] ?? "") { $0.serial = "ROW\(1000 + number)" }
        }
        for device in devices { try await device.start() }
        let stanzas = try devices.enumerated().map { number, device in
            try device.stanza("d\(number)", serial: device.serial, poll: .seconds(30), live: false)
        }
        for number in stopped { await devices[number].stop() }
        let dead = Set(faults.keys).union(stopped)
        let alive = count - dead.count
        try await office.working(stanzas.map { office.worker(office.reader($0, board: board)) }) {
            for round in 1...4 {
                try await office.hears("device.read", alive * round)
                let begun = Duration.seconds(30) * (round - 1)
                await office.soon { board.all.count { $0.readElapsed == begun } == alive }
                // Staged time: what waited for a dead one would be late by its time-out, or stand still.
                let late = board.all.filter { $0.readElapsed != begun }
                #expect(late.map(\.status.name).sorted() == dead.map { "d\($0)" }.sorted())
                try await office.time.pass(.seconds(30), by: alive)
            }
        }
        for device in devices { await device.stop() }
    }

    @Test("A14 One device silent and one sending a byte a second among 50: no other is later than its interval")
    func fifty() async throws { try await rounds(50, [7: "silent", 23: "slow"]) }

    @Test("D16 Five of twenty dead, each in its way: the live ones are read every interval")
    func fiveDead() async throws {
        try await rounds(20, [0: "silent", 5: "slow", 9: "refuse-6001", 14: "close-at=30*100000"], stopped: [19])
    }

    @Test("A log cleared and filled again to the same count is noticed at the next reading: its operation log tells")
    func refilled() async throws {
        let office = try Office()
        let device = try device(office, records: 0)
        try await device.start()
        for second in 0..<20 { try device.scan(userID: "1", at: Self.time(7, 0, second)) }
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            device.clearLog()
            for second in 0..<20 { try device.scan(userID: "2", at: Self.time(7, 30, second)) }
            #expect(try await worker.sync().newPunches == 0, "the counter stands where it stood")
            _ = try await worker.sync()
            #expect(try office.punches.count == 40)
        }
        #expect(try office.alarms == ["log_touched", "log_not_reconciled"])
        #expect(try office.coverage.flatMap(\.holes).map(\.why) == ["log_not_reconciled"])
        await device.stop()
    }

    @Test("A log cleared and filled again to the same count is noticed at once in a new session")
    func refilledNewSession() async throws {
        let office = try Office()
        let device = try device(office, records: 0)
        try await device.start()
        for second in 0..<20 { try device.scan(userID: "1", at: Self.time(7, 0, second)) }
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            device.clearLog()
            for second in 0..<20 { try device.scan(userID: "2", at: Self.time(7, 30, second)) }
            device.dropConnections()
            try await office.hears("device.failed")
            #expect(try await worker.sync().newPunches == 20)
        }
        #expect(try office.alarms == ["log_not_reconciled", "log_touched"])
        await device.stop()
    }

    @Test("A firmware that ignores offsets: known after one full reading, also after its log was cleared")
    func ignoresOffsets() async throws {
        let office = try Office()
        let device = try device(office, records: 300, fault: "ignore-offset")
        try await device.start()
        func isMarked() throws -> Bool? {
            try office.store.memory(of: #require(DeviceSerial(device.serial))).cursor
                .flatMap { AttendanceCursor(text: $0)?.ignoresOffset }
        }
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            try device.scan(userID: "1")
            #expect(try await worker.sync().newPunches == 1)
            #expect(try isMarked() == true)
            device.clearLog()
            for second in 0..<60 { try device.scan(userID: "2", at: Self.time(8, 0, second)) }
            #expect(try await worker.sync().newPunches == 60)
            #expect(try isMarked() == true)
            // The firmware is replaced; within a week an offset is tried again.
            device.setFaults([])
            office.time.advance(by: .seconds(7 * 86_400))
            try device.scan(userID: "3")
            _ = try await worker.sync()
            #expect(try isMarked() == false)
        }
        #expect(try office.scans.count == 362)
        await device.stop()
    }
}
