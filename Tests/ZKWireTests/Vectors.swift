import Foundation
import Testing

/// One published byte vector; zk-protocol, appendix B, explains the file.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    enum Kind: String, Decodable, Sendable {
        case frame, stream, datagrams, record
    }

    struct Header: Decodable, Sendable {
        let command: UInt16
        let commandName: String
        let checksum: UInt16
        let session: UInt16
        let reply: UInt16
        let dataLength: Int
        let tcpLength: Int?
        let dataHex: String?
        let checksumOK: Bool?

        enum CodingKeys: String, CodingKey {
            case command, checksum, session, reply
            case commandName = "command_name"
            case dataLength = "data_length"
            case tcpLength = "tcp_length"
            case dataHex = "data_hex"
            case checksumOK = "checksum_ok"
        }
    }

    let id: String
    let kind: Kind
    let transport: String
    let direction: String
    let bytes: [UInt8]
    /// The pieces in which the bytes arrived; one piece where the file names none.
    let segments: [[UInt8]]
    let checksumOK: Bool?
    /// The header numbers of a frame; `nil` for other kinds.
    let header: Header?
    /// The headers of a stream's frames or of the datagrams.
    let headers: [Header]
    let fields: [String: JSON]?

    var testDescription: String { id }

    private enum CodingKeys: String, CodingKey {
        case id, kind, transport, direction, hex, segments, decoded
        case checksumOK = "checksum_ok"
    }

    private struct Decoded: Decodable {
        let frames: [Header]?
        let datagrams: [Header]?
        let fields: [String: JSON]?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        kind = try container.decode(Kind.self, forKey: .kind)
        transport = try container.decode(String.self, forKey: .transport)
        direction = try container.decode(String.self, forKey: .direction)
        let bytes = try hex(container.decode(String.self, forKey: .hex))
        self.bytes = bytes
        segments = try container.decodeIfPresent([String].self, forKey: .segments)?.map { try hex($0) } ?? [bytes]
        checksumOK = try container.decodeIfPresent(Bool.self, forKey: .checksumOK)
        let decoded = try container.decode(Decoded.self, forKey: .decoded)
        header = kind == .frame ? try container.decode(Header.self, forKey: .decoded) : nil
        headers = decoded.frames ?? decoded.datagrams ?? []
        fields = decoded.fields
    }

    /// What follows the envelope on TCP; the whole on UDP.
    var payload: [UInt8] { transport == "tcp" ? Array(bytes.dropFirst(8)) : bytes }

    static let all: [Vector] = load()

    static subscript(_ id: String) -> Vector? { all.first { $0.id == id } }

    private static func load() -> [Vector] {
        do {
            let folder = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil))
            let data = try Data(contentsOf: folder.appending(path: "zk-vectors.json"))
            return try JSONDecoder().decode([Vector].self, from: data)
        } catch {
            Issue.record("zk-vectors.json cannot be read: \(error)")
            return []
        }
    }
}

struct HexError: Error {
    let text: String
}

func hex(_ text: String) throws -> [UInt8] {
    let digits = Array(text)
    guard digits.count.isMultiple(of: 2) else { throw HexError(text: text) }
    return try stride(from: 0, to: digits.count, by: 2).map { position in
        guard let byte = UInt8(String(digits[position...position + 1]), radix: 16) else { throw HexError(text: text) }
        return byte
    }
}

func hexText(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A JSON value to compare with.
enum JSON: Decodable, Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    init(_ value: some BinaryInteger) { self = .int(Int(value)) }
    init(_ value: String) { self = .string(value) }
    init(_ text: [UInt8]) { self = .string(String(decoding: text, as: UTF8.self)) }
}

/// A small generator whose seed is printed, so that a failure can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
