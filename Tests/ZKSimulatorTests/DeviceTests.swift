import Foundation
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("The device without sockets")
struct DeviceTests {
    @Test("a session is given at CONNECT, also with 2005, and nothing but AUTH and EXIT works before the key")
    func authorisation() throws {
        var fixture = DeviceFixture(SimulatorConfiguration(commKey: CommKey(1234)))
        let peer = Peer(.tcp, 2)
        func ask(_ frame: Frame) -> Frame? {
            fixture.device.receive(frame, from: peer, at: fixture.now).frames.first?.frame
        }
        let answer = ask(Frame(.connect))
        let hello = try #require(answer)
        #expect(hello.command == .ackUnauthorised && hello.session != 0)
        for command in [Command.getTime, .optionRead, .prepareBuffer, .disableDevice, .clearAttendance, .userWrite] {
            #expect(ask(Frame(command, session: hello.session, reply: 1))?.command == .ackUnauthorised)
        }
        #expect(!fixture.device.isDisabled(at: fixture.now))
        let wrong = CommKey(1235).scrambled(session: hello.session)
        #expect(ask(Frame(.auth, session: hello.session, reply: 2, data: wrong))?.command == .ackUnauthorised)
        // Any tick is taken from byte 2.
        let right = CommKey(1234).scrambled(session: hello.session, tick: 0xE1)
        #expect(ask(Frame(.auth, session: hello.session, reply: 3, data: right))?.command == .ackOK)
        #expect(ask(Frame(.getTime, session: hello.session, reply: 4))?.command == .ackOK)
        #expect(ask(Frame(.getTime, session: hello.session &+ 1, reply: 5))?.command == .ackUnauthorised)
        #expect(ask(Frame(.connect, reply: 6))?.session == hello.session)
        #expect(ask(Frame(.exit, session: hello.session, reply: 7))?.command == .ackOK)
        #expect(ask(Frame(.getTime, session: hello.session, reply: 8))?.command == .ackUnauthorised)
        #expect(fixture.device.statistics.keysRefused == 1)
    }

    @Test("a device may ask for a key although it is 0")
    func keyZero() throws {
        var configuration = SimulatorConfiguration()
        configuration.alwaysAsksKey = true
        var device = SimulatedDevice(configuration, at: DeviceFixture.moment)
        let hello = device.receive(Frame(.connect), from: Peer(.udp, 9), at: DeviceFixture.moment).frames[0].frame
        #expect(hello.command == .ackUnauthorised)
        let key = Frame(.auth, session: hello.session, reply: 1, data: CommKey.none.scrambled(session: hello.session))
        #expect(device.receive(key, from: Peer(.udp, 9), at: DeviceFixture.moment).frames[0].frame.command == .ackOK)
    }

    @Test("a dataset is read in any pieces, and past its end there is what there is", arguments: [1, 40, 1000, 16_384])
    func pieces(_ chunk: Int) throws {
        var fixture = DeviceFixture(SimulatorConfiguration(records: 100), link: .udp)
        let whole = PackedTime(rawValue: UInt32(fixture.device.log.bytes.count)).bytes + fixture.device.log.bytes
        #expect(whole.count == 4004)
        #expect(fixture.read(.attendance, chunk: chunk) == whole)
        _ = fixture.send(.prepareBuffer, BufferRequest.attendance.bytes)
        func read(_ offset: Int, _ size: Int) -> [UInt8] {
            fixture.send(.readBuffer, BufferRange(offset: offset, size: size).bytes)
                .filter { $0.command == .data }.flatMap(\.data)
        }
        #expect(read(3964, 4000) == Array(whole.suffix(40)))
        #expect(read(2, 4) == Array(whole[2..<6]))
        #expect(read(4004, 100) == [])
        #expect(read(Int(UInt32.max), 100) == [])
        #expect(fixture.one(.readBuffer, BufferRange(offset: 0, size: 16_385).bytes)?.command == .ackError)
        #expect(fixture.one(.freeData)?.command == .ackOK)
        #expect(fixture.one(.readBuffer, BufferRange(offset: 0, size: 4).bytes)?.command == .ackError)
    }

    @Test("a scan during a read does not change what is being read")
    func snapshot() throws {
        var fixture = DeviceFixture(SimulatorConfiguration(records: 100))
        let answer = fixture.one(.prepareBuffer, BufferRequest.attendance.bytes)
        let announced = try #require(answer)
        _ = try fixture.device.scan(userID: Array("3".utf8), at: fixture.now)
        let burst = fixture.send(.readBuffer, BufferRange(offset: 0, size: 65_472).bytes)
        let read = burst.filter { $0.command == .data }.flatMap(\.data)
        #expect(try read.count == BufferAnnouncement(announced.data).size)
        #expect(fixture.read(.attendance)?.count == 4044)
    }

    @Test("inline up to about a kilobyte, announced above")
    func inline() throws {
        for (records, command) in [(0, Command.data), (25, .data), (26, .ackOK)] {
            var fixture = DeviceFixture(SimulatorConfiguration(records: records))
            let answer = fixture.one(.prepareBuffer, BufferRequest.attendance.bytes)
            let frame = try #require(answer)
            #expect(frame.command == command && frame.session == fixture.session)
            #expect(command == .ackOK ? frame.data.count == 13 : frame.data.count == 4 + records * 40)
        }
    }

    @Test("the old profile knows direct commands only, and an empty log is 2001")
    func old() throws {
        var fixture = DeviceFixture(SimulatorConfiguration(profile: .old, records: 300), link: .udp)
        #expect(fixture.one(.prepareBuffer, BufferRequest.attendance.bytes)?.command == .ackUnknown)
        #expect(fixture.one(.readBuffer, BufferRange(offset: 0, size: 10).bytes)?.command == .ackUnknown)
        let burst = fixture.send(.attendanceRead)
        #expect(burst.map(\.command) == [.prepareData, .data, .data, .data, .ackOK])
        #expect(burst.map(\.session) == [fixture.session, 0, 1, 2, 2])
        let users = fixture.send(.userTemplateRead, [5]).filter { $0.command == .data }.flatMap(\.data)
        #expect(try Dataset(users).users(.u28).map(\.userID) == fixture.device.users.users.map(\.userID))
        fixture.device.clearLog(at: fixture.now)
        #expect(fixture.one(.attendanceRead)?.command == .ackError)
    }

    @Test("a disabled device refuses scans until it is enabled, or its seconds are over")
    func disable() throws {
        var fixture = DeviceFixture()
        let user = Array("1".utf8)
        #expect(fixture.one(.disableDevice)?.command == .ackOK)
        #expect(throws: ScanRefused.disabled) { try fixture.device.scan(userID: user, at: fixture.now) }
        #expect(fixture.one(.stateRead)?.session == 4)
        fixture.device.disconnected(fixture.peer)
        #expect(fixture.device.isDisabled(at: fixture.now.addingTimeInterval(86_400)))
        fixture.device.sessions[fixture.peer] = DeviceSession(id: fixture.session, isAuthorised: true)
        #expect(fixture.one(.enableDevice)?.command == .ackOK)
        _ = try fixture.device.scan(userID: user, at: fixture.now)
        #expect(fixture.one(.stateRead)?.session == 0)
        #expect(fixture.one(.disableDevice, [30, 0, 0, 0])?.command == .ackOK)
        #expect(fixture.device.isDisabled(at: fixture.now.addingTimeInterval(29)))
        #expect(!fixture.device.isDisabled(at: fixture.now.addingTimeInterval(30)))
        let report = fixture.device.report(at: fixture.now)
        #expect(report.disables == 2 && report.enables == 1 && report.isDisabled && report.scansRefused == 1)
    }

    @Test("users are refused with an empty id, a wrong size, a taken id or no room; an index overwrites")
    func userWrites() throws {
        var profile = DeviceProfile.tft
        profile.userCapacity = 11
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile))
        func write(_ index: UInt16, _ id: String) -> Command? {
            fixture.one(.userWrite, UserRecord(index: index, userID: Array(id.utf8)).bytes(.u72))?.command
        }
        #expect(write(0, "77") == .ackError)
        #expect(write(50, "") == .ackError)
        #expect(write(50, "1234567890") == .ackError)
        #expect(write(50, "3") == .ackError)
        #expect(fixture.one(.userWrite, [1, 2, 3])?.command == .ackError)
        #expect(write(50, "0077") == .ackOK)
        #expect(write(51, "78") == .ackError)
        #expect(write(50, "79") == .ackOK)
        #expect(fixture.device.users.count == 11)
        #expect(fixture.device.users.user(index: 50)?.userID == Array("79".utf8))
        #expect(fixture.one(.deleteUser, [50, 0])?.command == .ackOK)
        #expect(fixture.one(.deleteUser, [50, 0])?.command == .ackError)
    }

    @Test("clear of one type leaves the others; without a type everything goes")
    func clear() throws {
        var fixture = DeviceFixture(SimulatorConfiguration(records: 20))
        #expect(fixture.one(.clearData, [1])?.command == .ackOK)
        #expect(fixture.device.log.count == 0 && fixture.device.users.count == 10)
        #expect(fixture.one(.clearData, [9])?.command == .ackError)
        #expect(fixture.one(.clearData)?.command == .ackOK)
        #expect(fixture.device.users.count == 0)
        #expect(fixture.device.statistics.destructive == 3)
    }

    @Test("the clock has an error, a drift and a zone, and is set and read as packed time")
    func clock() throws {
        var configuration = SimulatorConfiguration(timeZone: DeviceClock.zone(named: "WIT"))
        configuration.clockOffset = -90
        configuration.drift = 100
        var fixture = DeviceFixture(configuration)
        func read() throws -> String {
            let answer = fixture.one(.getTime)
            return PackedTime(rawValue: try #require(answer?.data.leadingU32)).deviceText
        }
        #expect(try read() == "2025-11-03T10:14:00")
        fixture.now += 86_400
        #expect(try read() == "2025-11-04T10:14:08")
        fixture.device.clock.jump(by: 3600)
        #expect(try read() == "2025-11-04T11:14:08")
        let wanted = try #require(PackedTime(deviceText: "2000-02-29T00:00:00"))
        #expect(fixture.one(.setTime, wanted.bytes)?.command == .ackOK)
        #expect(try read() == "2000-02-29T00:00:00")
        let impossible = try #require(PackedTime(deviceText: "2025-02-30T00:00:00"))
        #expect(fixture.one(.setTime, impossible.bytes)?.command == .ackError)
        #expect(fixture.one(.setTime, [1])?.command == .ackError)
        fixture.device.clock.jump(by: .max)
        fixture.device.clock.jump(by: .min)
        #expect(try !read().isEmpty)
    }

    @Test(
        "a scan may carry any time that fits the slots, and 2099",
        arguments: [
            "2026-02-30T08:00:00", "2099-12-31T23:59:59", "2000-01-01T00:00:00",
        ])
    func times(_ text: String) throws {
        var fixture = DeviceFixture()
        let time = try #require(PackedTime(deviceText: text))
        let (scan, _) = try fixture.device.scan(userID: Array("5".utf8), time: time, at: fixture.now)
        #expect(scan.deviceTime == text)
        #expect(fixture.device.scans() == [scan])
    }

    @Test(
        "text that is no time is none",
        arguments: [
            "", "2026-02-32T08:00:00", "2026-13-01T08:00:00", "2026-02-01 08:00:00", "2026-02-01T24:00:00",
            "1999-02-01T08:00:00", "+026-02-01T08:00:00", "2026-02-01T08:00", "٢٠٢٦-02-01T08:00:00",
        ])
    func noTimes(_ text: String) {
        #expect(PackedTime(deviceText: text) == nil)
    }

    @Test("a full log drops its oldest record, or stops")
    func full() throws {
        var fixture = DeviceFixture(SimulatorConfiguration(records: 10, capacity: 10))
        let before = fixture.device.scans()
        let (scan, _) = try fixture.device.scan(userID: Array("5".utf8), at: fixture.now)
        #expect(fixture.device.scans() == before.dropFirst() + [scan])
        fixture.device.log.whenFull = .stop
        #expect(throws: ScanRefused.full) { try fixture.device.scan(userID: Array("5".utf8), at: fixture.now) }
        let answer = fixture.one(.getFreeSizes)
        let frame = try #require(answer)
        let sizes = try #require(FreeSizes(frame.data))
        #expect(sizes.attendance == 10 && sizes.attendanceFree == 0 && sizes.isPlausible)
    }

    @Test("raw records of any content are kept; of another size they are refused")
    func raw() throws {
        var fixture = DeviceFixture()
        let record = [UInt8](repeating: 0xFF, count: 40)
        try fixture.device.insert(record: record)
        try fixture.device.insert(record: record)
        #expect(fixture.device.log.bytes == record + record)
        #expect(throws: ScanRefused.wrongSize(needed: 40, got: 39)) {
            try fixture.device.insert(record: Array(record.dropLast()))
        }
    }

    @Test("whatever bytes a client sends, the device answers or not, and lives")
    func hostile() {
        var random = SeededRandom(seed: 42)
        for link in [Peer.Link.tcp, .udp] {
            for profile in DeviceProfile.all {
                var fixture = DeviceFixture(SimulatorConfiguration(profile: profile, records: 50), link: link)
                for _ in 0..<3000 {
                    let commands = Command.known
                    let command = commands[random.below(commands.count)]
                    let data = (0..<random.below(90)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 40) }
                    if fixture.device.isOff { _ = fixture.device.reboot(at: fixture.now) }
                    // EXIT, RESTART and CONNECT among them would end the session.
                    if fixture.device.sessions[fixture.peer]?.id != fixture.session {
                        let session = DeviceSession(id: fixture.session, isAuthorised: true)
                        fixture.device.sessions[fixture.peer] = session
                    }
                    for frame in fixture.send(command, data) { #expect(frame.data.count <= 65_536) }
                }
                #expect(fixture.device.statistics.commands.values.reduce(0, +) == 3000)
            }
        }
    }
}

extension Command {
    /// Every number a client may send, and some nobody knows.
    static let known: [Command] =
        (Array(0...140) + Array(200...203) + [500] + Array(1000...1020) + [1100, 1101, 1102]
        + Array(1500...1505) + [2000, 2001, 65_535]).map { Command(rawValue: UInt16($0)) }
}
