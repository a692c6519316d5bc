import DeviceFormats
import Foundation
import Testing

/// The replies of `Vectors/soap`, and what its manifest says of them.
struct SOAPVectors: Decodable {
    struct Entry: Decodable {
        let file: String
        let expect: Expect
    }

    struct Expect: Decodable {
        let complete, ok, more: Bool?
        let records: [Record]?
        let dropped: [Dropped]?
        let users: [User]?
        let clock, command, pin: String?
        let com_key: Int?
    }

    struct Record: Decodable {
        let user_id, time: String
        let status: Int
        let verify: Int?
        let work_code, name, serial: String?
    }

    struct Dropped: Decodable {
        let reason, time: String
    }

    struct User: Decodable, Equatable {
        let index: Int
        let user_id, name: String
        let privilege, card, group: Int
    }

    let entries: [Entry]

    static func expected(_ file: String) throws -> Expect {
        let manifest = try JSONDecoder().decode(Self.self, from: Data(bytes("manifest.json")))
        return try #require(manifest.entries.first { $0.file == file }).expect
    }

    static func bytes(_ file: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Vectors/soap/\(file)", withExtension: nil))
        return Array(try Data(contentsOf: url))
    }

    static let replies: [(String, SOAPRequest.Command)] = [
        ("getattlog-2020.response", .attendance), ("getattlog-empty.response", .attendance),
        ("getattlog-pin0-declaration.response", .attendance), ("getalluserinfo.response", .allUsers),
        ("getdate.response", .clock), ("setdate-ok.response", .setClock),
    ]
}

/// What a reply gave, or why it was refused.
struct Taken: Equatable {
    var rows: [[String]] = []
    var error: SOAPError?

    /// - Parameter pieces: the reply, cut anywhere.
    init(_ pieces: some Sequence<ArraySlice<UInt8>>, _ command: SOAPRequest.Command) {
        var reply = SOAPReply(to: command)
        var rows: [[String]] = []
        do throws(SOAPError) {
            for piece in pieces {
                try reply.take(piece) { row in
                    rows.append(row.elements.map { "\(SOAPText.text($0.name))=\(SOAPText.text($0.value))" })
                }
            }
            try reply.finish()
        } catch {
            self.error = error
        }
        self.rows = rows
    }
}
