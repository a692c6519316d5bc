import Foundation
import Testing

/// `Vectors/adms`: raw HTTP messages, and what has to come of each.
struct PushVector: Sendable, CustomTestStringConvertible {
    struct Record: Decodable, Equatable, Sendable {
        let user_id, time: String
        let status, verify: Int
        let work_code: String?
    }

    struct Result: Decodable, Equatable, Sendable {
        let id: String
        let code: Int
    }

    struct User: Decodable, Equatable, Sendable {
        let user_id, name: String
        let privilege: Int
        let card: UInt64
    }

    struct Operation: Decodable, Equatable, Sendable {
        let op: Int
        let admin: String?
        let time: String
        let objects: [String]?
    }

    struct Expectation: Decodable, Sendable {
        let kind, serial, pushver, device_type, dialect, stamp, secret_must_not_leak, first_line, firmware, ip: String?
        let language, oplog_count, biometric_lines_discarded, users_count, fingers, punches: Int?
        let records: [Record]?
        let unreadable_lines: [Int]?
        let results: [Result]?
        let options: [String: String]?
        let must_contain_keys, reply_should_also_contain: [String]?
        let oplog_first, oplog_last: Operation?
        let commands: [Command]?
    }

    struct Command: Decodable, Equatable, Sendable {
        let id, text: String
    }

    private struct Manifest: Decodable {
        struct Item: Decodable {
            let file: String
            let expect: Expectation
        }

        let entries: [Item]

        private enum CodingKeys: String, CodingKey { case entries }

        init(from decoder: any Decoder) throws {
            var items = try decoder.container(keyedBy: CodingKeys.self).nestedUnkeyedContainer(forKey: .entries)
            var entries: [Item] = []
            // `users` is a number in one place and a list in another: looked at where it is needed.
            while !items.isAtEnd { entries.append(try items.decode(Item.self)) }
            self.entries = entries
        }
    }

    let file: String
    let bytes: [UInt8]
    let expect: Expectation

    var testDescription: String { file }

    static func all() throws -> [PushVector] {
        let folder = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil)).appending(path: "adms")
        let manifest = try JSONDecoder().decode(
            Manifest.self, from: Data(contentsOf: folder.appending(path: "manifest.json")))
        return try manifest.entries.map { item in
            PushVector(
                file: item.file, bytes: Array(try Data(contentsOf: folder.appending(path: item.file))),
                expect: item.expect)
        }
    }

    static func named(_ word: String) throws -> PushVector {
        try #require(try all().first { $0.file.contains(word) })
    }

    /// The request line's second word.
    var target: String {
        let line = String(decoding: bytes.prefix { $0 != 13 && $0 != 10 }, as: UTF8.self)
        return String(line.split(separator: " ").dropFirst().first ?? "")
    }

    /// What follows the empty line.
    var body: [UInt8] {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return bytes }
        return Array(bytes[end.upperBound...])
    }
}
