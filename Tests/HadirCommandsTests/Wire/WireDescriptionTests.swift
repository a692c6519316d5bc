import ArgumentParser
import Foundation
import Testing
import ZKWire

@testable import HadirCommands

/// Any JSON, for comparison with what was published.
enum AnyJSON: Decodable, Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case list([AnyJSON])
    case object([String: AnyJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: AnyJSON].self))
        }
    }

    subscript(_ key: String) -> AnyJSON? {
        if case .object(let values) = self { values[key] } else { nil }
    }

    var object: [String: AnyJSON] {
        if case .object(let values) = self { values } else { [:] }
    }
}

struct PublishedVector: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let kind: String
    let transport: String
    let hex: String
    let segments: [String]?
    let decoded: AnyJSON
    let checksumOK: Bool?

    enum CodingKeys: String, CodingKey {
        case id, kind, transport, hex, segments, decoded
        case checksumOK = "checksum_ok"
    }

    var testDescription: String { id }

    static let all: [PublishedVector] = {
        do {
            let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let data = try Data(contentsOf: tests.appending(path: "ZKWireTests/Vectors/zk-vectors.json"))
            return try JSONDecoder().decode([PublishedVector].self, from: data)
        } catch {
            Issue.record("zk-vectors.json cannot be read: \(error)")
            return []
        }
    }()

    /// The command line's arguments, without the bytes.
    func arguments(replyTo: String? = nil) -> [String] {
        switch kind {
        case "record": recordArguments
        default: ["--transport", transport] + (replyTo.map { ["--reply-to", $0] } ?? [])
        }
    }

    private var recordArguments: [String] {
        if id.hasPrefix("att"), let size = id.dropFirst(3).split(separator: "-").first {
            return ["--record", "attendance", "--size", String(size)]
        }
        if id.hasPrefix("wl10") { return ["--record", "attendance", "--size", "22"] }
        if id.hasPrefix("user") { return ["--record", "user", "--size", String(id.dropFirst(4).prefix(2))] }
        if id.hasPrefix("template") { return ["--record", "template"] }
        if id.hasPrefix("oplog") { return ["--record", "operation"] }
        if id.hasPrefix("time") { return ["--record", "time"] }
        if case .number(let session)? = decoded["fields"]?["session"] {
            return ["--record", "authkey", "--session", "\(session)"]
        }
        return ["--record", "authkey"]
    }

    /// What is typed or piped: datagrams stand on lines of their own.
    var input: String { kind == "datagrams" ? (segments ?? []).joined(separator: "\n") : hex }

    /// What the command prints for this vector.
    func printed(replyTo: String? = nil) throws -> AnyJSON {
        let command = try WireDecodeCommand.parse(arguments(replyTo: replyTo) + ["-"])
        return try JSONDecoder().decode(AnyJSON.self, from: Data(try command.describe(input).json().utf8))
    }
}

@Suite("hadir wire decode: published vectors")
struct WireDescriptionTests {
    /// Remarks of the file's author, which no bytes say.
    static let remarks: Set<String> = ["note", "accepted_for", "template_magic"]

    /// Keys of ours that the file leaves out for one vector and has for another.
    static let extra: [String: Set<String>] = [
        // Has its size elsewhere (`bulk-prepare-req`).
        "fp-upload-prepare": ["size"],
        "user-wrq-72-att": ["tz_flag"],
        // The file names three days of seven.
        "tz-rep-48": ["tuesday", "wednesday", "thursday", "friday"],
        "flow-event-inside": ["records", "record_size"],
        "flow-udp-1604": ["reply"], "flow-udp-ack-early": ["reply", "record_size"],
    ]

    /// Answers whose meaning only the request tells, and that request.
    static let requests: [String: String] = [
        "connect-ok-rep": "CMD_CONNECT", "connect-ok-rep-udp": "1000", "k40-connect-rep-reply1": "connect",
        "state-rep-2": "CMD_STATE_RRQ", "tz-rep-48": "CMD_TZ_RRQ", "ulg-rep-7": "CMD_ULG_RRQ",
        "pinwidth-rep": "CMD_GET_PINWIDTH", "transfer-end-ack": "CMD_DATA_RDY", "k40-late-ack": "CMD_ATTLOG_RRQ",
        "get-time-rep": "CMD_GET_TIME", "d2-sizes-rep-4zero": "CMD_GET_FREE_SIZES",
    ]

    @Test("Header keys are exactly the published ones and the checksum's verdict", arguments: PublishedVector.all)
    func header(_ vector: PublishedVector) throws {
        guard vector.kind != "record" else { return }
        var printed = try vector.printed().object
        var published = vector.decoded.object
        printed["fields"] = nil
        published["fields"] = nil
        if let verdict = vector.checksumOK, vector.kind == "frame" { published["checksum_ok"] = .bool(verdict) }
        #expect(printed == published)
    }

    @Test("Whatever key is printed has the published value, and no key is invented", arguments: PublishedVector.all)
    func nothingInvented(_ vector: PublishedVector) throws {
        let printed = try vector.printed(replyTo: Self.requests[vector.id])["fields"]?.object ?? [:]
        let published = vector.decoded["fields"]?.object ?? [:]
        for (key, value) in printed where !Self.extra[vector.id, default: []].contains(key) {
            // The one stream that is no transfer tells each frame by itself.
            if vector.id == "flow-stale-acks", key == "frames" { continue }
            #expect(published[key] == value, "\(key)")
        }
    }

    @Test("130 vectors are told in full by their bytes alone, 141 once the request is known")
    func reproduced() throws {
        var alone: Set<String> = []
        var asked: Set<String> = []
        for vector in PublishedVector.all {
            if try isComplete(vector, replyTo: nil) { alone.insert(vector.id) }
            if try isComplete(vector, replyTo: Self.requests[vector.id]) { asked.insert(vector.id) }
        }
        let counts = "\(alone.count) of \(PublishedVector.all.count) by bytes alone, \(asked.count) with the request"
        print("wire decode: vectors told in full: \(counts)")
        let all = Set(PublishedVector.all.map(\.id))
        #expect(all.count == 142)
        // What was awaited is not in the bytes.
        #expect(all.subtracting(asked) == ["flow-stale-acks"])
        #expect(all.subtracting(alone) == Set(Self.requests.keys).union(["flow-stale-acks"]))
    }

    /// Every published key but remarks is printed with its value.
    private func isComplete(_ vector: PublishedVector, replyTo: String?) throws -> Bool {
        let printed = try vector.printed(replyTo: replyTo)["fields"]?.object ?? [:]
        let published = vector.decoded["fields"]?.object ?? [:]
        return published.allSatisfy { key, value in Self.remarks.contains(key) || printed[key] == value }
    }
}

@Suite("hadir wire decode: input and errors")
struct WireDecodeCommandTests {
    private func describe(_ arguments: [String], _ input: String) throws -> String {
        try WireDecodeCommand.parse(arguments + ["-"]).describe(input).json(pretty: false)
    }

    @Test(
        "White space, colons, commas and 0x are skipped",
        arguments: [
            "5050827d08000000e80317fc00000000", "50 50 82 7D 08 00 00 00 E8 03 17 FC 00 00 00 00",
            "0x50:50:82:7d 0X08000000\n e80317fc\t00000000\r\n", "0x50,0x50,0x82,0x7d,08000000e80317fc00000000",
        ])
    func tolerant(_ text: String) throws {
        #expect(try describe([], text).contains("\"command_name\":\"CMD_CONNECT\""))
    }

    @Test(
        "Wrong input is told with its place",
        arguments: [
            ([], "5050827g", "character 8"), ([], "505", "digit is missing"), ([], " \n ", "no bytes"),
            ([], "5050827d08000000e803", "not whole"), ([], "5050827dffffffff0000", "envelope.length"),
            (["--transport", "tcp"], "e80317fc00000000", "envelope.mark"), ([], "e80317", "datagram 1"),
            ([], "e80317fc00000000\ne803", "datagram 2"),
            (["--record", "attendance", "--size", "40"], "00112233", "neither records of 40"),
            (["--record", "attendance", "--size", "41"], "00112233", "not 41"),
            (["--record", "attendance"], "00112233", "give --size"), (["--record", "user"], "0011", "give --size"),
            (["--record", "time"], "0011", "4 bytes"), (["--record", "authkey"], "617d3223", "--session"),
            (["--record", "template"], "0011", "template.header"),
            (["--reply-to", "CMD_NOTHING"], "e80317fc00000000", "no command"),
        ] as [([String], String, String)])
    func wrong(_ arguments: [String], _ input: String, _ told: String) {
        #expect {
            try describe(arguments, input)
        } throws: { error in
            error is WireInputError && "\(error)".contains(told)
        }
    }

    @Test("Options that contradict each other are a usage error")
    func usage() {
        for arguments in [["--size", "40"], ["--session", "1"], ["--record", "time", "--transport", "udp"]] {
            #expect(throws: (any Error).self) { try WireDecodeCommand.parse(arguments + ["00"]) }
        }
    }

    @Test("Wrong data ends with exit status 65, good data with none")
    func exitStatus() throws {
        #expect(throws: ExitCode(65)) { try WireDecodeCommand.parse(["xyz"]).run() }
        try WireDecodeCommand.parse(["--compact", "e80317fc00000000"]).run()
    }

    @Test("A frame with a wrong checksum is shown and its data not read")
    func wrongChecksum() throws {
        let told = try describe([], "e80317fd00000000")
        #expect(told.contains("\"checksum_ok\":false") && told.contains("\"must_reject\":true"))
    }

    @Test("Records without a total in front are told, and the size is found where the bytes say it")
    func bareRecords() throws {
        let record = "0d00393939313131333333000000000000000000000000000000016bb368230000000000ff000000"
        let told = try describe(["--record", "attendance"], record + record)
        #expect(told.contains(#""records":[["999111333",1,"2018-06-25 17:50:35",0],["999111333""#))
        #expect(told.contains("\"record_size\":40") && !told.contains("total"))
    }

    @Test("An impossible date of a record is told as such")
    func impossibleDate() throws {
        let record = "0d0039393931313133333300000000000000000000000000000001804834300000000000ff000000"
        let told = try describe(["--record", "attendance", "--size", "40"], record)
        #expect(told.contains("\"valid_calendar_date\":false") && told.contains("2025-02-30 08:00:00"))
    }

    @Test("Any bytes are described or refused, never more")
    func random() throws {
        var state: UInt64 = 4370
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for round in 0..<3000 {
            let bytes = (0..<Int(next() % 120)).map { _ in UInt8(truncatingIfNeeded: next()) }
            let frame = Frame(
                Command(rawValue: [500, 1102, 1500, 1501, 2000, 2005, 8, 11, 12, 202][Int(next() % 10)]),
                session: UInt16(next() % 600), reply: UInt16(next() % 3), data: bytes)
            let told = try WireDescription.udp([frame.payload()])
            #expect(try told.json().contains("command_name"), "round \(round)")
            _ = try WireDescription.tcp(frame.enveloped() + frame.enveloped())
            for kind in RecordDescription.Kind.allCases {
                for size in [nil, 8, 16, 22, 28, 40, 49, 72] {
                    _ = try? RecordDescription.describe(bytes, as: kind, size: size, session: 7)
                }
            }
        }
    }
}
