import Foundation
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("Published vectors against the device")
struct VectorTests {
    /// What a device with user 2, 4, 7 and 14 answers to each published request; in the file's order.
    static let replies: [String: Command] = [
        "opt-os-req": .ackOK, "opt-platform-req": .ackOK, "opt-write-lockon": .ackOK, "user-wrq-72": .ackOK,
        "payload-zkfaceversion": .ackError, "connect-req": .ackOK, "exit-req": .ackOK, "connect-req-udp": .ackOK,
        "auth-req-key12": .ackUnauthorised, "sizes-req": .ackOK, "wrrq-users-req": .data, "free-data-req": .ackOK,
        "k40-connect-req-reply1": .ackOK, "d2-clear-error-req": .ackUnknown, "d2-sizes-req": .ackOK,
        "udp-attlog-req": .ackError, "udp-serial-req-bare": .ackOK, "auth-req-123456": .ackUnauthorised,
        "auth-req-0": .ackUnauthorised, "restart-req": .ackOK, "version-req": .ackOK, "opt-serial-req": .ackOK,
        "opt-mac-req": .ackOK, "get-time-req": .ackOK, "set-time-req": .ackOK, "disable-req": .ackOK,
        "wrrq-attlog-req": .data, "data-rdy-req": .ackError, "data-rdy-req-udp": .ackError,
        "user-wrq-28-pyzk": .ackError, "refresh-req": .ackOK, "delete-user-req": .ackOK,
        "delete-template-req-19": .ackError, "bulk-prepare-req": .ackOK, "bulk-data-req-72": .ackError,
        "bulk-save-req-110": .ackError, "unlock-req": .ackOK, "testvoice-req": .ackOK, "clear-attlog-req": .ackOK,
        "clear-all-req": .ackOK, "cancel-capture-req": .ackOK, "start-verify-req": .ackOK, "reg-event-req-1": .ackOK,
        "n-disable-req-4": .ackOK, "n-set-time-padded": .ackOK, "sdkbuild-req": .ackOK,
        "refresh-option-req": .ackOK, "usergrp-req": .ackOK, "tz-req": .ackUnknown, "usertz-wrq-clear": .ackUnknown,
        "verify-req": .ackUnknown, "del-fptmp-req": .ackError, "usertemp-req": .ackError,
        "fp-upload-prepare": .ackOK, "fp-upload-write": .ackError, "user-wrq-72-att": .ackOK,
        "disable-req-30s": .ackOK, "cks-carry": .ackError, "cks-reply-0": .ackOK, "cks-reply-65534": .ackOK,
        "lcd-clear-req": .ackOK, "enroll-req": .ackError,
    ]

    /// The client's word that an event arrived.
    static let unanswered = "event-ack"

    static let requests = Vector.all.filter { $0.direction == "client-to-device" && $0.kind == "frame" }

    @Test("every published request is in the table")
    func complete() {
        #expect(Self.requests.count == 63)
        #expect(Set(Self.requests.map(\.id)) == Set(Self.replies.keys).union([Self.unanswered]))
    }

    @Test("each is answered as a device answers it, with its reply number", arguments: requests.map(\.id))
    func answers(_ id: String) throws {
        var fixture = DeviceFixture()
        fixture.device.users.removeAll()
        for index in [2, 4, 7, 14] {
            fixture.device.users.write(UserRecord(index: UInt16(index), userID: Array("90\(index)".utf8)))
        }
        var request = try Vector.named(id).frame()
        // The session in the vector was given by another device.
        if request.command != .connect { request.session = fixture.session }
        let frames = fixture.send(request)
        #expect(frames.first?.command == Self.replies[id])
        #expect(frames.isEmpty == (id == Self.unanswered))
        #expect(frames.allSatisfy { $0.reply == request.reply })
    }

    /// A vector that is a reply, and the request and device it answers.
    private func expectSame(
        _ id: String, _ command: Command, _ data: [UInt8] = [], _ profile: DeviceProfile = .tft
    ) throws {
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile))
        let wanted = try Vector.named(id).frame()
        let frames = fixture.send(command, data, reply: wanted.reply)
        let frame = try #require(frames.count == 1 ? frames[0] : nil)
        #expect(frame.command == wanted.command && frame.reply == wanted.reply && frame.data == wanted.data)
    }

    @Test("platform, version, time and pin width are answered byte for byte")
    func small() throws {
        var profile = DeviceProfile.tft
        profile.platform = "ZEM760_TFT"
        profile.version = "Ver 6.60 Jun 16 2015"
        try expectSame("opt-platform-rep", .optionRead, DeviceOption.request("~Platform"), profile)
        try expectSame("version-rep", .getVersion, [], profile)
        try expectSame("get-time-rep", .getTime)
        try expectSame("pinwidth-rep", .getPinWidth)
        try expectSame("opt-unknown-2001", .optionRead, DeviceOption.request("NoSuchKey"))
        try expectSame("d2-unknown-option-rep", .optionRead, DeviceOption.request("FaceFunOn"), .old)
    }

    @Test(
        "keys of the vectors are accepted for their sessions, and no other key",
        arguments: [
            ("auth-req-key12", UInt32(12)), ("auth-req-123456", 123_456), ("auth-req-0", 0),
        ])
    func keys(_ id: String, _ key: UInt32) throws {
        let request = try Vector.named(id).frame()
        for (number, answer) in [(key, Command.ackOK), (key + 1, .ackUnauthorised)] {
            var fixture = DeviceFixture(SimulatorConfiguration(commKey: CommKey(number)))
            fixture.device.sessions[fixture.peer] = DeviceSession(id: request.session, isAuthorised: false)
            #expect(fixture.send(request).map(\.command) == [answer])
            #expect(fixture.device.sessions[fixture.peer]?.isAuthorised == (answer == .ackOK))
        }
    }

    @Test(
        "datasets of known records come out byte for byte",
        arguments: [
            ("att8-dataset", DeviceProfile.old), ("att16-dataset", .legacy), ("att40-dataset", .tft),
            ("att49-dataset", .tft49),
        ])
    func attendance(_ id: String, _ profile: DeviceProfile) throws {
        let wanted = try Vector.named(id).bytes
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile), link: .udp)
        for start in stride(from: 4, to: wanted.count, by: profile.attendance.size) {
            try fixture.device.insert(record: Array(wanted[start..<(start + profile.attendance.size)]))
        }
        if profile.hasBuffer {
            #expect(fixture.read(.attendance) == wanted)
        } else {
            #expect(fixture.send(.attendanceRead).filter { $0.command == .data }.flatMap(\.data) == wanted)
        }
    }

    @Test(
        "users of known bytes come out byte for byte",
        arguments: [
            ("user28-dataset", DeviceProfile.legacy), ("user72-dataset", .tft), ("users72-inline-7", .tft),
            ("users72-inline-2-split", .tft),
        ])
    func users(_ id: String, _ profile: DeviceProfile) throws {
        let vector = try Vector.named(id)
        let wanted = vector.kind == "frame" ? try vector.frame().data : vector.bytes
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile))
        fixture.clearTables()
        for user in try Dataset(wanted).users(profile.users) { fixture.device.users.write(user) }
        #expect(fixture.read(.users) == wanted)
    }

    @Test("the captured counts come out byte for byte")
    func sizes() throws {
        let wanted = try Vector.named("sizes-rep-92").frame()
        var profile = DeviceProfile.tft
        profile.fingerCapacity = 3000
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile, records: 605))
        let operation = try #require(fixture.device.operations.first)
        fixture.device.operations = Array(repeating: operation, count: 3087)
        fixture.device.users.removeAll()
        let users = try Vector.named("users72-inline-7").frame().data
        for user in try Dataset(users).users(.u72) { fixture.device.users.write(user) }
        for finger in 0..<6 { fixture.device.templates[.init(index: 1, finger: UInt8(finger))] = [1] }
        #expect(fixture.one(.getFreeSizes)?.data == wanted.data)
    }

    @Test("a transfer of 5044 bytes in frames of 1008 is the published one, frame for frame")
    func longTransfer() throws {
        let wanted = try Vector.named("flow-5044-1008").frames()
        let dataset = wanted.filter { $0.command == .data }.flatMap(\.data)
        var profile = DeviceProfile.tft
        profile.packetLimit = 1008
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile))
        fixture.clearTables()
        for user in try Dataset(dataset).users(.u72) { fixture.device.users.write(user) }
        let first = try #require(wanted.first)
        let prepared = fixture.send(.prepareBuffer, BufferRequest.users.bytes)
        #expect(try prepared.map { try BufferAnnouncement($0.data).size } == [5044])
        var request = Frame(.readBuffer, session: fixture.session, reply: first.reply)
        request.data = BufferRange(offset: 0, size: 5044).bytes
        // The announcement carries the session, which is another device's in the vector.
        #expect(fixture.send(request).dropFirst() == wanted.dropFirst())
        #expect(fixture.send(request).first?.data == first.data)
    }

    @Test("the same over UDP, in datagrams of 1024")
    func datagrams() throws {
        let wanted = try Vector.named("flow-udp-1604").frames()
        let dataset = wanted.filter { $0.command == .data }.flatMap(\.data)
        var fixture = DeviceFixture(SimulatorConfiguration(profile: .legacy), link: .udp)
        for start in stride(from: 4, to: dataset.count, by: 16) {
            try fixture.device.insert(record: Array(dataset[start..<(start + 16)]))
        }
        let first = try #require(wanted.first)
        let frames = fixture.send(
            Frame(.attendanceRead, session: fixture.session, reply: first.reply))
        #expect(frames.dropFirst() == wanted.dropFirst())
        #expect(frames.first?.data == first.data)
    }

    @Test(
        "live events have the published bytes",
        arguments: [
            ("event-att32-999111333", DeviceProfile.tft), ("event-att12", .legacy), ("event-att10", .old),
        ])
    func events(_ id: String, _ profile: DeviceProfile) throws {
        let wanted = try Vector.named(id).frame()
        guard case .attendance(let events)? = RealtimeEvent(wanted)?.content, let event = events.first else {
            Issue.record("the vector is no attendance event")
            return
        }
        var fixture = DeviceFixture(SimulatorConfiguration(profile: profile), link: .udp)
        var id: [UInt8] = []
        switch event.who {
        case .text(let text): id = text
        case .number(let number): id = Array(String(number).utf8)
        case .index(let index): id = try #require(fixture.device.users.user(index: index)).userID
        }
        #expect(fixture.one(.registerEvent, [1, 0, 0, 0])?.command == .ackOK)
        let (_, output) = try fixture.device.scan(
            userID: id, time: event.time.packed, verify: event.verify, state: event.state, at: fixture.now)
        #expect(output.frames.map(\.frame) == [wanted])
    }
}
