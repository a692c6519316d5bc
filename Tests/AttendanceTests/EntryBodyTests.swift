import Crypto
import Foundation
import Testing

@testable import Attendance

@Suite("Entry bodies")
struct EntryBodyTests {
    @Test("every kind reads back as it was written, the moment included")
    func roundTrip() throws {
        for body in try SwiftSamples.bodies() {
            let line = body.encode(at: SwiftSamples.moment)
            let read = try EntryBody.decode(line)
            #expect(read.body == body, "\(String(decoding: line, as: UTF8.self))")
            #expect(UTC.text(read.at) == "2026-11-21T00:30:05.123Z")
            #expect(line.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "one line, nothing a terminal would act on")
        }
    }

    @Test("any bytes a device gives as a user id come back the same, and so does the key")
    func userIDs() throws {
        for first in UInt8.min...UInt8.max {
            for second: UInt8 in [0x00, 0x20, 0x22, 0x31, 0x5C, 0x80, 0xBF, 0xC3, 0xFF] {
                let user = UserID(field: [0x41, first, second, 0x5A])
                let punch = try Self.punch(user: user)
                let read = try EntryBody.decode(EntryBody.punch(punch).encode(at: .now)).body.punch
                #expect(read?.userID.bytes == user.bytes, "\(first), \(second)")
                #expect(read?.key == punch.key, "\(first), \(second)")
            }
        }
    }

    @Test("raw keeps 64 bytes, and every source and flag its name")
    func attributes() throws {
        for source in Punch.Source.allCases {
            let punch = try Self.punch(
                user: UserID("1"), source: source, raw: Array(0..<200), flags: Punch.Flag.allCases)
            #expect(punch.raw == Array(0..<64))
            #expect(try EntryBody.decode(EntryBody.punch(punch).encode(at: .now)).body == .punch(punch))
        }
    }

    @Test("F1 F2 an unknown kind and unknown fields are kept, not refused")
    func unknown() throws {
        let line = #"{"kind":"kind_of_2031","at":"2026-11-21T00:30:05.123Z","serial":"A","new":[{"a":null}]}"#
        #expect(try EntryBody.decode(Array(line.utf8)).body == .other(kind: "kind_of_2031"))
        let alarm = #"{"kind":"alarm","at":"2026-11-21T00:30:05.123Z","code":"disk_low","text":"","new":1.5e3}"#
        #expect(try EntryBody.decode(Array(alarm.utf8)).body == .alarm(Alarm(code: "disk_low", text: "")))
    }

    @Test("F1 a field's type binds the kinds that have it: elsewhere the name is a later version's own")
    func namesOfOtherKinds() throws {
        let start = #""at":"2026-11-21T00:30:05.123Z""#
        for field in [#""id":12"#, #""state":"open""#, #""holes":{}"#, #""removed":"no""#, #""flags":7"#] {
            let line = #"{"kind":"kind_of_2031",\#(start),\#(field)}"#
            #expect(try EntryBody.decode(Array(line.utf8)).body == .other(kind: "kind_of_2031"), "\(field)")
        }
        let punch = try Self.punch(user: UserID("1"))
        let line = String(decoding: EntryBody.punch(punch).encode(at: SwiftSamples.moment).dropLast(), as: UTF8.self)
        for field in [#""id":12"#, #""name":null"#, #""text":[1]"#, #""from":5"#, #""capacity":"many""#] {
            #expect(try EntryBody.decode(Array("\(line),\(field)}".utf8)).body == .punch(punch), "\(field)")
        }
        // Its own fields keep their types.
        let wrong = Array(line.replacing(#""state":0"#, with: #""state":"open""#).utf8) + [UInt8(ascii: "}")]
        #expect(throws: EntryError.self) { try EntryBody.decode(wrong) }
    }

    @Test("a status that cannot be read costs the status, a device of it that device, and never the batch")
    func tolerantStatus() throws {
        let status = #"{"version":"1","backlog":4,"clock_trusted":true,"devices":"#
        let good = #"{"serial":"A","name":"lobby"}"#
        let cases: [(String, [String]?)] = [
            ("\(status)[\(good)]}", ["A"]), ("\(status)[{\"serial\":\"B\"},\(good)]}", ["A"]),
            ("\(status)[{\"serial\":\"B\",\"name\":7},5,null,[],\(good)]}", ["A"]),
            ("\(status)[{\"serial\":\"B\",\"name\":\"x\",\"count\":\"many\"}]}", []), ("\(status)7}", []),
            ("{}", nil), ("7", nil), ("[]", nil), ("null", nil),
            (#"{"version":"1","backlog":"x","clock_trusted":true,"devices":[]}"#, nil),
        ]
        let key = Curve25519.Signing.PrivateKey()
        let epoch = try #require(Epoch(SwiftSamples.epoch))
        let start = ChainHash.start(of: epoch).hex
        for (status, serials) in cases {
            let line =
                #"{"v":1,"batch":"b","node":"n","epoch":"\#(epoch.text)","first":1,"last":0,"prev_hash":"\#(start)","#
                + #""end_hash":"\#(start)","count":0,"status":\#(status)}"#
            let text = try SignedText.message(line: Array(line.utf8), tag: Batch.tag, key: key)
            let batch = try Batch(parsing: text)
            #expect(batch.header.status?.devices.map(\.serial) == serials, "\(status)")
            #expect(batch.isSigned(by: key.publicKey), "what was signed is the line as sent")
        }
    }

    @Test("each field that is missing or wrong is named")
    func wrongFields() throws {
        let line = String(decoding: EntryBody.punch(try Self.punch(user: UserID("1"))).encode(at: .now), as: UTF8.self)
        let changes = [
            (#""serial":"CJ9L170560001""#, #""serial":"""#, "serial"),
            (#""user_id":"1""#, #""other":"1""#, "user_id"),
            (#""user_id":"1""#, #""user_id":"1","user_id_hex":"3""#, "user_id_hex"),
            (#""user_id":"1""#, #""user_id":"1","user_id_hex":"FF""#, "user_id_hex"),
            ("2026-11-21T07:30:05", "2026-02-30T07:30:05", "device_time"),
            (#""occurrence":0"#, #""occurrence":-1"#, "occurrence"),
            (#""occurrence":0"#, #""occurrence":100000"#, "occurrence"),
            (#""verify":1"#, #""verify":null"#, "verify"),
            (#""source":"poll""#, #""source":"phone""#, "source"),
            (#""raw":"0102""#, #""raw":"010""#, "raw"),
            (#""raw":"0102""#, "\"raw\":\"\(String(repeating: "00", count: 65))\"", "raw"),
        ]
        for (old, new, name) in changes {
            let changed = line.replacing(old, with: new)
            #expect(changed != line, "\(old) is not in \(line)")
            let error = #expect(throws: EntryError.self) { try EntryBody.decode(Array(changed.utf8)) }
            #expect(error?.reason.contains(name) == true, "\(new): \(error?.reason ?? "")")
        }
    }

    @Test("what is not one line of UTF-8 JSON is refused")
    func notJSON() throws {
        let good = Array(#"{"kind":"alarm","at":"2026-11-21T00:30:05.123Z","code":"a","text":"b"}"#.utf8)
        _ = try EntryBody.decode(good)
        let utf16 = try #require(String(decoding: good, as: UTF8.self).data(using: .utf16BigEndian))
        let unknownField = Array(#"{"kind":"alarm","at":"2026-11-21T00:30:05.123Z","code":"a","x":""#.utf8)
        let bad: [(String, [UInt8])] = [
            ("nothing", []), ("an array", Array("[]".utf8)), ("UTF-16", Array(utf16)),
            ("a byte order mark", [0xEF, 0xBB, 0xBF] + good), ("a line end", good + [0x0A]),
            ("a tab between fields", [good[0], 0x09] + good.dropFirst()), ("a NUL after it", good + [0]),
            ("text that is not UTF-8", unknownField + [0xFF] + Array("\"}".utf8)),
            ("a lone surrogate in UTF-8", unknownField + [0xED, 0xA0, 0x80] + Array("\"}".utf8)),
            ("two objects", good + good),
            ("one byte too many", good.dropLast() + [UInt8](repeating: 0x20, count: EntryBody.longestBody) + [0x7D]),
        ]
        for (name, body) in bad {
            #expect(throws: EntryError.self, "\(name)") { try EntryBody.decode(body) }
        }
    }

    static func punch(
        user: UserID, source: Punch.Source = .poll, raw: [UInt8] = [1, 2], flags: [Punch.Flag] = []
    ) throws -> Punch {
        Punch(
            serial: try #require(DeviceSerial("CJ9L170560001")), userID: user,
            deviceTime: try #require(DeviceTime(year: 2026, month: 11, day: 21, hour: 7, minute: 30, second: 5)),
            occurrence: 0, verify: 1, state: 0, source: source, raw: raw, flags: flags)
    }
}
