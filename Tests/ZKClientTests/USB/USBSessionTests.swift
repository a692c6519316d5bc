import Foundation
import HadirTestSupport
import Testing
import ZKClient
import ZKClientUSB
import ZKSimulator
import ZKWire

@Suite("USB: sessions", .timeLimit(.minutes(1)))
struct USBSessionTests {
    private func session<Result: Sendable>(
        _ device: DeviceOnUSB, chunk: Int = 1024, _ body: @Sendable (DeviceSession) async throws -> Result
    ) async throws -> Result {
        var configuration = DeviceSession.Configuration.brisk
        configuration.usb.longestChunk = chunk
        return try await withDeviceSession(
            to: DeviceOnUSB.address, configuration: configuration, logger: quiet,
            over: {
                try await connectDevice(to: $0, configuration: $1, logger: quiet, usb: device.connector)
            }, body)
    }

    @Test("Logs of any size are read whole, in chunks the terminal bears", arguments: [0, 1, 2, 3, 45, 46, 47, 700])
    func logs(_ records: Int) async throws {
        let device = try DeviceOnUSB(records: records, now: { noon })
        device.plug()
        let read = try await session(device) { try await $0.readAttendance(since: nil, options: .usual) }
        #expect(read.raw == Raw(device.logBytes))
        #expect(read.cursor?.layout == (records == 0 ? nil : .a22))
        #expect(device.terminal.violations == [])
        let statistics = device.statistics
        #expect(statistics.destructive == 0 && statistics.count(.attendanceRead) == 0)
        let bytes = 4 + 22 * records
        #expect(statistics.count(.readBuffer) == (bytes > DeviceProfile.inlineLimit ? (bytes + 1023) / 1024 : 0))
    }

    @Test("Counters are asked one by one; those that do not change once in a session")
    func counters() async throws {
        let device = try DeviceOnUSB(records: 33, users: 5, now: { noon })
        device.plug()
        try await session(device) { session in
            let sizes = try #require(try await session.freeSizes())
            #expect(sizes.attendance == 33 && sizes.users == 5)
            #expect(sizes.attendanceCapacity == 50_000 && sizes.userCapacity == 1000)
            #expect(device.statistics.count(.getFreeSizes) == 6)
            try device.scan(userID: "1")
            let again = try await session.freeSizes()
            #expect(again?.attendance == 34)
            #expect(device.statistics.count(.getFreeSizes) == 8)
        }
    }

    @Test("A terminal that answers every counter with zero is not believed to be empty")
    func zeroCounters() async throws {
        let device = try DeviceOnUSB(records: 33, faults: "zero-counts", now: { noon })
        device.plug()
        try await session(device) { session in
            let sizes = try await session.freeSizes()
            #expect(sizes == nil)
            let read = try await session.readAttendance(since: nil, options: .usual)
            #expect(read.records.count == 33)
        }
    }

    @Test("Nothing new costs the counters and no download; then only the tail is read")
    func incremental() async throws {
        let device = try DeviceOnUSB(records: 700, now: { noon })
        device.plug()
        try await session(device) { session in
            let first = try await session.readAttendance(since: nil, options: .usual)
            let before = device.statistics
            let second = try await session.readAttendance(since: first.cursor, options: .usual)
            #expect(second.extent == .nothingNew)
            #expect(device.statistics.count(.prepareBuffer) == before.count(.prepareBuffer))
            try device.scan(userID: "2")
            let third = try await session.readAttendance(since: first.cursor, options: .usual)
            #expect(third.extent == .tail && third.newCount == 1)
            #expect(device.statistics.count(.readBuffer) == before.count(.readBuffer) + 1)
        }
    }

    @Test("Deleted users are zeros in the table: skipped, however many there are", arguments: [0, 1, 5, 29])
    func deletedUsers(_ deleted: Int) async throws {
        let device = try DeviceOnUSB(records: 0, users: 30, now: { noon })
        device.plug()
        let left = device.change { table -> [[UInt8]] in
            for index in 1...30 where index <= deleted { table.deleteForTest(UInt8(index)) }
            return table.users.users.map(\.userID)
        }
        #expect(left.count == 30 - deleted)
        let users = try await session(device) { try await $0.users(count: 30 - deleted) }
        #expect(users.users.map(\.userID) == left)
        #expect(users.users.count == 30 - deleted)
        #expect(users.layout == .u72)
    }

    @Test("The direct read of a whole log is not tried: large bursts drive the terminal off the bus")
    func noDirectRead() async throws {
        let device = try DeviceOnUSB(records: 20, faults: "no-buffer", now: { noon })
        device.plug()
        let code = await code {
            try await session(device) { try await $0.readAttendance(since: nil, options: .usual).records.count }
        }
        #expect(code == .commandRefused)
        #expect(device.statistics.count(.attendanceRead) == 0)
    }

    @Test("Remote enrolment is refused on our side, with where to do it instead")
    func noEnrolment() async throws {
        let device = try DeviceOnUSB(now: { noon })
        device.plug()
        let error = await #expect(throws: DeviceError.self) {
            try await session(device) { _ = try await $0.request(.startEnroll, operation: "enroll") }
        }
        #expect(error?.description.contains("at the device") == true)
        #expect(device.statistics.count(.startEnroll) == 0)
    }

    @Test("Pulled out at any reply of a reading: an error that says so, and nothing half", arguments: 0..<24)
    func vanish(_ reply: Int) async throws {
        let device = try DeviceOnUSB(records: 200, now: { noon })
        device.plug()
        device.terminal.whim(.vanish, after: reply)
        let code = await code {
            try await session(device) { try await $0.readAttendance(since: nil, options: .usual).records.count }
        }
        #expect(code == .linkLost)
        #expect(device.bus.claimed == 0)
        device.plug()
        let read = try await session(device) { try await $0.readAttendance(since: nil, options: .usual) }
        #expect(read.raw == Raw(device.logBytes))
    }

    @Test("A smaller or larger chunk is asked for as configured", arguments: [256, 4096])
    func chunks(_ size: Int) async throws {
        let device = try DeviceOnUSB(records: 300, now: { noon })
        device.plug()
        let read = try await session(device, chunk: size) { try await $0.readAttendance(since: nil, options: .usual) }
        #expect(read.raw == Raw(device.logBytes))
        #expect(device.statistics.count(.readBuffer) == (4 + 300 * 22 + size - 1) / size)
    }
}

extension SimulatedDevice {
    /// What a person does in the device's menu.
    fileprivate mutating func deleteForTest(_ index: UInt8) {
        _ = changeUsers(Frame(.deleteUser, data: [index, 0]), noon)
    }
}
