import Testing
import ZKClient
import ZKSimulator
import ZKWire

/// A session against the simulator on loopback, all profiles and all the ways a device misbehaves.
@Suite("Reading a device", .timeLimit(.minutes(2)))
struct ReadingTests {
    /// Each profile over each link it has.
    static let devices: [(DeviceProfile, DeviceAddress.Link)] = DeviceProfile.all.flatMap { profile in
        [DeviceAddress.Link.tcp, .udp].filter { $0 == .udp || profile.hasTCP }.map { (profile, $0) }
    }

    @Test("Who it is, how full it is, its users and its whole log", arguments: devices)
    func everything(_ profile: DeviceProfile, _ link: DeviceAddress.Link) async throws {
        try await withDevice(profile, records: 1500, users: 40) { device in
            try await session(with: device, over: link) { session in
                let identity = try await session.identity()
                #expect(identity.serial == "SIM0000000001" && identity.model == profile.deviceName)
                #expect(identity.platform == profile.platform && identity.firmware == profile.version)
                #expect(identity.pinWidth == Int(profile.pinWidth) && identity.mac.hasPrefix("00:17:61:"))
                let sizes = try #require(try await session.freeSizes())
                #expect(sizes.users == 40 && sizes.attendance == 1500)
                let (users, layout) = try await session.users(count: Int(sizes.users))
                #expect(layout == profile.users)
                #expect(users.map(\.userID) == device.users.map(\.userID))
                #expect(users.map { $0.bytes(profile.users) } == device.users.map { $0.bytes(profile.users) })
                let read = try await session.readAttendance(since: nil, options: .usual)
                #expect(read.extent == .complete && read.newCount == 1500)
                #expect(read.raw == device.raw)
                #expect(read.cursor?.layout == profile.attendance)
                #expect(read.cursor?.count == 1500 && read.cursor?.total == 1500)
            }
            let statistics = device.statistics
            #expect(statistics.destructive == 0 && statistics.disables == 0)
        }
    }

    @Test("Logs from nothing to just beyond one chunk", arguments: [0, 1, 7, 8, 24, 25, 26, 1636, 1637, 1638])
    func sizes(_ records: Int) async throws {
        for link in ConnectTests.links {
            try await withDevice(records: records) { device in
                let read = try await reading(device, over: link)
                #expect(read.raw == device.raw, "\(link)")
                #expect((read.cursor == nil) == (records == 0))
            }
        }
    }

    @Test("A user list that comes at once, and one in chunks", arguments: [0, 1, 13, 2000])
    func users(_ count: Int) async throws {
        try await withDevice(records: 0, users: count) { device in
            let users = try await session(with: device) { try await $0.users(count: count).users }
            #expect(users.map(\.userID) == device.users.map(\.userID))
        }
    }

    @Test("Counters: plain, four zero bytes, and what cannot be")
    func counters() async throws {
        try await withDevice(records: 60) { device in
            let sizes: @Sendable (DeviceSession) async throws -> FreeSizes? = { try await $0.freeSizes() }
            #expect(try await session(with: device) { try await sizes($0) }?.attendance == 60)
            device.setFaults([Fault(.zeroCounts)])
            #expect(try await session(with: device) { try await sizes($0) } == nil, "unknown, not zero")
            let read = try await reading(device)
            #expect(read.raw == device.raw && read.sizes == nil)
            #expect(read.cursor?.count == 60)
        }
    }

    @Test("The clock is read, set, and read back", arguments: ConnectTests.links)
    func clock(_ link: DeviceAddress.Link) async throws {
        try await withDevice(adjust: { $0.clockOffset = -500 }) { device in
            try await session(with: device, over: link) { session in
                #expect(try await session.deviceTime() == device.deviceTime)
                // The last second of a month: packed times jump there.
                for text in ["2026-11-18T08:46:40", "2026-02-28T23:59:59", "2026-12-31T23:59:59"] {
                    let time = try #require(PackedTime(deviceText: text))
                    #expect(try await session.setDeviceTime(time) == time)
                    #expect(device.deviceTime == time)
                }
                let impossible = try #require(PackedTime(deviceText: "2026-02-30T08:00:00"))
                #expect(await code { try await session.setDeviceTime(impossible) } == .commandRefused)
            }
            #expect(device.statistics.count(.refreshData) == 3)
        }
    }

    @Test("Commands that wipe, delete or switch off are never sent")
    func destructive() async throws {
        let all: [Command] = [
            .clearData, .clearAttendance, .clearOperations, .clearAdmins, .deleteUser, .deleteUserTemplate,
            .deleteTemplate, .powerOff, .restart,
        ]
        try await withDevice(records: 5) { device in
            try await session(with: device) { session in
                for command in all {
                    #expect(await code { _ = try await session.request(command, operation: "try") } == .commandRefused)
                }
            }
            #expect(device.statistics.destructive == 0 && device.recordCount == 5)
        }
    }

    @Test("An option the device does not know, and an answer to another question")
    func options() async throws {
        try await withDevice { device in
            try await session(with: device) { session in
                let (unknown, known) = (
                    try await session.option("NoSuchThing"), try await session.option(DeviceOption.platform)
                )
                #expect(unknown == nil && known == "ZMM210_TFT")
            }
            device.setSerial("")
            #expect(await code { try await session(with: device) { try await $0.serialNumber() } } == .noSerial)
        }
    }

    @Test("100,000 records in packets of 1008 bytes")
    func smallPackets() async throws {
        var profile = DeviceProfile.tft
        profile.packetLimit = 1008
        try await withDevice(profile, records: 100_000, users: 300) { device in
            let clock = ContinuousClock()
            let start = clock.now
            let read = try await reading(device, over: .tcp)
            let took = clock.now - start
            #expect(read.raw == device.raw)
            // No figure to reach, only to be seen: this is a debug build on whatever machine.
            print("100,000 records in packets of 1008 bytes: \(took)")
        }
    }

    // MARK: Lines that lose, double, split, glue

    @Test("Datagrams lost, doubled, reordered, ACK early: the same records every time", arguments: 1...6)
    func badLine(_ seed: UInt64) async throws {
        for profile in [DeviceProfile.tft, .old] {
            try await withDevice(
                profile, records: 400, seed: seed, faults: "drop=0.04,dup=0.1,reorder=0.15,ack-early"
            ) { device in
                let read = try await reading(device, over: .udp, .usual, .lossy)
                #expect(read.raw == device.raw, "seed \(seed), \(profile.name)")
            }
        }
    }

    @Test(
        "Splitting, gluing, late ACKs, events inside, bare data: the same records",
        arguments: [
            "split", "glue=3", "stale-ack", "event-inside", "bare-data", "glue=5,stale-ack,event-inside",
            "split,stale-ack,event-inside",
        ])
    func disturbed(_ faults: String) async throws {
        for link in ConnectTests.links {
            try await withDevice(records: 60, faults: faults) { device in
                let before = device.raw
                let read = try await reading(device, over: link)
                // A scan in the middle of the transfer is in the log, not in what was prepared before it.
                #expect(read.raw == before, "\(link)")
                #expect(device.raw.starts(with: before))
            }
        }
    }

    @Test("An event in the middle of a burst reaches who listens")
    func eventInside() async throws {
        try await withDevice(faults: "event-inside") { device in
            let (read, event) = try await session(with: device) { session in
                let read = try await session.readAttendance(since: nil, options: .usual)
                var events = session.events.makeAsyncIterator()
                return (read, await events.next())
            }
            #expect(read.records.count == 200)
            guard case .attendance(let scans) = event?.content else {
                Issue.record("\(String(describing: event)) is no scan")
                return
            }
            #expect(scans.count == 1 && device.recordCount == 201)
            #expect(device.statistics.eventsAcknowledged == 1)
        }
    }

    @Test("Live events, in order, and acknowledged", arguments: ConnectTests.links)
    func liveEvents(_ link: DeviceAddress.Link) async throws {
        try await withDevice { device in
            try await session(with: device, over: link) { session in
                try await session.registerEvents()
                for user in 1...5 { try device.scan(userID: "\(user)") }
                var users: [AttendanceRecord.Who] = []
                for await event in session.events {
                    if case .attendance(let scans) = event.content { users += scans.map(\.who) }
                    if users.count == 5 { break }
                }
                #expect(users == (1...5).map { .text(Array("\($0)".utf8)) })
            }
            #expect(await device.wait { $0.eventsAcknowledged == 5 })
        }
    }

    // MARK: Never a short result

    @Test("D1 A connection closed after every N-th byte: an error or the whole, never less")
    func closedAt() async throws {
        try await withDevice(.legacy, records: 200) { device in
            let whole = device.raw
            var wholes = 0
            var errors = 0
            for limit in stride(from: 1, through: 3700, by: 37) {
                device.setFaults([Fault(.closeAt, Double(limit))])
                do {
                    let read = try await reading(device, over: .tcp)
                    #expect(read.raw == whole, "closed after \(limit) bytes")
                    wholes += 1
                } catch let error as DeviceError {
                    #expect(error.code == .linkLost, "closed after \(limit) bytes: \(error)")
                    errors += 1
                }
            }
            #expect(errors > 50 && wholes > 0, "\(errors) errors, \(wholes) whole")
        }
    }

    @Test("D5 A transfer that ends early is an error over TCP, and over UDP when it stays so")
    func shortTransfer() async throws {
        var few = DeviceSession.Configuration.lossy
        few.datagramAttempts = 3
        few.datagramTimeout = .milliseconds(400)
        try await withDevice(faults: "short-transfer") { device in
            let stream = await readingCode(device, .tcp, .brisk)
            #expect(stream == .incomplete)
            let datagrams = await readingCode(device, .udp, few)
            #expect(datagrams == .incomplete)
            device.setFaults([Fault(.shortTransfer, times: 1)])
            let repeated = try await reading(device, over: .udp, .usual, .lossy)
            #expect(repeated.raw == device.raw)
        }
    }

    private func readingCode(
        _ device: SimulatorServer, _ link: DeviceAddress.Link, _ configuration: DeviceSession.Configuration
    ) async -> DeviceError.Code? {
        await code { try await reading(device, over: link, .usual, configuration) }
    }

    @Test("D5 A frame with a wrong checksum is never data")
    func corrupt() async throws {
        try await withDevice(.legacy, records: 400, faults: "corrupt=0.05") { device in
            let then = try await reading(device, over: .udp, .usual, .lossy)
            #expect(then.raw == device.raw)
            var configuration = DeviceSession.Configuration.brisk
            configuration.replyTimeout = .milliseconds(100)
            let asked = configuration
            for _ in 0..<6 {
                do {
                    let read = try await reading(device, over: .tcp, .usual, asked)
                    #expect(read.raw == device.raw)
                } catch let error as DeviceError {
                    #expect([.incomplete, .timedOut, .noAnswer].contains(error.code), "\(error)")
                }
            }
        }
    }

    @Test("D5 Counts that are wrong do not change what is read", arguments: [-200, -20, -1, 1, 20, 500])
    func wrongCount(_ off: Int) async throws {
        for profile in [DeviceProfile.tft, .tft49, .legacy] {
            try await withDevice(profile, records: 200, faults: "wrong-count=\(off)") { device in
                let then = try await reading(device)
                #expect(then.raw == device.raw, "\(profile.name)")
            }
        }
    }

    @Test(
        "A device that counts records and sends none is not believed; an empty one is, however it says so",
        arguments: ["", "empty-answer=2001", "empty-answer=4989", "no-buffer"])
    func empty(_ faults: String) async throws {
        try await withDevice(records: 0, faults: faults) { device in
            let read = try await reading(device)
            #expect(read.extent == .complete && read.records.isEmpty && read.cursor == nil)
            device.setFaults(try Fault.list(faults.isEmpty ? "wrong-count=5" : "wrong-count=5,\(faults)"))
            let found = await code { try await reading(device) }
            #expect(found == .incomplete || found == .commandRefused)
        }
    }

    @Test("D6 Garbage in a perfect burst is refused, not decoded")
    func garbage() async throws {
        try await withDevice(faults: "no-buffer,garbage-13") { device in
            #expect(await code { try await reading(device, over: .tcp) } == .layoutUnknown)
        }
    }

    @Test("Firmware without buffers is read the old way")
    func noBuffer() async throws {
        try await withDevice(records: 3000, faults: "no-buffer") { device in
            for link in ConnectTests.links {
                let then = try await reading(device, over: link)
                #expect(then.raw == device.raw)
            }
        }
    }

    @Test("D1 D5 2005 in the middle, and a restart in the middle", arguments: ConnectTests.links)
    func sessionTaken(_ link: DeviceAddress.Link) async throws {
        try await withDevice { device in
            let found = await code {
                try await session(with: device, over: link) { session in
                    _ = try await session.deviceTime()
                    device.setFaults([Fault(.unauthorised)])
                    return try await session.readAttendance(since: nil, options: .usual)
                }
            }
            #expect(found == .sessionTaken)
            let after = await code {
                try await session(with: device, over: link) { session in
                    _ = try await session.deviceTime()
                    device.reboot()
                    return try await session.readAttendance(since: nil, options: .usual)
                }
            }
            // Over TCP the end of the link may be seen before or after the device's last answer.
            #expect(after == .sessionTaken || (link == .tcp && after == .linkLost))
            let then = try await reading(device, over: link)
            #expect(then.raw == device.raw, "and again as if nothing had been")
        }
    }

    @Test("D5 Wrong reply numbers are refused, unless that is switched on", arguments: ConnectTests.links)
    func wrongReplyID(_ link: DeviceAddress.Link) async throws {
        try await withDevice(faults: "wrong-reply-id") { device in
            var configuration = DeviceSession.Configuration.brisk
            configuration.replyTimeout = .milliseconds(300)
            configuration.datagramTimeout = .milliseconds(300)
            configuration.datagramAttempts = 2
            let strict = configuration
            #expect(await code { try await session(with: device, over: link, strict) { _ in } } == .noAnswer)
            var patient = DeviceSession.Configuration.brisk
            patient.looseReplies = true
            let loose = patient
            let read = try await reading(device, over: link, .usual, loose)
            #expect(read.raw == device.raw)
        }
    }

    @Test("Records nobody would expect come through as they are")
    func strangeRecords() async throws {
        try await withDevice(records: 100) { device in
            try device.scan(userID: "3", at: "2026-02-30T08:00:00")
            try device.scan(userID: "3", at: "2099-12-31T23:59:59")
            try device.scan(userID: "3", at: "2000-01-01T00:00:00")
            try device.scan(userID: "", at: nil)
            try device.insertRaw([0, 0] + Array("12\u{0}34".utf8) + Array(repeating: 0xEE, count: 33))
            let read = try await reading(device)
            #expect(read.raw == device.raw && read.records.count == 105)
        }
    }
}
