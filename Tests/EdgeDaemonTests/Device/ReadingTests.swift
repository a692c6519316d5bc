import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("A device's worker: readings")
struct ReadingTests {
    private func device(
        _ profile: DeviceProfile = .tft, records: Int = 50, users: Int = 10, office: Office, fault: String = "",
        _ change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            profile: profile, users: users, records: records, faults: try Fault.list(fault))
        change(&configuration)
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    @Test("The first reading journals everything, the next ones nothing", arguments: DeviceProfile.all)
    func firstAndSecond(profile: DeviceProfile) async throws {
        let office = try Office()
        let device = try device(profile, records: 300, office: office)
        try await device.start()
        let stanza = try device.stanza(live: false, udp: !profile.hasTCP)
        try await office.working(stanza) { _ in
            try await office.hears("device.read")
            #expect(try office.scans == device.journalled)
            #expect(try office.punches.count == 300)
            try await office.time.pass(.seconds(45))
            try await office.time.pass(.seconds(15))
            try await office.hears("device.read", 2)
            try await office.time.pass(.seconds(45))
        }
        #expect(try office.punches.count == 300)
        #expect(office.heard("device.read").map { $0.metadata["new"] } == ["300", "0"])
        // Never disabled, nothing wiped.
        #expect(device.statistics.disables == 0)
        #expect(device.statistics.destructive == 0)
        await device.stop()
    }

    @Test("What is journaled at a first contact: what it is, its clock, its scans, the beginning of coverage")
    func firstEntries() async throws {
        let office = try Office()
        let device = try device(records: 3, office: office) { $0.clockOffset = 7 }
        try await device.start()
        _ = try await office.reader(device.stanza()).readInNewSession()
        let kinds = try office.entries.map { entry in
            switch entry {
            case .epoch: "epoch"
            case .device(let facts): "device \(facts.timezone) \(facts.model) \(facts.capacity ?? 0)"
            case .clock(let clock): "clock \(clock.offset.map { "\($0)" } ?? "-") \(clock.bootID)"
            case .punch: "punch"
            case .coverage(let coverage): "coverage \(coverage.holes.count)"
            case .alarm(let alarm): "alarm \(alarm.code)"
            case .user(let user): "user \(user.userID.text)"
            case .operation(let operation): "operation \(operation.what)"
            case .order, .other: "other"
            }
        }
        #expect(
            kinds == [
                "epoch", "device Asia/Jakarta F18/ID 100000", "clock 7 b0071d", "punch", "punch", "punch", "coverage 0",
                "operation switched_on",
            ] + (1...10).map { "user \($0)" })
        await device.stop()
    }

    @Test("A live scan is journaled at once, and confirmed by the poll", arguments: [DeviceProfile.tft, .legacy])
    func live(profile: DeviceProfile) async throws {
        let office = try Office()
        let device = try device(profile, office: office)
        try await device.start()
        try await office.working(try device.stanza()) { _ in
            try await office.hears("device.read")
            let scan = try device.scan(userID: "3")
            try await office.has(everyScanOf: device)
            let last = try #require(try office.punches.last)
            #expect(last.source == .live)
            #expect(last.deviceTime.text == scan.deviceTime)
            try await office.time.pass(.seconds(45))
            try await office.time.pass(.seconds(15))
            try await office.hears("device.read", 2)
        }
        #expect(try office.punches.count == 52, "51 scans, one of them told by two sources")
        #expect(try office.punches.last?.source == .poll)
        #expect(try Set(office.punches.map(\.key)).count == 51)
        await device.stop()
    }

    @Test("A burst of live events that name only an index is one reading, two seconds after the last")
    func indexEvents() async throws {
        let office = try Office()
        var profile = DeviceProfile.tft
        profile.event = .index16
        let device = try device(profile, office: office)
        try await device.start()
        try await office.working(try device.stanza()) { _ in
            try await office.hears("device.read")
            for user in 1...9 { try device.scan(userID: "\(user)") }
            try await office.time.sees(.seconds(2))
            var readings = 1
            // An event may still be on its way when the first of them has led to a reading.
            while try await office.time.pass(oneOf: [.seconds(2), .seconds(45)]) == .seconds(2) {
                readings += 1
                try await office.hears("device.read", readings)
            }
            #expect((2...4).contains(readings), "nine events, \(readings - 1) readings")
            try await office.has(everyScanOf: device)
        }
        await device.stop()
    }

    @Test("An event storm is journaled in few transactions, and the poll is not pushed out by it")
    func storm() async throws {
        let office = try Office()
        let device = try device(records: 0, users: 50, office: office)
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        try await office.working(try device.stanza(), board: board) { _ in
            try await office.hears("device.read")
            for number in 0..<3000 {
                // As a broken device would: faster than anybody scans, and some of it twice.
                try device.scan(
                    userID: "\(number % 50 + 1)", at: "2026-11-23T07:\(10 + number / 60 % 50):\(10 + number % 50)")
            }
            try await office.time.pass(.seconds(45))
            try await office.time.pass(.seconds(15))
            try await office.hears("device.read", 2)
            try await office.has(everyScanOf: device)
        }
        #expect(board.commits.count < 1500)
        await device.stop()
    }

    @Test("20,000 records in one reading")
    func many() async throws {
        let office = try Office()
        let device = try device(records: 20_000, users: 200, office: office)
        try await device.start()
        let begun = ContinuousClock.now
        let outcome = try await office.reader(device.stanza()).readInNewSession()
        #expect(outcome.newPunches == 20_000)
        #expect(try office.scans == device.journalled)
        #expect(ContinuousClock.now - begun < .seconds(60), "a debug build on a busy machine")
        await device.stop()
    }

    @Test("The old profile's index is joined with the user list once: a list that changes does not rewrite scans")
    func indexJoin() async throws {
        let office = try Office()
        let device = try device(.old, records: 40, users: 4, office: office)
        try await device.start()
        let stanza = try device.stanza(live: false, udp: true)
        _ = try await office.reader(stanza).readInNewSession()
        let before = try office.scans
        // Another person gets the index of a user who left.
        let index = try #require(device.users.first).index
        let left = String(decoding: try #require(device.users.first).userID.prefix { $0 != 0 }, as: UTF8.self)
        #expect(device.deleteUser(id: left))
        #expect(device.writeUser(UserRecord(index: index, userID: Array("77".utf8))))
        try device.scan(userID: "77")
        _ = try await office.reader(stanza).readInNewSession()
        let after = try office.scans
        #expect(after.count == before.count + 1)
        #expect(Set(after).isSuperset(of: before), "no scan of the one who left became the other's")
        #expect(after.filter { $0.hasPrefix("77 ") }.count == 1)
        await device.stop()
    }

    @Test("Two in one second where the clock was set back: the tail is ambiguous, a complete reading tells")
    func ambiguousTail() async throws {
        let office = try Office()
        let device = try device(records: 60, office: office)
        try await device.start()
        let stanza = try device.stanza(live: false)
        try device.scan(userID: "3", at: "2026-11-23T07:30:00")
        for user in 1...40 { try device.scan(userID: "\(user % 9 + 1)", at: "2026-11-23T07:\(31 + user % 20):00") }
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.punches.count == 101)
        // The clock was set back by somebody: the same person, the same second, another scan.
        try device.scan(userID: "5", at: "2026-11-23T07:29:59")
        try device.scan(userID: "3", at: "2026-11-23T07:30:00")
        let outcome = try await office.reader(stanza).readInNewSession()
        #expect(outcome.extent == "complete")
        #expect(outcome.newPunches == 2)
        #expect(try office.scans.filter { $0 == "3 2026-11-23T07:30:00" }.count == 2)
        #expect(try office.coverage.allSatisfy { $0.holes.isEmpty }, "its cursor was found: nothing is missing")
        let third = try await office.reader(stanza).readInNewSession()
        #expect(third.newPunches == 0)
        await device.stop()
    }
}
