import Attendance
import DeviceFormats
import Testing

/// What no vector has: odd spellings, other forms, limits, and bytes that mean nothing.
@Suite struct PushParserTests {
    @Test(
        "paths are known whatever their spelling",
        arguments: [
            "/iclock/cdata?sn=A1&TABLE=ATTLOG", "/iclock/cdata.aspx?Sn=A1&Table=ATTLOG",
            "/iclock/cdata/?SN=A1&table=AttLog",
            "//iclock//CDATA?SN=A1&table=attlog",
        ])
    func spellings(text: String) throws {
        let target = try #require(PushTarget(text))
        #expect(target.path == .cdata && target.serialText == "A1" && target.table == "attlog")
    }

    @Test("a secret path stands before all others, or nothing is known")
    func secretPath() throws {
        #expect(PushTarget("/s3cret/iclock/ping?SN=1", prefix: "s3cret")?.path == .ping)
        for text in ["/iclock/ping?SN=1", "/s3cre/iclock/ping", "/s3cretx/iclock/ping", "/", ""] {
            #expect(PushTarget(text, prefix: "s3cret") == nil)
        }
        for text in ["/", "/iclock", "/iclock/other", "/iclock/cdata/x", "/cdata", "*", "/iclock/%63data"] {
            #expect(PushTarget(text) == nil, "\(text)")
        }
        #expect(PushTarget("/iclock/cdata?" + String(repeating: "x", count: PushTarget.longest)) == nil)
    }

    @Test("lines with blanks, a T, empty states and extra columns are scans")
    func forms() throws {
        let cases: [(line: String, user: String, state: Int, verify: Int, work: String?)] = [
            ("12 2026-11-20 07:29:58 0 1", "12", 0, 1, nil),
            ("12 2026-11-20 07:29:58 0 1 5 0 0", "12", 0, 1, "5"),
            ("0012\t2026-11-20T07:29:58\t1\t15\t\t0", "0012", 1, 15, ""),
            ("12\t2026-11-20 07:29:58\t\t", "12", 255, 200, nil),
            ("12\t2026-02-30 07:29:58\t0\t1", "12", 0, 1, nil), ("\t2026-11-20 07:29:58\t0\t1", "", 0, 1, nil),
            ("12\t2026-11-20 07:29:58\t0\t1\t0\t0\t0\t0\t36.5\t0\tx\teyJhIjoxfQ==", "12", 0, 1, "0"),
        ]
        for one in cases {
            let log = PushAttLog(one.line.utf8)
            let scan = try #require(log.scans.first, "\(one.line)")
            #expect(UserID(field: scan.userID).text == one.user && scan.state == one.state, "\(one.line)")
            #expect(scan.verify == one.verify && scan.workCode == one.work, "\(one.line)")
        }
    }

    @Test("what is no scan is counted with its size and hash, and never more than 64 bytes of it")
    func unreadable() throws {
        let bad = [
            "12", "12\t", "12\t0\t2026-11-20 07:29:58", "12\tx2026-11-20 07:29\t0\t1",
            "12 0 1", String(repeating: "7", count: 9000) + "\t2026-11-20 07:29:58\t0\t1",
        ]
        let log = PushAttLog(bad.joined(separator: "\r\n").utf8)
        #expect(log.scans.isEmpty && log.unreadable.map(\.number) == Array(1...6))
        for (line, kept) in zip(bad, log.unreadable) {
            #expect(kept.size == line.utf8.count && kept.sha256.count == 64)
            #expect(kept.raw == Array(line.utf8.prefix(64)))
        }
        for line in ["Passwd=4821\t07:31", "USER PIN=1\tName=07:31:05\tPasswd=4821"] {
            #expect(PushAttLog(line.utf8).scans.isEmpty)
        }
        let mixed = PushAttLog("1\t2026-11-20 07:31:05\tPri=0\tPasswd=4821".utf8)
        #expect(mixed.scans.map(\.raw) == [Array("1\t2026-11-20 07:31:05".utf8)])
        // Sent to the wrong table, with a password in it.
        let user = PushAttLog("USER PIN=1\tName=X\tPri=0\tPasswd=4821".utf8)
        #expect(user.unreadable.first?.raw == [])
    }

    @Test("a line with a user and a time is a scan, whatever else is wrong with it; what is no date is flagged")
    func lenient() throws {
        let serial = try #require(DeviceSerial("A1"))
        let cases: [(line: String, isDate: Bool, state: Int, verify: Int)] = [
            ("12\t2026-11-20 07:31\t0\t1", false, 0, 1), ("12\t2026-11-20 7:31:05\t0\t1", false, 0, 1),
            ("12\t2026-11-20 07:31:05.250\t0\t1", false, 0, 1), ("12\t20-11-2026 07:31:05\t0\t1", false, 0, 1),
            ("12\t20/11/2026 07:31:05 AM\t0\t1", false, 0, 1), ("12\t7:31:05\t0\t1", false, 0, 1),
            ("12\t20261120073105\t0\t1", false, 0, 1), ("12\t2026-11-20 07:31:05", true, 255, 200),
            ("12\t2026-11-20 07:31:05\t1", true, 1, 200), ("12\t2026-11-20 07:31:05\tI\t-1\t0", true, 255, 200),
            ("12 2026-11-20 07:31:05 0", true, 0, 200), ("12 2026-11-20 07:31 0 1", false, 0, 1),
            ("12 2026-11-20T07:31:05 0 1", true, 0, 1), ("12  2026-11-20  07:31:05 0 1", false, 0, 1),
        ]
        for one in cases {
            let log = PushAttLog(one.line.utf8)
            let punch = try #require(
                PunchNormaliser.punches(from: log.scans, serial: serial, source: .push).first, "\(one.line)")
            #expect(punch.userID.text == "12" && punch.flags.contains(.noDate) == !one.isDate, "\(one.line)")
            #expect(punch.state == one.state && punch.verify == one.verify, "\(one.line)")
            #expect(punch.raw == Array(one.line.utf8.prefix(64)))
        }
        // The same digits, and two scans.
        let times = ["2026-11-2 11:31", "2026-11-21 1:31", "2026-11-2 11:31:05", "2026-11-21 1:31:05"]
        let keys = times.flatMap { time in
            PunchNormaliser.punches(
                from: PushAttLog("12\t\(time)\t0\t1".utf8).scans, serial: serial, source: .push
            ).map(\.key)
        }
        #expect(Set(keys).count == 4)
    }

    @Test("of lines without end that are no scans, 200 are looked at and the others counted")
    func manyUnreadable() {
        let log = PushAttLog(Array(repeating: "1\n", count: 5000).joined().utf8)
        #expect(log.unreadable.count == 200 && log.unkept == 4800 && log.lines == 5000)
        let operations = PushOperLog(Array(repeating: "OPLOG x\n", count: 5000).joined().utf8)
        #expect(operations.unreadable.count == 200 && operations.unkept == 4800 && operations.lines == 5000)
    }

    @Test("the same scan twice in one body is two of one second, as in a log")
    func twice() throws {
        let serial = try #require(DeviceSerial("A1"))
        let log = PushAttLog("5\t2026-11-20 07:29:58\t0\t1\n5\t2026-11-20 07:29:58\t0\t1".utf8)
        let punches = PunchNormaliser.punches(from: log.scans, serial: serial, source: .push)
        #expect(punches.map(\.occurrence) == [0, 1])
    }

    @Test("an operation that repeats within a body is numbered")
    func repeated() throws {
        let serial = try #require(DeviceSerial("A1"))
        let line = "OPLOG 4\t0\t2026-11-20 07:29:58\t0\t0\t0\t0\n"
        let log = PushOperLog((line + line + "OPLOG x\t0\t2026\n" + "SOMETHING else\n").utf8)
        #expect(log.operations(serial: serial).map(\.occurrence) == [0, 1])
        #expect(log.unreadable.map(\.number) == [3] && log.unreadable.first?.raw == [] && log.unknown == 1)
    }

    @Test("lines of a body nobody reads are counted however it is cut")
    func counting() {
        let body = Array("a\r\nb\n\n\r\nc".utf8)
        for cut in 0...body.count {
            var count = PushLineCount()
            count.add(body[..<cut])
            count.add(body[cut...])
            #expect(count.lines == 3)
        }
    }

    @Test("a device can be told nothing that erases, opens or runs")
    func commands() throws {
        #expect(PushCommand.Kind.allCases.map(\.rawValue) == ["check", "log", "info", "query", "verify", "reboot"])
        let time = try #require(DeviceTime(text: "2026-11-20T07:29:58"))
        let earlier = try #require(DeviceTime(text: "2026-11-19T07:29:58"))
        #expect(PushCommand(.query, from: time, to: earlier) == nil && PushCommand(.query, from: nil, to: nil) == nil)
        #expect(PushCommand(.check, from: time, to: time) == nil)
        for kind in PushCommand.Kind.allCases {
            let period = kind == .query || kind == .verify
            let command = try #require(PushCommand(kind, from: period ? earlier : nil, to: period ? time : nil))
            #expect(command.isHarmless == (kind != .reboot))
            #expect(!command.text.contains("\n") && !command.text.contains("\r"))
        }
    }

    @Test("no bytes trap a parser, and every line is accounted for", arguments: 0..<40)
    func fuzz(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed) &* 0x9E37_79B9)
        let vectors = try PushVector.all()
        for _ in 0..<60 {
            let vector = try #require(vectors.randomElement(using: &random))
            var body = vector.body
            for _ in 0..<Int.random(in: 0...12, using: &random) { Self.mutate(&body, &random) }
            let lines = PushLines.split(body).count
            let log = PushAttLog(body)
            #expect(log.lines == lines)
            let operations = PushOperLog(body)
            #expect(
                operations.records.count + operations.users.count + operations.discarded + operations.unknown
                    + operations.unreadable.count + operations.unkept == lines)
            var count = PushLineCount()
            count.add(body)
            #expect(count.lines >= lines)
            #expect(PushOptions(body).values.count <= 256 && PushResult.all(body).count <= 256)
            _ = PushInfo(String(decoding: body, as: UTF8.self))
            var target = Array(vector.target.utf8)
            for _ in 0..<Int.random(in: 0...6, using: &random) { Self.mutate(&target, &random) }
            if let target = PushTarget(String(decoding: target, as: UTF8.self)), let hello = PushHandshake(target) {
                #expect(!PushSettings(zoneOffset: 0).text(for: hello).isEmpty)
            }
            if let serial = DeviceSerial("A1") {
                let punches = PunchNormaliser.punches(from: log.scans, serial: serial, source: .push)
                #expect(Set(punches.map(\.key)).count == punches.count)
                for punch in punches {
                    let line = EntryBody.punch(punch).encode(at: .init(timeIntervalSince1970: 0))
                    #expect(try EntryBody.decode(line).body == .punch(punch))
                }
                for operation in operations.operations(serial: serial) {
                    let line = EntryBody.operation(operation).encode(at: .init(timeIntervalSince1970: 0))
                    #expect(try EntryBody.decode(line).body == .operation(operation))
                }
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let marks = Array("\t\n\r ,=&%?/\u{0}0-".utf8)
        guard let place = bytes.indices.randomElement(using: &random) else { return bytes.append(9) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = marks.randomElement(using: &random) ?? 0
        case 2: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
        case 4: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
        default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
