import Attendance
import EdgeStore
import Foundation
import Synchronization
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("Live events on every profile")
struct LiveEventTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        let profile: DeviceProfile
        let udp: Bool
        var tail = 0
        var event: DeviceProfile.EventLayout?

        var testDescription: String {
            "\(profile.name) \(udp ? "udp" : "tcp") tail \(tail) \(event.map { "\($0)" } ?? "")"
        }

        /// A scan that names a user id is journaled as it comes; of another only the log tells who it was.
        var namesUser: Bool { (event ?? profile.event) != .index16 }

        static let all: [Kind] =
            DeviceProfile.all.flatMap { profile in
                [false, true].filter { $0 || profile.hasTCP }.map { Kind(profile: profile, udp: $0) }
            } + [
                Kind(profile: .tft, udp: false, tail: 4), Kind(profile: .tft, udp: true, tail: 5),
                Kind(profile: .tft49, udp: false, tail: 20), Kind(profile: .old, udp: true, tail: 4),
                Kind(profile: .tft, udp: false, event: .number32), Kind(profile: .legacy, udp: true, event: .index16),
            ]
    }

    private func device(_ office: Office, _ kind: Kind) -> SimulatorServer {
        var profile = kind.profile
        profile.eventTail = kind.tail
        profile.event = kind.event ?? profile.event
        return SimulatorServer(
            SimulatorConfiguration(profile: profile, users: 9, records: 12),
            clock: { [time = office.time] in time.date })
    }

    @Test("A scan is journaled without a poll, whatever its event looks like", arguments: Kind.all)
    func everyKind(kind: Kind) async throws {
        let office = try Office()
        let device = device(office, kind)
        try await device.start()
        try await office.working(try device.stanza(udp: kind.udp)) { _ in
            try await office.hears("device.read")
            try await office.time.sees(.seconds(45))
            #expect(device.statistics.listeners == 1)
            try device.scan(userID: "3")
            // The rest of the minute is not let pass: what is journaled came by the event.
            if !kind.namesUser { try await office.time.pass(.seconds(2)) }
            try await office.has(everyScanOf: device)
            #expect(try office.punches.last?.source == (kind.namesUser ? .live : .poll))
            #expect(try office.punches.last?.userID.text == "3")
        }
        #expect(device.statistics.eventsSent == 1)
        await device.stop()
    }

    @Test("Only scans are asked for, by mask, and with live = false none is", arguments: [true, false])
    func mask(live: Bool) async throws {
        let office = try Office()
        let device = device(office, Kind(profile: .tft, udp: false))
        try await device.start()
        try await office.working(try device.stanza(live: live)) { _ in
            try await office.hears("device.read")
            try await office.time.sees(.seconds(45))
            #expect(device.statistics.listeners == (live ? 1 : 0))
            #expect(device.statistics.count(.registerEvent) == (live ? 1 : 0))
            #expect(
                device.statistics.count(.getFreeSizes) == (live ? 3 : 2), "one more look, and only where it listens")
        }
        await device.stop()
    }

    @Test("A scan during the first reading that no event tells is read at once, not a minute later")
    func duringFirstReading() async throws {
        let office = try Office()
        let device = device(office, Kind(profile: .tft, udp: false))
        try await device.start()
        let isDone = Mutex(false)
        var environment = office.environment
        // Asked for the time of the entries, when the device has given its log.
        environment.now = { [time = office.time] in
            let isNow = device.statistics.count(.prepareBuffer) > 0
            if isNow,
                isDone.withLock({ done in
                    defer { done = true }
                    return !done
                })
            {
                try? device.insert(
                    AttendanceRecord(
                        who: .text(Array("7".utf8)), index: 7, verify: 1, time: device.deviceTime, state: 0))
            }
            return time.date
        }
        let worker = office.worker(
            DeviceReader(configuration: try device.stanza(), store: office.store, environment: environment))
        try await office.working([worker]) {
            try await office.has(everyScanOf: device)
            #expect(try office.punches.last?.userID.text == "7")
        }
        #expect(device.statistics.eventsSent == 0)
        await device.stop()
    }
}
