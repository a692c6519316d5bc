import Attendance
import Crypto
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// D18: what a device says is data, from its record to the batch. The centre's pages and exports have rows of their own.
@Suite("Hostile names and numbers of a device")
struct HostileTextTests {
    static let corpus: [[UInt8]] =
        [
            "'; DROP TABLE journal;--", "\" OR 1=1 --", "<script>alert(1)</script>", "<img src=x onerror=a()>",
            "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\ttab\r\nline", "\u{1B}[2J\u{07}", "\u{202E}gnp.exe",
            "\u{2066}\u{2069}\u{200F}", "{\"kind\":\"epoch\"}", "\\u0000\\\"", "a\nb", "%s%n%x", "../../etc/passwd",
            "$(reboot)`id`", "\u{FEFF}bom", "Z͑ͫalgo", "00017", " 17 ", "0x11", "1e3", "NaN", "null", "\u{7F}",
        ].map { Array($0.utf8) } + [
            [0xFF, 0xFE, 0x41], [0xC0, 0x80], [0xED, 0xA0, 0x80], Array(repeating: 0x41, count: 24),
        ]

    /// Every entry as it would go up: signed, parsed again, and decoded by whoever gets it.
    private func arrived(_ office: Office) throws -> [EntryBody] {
        let key = Curve25519.Signing.PrivateKey()
        let head = try office.store.head()
        let entries = try office.store.run(after: 0, most: 5000, mostBytes: 1_000_000).entries
        #expect(entries.count == Int(head.lastSeq))
        let batch = try Batch(
            node: "0123456789abcdef", epoch: head.epoch, after: 0, previousHash: .start(of: head.epoch),
            entries: entries, status: nil, key: key)
        let parsed = try Batch(parsing: batch.text)
        #expect(parsed.isSigned(by: key.publicKey))
        for body in parsed.bodies {
            #expect(body.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "no control byte stands in a line")
        }
        return try parsed.entries().map { try EntryBody.decode($0.body).body }
    }

    @Test("D18 User ids and names of every bad kind come through as they are, each its own punch and its own user")
    func usersAndScans() async throws {
        let office = try Office()
        let device = SimulatorServer(
            SimulatorConfiguration(users: 0, records: 0), clock: { [time = office.time] in time.date })
        try await device.start()
        for (number, text) in Self.corpus.enumerated() {
            let field = Array(text.prefix(23))
            _ = device.writeUser(
                UserRecord(index: UInt16(number + 1), name: field, userID: Array("\(number + 100)".utf8)))
            try device.insert(
                AttendanceRecord(
                    who: .text(Array(text.prefix(24))), index: 1, verify: 1, time: device.deviceTime, state: 0))
        }
        _ = try await office.reader(device.stanza()).readInNewSession()
        // And once more by live events.
        try await office.working(try device.stanza()) { _ in
            try await office.hears("device.read", 2)
            for text in Self.corpus {
                try device.scan(userID: Array(text.prefix(24)), at: PackedTime(deviceText: "2026-11-23T09:00:00"))
            }
            try await office.changes.until("every event") {
                (try? office.punches.count { $0.source == .live }) == Self.corpus.count
            }
        }
        let entries = try arrived(office)
        let punches = entries.compactMap { if case .punch(let punch) = $0 { punch } else { nil } }
        let wanted = Self.corpus.map { UserID(field: $0.prefix(24)) }
        for source in [Punch.Source.poll, .live] {
            #expect(punches.filter { $0.source == source }.map(\.userID) == wanted)
        }
        #expect(Set(punches.map(\.key)).count == 2 * Set(wanted).count)
        let users = entries.compactMap { if case .user(let user) = $0 { user } else { nil } }
        #expect(users.count == Self.corpus.count)
        for (user, text) in zip(users, Self.corpus) {
            #expect(user.name == DeviceConfiguration.NameEncoding.utf8.text(Array(text.prefix(23))))
        }
        #expect(try office.store.verify().problems == [])
        await device.stop()
    }

    @Test("D18 Model, platform and firmware of every bad kind, and of a megabyte, are bounded text")
    func model() async throws {
        for text in Self.corpus.compactMap({ String(bytes: $0, encoding: .utf8) }) + [
            String(repeating: "M", count: 1 << 20)
        ] {
            let office = try Office()
            var profile = DeviceProfile.tft
            (profile.deviceName, profile.platform, profile.version) = (text, text, text)
            let device = SimulatorServer(
                SimulatorConfiguration(profile: profile, users: 1, records: 2),
                clock: { [time = office.time] in time.date })
            try await device.start()
            office.time.hurry(.seconds(3))
            let read = try? await office.reader(device.stanza()).readInNewSession()
            if read == nil {
                // More than a frame may hold: the link is ended, and nothing is taken.
                #expect(text.utf8.count == 1 << 20)
                #expect(try office.punches.isEmpty)
            } else {
                let facts = try arrived(office).compactMap { if case .device(let facts) = $0 { facts } else { nil } }
                #expect(
                    facts.count == 1 && facts.allSatisfy { $0.model.utf8.count <= 256 && $0.firmware.utf8.count <= 256 }
                )
            }
            await device.stop()
        }
    }

    @Test("D18 A serial that is no plain text is refused, one that is code is only a name")
    func serial() async throws {
        for (text, isTaken) in [
            ("'; DROP TABLE device;--", true), ("<b>SN</b>", true), ("=1+1", true), ("SN\u{1B}[2J", false),
            ("SN\r\nX", false), (String(repeating: "9", count: 65), false), ("   ", false),
        ] {
            let office = try Office()
            let device = SimulatorServer(
                SimulatorConfiguration(serial: text, users: 1, records: 2), clock: { [time = office.time] in time.date }
            )
            try await device.start()
            let outcome = try? await office.reader(device.stanza(serial: nil)).readInNewSession()
            #expect((outcome != nil) == isTaken, "\(text)")
            #expect(try office.punches.count == (isTaken ? 2 : 0))
            if isTaken {
                #expect(try arrived(office).count > 3)
                #expect(try office.punches.allSatisfy { $0.serial.text == text })
            }
            await device.stop()
        }
    }

    @Test("D12 Two devices that tell one serial are both read, one under a tag; neither hides the other's scans")
    func sharedSerial() async throws {
        let office = try Office()
        let devices = (0..<2).map { _ in
            SimulatorServer(
                SimulatorConfiguration(serial: "0000000001", users: 3, records: 6),
                clock: { [time = office.time] in time.date })
        }
        for device in devices { try await device.start() }
        let plain = try devices[0].stanza("front", serial: "0000000001", live: false)
        let tagged = try devices[1].stanza("back", serial: "0000000001", live: false) { $0.serialTag = "b" }
        let first = try await office.reader(plain).readInNewSession()
        let second = try await office.reader(tagged).readInNewSession()
        #expect(first.serial == "0000000001" && second.serial == "0000000001+b")
        #expect(first.newPunches == 6 && second.newPunches == 6, "the same people in the same seconds, at two doors")
        #expect(try Set(office.punches.map(\.key)).count == 12)
        try devices[1].scan(userID: "1")
        #expect(try await office.reader(tagged).readInNewSession().newPunches == 1)
        #expect(try await office.reader(plain).readInNewSession().newPunches == 0)
        // The serial that is checked is the one the device tells.
        devices[1].setSerial("0000000001+b")
        await #expect {
            try await office.reader(tagged).readInNewSession()
        } throws: {
            ($0 as? DeviceError)?.code == .otherDevice
        }
        for device in devices { await device.stop() }
    }
}
