import Attendance
import DeviceFormats
import Testing
import ZKWire

/// Device records in, punches out: every layout, odd fields, occurrences, joins.
@Suite struct NormaliserTests {
    private let serial: DeviceSerial
    /// 2026-03-02 07:01:05.
    private let time: PackedTime

    init() throws {
        serial = try #require(DeviceSerial("CJ9L170560001"))
        time = try #require(PackedTime(.init(year: 2026, month: 3, day: 2, hour: 7, minute: 1, second: 5)))
    }

    private func punches(
        _ records: [AttendanceRecord], users: [UserRecord] = [], joins: [IndexJoin] = []
    ) -> (punches: [Punch], joins: [IndexJoin]) {
        var normaliser = PunchNormaliser(serial: serial, source: .poll, users: users, joins: joins)
        return (normaliser.punches(from: records), normaliser.newJoins)
    }

    private func key(_ user: String, _ time: String = "2026-03-02T07:01:05", _ occurrence: Int = 0) throws -> PunchKey {
        PunchKey(
            serial: serial, userID: UserID(user), deviceTime: try #require(DeviceTime(text: time)),
            occurrence: occurrence)
    }

    /// The record as a device stores it, read back from its bytes.
    private func stored(_ who: AttendanceRecord.Who, _ layout: AttendanceLayout) throws -> AttendanceRecord {
        let record = AttendanceRecord(who: who, verify: 15, time: time, state: 1, workCode: 9)
        return try AttendanceRecord(record.bytes(layout), layout: layout)
    }

    @Test("one scan has one key, whatever layout it is stored in", arguments: AttendanceLayout.allCases)
    func everyLayout(layout: AttendanceLayout) throws {
        let record = try stored(layout.namesIndex ? .index(7) : .text(Array("1984".utf8)), layout)
        let user = UserRecord(index: 7, userID: Array("1984".utf8))
        let punch = try #require(punches([record], users: [user]).punches.first)
        #expect(try punch.key == key("1984"))
        #expect(punch.verify == 15 && punch.state == 1 && punch.flags.isEmpty && punch.source == .poll)
        #expect(punch.raw == record.raw && punch.raw.count == layout.size)
        #expect(punch.workCode == (layout.offsets16 ? "9" : nil))
    }

    @Test("a work code of 0 is none")
    func noWorkCode() {
        let records = [0, 1, UInt32.max].map {
            AttendanceRecord(who: .number(5), verify: 1, time: time, state: 0, workCode: $0)
        }
        #expect(punches(records).punches.map(\.workCode) == [nil, "1", "4294967295"])
    }

    @Test("records of one user and second are counted, within one reading and over interruptions")
    func occurrences() throws {
        let later = PackedTime(rawValue: time.rawValue + 1)
        func record(_ user: String, _ time: PackedTime) -> AttendanceRecord {
            AttendanceRecord(who: .text(Array(user.utf8)), verify: 1, time: time, state: 0)
        }
        let records = [
            record("1", time), record("2", time), record("1", time), record("1", later), record("01", time),
            record("1", time),
        ]
        let punches = punches(records).punches
        #expect(punches.map(\.occurrence) == [0, 0, 1, 0, 0, 2])
        #expect(Set(punches.map(\.key)).count == 6)
        #expect(try punches.last?.key == key("1", "2026-03-02T07:01:05", 2))
        // The next reading counts anew: the same punches, not three more.
        #expect(self.punches(records).punches == punches)
    }

    @Test("an index is joined once, and stays joined when the user list changes")
    func joins() throws {
        let record = try stored(.index(7), .a8)
        let first = punches([record], users: [UserRecord(index: 7, userID: Array("1984".utf8))])
        #expect(first.joins == [IndexJoin(index: 7, time: time.rawValue, userID: UserID("1984"))])
        for users in [[], [UserRecord(index: 7, userID: Array("2001".utf8))]] {
            let later = punches([record], users: users, joins: first.joins)
            #expect(try later.punches.map(\.key) == [key("1984")])
            #expect(later.punches.first?.flags == [] && later.joins.isEmpty)
        }
        // A new scan of the same index is joined with the list as it is now.
        var next = record
        next.time = PackedTime(rawValue: time.rawValue + 1)
        let both = punches(
            [record, next], users: [UserRecord(index: 7, userID: Array("2001".utf8))], joins: first.joins)
        #expect(both.punches.map(\.userID.text) == ["1984", "2001"])
        #expect(both.joins.map(\.userID.text) == ["2001"])
    }

    @Test("an index nobody has is kept, flagged, and stays what it was")
    func unresolved() throws {
        let records = [try stored(.index(7), .a8), try stored(.index(7), .a8)]
        let nameless = [UserRecord(index: 7, userID: []), UserRecord(index: 8, userID: Array("1984".utf8))]
        let first = punches(records, users: nameless)
        #expect(try first.punches.map(\.key) == [key("7"), key("7", "2026-03-02T07:01:05", 1)])
        #expect(first.punches.allSatisfy { $0.flags == [.unresolvedIndex] })
        #expect(first.joins.count == 1)
        let later = punches(records, users: [UserRecord(index: 7, userID: Array("1984".utf8))], joins: first.joins)
        #expect(later.punches == first.punches)
        // A device whose user ids are its indexes resolves.
        let plain = punches(records, users: [UserRecord(index: 7, userID: Array("7".utf8))])
        #expect(plain.punches.allSatisfy { $0.flags.isEmpty })
    }

    @Test("odd user ids are kept and told apart")
    func oddUserIDs() {
        let odd: [([UInt8], [Punch.Flag])] = [
            ([], [.noUser]), (Array("0".utf8), [.noUser]), (Array("000".utf8), [.noUser]), ([0xFF], []), ([0xFE], []),
            (Array("007".utf8), []), (Array("7".utf8), []), (Array("' OR 1".utf8), []), ([0x1B, 0x5B], []),
            ([UInt8](repeating: 0x39, count: 24), []),
        ]
        let records = odd.map { AttendanceRecord(who: .text($0.0), verify: 1, time: time, state: 0) }
        let punches = punches(records).punches
        #expect(punches.map(\.flags) == odd.map(\.1))
        #expect(punches.map(\.userID.bytes) == odd.map(\.0))
        #expect(Set(punches.map(\.key)).count == odd.count)
        let padded = [Array("  7 ".utf8), Array("7\0garbage".utf8), Array(" 7".utf8)].map {
            AttendanceRecord(who: .text($0), verify: 1, time: time, state: 0)
        }
        #expect(self.punches(padded).punches.map(\.userID.text) == ["7", "7", "7"])
    }

    @Test("dates that do not exist are kept with their four bytes, and flagged")
    func oddDates() throws {
        let february30 = try #require(
            PackedTime(.init(year: 2026, month: 2, day: 30, hour: 7, minute: 0, second: 0)))
        let year2100 = try #require(PackedTime(.init(year: 2100, month: 1, day: 1, hour: 0, minute: 0, second: 0)))
        let last = try #require(PackedTime(.init(year: 2099, month: 12, day: 31, hour: 23, minute: 59, second: 59)))
        let times = [february30, year2100, PackedTime(rawValue: .max), PackedTime(rawValue: 0), last]
        let punches = punches(
            times.map { AttendanceRecord(who: .number(5), verify: 1, time: $0, state: 0) }
        ).punches
        #expect(
            punches.map(\.deviceTime.text) == [
                Hex.encode(february30.bytes), Hex.encode(year2100.bytes), "ffffffff", "2000-01-01T00:00:00",
                "2099-12-31T23:59:59",
            ])
        #expect(punches.map(\.flags) == [[.noDate], [.noDate], [.noDate], [], []])
    }

    @Test("random bytes of any layout become punches that a journal can hold and a centre can read")
    func hostileRecords() throws {
        var random = SystemRandomNumberGenerator()
        for layout in AttendanceLayout.allCases {
            let bytes = (0..<layout.size * 300).map { _ in UInt8.random(in: 0...255, using: &random) }
            let records = try AttendanceRecord.all(in: bytes, layout: layout)
            let punches = punches(records).punches
            #expect(punches.count == 300 && Set(punches.map(\.key)).count == 300)
            for punch in punches {
                let body = EntryBody.punch(punch).encode(at: .init(timeIntervalSince1970: 0))
                let read = try EntryBody.decode(body)
                #expect(read.body == .punch(punch), "\(layout) \(Hex.encode(punch.raw))")
            }
        }
    }
}

extension AttendanceLayout {
    fileprivate var offsets16: Bool { self == .a16 || self == .a16VerifyFirst || self == .a40 || self == .a49 }
}

/// Live events and the log's records of the same scan must be the same punch.
@Suite struct LiveEventTests {
    private let serial: DeviceSerial
    private let parts = PackedTime.Parts(year: 2026, month: 3, day: 2, hour: 7, minute: 1, second: 5)

    init() throws { serial = try #require(DeviceSerial("CJ9L170560001")) }

    private func live(_ data: [UInt8]) -> [Punch?] {
        let normaliser = PunchNormaliser(serial: serial, source: .live)
        return AttendanceEvent.all(in: data).map { normaliser.punch(from: $0) }
    }

    private func data(_ who: AttendanceRecord.Who, _ parts: PackedTime.Parts) throws -> [UInt8] {
        AttendanceEvent(who: who, verify: 1, state: 0, time: try #require(EventTime(parts))).bytes
    }

    private func polled(_ who: AttendanceRecord.Who, _ time: PackedTime, _ layout: AttendanceLayout) throws -> Punch {
        let record = AttendanceRecord(who: who, verify: 1, time: time, state: 0)
        var normaliser = PunchNormaliser(serial: serial, source: .poll)
        let records = [try AttendanceRecord(record.bytes(layout), layout: layout)]
        return try #require(normaliser.punches(from: records).first)
    }

    @Test("events of 32 and 12 bytes have the key of the log's record, in every layout that names the user id")
    func sameKey() throws {
        let time = try #require(PackedTime(parts))
        for layout in AttendanceLayout.allCases where !layout.namesIndex {
            let polled = try polled(.text(Array("1984".utf8)), time, layout)
            for who in [AttendanceRecord.Who.text(Array("1984".utf8)), .number(1984)] {
                let told = try #require(live(data(who, parts)).first ?? nil)
                #expect(told.key == polled.key, "\(layout) \(who)")
                #expect(told.source == .live && told.occurrence == 0 && told.flags.isEmpty)
            }
        }
    }

    @Test("a date that does not exist has one key, told live or read from the log")
    func noDate() throws {
        let february30 = PackedTime.Parts(year: 2026, month: 2, day: 30, hour: 7, minute: 1, second: 5)
        let polled = try polled(.text(Array("5".utf8)), try #require(PackedTime(february30)), .a40)
        let told = try #require(live(data(.text(Array("5".utf8)), february30)).first ?? nil)
        #expect(told.key == polled.key && told.flags == [.noDate])
        // A time that no record can hold is kept with its six bytes.
        let impossible = PackedTime.Parts(year: 2026, month: 13, day: 40, hour: 25, minute: 61, second: 61)
        let odd = try #require(live(data(.text(Array("5".utf8)), impossible)).first ?? nil)
        #expect(odd.deviceTime.text == "1a0d28193d3d" && odd.flags == [.noDate])
    }

    @Test("events of 10 and 14 bytes name an index: the log is asked instead")
    func indexEvents() throws {
        let ten = try data(.index(7), parts)
        #expect(ten.count == 10)
        #expect(live(ten) == [nil])
        #expect(live(ten + [0, 0, 0, 0]) == [nil])
        #expect(live(ten + ten) == [nil, nil])
    }

    @Test("an event's data of any length is read or ignored, never a trap")
    func anyLength() throws {
        var random = SystemRandomNumberGenerator()
        for count in 0...200 {
            let data = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            for punch in live(data).compactMap({ $0 }) {
                let body = EntryBody.punch(punch).encode(at: .init(timeIntervalSince1970: 0))
                #expect(try EntryBody.decode(body).body == .punch(punch), "\(Hex.encode(data))")
            }
        }
    }
}

@Suite struct CodeNameTests {
    @Test("words for codes follow the platform where generations disagree")
    func verify() {
        #expect(CodeNames.verify(0, platform: "ZMM220_TFT") == "password")
        #expect(CodeNames.verify(0) == "unspecified")
        #expect(CodeNames.verify(2, platform: "ZMM220_TFT") == "card")
        #expect(CodeNames.verify(2) == "user_id")
        #expect(
            CodeNames.verify(15) == "face" && CodeNames.verify(200) == "code_200" && CodeNames.verify(-1) == "code_-1")
        #expect(CodeNames.state(255) == "undefined" && CodeNames.state(77) == "code_77")
    }
}
