import Foundation
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("Faults of the device")
struct DeviceFaultTests {
    private func fixture(
        _ fault: String, _ profile: DeviceProfile = .tft, records: Int = 100, link: Peer.Link = .udp
    ) throws -> DeviceFixture {
        DeviceFixture(try SimulatorConfiguration(profile, records: records, fault: fault), link: link)
    }

    private func prepared(_ fault: String) throws -> DeviceFixture {
        var fixture = try fixture(fault)
        #expect(fixture.one(.prepareBuffer, BufferRequest.attendance.bytes)?.command == .ackOK)
        return fixture
    }

    private static let all = BufferRange(offset: 0, size: 4004).bytes

    @Test(
        "counts are wrong by so much, stay plausible, and never fall below zero",
        arguments: [
            ("wrong-count=7", UInt32(107)), ("wrong-count=-20", 80), ("wrong-count=-500", 0),
        ])
    func wrongCount(_ fault: String, _ count: UInt32) throws {
        var fixture = try fixture(fault)
        let answer = fixture.one(.getFreeSizes)
        let sizes = try #require(FreeSizes(answer?.data ?? []))
        #expect(sizes.attendance == count && sizes.isPlausible && sizes.users == 10)
        #expect(fixture.read(.attendance)?.count == 4004)
    }

    @Test("zero-counts answers four zero bytes")
    func zeroCounts() throws {
        var fixture = try fixture("zero-counts")
        #expect(fixture.one(.getFreeSizes)?.data == [0, 0, 0, 0])
    }

    @Test("ignore-offset reads from the start")
    func ignoreOffset() throws {
        var fixture = try prepared("ignore-offset")
        let burst = fixture.send(.readBuffer, BufferRange(offset: 3000, size: 44).bytes)
        let head = PackedTime(rawValue: 4000).bytes + fixture.device.log.bytes.prefix(40)
        #expect(burst.filter { $0.command == .data }.flatMap(\.data) == head)
    }

    @Test("clear, rollover, reboot and clock-jump happen once, after so many commands")
    func events() throws {
        var cleared = try fixture("clear@2")
        _ = cleared.send(.getTime)
        _ = cleared.send(.getTime)
        #expect(cleared.device.log.count == 100)
        _ = cleared.send(.getTime)
        #expect(cleared.device.log.count == 0)
        _ = try cleared.device.scan(userID: [0x31], at: cleared.now)
        _ = cleared.send(.getTime)
        #expect(cleared.device.log.count == 1)

        var full = try fixture("rollover")
        let before = full.device.scans()
        _ = full.send(.getTime)
        let (scan, _) = try full.device.scan(userID: [0x31], at: full.now)
        #expect(full.device.scans() == before.dropFirst() + [scan])

        var jumped = try fixture("clock-jump=-3600@1")
        #expect(jumped.one(.getTime)?.data == jumped.device.clock.time(at: jumped.now).bytes)
        _ = jumped.send(.getTime)
        _ = jumped.send(.getTime)
        #expect(jumped.device.clock.time(at: jumped.now).deviceText == "2025-11-03T07:15:30")

        var rebooted = try fixture("reboot@1")
        #expect(rebooted.send(.getTime).count == 1)
        let output = rebooted.device.receive(
            Frame(.getTime, session: rebooted.session), from: rebooted.peer, at: rebooted.now)
        #expect(output.frames.isEmpty && output.closesAll)
        #expect(rebooted.send(.getTime).map(\.command) == [.ackUnauthorised])
    }

    @Test("an event falls due by time without any command")
    func timed() throws {
        var fixture = try fixture("reboot@30s,clear@31s")
        #expect(!fixture.device.tick(at: fixture.now.addingTimeInterval(29)).closesAll)
        #expect(fixture.device.tick(at: fixture.now.addingTimeInterval(30)).closesAll)
        #expect(!fixture.device.tick(at: fixture.now.addingTimeInterval(31)).closesAll)
        #expect(fixture.device.log.count == 0)
    }

    @Test("stale-ack sends the ACK of the request before, in front of the answer")
    func staleAck() throws {
        var fixture = try fixture("stale-ack")
        let frames = fixture.send(.getTime, [], reply: 12)
        #expect(frames.map(\.reply) == [11, 12] && frames[0].command == .ackOK && frames[0].data.isEmpty)
    }

    @Test("wrong-reply-id answers with another number")
    func wrongReply() throws {
        var fixture = try fixture("wrong-reply-id*1")
        #expect(fixture.send(.getTime, [], reply: 12).map(\.reply) == [19])
        #expect(fixture.send(.getTime, [], reply: 13).map(\.reply) == [13])
    }

    @Test("unauth-mid-session forgets the session once")
    func unauthorised() throws {
        var fixture = try fixture("unauth-mid-session@1")
        #expect(fixture.send(.getTime).map(\.command) == [.ackOK])
        #expect(fixture.send(.getTime).map(\.command) == [.ackUnauthorised])
        let hello = fixture.send(Frame(.connect))
        #expect(hello.first?.command == .ackOK)
    }

    @Test("refuse-6001 refuses CONNECT")
    func refuse() throws {
        var fixture = try fixture("refuse-6001")
        #expect(fixture.send(Frame(.connect)).map(\.command) == [.newHandshake])
        #expect(fixture.send(Frame(.connect)).first?.session == 0)
    }

    @Test("short-transfer leaves out the last data frame only")
    func shortTransfer() throws {
        var fixture = try prepared("short-transfer*1")
        let short = fixture.send(.readBuffer, Self.all)
        #expect(short.map(\.command) == [.prepareData, .data, .data, .data, .ackOK])
        #expect(fixture.send(.readBuffer, Self.all).count == 6)
    }

    @Test("ack-early sends the closing ACK before the last data, over UDP only")
    func ackEarly() throws {
        var fixture = try prepared("ack-early")
        let early = fixture.send(.readBuffer, Self.all)
        #expect(early.map(\.command) == [.prepareData, .data, .data, .data, .ackOK, .data])
        #expect(early.map(\.session) == [fixture.session, 0, 1, 2, 3, 3])
        var tcp = try self.fixture("ack-early", link: .tcp)
        _ = tcp.send(.prepareBuffer, BufferRequest.attendance.bytes)
        #expect(tcp.send(.readBuffer, Self.all).last?.command == .ackOK)
    }

    @Test(
        "empty-answer is given for an empty log and for nothing else",
        arguments: [
            ("inline", Command.data), ("2001", .ackError), ("4989", .noSessionBuffer),
        ])
    func emptyAnswer(_ word: String, _ command: Command) throws {
        var empty = try fixture("empty-answer=\(word)", records: 0)
        #expect(empty.one(.prepareBuffer, BufferRequest.attendance.bytes)?.command == command)
        var filled = try fixture("empty-answer=\(word)", records: 1)
        #expect(filled.one(.prepareBuffer, BufferRequest.attendance.bytes)?.command == .data)
    }

    @Test("garbage-13 is a well-formed burst that no layout makes plausible; 1503 still tells the truth")
    func garbage() throws {
        var fixture = try fixture("garbage-13", records: 20)
        let burst = fixture.send(.attendanceRead)
        #expect(burst.map(\.command) == [.prepareData, .data, .ackOK])
        let dataset = try Dataset(burst[1].data)
        #expect(dataset.isComplete && dataset.body.count == 120)
        #expect(throws: LayoutDetection.Undecided.self) {
            try LayoutDetection.attendance(
                total: 120, sample: dataset.body, count: nil, latest: fixture.device.clock.time(at: fixture.now))
        }
        #expect(fixture.read(.attendance)?.count == 804)
    }

    @Test("disable-ignored acknowledges and goes on accepting scans")
    func disableIgnored() throws {
        var fixture = try fixture("disable-ignored")
        #expect(fixture.one(.disableDevice)?.command == .ackOK)
        _ = try fixture.device.scan(userID: [0x31], at: fixture.now)
        #expect(fixture.device.statistics.disables == 1 && !fixture.device.isDisabled(at: fixture.now))
    }

    @Test("event-inside puts a real scan into the transfer")
    func eventInside() throws {
        var fixture = try prepared("event-inside*1")
        let frames = fixture.send(.readBuffer, Self.all)
        #expect(frames.map(\.command) == [.prepareData, .data, .registerEvent, .data, .data, .data, .ackOK])
        guard case .attendance(let events)? = RealtimeEvent(frames[2])?.content else {
            Issue.record("no attendance event inside")
            return
        }
        let last = try #require(fixture.device.scans().last)
        #expect(fixture.device.log.count == 101)
        #expect(events.map(\.who) == [.text(last.userID)] && events.map(\.time.packed) == [last.time])
    }

    @Test("no-buffer answers 1503 with 65535")
    func noBuffer() throws {
        var fixture = try fixture("no-buffer")
        #expect(fixture.one(.prepareBuffer, BufferRequest.users.bytes)?.command == .ackUnknown)
        #expect(fixture.send(.attendanceRead).last?.command == .ackOK)
    }

    @Test("lazy-writes take effect at REFRESHDATA")
    func lazyWrites() throws {
        var fixture = try fixture("lazy-writes")
        let user = UserRecord(index: 77, zones: [0, 0, 0, 0], userID: [0x37, 0x37])
        #expect(fixture.one(.userWrite, user.bytes(.u72))?.command == .ackOK)
        #expect(fixture.device.users.count == 10)
        #expect(fixture.one(.refreshData)?.command == .ackOK)
        #expect(fixture.device.users.user(index: 77) == user)
    }

    @Test("bare-data answers a small 1504 with one data frame")
    func bareData() throws {
        var fixture = try prepared("bare-data")
        let small = fixture.send(.readBuffer, BufferRange(offset: 0, size: 1024).bytes)
        #expect(small.map(\.command) == [.data] && small.first?.data.count == 1024)
        #expect(fixture.send(.readBuffer, BufferRange(offset: 0, size: 1025).bytes).count == 4)
    }

    @Test("silent answers nothing, and no event either")
    func silent() throws {
        var fixture = try fixture("silent@1")
        #expect(fixture.one(.registerEvent, [1, 0, 0, 0])?.command == .ackOK)
        #expect(fixture.send(.getTime).isEmpty)
        let (_, output) = try fixture.device.scan(userID: [0x31], at: fixture.now)
        #expect(output.frames.isEmpty && fixture.device.log.count == 101)
    }

    @Test("text gives the fault it says, and the error says what is wrong")
    func parsing() throws {
        #expect(
            try Fault.list("drop=0.25,reboot@40,close-at=5000@3*2,silent@30s") == [
                Fault(.drop, 0.25), Fault(.reboot, after: .commands(40)),
                Fault(.closeAt, 5000, after: .commands(3), times: 2), Fault(.silent, after: .seconds(30)),
            ])
        #expect(try Fault.list("") == [])
        #expect(Fault(.reboot).times == 1 && Fault(.drop).times == nil)
        for (text, reason) in [
            ("dorp=1", "is not known"), ("drop", "probability"), ("drop=1.5", "probability"),
            ("drop=nan", "probability"),
            ("silent=1", "takes no value"), ("glue=1", "2 to 64"), ("delay=", "0 to 600000"),
            ("second-client=eat", "refuse, hang, kick"), ("reboot@", "behind @"), ("reboot@-1", "behind @"),
            ("reboot@1m", "behind @"), ("reboot*0", "behind *"), ("clock-jump=99999999999999999999", "needs a number"),
        ] {
            let error = #expect(throws: FaultError.self) { try Fault(parsing: text) }
            #expect(error?.description.contains(reason) == true, "\(text): \(error?.description ?? "")")
        }
    }
}
