import Foundation
import Testing

@testable import Attendance

/// The quick ways of writing and reading a punch against the ways for every kind of entry.
@Suite("Punch lines")
struct PunchLineTests {
    /// Numbers that follow from a seed: a failure comes again.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    @Test("the quick writer writes the bytes of the writer for every kind")
    func written() throws {
        var random = Random(state: 1)
        for _ in 0..<2000 {
            let punch = try Self.punch(&random)
            let moment = Date(timeIntervalSince1970: Double.random(in: -7e10...3e11, using: &random))
            var line = JSONLine()
            punch.write(to: &line, at: moment)
            let expected = line.finish()
            #expect(PunchLines(at: moment).line(of: punch) == expected)
            #expect(EntryBody.punch(punch).encode(at: moment) == expected)
        }
    }

    @Test("what the quick reader reads is what the full one reads, and it reads what an edge writes")
    func read() throws {
        var random = Random(state: 2)
        for _ in 0..<2000 {
            let punch = try Self.punch(&random)
            let line = PunchLines(at: SwiftSamples.moment).line(of: punch)
            let isPlain = punch.userID.bytes.allSatisfy {
                (0x20..<0x80).contains($0) && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F
            }
            let quick = PunchLineReader.read(line)
            #expect(!isPlain || quick != nil, "left to the full reader: \(String(decoding: line, as: UTF8.self))")
            try Self.compare(line)
        }
    }

    @Test("no damaged or invented line is read otherwise by the quick reader than by the full one")
    func mutated() throws {
        var random = Random(state: 3)
        let pieces = [
            "\"", "\\", ",", "{", "}", "[", "]", ":", " ", "null", "true", "0", "00", "-", "-0", "1.0", "1e2", "+1",
            "é",
            "\u{7F}", "\\u0041", "\"kind\":\"punch\",", "\"state\":1,", "\"user_id_hex\":\"31\",", "\"new\":0,",
            "\"flags\":[]", "\"flags\":[\"no_user\",\"new\"]", "\"raw\":\"\",", "\"raw\":\"AB\",", "99999999999",
            "123456789",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var line = PunchLines(at: SwiftSamples.moment).line(of: try Self.punch(&random))
            for _ in 0..<Int.random(in: 1...3, using: &random) where !line.isEmpty {
                let position = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: line[position] = UInt8.random(in: 0...255, using: &random)
                case 1: line.remove(at: position)
                case 2: line.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: position)
                case 3:
                    line.removeSubrange(position..<min(line.count, position + Int.random(in: 1...20, using: &random)))
                default:
                    let end = min(line.count, position + Int.random(in: 1...20, using: &random))
                    line.insert(contentsOf: line[position..<end], at: end)
                }
            }
            try Self.compare(line)
        }
    }

    @Test("a name that stands there twice is refused, however it is spelled and wherever it stands")
    func twice() throws {
        let line = String(
            decoding: PunchLines(at: SwiftSamples.moment).line(of: try Self.punch(user: [0x31])), as: UTF8.self)
        for (old, new) in [
            (#""state""#, #""state":1,"state""#), (#""state""#, #""st\u0061te":1,"state""#),
            (#""state""#, #""new":{"a":[{"b":1,"c":{},"b":2}]},"state""#), (#""state""#, #""é":0,"\u00e9":0,"state""#),
        ] {
            let twice = line.replacing(old, with: new)
            #expect(throws: EntryError.self, "\(twice)") { try EntryBody.decode(Array(twice.utf8)) }
        }
        let once = line.replacing(
            #""state""#, with: #""new":{"state":1,"a":[{"b":1},{"b":2}],"text":"state\"},{"},"state""#)
        #expect(throws: Never.self, "\(once)") { try EntryBody.decode(Array(once.utf8)) }
    }

    private static func punch(user: [UInt8]) throws -> Punch {
        Punch(
            serial: try #require(DeviceSerial("CJ9L170560001")), userID: UserID(field: user),
            deviceTime: try #require(DeviceTime(text: "2026-11-21T07:30:05")), occurrence: 0, verify: 1, state: 0,
            source: .poll, raw: [1, 2])
    }

    /// Where the quick reader says something, the full one says the same.
    private static func compare(_ line: [UInt8]) throws {
        guard let quick = PunchLineReader.read(line) else { return }
        let text = String(decoding: line, as: UTF8.self)
        do {
            let full = try EntryBody.decodeFully(line)
            #expect(full.body == .punch(quick.punch), "\(text)")
            #expect(full.at == quick.at, "\(text)")
        } catch {
            Issue.record("the full reader refuses what the quick one takes: \(error): \(text)")
        }
    }

    private static func punch(_ random: inout Random) throws -> Punch {
        let userIDs: [[UInt8]] = [
            Array("\(Int.random(in: 0...99_999, using: &random))".utf8), Array("0042".utf8), [], [0x41, 0xFF],
            Array("\"\\".utf8), Array("Siti é".utf8), [0x7F], Array("a b".utf8),
        ]
        let time =
            DeviceTime(
                year: Int.random(in: 1999...2100, using: &random), month: Int.random(in: 1...12, using: &random),
                day: Int.random(in: 1...31, using: &random), hour: Int.random(in: 0...23, using: &random),
                minute: Int.random(in: 0...59, using: &random), second: Int.random(in: 0...59, using: &random))
            ?? DeviceTime(rawField: [1, 2, 3, UInt8.random(in: 0...255, using: &random)])
        let plain = Bool.random(using: &random)
        return Punch(
            serial: try #require(DeviceSerial("CJ9L17056000\(Int.random(in: 0...9, using: &random))")),
            userID: UserID(field: plain ? userIDs[0] : userIDs.randomElement(using: &random) ?? []), deviceTime: time,
            occurrence: Int.random(in: 0...3, using: &random), verify: Int.random(in: 0...255, using: &random),
            state: Int.random(in: 0...255, using: &random),
            workCode: Bool.random(using: &random) ? "\(Int.random(in: 0...999, using: &random))" : nil,
            source: Punch.Source.allCases.randomElement(using: &random) ?? .poll,
            raw: (0..<Int.random(in: 0...70, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) },
            flags: Punch.Flag.allCases.filter { _ in Int.random(in: 0...3, using: &random) == 0 })
    }
}
