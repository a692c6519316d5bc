import Attendance
import Foundation
import HadirTestSupport
import Testing
import ZKClient
import ZKClientUSB
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// A terminal on a cable and the worker that reads it: zk-usb, sections 3.3 and 6.
@Suite("A device's worker: USB", .timeLimit(.minutes(3)))
struct USBTests {
    private struct Rig {
        let office: Office
        let device: DeviceOnUSB

        init(records: Int = 60, serial: String = "SIM0000000001", faults: String = "") throws {
            // The office's time is the device's, and the office needs the device's bus first.
            let bus = ScriptedBus()
            let clock = LeapingClock()
            office = try Office { _ in USBConnector(bus: bus, clock: clock) }
            device = try DeviceOnUSB(
                records: records, serial: serial, faults: faults, on: bus, clock: clock,
                now: { [time = office.time] in time.date })
        }

        /// A second one behind the same office's cable.
        func other(records: Int, serial: String) throws -> DeviceOnUSB {
            try DeviceOnUSB(
                records: records, serial: serial, on: device.bus, clock: device.clock,
                now: { [time = office.time] in time.date })
        }

        func has(everyScanOf device: DeviceOnUSB) async throws {
            try await office.changes.until("every scan", detail: "\((try? office.scans.count) ?? -1)") {
                (try? office.scans)
                    == device.scans.map { "\(UserID(field: $0.userID).text) \($0.deviceTime)" }.sorted()
            }
        }
    }

    private func stanza(serial: String? = "SIM0000000001") -> DeviceConfiguration {
        DeviceConfiguration(
            name: "lobby", address: DeviceOnUSB.address, serial: serial.flatMap { DeviceSerial($0) },
            timezone: "Asia/Jakarta")
    }

    @Test("Read at first, nothing new, then the new scan: over one session that asks for no live events")
    func polls() async throws {
        let rig = try Rig()
        rig.device.plug()
        try await rig.office.working(stanza()) { _ in
            try await rig.has(everyScanOf: rig.device)
            try rig.device.scan(userID: "3")
            try await rig.office.time.pass(.seconds(45))
            try await rig.office.time.pass(.seconds(15))
            try await rig.has(everyScanOf: rig.device)
        }
        let statistics = rig.device.statistics
        #expect(statistics.count(.registerEvent) == 0 && statistics.disables == 0 && statistics.destructive == 0)
        #expect(statistics.sessions == 1)
        #expect(rig.device.terminal.violations == [])
        #expect(rig.office.heard("device.not_live").isEmpty)
    }

    @Test("D15 Pulled out in mid-read: nothing half is kept, no cursor moves; plugged in again it is read at once")
    func pulledOut() async throws {
        let rig = try Rig(records: 300)
        rig.device.plug()
        rig.device.terminal.whim(.vanish, after: 20)
        try await rig.office.working(stanza()) { _ in
            try await rig.office.hears("device.failed")
            #expect(try rig.office.punches.isEmpty)
            let serial = try #require(DeviceSerial("SIM0000000001"))
            #expect(try rig.office.store.memory(of: serial).cursor == nil)
            // No time passes in this test: only the arrival wakes the worker.
            rig.device.plug()
            try await rig.has(everyScanOf: rig.device)
        }
        #expect(rig.device.terminal.violations == [])
        #expect(try rig.office.alarms == [])
    }

    @Test("A long absence is one alarm, and the wait for the next try ends with the plugging in")
    func absent() async throws {
        let rig = try Rig()
        try await rig.office.working(stanza()) { _ in
            try await rig.office.hears("device.failed")
            for wait in [1.5, 3, 6, 12] as [Double] {
                try await rig.office.time.pass(.milliseconds(Int64(wait * 1000)))
            }
            try await rig.office.hears("device.failed", 5)
            rig.device.plug()
            try await rig.has(everyScanOf: rig.device)
        }
        #expect(try rig.office.alarms == ["device_not_plugged_in"])
    }

    @Test("D11 The cable in another terminal of the same ids: refused by its serial, not a record is taken")
    func otherTerminal() async throws {
        let rig = try Rig(records: 5)
        let other = try rig.other(records: 7, serial: "SIM0000000002")
        rig.device.plug()
        try await rig.office.working(stanza()) { _ in
            try await rig.has(everyScanOf: rig.device)
            // The reading is over when the worker waits.
            try await rig.office.time.sees(.seconds(45))
            rig.device.unplug()
            try await rig.office.time.pass(.seconds(45))
            try await rig.office.hears("device.failed")
            other.plug()
            try await rig.office.hears("device.failed", 2)
            #expect(rig.office.heard("device.failed").last?.metadata["code"] == "device_other_device")
            #expect(other.statistics.count(.prepareBuffer) == 0)
        }
        #expect(try rig.office.punches.count == 5)
    }

    @Test("A device that deleted users is read, and nobody is called removed but they")
    func deletedUsers() async throws {
        let rig = try Rig(records: 5)
        rig.device.plug()
        try await rig.office.working(stanza()) { worker in
            try await rig.has(everyScanOf: rig.device)
            // The first reading, which tells of users last, is over.
            _ = try await worker.sync()
            rig.device.change { device in
                _ = device.changeUsers(Frame(.deleteUser, data: [2, 0]), rig.office.time.date)
            }
            _ = try await worker.sync(.readUsers)
        }
        let left = Set(rig.device.change { $0.users.users.map { UserID(field: $0.userID).text } })
        let users = try rig.office.entries.compactMap { entry in
            if case .user(let user) = entry { user } else { nil }
        }
        let gone = users.map(\.userID.text).first { !left.contains($0) }
        let told = Dictionary(grouping: users, by: \.userID.text).mapValues(\.count)
        #expect(
            told.count == 6 && told.filter { $0.value == 2 }.keys.first == gone, "six there, then one gone: \(told)")
        #expect(users.count == 7)
    }
}
