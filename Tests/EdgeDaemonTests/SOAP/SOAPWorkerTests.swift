import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// A device that is read over its web service, from the socket to the journal.
@Suite("A device over SOAP")
struct SOAPWorkerTests {
    private func device(
        _ office: Office, records: Int = 40, fault: String = "", key: UInt32 = 0, tcp: Bool = false, offset: Int = 0
    ) async throws -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            tcp: tcp ? .init() : nil, udp: nil, users: 6, records: records, commKey: CommKey(key),
            faults: try Fault.list(fault))
        configuration.soap = .init()
        configuration.clockOffset = offset
        let device = SimulatorServer(configuration, clock: { [time = office.time] in time.date })
        try await device.start()
        return device
    }

    // MARK: Good days

    @Test("Every scan is journaled once; a poll without news journals nothing and a new scan itself alone")
    func reading() async throws {
        let office = try Office()
        let device = try await device(office)
        let stanza = try device.soapStanza()
        try await office.working(stanza) { worker in
            try await office.has(everyScanOf: device)
            _ = try await worker.sync()
            let before = try office.entries.count
            let outcome = try await worker.sync()
            #expect(outcome.newPunches == 0 && outcome.count == 40 && outcome.clockOffset == 0)
            #expect(try office.entries.count == before, "nothing new, nothing journaled")
            _ = try device.scan(userID: "3")
            try await office.time.pass(.seconds(300))
            try await office.has(everyScanOf: device)
        }
        #expect(try office.punches.count == 41)
        #expect(try office.punches.allSatisfy { $0.source == .soap })
        #expect(try office.coverage.map(\.source).first == .soap)
        #expect(try office.alarms.isEmpty)
        #expect(try office.entries.contains { if case .user = $0 { true } else { false } })
        await device.stop()
    }

    @Test("Read over SOAP and by a session, one after the other, nothing is counted twice and nothing is alarmed")
    func twoWays() async throws {
        for soapFirst in [true, false] {
            let office = try Office()
            let device = try await device(office, tcp: true)
            let soap = try device.soapStanza()
            let tcp = try device.stanza(live: false)
            for way in soapFirst ? [soap, tcp, soap] : [tcp, soap, tcp] {
                _ = try device.scan(userID: "4")
                _ = try await office.reader(way).readInNewSession()
                office.time.advance(by: .seconds(1000))
            }
            let keys = try office.punches.map(\.key)
            #expect(Set(keys).count == device.scans().count)
            #expect(try office.scans == device.journalled)
            #expect(try office.alarms.isEmpty, "soap first: \(soapFirst)")
            #expect(try office.coverage.flatMap(\.holes).map(\.why).allSatisfy { $0 == PresenceRule.outOfReach })
            await device.stop()
        }
    }

    @Test("Two records of one person in one second keep their two keys from poll to poll, also out of order")
    func occurrences() async throws {
        let office = try Office()
        let device = try await device(office, records: 3)
        for time in ["2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-19T08:00:00", "2026-02-30T08:00:00"] {
            _ = try device.scan(userID: "5", at: time)
        }
        _ = try device.scan(userID: "0")
        for _ in 0..<3 { _ = try await office.reader(device.soapStanza()).readInNewSession() }
        #expect(try office.punches.count == 8)
        #expect(try Set(office.punches.map(\.key)).count == 8)
        #expect(try office.punches.filter { $0.flags == [.noUser] }.count == 1)
        #expect(try office.punches.filter { $0.flags == [.noDate] }.count == 1)
        await device.stop()
    }

    // MARK: Bad days

    @Test(
        "A log that was cut, late, or no log at all moves nothing and is read whole next time",
        arguments: [
            "soap-cut=head*1", "soap-cut=row*1", "soap-cut=between*1", "soap-page@2*1", "soap-page*1", "close-at=900@2",
        ])
    func broken(fault: String) async throws {
        let office = try Office()
        let device = try await device(office, fault: fault)
        let reader = try office.reader(device.soapStanza())
        await #expect(throws: DeviceError.self) { try await reader.readInNewSession() }
        #expect(try office.punches.isEmpty && office.coverage.isEmpty)
        #expect(try office.store.mark(of: #require(DeviceSerial("SIM0000000001")), by: .soap) == nil)
        _ = try await reader.readInNewSession()
        #expect(try office.scans == device.journalled)
        #expect(try office.coverage.count == 1)
        await device.stop()
    }

    @Test(
        "What is only odd is read as it is",
        arguments: [
            "soap-blank=0", "soap-blank=2", "soap-length=7", "soap-length=900000", "soap-names", "segment=700", "split",
            "soap-no-users",
        ])
    func odd(fault: String) async throws {
        let office = try Office()
        let device = try await device(office, fault: fault)
        let outcome = try await office.reader(device.soapStanza()).readInNewSession()
        #expect(outcome.newPunches == 40 && outcome.usersRead == true)
        #expect(try office.scans == device.journalled)
        let users = try office.entries.compactMap { if case .user(let user) = $0 { user } else { nil } }
        #expect(users.map(\.userID.text).sorted() == ["1", "2", "3", "4", "5", "6"])
        await device.stop()
    }

    @Test(
        "A reply that stops in its middle ends after a minute without a byte; one that stays open behind its end is taken"
    )
    func stalls() async throws {
        let office = try Office()
        let device = try await device(office, fault: "soap-stall*1")
        try await office.working(try device.soapStanza()) { _ in
            // The waits for the clock and the serial before it are over then.
            #expect(await device.wait(upTo: .seconds(60)) { $0.faults["soap-stall"] == 1 })
            // The last bytes may have begun the minute anew after it was seen.
            for _ in 0..<100 where office.heard("device.failed").isEmpty {
                await office.soon {
                    office.time.waits.contains(.seconds(60)) || !office.heard("device.failed").isEmpty
                }
                if office.heard("device.failed").isEmpty { office.time.advance(by: .seconds(60)) }
            }
            try await office.hears("device.failed")
            #expect(office.heard("device.failed").first?.metadata["code"] == "device_timed_out")
            #expect(try office.punches.isEmpty)
            device.setFaults([Fault(.soapOpen, times: 1)])
            try await office.time.pass(.milliseconds(1500))
            try await office.time.pass(.seconds(2))
            try await office.has(everyScanOf: device)
        }
        await device.stop()
    }

    @Test("A log that lost records claims nothing and forgets nothing until it has shown the same for a minute")
    func shrunk() async throws {
        let office = try Office()
        let device = try await device(office)
        let stanza = try device.soapStanza()
        try await office.working(stanza) { worker in
            _ = try await worker.sync()
            let covered = try office.coverage.count
            let mark = try office.store.mark(of: #require(stanza.serial), by: .soap)
            office.time.advance(by: .seconds(200))
            device.setFaults([Fault(.soapFewer, 10, times: 1), Fault(.soapEmpty, after: .commands(3), times: 1)])
            for _ in 0..<2 { await #expect(throws: DeviceError.self) { try await worker.sync() } }
            #expect(try office.alarms == ["device_log_doubtful"])
            #expect(try office.coverage.count == covered)
            #expect(try office.store.mark(of: #require(stanza.serial), by: .soap) == mark)
            // The whole log again: nothing was lost, nothing is counted twice.
            let outcome = try await worker.sync()
            #expect(outcome.newPunches == 0)
        }
        #expect(try office.punches.count == 40)
        #expect(try office.coverage.flatMap(\.holes).map(\.why) == [])
        await device.stop()
    }

    @Test("A log that was really cleared is a hole of coverage, and its new scans are journaled at once")
    func cleared() async throws {
        let office = try Office()
        let device = try await device(office)
        var memory = DeviceReader.Memory()
        let reader = SOAPReader(office.reader(try device.soapStanza()))
        _ = try await reader.read(&memory)
        office.time.advance(by: .seconds(1200))
        device.clearLog()
        // Empty proves nothing, however often.
        for _ in 0..<3 {
            await #expect(throws: DeviceError.self) { try await reader.read(&memory) }
            office.time.advance(by: .seconds(400))
        }
        _ = try device.scan(userID: "2")
        await #expect(throws: DeviceError.self) { try await reader.read(&memory) }
        #expect(try office.punches.count == 41, "what it shows is kept")
        #expect(try office.coverage.count == 1)
        office.time.advance(by: .seconds(61))
        _ = try device.scan(userID: "3")
        _ = try await reader.read(&memory)
        _ = try await reader.read(&memory)
        #expect(try office.punches.count == 42)
        #expect(try office.coverage.flatMap(\.holes).map(\.why) == ["log_cleared"])
        #expect(try office.alarms == ["log_cleared"])
        // Over a restart, too: what was known is in the journal.
        device.clearLog()
        await #expect(throws: DeviceError.self) {
            try await office.reader(device.soapStanza()).readInNewSession()
        }
        await device.stop()
    }

    @Test("A device that shows an empty log from the start claims nothing")
    func emptyFromTheStart() async throws {
        let office = try Office()
        let device = try await device(office, records: 0)
        let outcome = try await office.reader(device.soapStanza()).readInNewSession()
        #expect(outcome.count == 0)
        #expect(try office.coverage.isEmpty)
        await device.stop()
    }

    @Test("A new epoch journals the same log again")
    func newEpoch() async throws {
        let office = try Office()
        let device = try await device(office)
        let reader = try office.reader(device.soapStanza())
        _ = try await reader.readInNewSession()
        try office.store.beginEpoch(.fork, at: office.time.date)
        _ = try await reader.readInNewSession()
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    // MARK: Who it is, keys

    @Test("A model that tells no serial is read as the configured one, and not without")
    func noSerial() async throws {
        let office = try Office()
        let device = try await device(office, fault: "soap-no-option")
        let error = await #expect(throws: DeviceError.self) {
            try await office.reader(device.soapStanza(serial: nil)).readInNewSession()
        }
        #expect(error?.code == .noSerial)
        #expect(error.map { "\($0)" }?.contains("`serial`") == true)
        #expect(try office.punches.isEmpty)
        _ = try await office.reader(device.soapStanza()).readInNewSession()
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("Another serial is refused before a scan is taken")
    func otherDevice() async throws {
        let office = try Office()
        let device = try await device(office)
        let error = await #expect(throws: DeviceError.self) {
            try await office.reader(device.soapStanza(serial: "OTHER0001")).readInNewSession()
        }
        #expect(error?.code == .otherDevice)
        #expect(device.statistics.commands["SOAP GetAttLog"] == nil)
        await device.stop()
    }

    @Test("A wrong key is told as one and stands nowhere; the right one neither")
    func keys() async throws {
        let office = try Office()
        let device = try await device(office, key: 736_251)
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let wrong = try device.soapStanza { $0.commKey = CommKey(918_273) }
        try await office.working(wrong, board: board) { worker in
            let error = await #expect(throws: DeviceError.self) { try await worker.sync() }
            #expect(error?.code == .keyRefused)
        }
        let right = try device.soapStanza { $0.commKey = CommKey(736_251) }
        _ = try await office.reader(right, board: board).readInNewSession()
        #expect(try office.scans == device.journalled)
        let everything = office.everythingSaid + "\(board.devices)" + "\(try office.entries)" + "\(right) \(wrong)"
        #expect(!everything.contains("736251") && !everything.contains("918273"))
        await device.stop()
    }

    @Test("A second program on the device is no lost scan")
    func second() async throws {
        let office = try Office()
        let device = try await device(office)
        let held = try await RawHTTP.connect(port: try #require(device.soapPort))
        let reader = try office.reader(device.soapStanza())
        await #expect(throws: DeviceError.self) { try await reader.readInNewSession() }
        try await held.channel.close()
        #expect(await device.wait { $0.connectionsOpen == 0 })
        _ = try await reader.readInNewSession()
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    // MARK: The clock

    @Test("The clock is set only where the configuration allows it, within its limit, and read back")
    func clock() async throws {
        for (correction, isSet) in [(Duration.seconds(600), true), (.seconds(60), false), (nil, false)] {
            let office = try Office()
            let device = try await device(office, offset: 120)
            let stanza = try device.soapStanza { $0.clockCorrection = correction }
            let outcome = try await office.reader(stanza).readInNewSession()
            #expect(outcome.clockOffset == (isSet ? 0 : 120))
            #expect((device.statistics.commands["SOAP SetDate"] ?? 0) == (isSet ? 1 : 0))
            #expect(try office.alarms == (isSet ? ["clock_set"] : correction == nil ? [] : ["clock_off"]))
            await device.stop()
        }
    }

    @Test("A device that says it set its clock and did not is told of, and read")
    func lazyClock() async throws {
        let office = try Office()
        let device = try await device(office, fault: "soap-lazy-clock", offset: 120)
        let stanza = try device.soapStanza { $0.clockCorrection = .seconds(600) }
        let outcome = try await office.reader(stanza).readInNewSession()
        #expect(outcome.clockOffset == 120)
        #expect(try office.alarms == ["clock_not_set"])
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    // MARK: Nothing that destroys

    @Test("Nothing in the sources can ask a web service to delete, clear, write users or restart")
    func nothingDestroys() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Sources").standardized
        let words = [
            "ClearData", "DeleteUser", "DeleteTemplate", "ClearUserPassword", "SetUserInfo", "SetUserTemplate",
        ]
        let files = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
        for file in files where file.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
            for word in words { #expect(!text.contains("\"\(word)") && !text.contains("<\(word)"), "\(file): \(word)") }
        }
        #expect(files.count > 100)
    }
}

extension SimulatorServer {
    func soapStanza(
        serial: String? = "SIM0000000001", _ change: (inout DeviceConfiguration) -> Void = { _ in }
    ) throws -> DeviceConfiguration {
        var configuration = DeviceConfiguration(
            name: "lobby", address: DeviceAddress(link: .soap, host: "127.0.0.1", port: try #require(soapPort)),
            serial: serial.flatMap { DeviceSerial($0) }, poll: .seconds(300), timezone: "Asia/Jakarta")
        change(&configuration)
        return configuration
    }
}
