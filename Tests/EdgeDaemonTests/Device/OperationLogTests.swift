import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("The operation log of a device")
struct OperationLogTests {
    private func device(
        _ office: Office, fault: String = "", offset: Int = 0, _ profile: DeviceProfile = .tft
    ) throws -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            profile: profile, users: 5, records: 8, faults: try Fault.list(fault))
        configuration.clockOffset = offset
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    private func told(_ office: Office) throws -> [Attendance.Operation] {
        try office.entries.compactMap { entry -> Attendance.Operation? in
            if case .operation(let operation) = entry { operation } else { nil }
        }
    }

    private func operations(_ office: Office, _ source: Attendance.Operation.Source = .log) throws -> [String] {
        try told(office).filter { $0.source == source }.map {
            $0.occurrence == 0 ? $0.what : "\($0.what) \($0.occurrence)"
        }
    }

    @Test(
        "Every profile's log becomes entries once: at first, then what its counter says is new, whatever restarts between",
        arguments: DeviceProfile.all)
    func once(profile: DeviceProfile) async throws {
        let office = try Office()
        let device = try device(office, profile)
        try await device.start()
        let stanza = try device.stanza(live: false, udp: true)
        try await office.working(stanza) { worker in
            try await office.hears("device.read")
            #expect(try operations(office) == ["switched_on"])
            _ = try await worker.sync()
            #expect(try operations(office).count == 1)
            #expect(device.writeUser(UserRecord(index: 90, userID: Array("90".utf8))))
            #expect(device.writeUser(UserRecord(index: 90, userID: Array("90".utf8))))
            _ = try await worker.sync()
            // The same in one second: both, and apart.
            #expect(try operations(office) == ["switched_on", "user_added", "user_added 1"])
        }
        device.reboot()
        _ = try await office.reader(stanza).readInNewSession()
        _ = try await office.reader(stanza).readInNewSession()
        #expect(
            try operations(office).map { $0.split(separator: " ")[0] } == [
                "switched_on", "user_added", "user_added", "switched_on",
            ])
        let entry = try #require(try told(office).dropFirst().first)
        #expect(entry.code == 30 && entry.object == "90" && entry.by == "0" && entry.parameters == [90, 1, 0, 0])
        #expect(entry.deviceTime?.text == "2026-11-23T07:00:00")
        #expect(try office.alarms == [])
        await device.stop()
    }

    @Test("A clock set by hand is an alarm, one however often, with its time; set by the daemon it is none")
    func clockTouched() async throws {
        let office = try Office()
        let device = try device(office, offset: -90)
        try await device.start()
        try await office.working(try device.stanza(live: false) { $0.clockCorrection = .seconds(600) }) { worker in
            try await office.hears("device.read")
            _ = try await worker.sync()
            _ = try await worker.sync()
            #expect(try operations(office) == ["switched_on", "clock_set"])
            #expect(try office.alarms == ["clock_set"], "by the daemon, which says so itself")
            let own = try #require(try told(office).first { $0.source == .daemon })
            #expect(own.what == "clock_set" && own.by == "hadird" && own.code == nil)
            #expect(own.before == "2026-11-23T06:58:30" && own.after == "2026-11-23T07:00:00")
            office.time.advance(by: .seconds(3600))
            // The poll that is due by now is over, so that none falls between the two.
            _ = try await worker.sync()
            for minutes in [40, 55] { try await setByHand(device, minutes * 60, office) }
            _ = try await worker.sync()
            _ = try await worker.sync()
        }
        #expect(try operations(office) == ["switched_on", "clock_set", "clock_set", "clock_set"])
        #expect(try office.alarms.count { $0 == "clock_touched" } == 1)
        let alarms = try office.entries.compactMap { entry -> Alarm? in
            if case .alarm(let alarm) = entry { alarm } else { nil }
        }
        let alarm = try #require(alarms.first { $0.code == "clock_touched" })
        #expect(alarm.text.contains("2 times") && alarm.text.contains("2026-11-23T08:55:00"), "\(alarm.text)")
        await device.stop()
    }

    /// As somebody at its menu does: no entry of ours tells of it.
    private func setByHand(_ device: SimulatorServer, _ offset: Int, _ office: Office) async throws {
        let session = DeviceSession(
            transport: try await ZKClient.connect(
                to: try device.stanza(udp: true).address, configuration: .init()), configuration: .init(),
            logger: office.environment.logger)
        try await session.open()
        let wrong = try #require(
            LocalClock(timezone: "Asia/Jakarta").packed(office.time.date.addingTimeInterval(Double(offset))))
        _ = try await session.setDeviceTime(wrong)
        await session.close()
    }

    @Test("A log cleared by hand is told by the operation log, too; an old one read for the first time raises no storm")
    func logTouched() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        device.clearLog()
        device.clearLog()
        office.time.advance(by: .seconds(8 * 86_400))
        let stanza = try device.stanza(live: false)
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try operations(office).count == 3 && office.alarms == [], "eight days old: history")
        device.clearLog()
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.alarms == ["log_touched"])
        // Another epoch tells all operations again, and raises no alarm of them again.
        try office.store.beginEpoch(.fork, at: office.time.date)
        office.time.advance(by: .seconds(60))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try operations(office).count { $0 == "switched_on" } == 2)
        #expect(try office.alarms.count { $0 == "log_touched" } == 1, "only the one that was not sent yet")
        await device.stop()
    }

    @Test("A new administrator is an alarm; those who were there at first are none, nor is one a command made")
    func adminAdded() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        let stanza = try device.stanza(live: false)
        #expect(device.writeUser(UserRecord(index: 80, privilege: 14, userID: Array("80".utf8))))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.alarms == [])
        #expect(device.writeUser(UserRecord(index: 81, privilege: 14, userID: Array("81".utf8))))
        #expect(device.writeUser(UserRecord(index: 82, privilege: 1, userID: Array("82".utf8))))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.alarms == ["admin_added"])
        let serial = try #require(DeviceSerial(device.serial))
        try office.store.append(
            [
                .operation(
                    Attendance.Operation(
                        serial: serial, source: .command, what: "user_set", by: "sri", object: "83"))
            ], at: office.time.date)
        #expect(device.writeUser(UserRecord(index: 83, privilege: 14, userID: Array("83".utf8))))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.alarms == ["admin_added"])
        await device.stop()
    }

    @Test("A device that refuses its operation log, or hangs at it, loses no scan for it and is left alone for a day")
    func refused() async throws {
        let office = try Office()
        let device = try device(office, fault: "no-operations")
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            for _ in 0..<5 {
                try device.scan(userID: "1")
                _ = try await worker.sync()
            }
            #expect(try office.scans == device.journalled)
            #expect(office.heard("device.operations").count == 2)
            device.setFaults([])
            office.time.advance(by: .seconds(86_401))
            _ = try await worker.sync()
            #expect(try operations(office) == ["switched_on"])
        }
        await device.stop()
    }
}
