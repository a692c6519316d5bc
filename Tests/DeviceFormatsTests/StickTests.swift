import Attendance
import Foundation
import Testing
import ZKWire

@testable import DeviceFormats

/// Files from flash disks: every vector field by field, every variant, every look-alike, and noise.
@Suite("Files from a flash disk") struct StickTests {
    static let folder = "Vectors/usb-disk"

    private static func bytes(_ file: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: file, withExtension: nil, subdirectory: folder))
        return Array(try Data(contentsOf: url))
    }

    private struct Manifest: Decodable {
        struct Entry: Decodable {
            let file: String
            let expect: Expect
        }
        struct Expect: Decodable {
            let records: [Record]?
            let annotations: [String]?
            let unreadable_lines: [Int]?
            let device_number_from_name: Int?
            let serial_from_name: String?
            let record_size: Int?
            let users: [User]?
            let action, reason: String?
        }
        struct Record: Decodable, Equatable {
            let user_id, time, work_code: String
            let status, verify: Int
            let device_number: Int?
        }
        struct User: Decodable, Equatable {
            let index, privilege, card, group: Int
            let name, user_id: String
        }
        let entries: [Entry]
    }

    private static func log(_ text: String, name: String = "1_attlog.dat") throws -> StickLog {
        try StickFile.attendance(Array(text.utf8), name: name)
    }

    private static func refusal(_ bytes: [UInt8], name: String = "1_attlog.dat") -> StickRefusal.Code? {
        do {
            _ = try StickFile.attendance(bytes, name: name)
            return nil
        } catch {
            return error.code
        }
    }

    private static let line = "        8\t2021-03-01 05:55:00\t1\t255\t1\t0"

    @Test("every vector is read, or refused, as its manifest says")
    func vectors() throws {
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(Self.bytes("manifest.json")))
        #expect(manifest.entries.count == 7)
        for entry in manifest.entries {
            let bytes = try Self.bytes(entry.file)
            let expect = entry.expect
            if expect.action == "refuse" {
                let wanted: StickRefusal.Code = expect.reason == "biometric" ? .biometric : .otherMaker
                #expect(Self.refusal(bytes, name: entry.file) == wanted)
                #expect(Self.refusal(bytes, name: "1_attlog.dat") == wanted, "by its content alone: \(entry.file)")
            } else if let users = expect.users {
                guard case .users(let read) = try StickFile(bytes, name: "user.dat") else {
                    Issue.record("\(entry.file) is no user list")
                    continue
                }
                #expect(read.recordSize == expect.record_size)
                let found = read.users.map {
                    Manifest.User(
                        index: Int($0.index), privilege: Int($0.privilege), card: Int($0.card), group: Int($0.group),
                        name: $0.name, user_id: $0.userID.text)
                }
                #expect(found == users)
                #expect(Self.refusal(bytes, name: entry.file) == .users)
            } else {
                try check(bytes, entry.file, expect)
            }
        }
    }

    /// Of what a vector calls unreadable, an impossible date and an empty user id are kept and flagged here, as from
    /// every source (docs/decisions/0025), and told of by their numbers.
    private func check(_ bytes: [UInt8], _ file: String, _ expect: Manifest.Expect) throws {
        let log = try StickFile.attendance(bytes, name: file)
        let odd = log.undated.map(\.number) + log.nameless.map(\.number)
        let found = log.records.filter { !odd.contains($0.number) }.map { record in
            Manifest.Record(
                user_id: String(decoding: record.scan.userID, as: UTF8.self), time: record.scan.deviceTime.text,
                work_code: record.scan.workCode ?? "", status: record.scan.state, verify: record.scan.verify,
                device_number: record.deviceNumber)
        }
        #expect(found == expect.records)
        #expect((log.unreadable + odd).sorted() == expect.unreadable_lines)
        #expect(log.annotations.map(\.text) == expect.annotations ?? [])
        #expect(log.unreadableCount == log.unreadable.count)
        let name = StickName(file)
        #expect(name.deviceNumber == expect.device_number_from_name && name.serial?.text == expect.serial_from_name)
    }

    @Test("the third column is the device's number, not push's status: nobody is checked out by it")
    func notPush() throws {
        let record = try #require(try Self.log("        8\t2021-03-01 05:55:00\t1\t0\t15\t7").records.first)
        #expect(record.deviceNumber == 1 && record.scan.state == 0 && record.scan.verify == 15)
        #expect(record.scan.workCode == "7")
        // The same scan as push tells it has seven columns or more, and is refused instead of misread.
        #expect(Self.refusal(Array("8\t2021-03-01 05:55:00\t0\t15\t7\t0\t0\n".utf8)) == .pushLines)
    }

    @Test("line ends are CR LF, LF or missing; ids are padded to 9 or 14, with letters, zeros kept")
    func variants() throws {
        let lines = ["    00217", "         HO007", "0", "", " 12 "].map {
            "\($0)\t2026-03-02 07:01:05\t1\t0\t1\t0"
        }
        let wanted = ["00217", "HO007", "0", "", "12"]
        for end in ["\r\n", "\n", "\r\r\n"] {
            for last in ["", end, end + end + "\u{1A}"] {
                let log = try Self.log(lines.joined(separator: end) + last)
                #expect(log.records.map { String(decoding: $0.scan.userID, as: UTF8.self) } == wanted)
                #expect(log.unreadableCount == 0 && log.annotations.isEmpty)
            }
        }
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let punches = PunchNormaliser.punches(
            from: try Self.log(lines.joined(separator: "\n")).scans, serial: serial, source: .stick)
        #expect(punches.map(\.flags) == [[], [], [.noUser], [.noUser], []])
        #expect(try Self.log("\u{FEFF}" + Self.line).records.count == 1)
    }

    @Test("impossible dates are kept, flagged and told of; Feb 30 has the key of the device's own record")
    func undated() throws {
        let text = [
            "7\t2022-02-30 07:00:00\t1\t0\t1\t0", "7\t2022-03-01 25:00:00\t1\t0\t1\t0",
            "7\t2022-03-01 07:00:00\t1\t0\t1\t0",
        ].joined(separator: "\r\n")
        let log = try Self.log(text)
        #expect(log.undated.map(\.number) == [1, 2])
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let punches = PunchNormaliser.punches(from: log.scans, serial: serial, source: .stick)
        #expect(punches.map(\.flags) == [[.noDate], [.noDate], []])
        let time = try #require(PackedTime(.init(year: 2022, month: 2, day: 30, hour: 7, minute: 0, second: 0)))
        var normaliser = PunchNormaliser(serial: serial, source: .poll)
        let polled = normaliser.punches(from: [AttendanceRecord(who: .number(7), verify: 1, time: time, state: 0)])
        #expect(polled.first?.key == punches.first?.key)
    }

    @Test("a first and a last line about the file are kept as annotations; in the middle they are reported")
    func annotations() throws {
        let log = try Self.log("SN:NYU7244800354\r\n\(Self.line)\r\nnoise\r\n\(Self.line)\r\nCheckSum=4711\r\n")
        #expect(
            log.annotations == [.init(number: 1, text: "SN:NYU7244800354"), .init(number: 5, text: "CheckSum=4711")])
        #expect(log.unreadable == [3] && log.records.map(\.number) == [2, 4])
        // A record cut short at either end is no annotation: somebody's scan is missing.
        let cut = try Self.log("   7\t2022-03-0\n\(Self.line)\n        7\t2022-03-02 07:0")
        #expect(cut.annotations.isEmpty && cut.unreadable == [1, 3])
        let many = try Self.log(Self.line + "\n" + String(repeating: "noise\n", count: 500) + Self.line)
        #expect(many.unreadableCount == 500 && many.unreadable == Array(2...101))
    }

    @Test("look-alikes are refused with what they are")
    func lookAlikes() {
        let cases: [(String, StickRefusal.Code)] = [
            ("8|2021-03-01 05:55:00|1|0\n", .separator), ("No;EnNo;Name;DateTime\n1;7;BUDI;2021-03-01\n", .separator),
            ("No,Name,Date\n1,BUDI,2021-03-01 07:00:00\n", .separator),
            ("8\t04/05/2026 07:30\t1\t0\t1\t0\n", .dayFirst), ("8 04.05.2026 07:30\n", .dayFirst),
            ("hello\nworld\n", .unreadable), (" \r\n\r\n", .empty), ("", .empty),
            ("\u{01}\u{02}\u{03}garbage\u{7F}\n", .binary),
        ]
        for (text, code) in cases { #expect(Self.refusal(Array(text.utf8)) == code, "\(text)") }
        let xls: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
        #expect(Self.refusal(xls + [UInt8](repeating: 0, count: 504), name: "StandardReport.xls") == .spreadsheet)
        #expect(Self.refusal([1, 2, 3, 4], name: "BAK.KQ") == .otherMaker)
        #expect(Self.refusal(Array("\u{FEFF}x".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == .utf16)
        // Encrypted: no NUL needed, no text either.
        #expect(Self.refusal((0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 0x83) | 1 }) == .binary)
        for name in ["template.fp10.1", "TEMPLATE.DAT", "ssrface7.dat", "face.dat", "photo/7.JPG"] {
            #expect(Self.refusal(Array(Self.line.utf8), name: name) == .biometric, "\(name)")
        }
        #expect(Self.refusal(Array(Self.line.utf8), name: "sms.dat") == .messages)
        #expect(StickRefusal.biometric.description.contains("UU 27/2022"))
    }

    @Test("names: case, what is put behind them, serials and numbers")
    func names() throws {
        #expect(StickName("/media/usb/1_ATTLOG (1).DAT") == StickName("1_attlog.dat"))
        #expect(StickName("nyu7244800354_attlog (2).dat").serial?.text == "nyu7244800354")
        #expect(StickName("kantor_NYU7244800354_attlog.dat").serial?.text == "NYU7244800354")
        #expect(StickName("3580162400123_attlog.dat").serial?.text == "3580162400123")
        for name in ["attlog.dat", "kantor_attlog.dat", "lobby-maret.dat", "attlog_maret.dat"] {
            #expect(StickName(name).serial == nil && StickName(name).deviceNumber == nil, "\(name)")
        }
        let serial = try #require(DeviceSerial("NYU7244800354"))
        #expect(!StickName("nyu7244800354_attlog.dat").contradicts(serial))
        #expect(!StickName("1_attlog.dat").contradicts(serial))
        #expect(!StickName("NYU7244800354_attlog.dat").contradicts(try #require(serial.tagged("b"))))
        #expect(StickName("NYU7244800355_attlog.dat").contradicts(serial))
    }

    @Test("the device's own records of 40 bytes: packed times are read, C times refused")
    func binary() throws {
        func file(_ raw: (Int) -> UInt32) -> [UInt8] {
            (0..<50).flatMap { number in
                AttendanceRecord(
                    who: .text(Array("HO00\(number % 7)".utf8)), index: UInt16(number + 1), verify: 1,
                    time: PackedTime(rawValue: raw(number)), state: 0, workCode: 3
                ).bytes(.a40)
            }
        }
        let first = try #require(PackedTime(.init(year: 2024, month: 5, day: 6, hour: 7, minute: 8, second: 9)))
        let log = try StickFile.attendance(file { first.rawValue + UInt32($0) }, name: "attlog.dat")
        #expect(log.form == .binary && log.records.count == 50)
        let record = try #require(log.records.first)
        #expect(record.scan.deviceTime.text == "2024-05-06T07:08:09" && record.scan.workCode == "3")
        #expect(record.scan.raw.count == 40 && String(decoding: record.scan.userID, as: UTF8.self) == "HO000")
        #expect(Self.refusal(file { 1_714_979_289 + UInt32($0) }, name: "attlog.dat") == .binary)
        #expect(Self.refusal(Array(file { first.rawValue + UInt32($0) }.dropLast()), name: "attlog.dat") == .binary)
    }

    @Test("user lists of a size that both layouts have are decided by their content; passwords are not kept")
    func users() throws {
        let wide = [UInt8](try Self.bytes("user_tft_72.dat"))
        let narrow = [UInt8](try Self.bytes("user_bw_28.dat"))
        let manyWide = try #require(StickUsers(Array(repeating: wide, count: 7).flatMap { $0 }))
        #expect(manyWide.recordSize == 72 && manyWide.users.count == 28)
        let manyNarrow = try #require(StickUsers(Array(repeating: narrow, count: 6).flatMap { $0 }))
        #expect(manyNarrow.recordSize == 28 && manyNarrow.name(of: UserID("102")) == "AMINAH")
        var secret = wide
        secret.replaceSubrange(3..<11, with: Array("13579246".utf8))
        #expect(!"\(try #require(StickUsers(secret)))".contains("13579246"))
        #expect(StickUsers([UInt8](repeating: 0, count: 504)) == nil)
    }

    @Test("in pieces, a file has the punches it has at once: occurrences are counted over all of it")
    func pieces() throws {
        let text = (0..<25_000).map { number in
            // The same seconds again and again, far apart.
            "\(number % 7)\t2026-03-02 07:0\(number / 7 % 10):00\t1\t0\t1\t0\n"
        }.joined()
        let log = try Self.log(text)
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let file = FileOrigin(sha256: String(repeating: "5e", count: 32), by: "budi")
        let whole = PunchNormaliser.punches(from: log.scans, serial: serial, source: .stick, file: file)
        var pieces = StickPunches(log, serial: serial, file: file)
        var punches: [Punch] = []
        var numbers: [Int] = []
        while let piece = pieces.next() {
            #expect(piece.punches.count <= StickPunches.atOnce)
            punches += piece.punches
            numbers += piece.numbers
        }
        #expect(punches == whole && numbers == Array(1...25_000))
        #expect(punches.last?.occurrence ?? 0 > 300)
    }

    @Test("nothing is read beyond the largest size, and a file of one endless line is refused")
    func size() {
        #expect(Self.refusal([UInt8](repeating: 0x39, count: StickFile.largest + 1)) == .tooLarge)
        #expect(Self.refusal([UInt8](repeating: 0x09, count: StickFile.largest)) == .unreadable)
    }

    @Test(
        "noise, cut, flipped and shuffled files are read or refused, never a trap; what is read can be journaled",
        arguments: [1, 20_261_122, UInt64.random(in: 1...UInt64.max)])
    func fuzz(seed: UInt64) throws {
        print("stick fuzz: seed \(seed)")
        var random = Noise(seed: seed)
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let seeds = try ["1_attlog.dat", "damaged_attlog.dat", "user_tft_72.dat", "template.fp10", "GLG_001.TXT"]
            .map(Self.bytes)
        let names = ["1_attlog.dat", "user.dat", "x", "NYU7244800354_attlog.dat", ""]
        var read = 0
        for _ in 0..<3000 {
            var bytes = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
                case 2: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                default: bytes.swapAt(place, 0)
                }
            }
            guard let file = try? StickFile(bytes, name: names.randomElement(using: &random) ?? "") else { continue }
            guard case .attendance(let log) = file else { continue }
            read += 1
            for punch in PunchNormaliser.punches(from: log.scans, serial: serial, source: .stick) {
                let body = EntryBody.punch(punch).encode(at: Date(timeIntervalSince1970: 0))
                #expect(try EntryBody.decode(body).body == .punch(punch), "seed \(seed)")
            }
        }
        #expect(read > 100)
    }
}

/// xorshift64*: the same numbers for the same seed.
private struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}
