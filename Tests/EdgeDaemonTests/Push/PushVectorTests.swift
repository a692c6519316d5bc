import Attendance
import EdgeStore
import Foundation
import Testing

@testable import EdgeDaemon

/// The requests of real devices, byte by byte, against the listener that runs.
@Suite("Push: requests of the vectors", .timeLimit(.minutes(2))) struct PushListenerVectorTests {
    private struct Item: Decodable {
        struct Expectation: Decodable {
            let kind, serial, reply_regex, reply_when_nothing, secret_must_not_leak, dialect: String?
            let reply_status_not: Int?
            let records: [Record]?
            let reply_should_also_contain: [String]?
        }

        struct Record: Decodable {
            let user_id, time: String
        }

        let file: String
        let expect: Expectation
    }

    private struct Manifest: Decodable { let entries: [Item] }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "DeviceFormatsTests/Vectors/adms")

    private static func items() throws -> [Item] {
        try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: folder.appending(path: "manifest.json")))
            .entries.filter { $0.file.hasSuffix(".request") }
    }

    private static let serials = [
        "BOCK200961014", "3392113170057", "0316144680030", "CQZ7250100001", "CRJP230860129",
    ]

    @Test("each is answered as its manifest says, and no secret is anywhere")
    func all() async throws {
        let office = try Office()
        let devices = Self.serials.enumerated().map { office.pushDevice("device-\($0)", $1) }
        try await office.pushing(devices) { rig async throws in
            var expected: Set<String> = []
            var secrets: [String] = []
            for item in try Self.items() {
                let text = String(
                    decoding: try Data(contentsOf: Self.folder.appending(path: item.file)), as: UTF8.self)
                let answer = try await rig.send(text)
                let expect = item.expect
                if let not = expect.reply_status_not { #expect(answer.status != not, "\(item.file)") }
                if let pattern = expect.reply_regex {
                    #expect(answer.status == 200, "\(item.file)")
                    let regex = try Regex(pattern)
                    #expect(answer.body.contains(regex), "\(item.file): \(answer.body)")
                }
                if let nothing = expect.reply_when_nothing, expect.kind == "poll" {
                    // Asked for everything first: this device is new here.
                    #expect(answer.body.hasPrefix("C:") || answer.body.hasPrefix(nothing), "\(item.file)")
                }
                if expect.kind == "handshake" {
                    #expect(answer.body.hasPrefix("GET OPTION FROM: \(expect.serial ?? "")\n"))
                    #expect(answer.head.contains("\r\nDate: ") && answer.head.contains(" GMT"))
                    for key in expect.reply_should_also_contain ?? [] { #expect(answer.body.contains("\n\(key)=")) }
                }
                if expect.kind == "security-push" { #expect(answer.status == 406) }
                #expect(answer.head.contains("\r\nContent-Length: \(answer.body.utf8.count)\r\n"), "\(item.file)")
                for record in expect.records ?? [] { expected.insert("\(record.user_id) \(record.time)") }
                if let secret = expect.secret_must_not_leak { secrets.append(secret) }
            }
            #expect(Set(try office.scans) == expected && expected.count == 17)
            #expect(try office.punches.allSatisfy { $0.source == .push })
            #expect(try office.operations.count == 8)
            #expect(!secrets.isEmpty)
            let entries = try office.entries.map { "\($0)" }
            for secret in secrets {
                #expect(!entries.contains { $0.contains(secret) })
                #expect(!office.journalBytes.contains("Passwd") && !office.everythingSaid.contains(secret))
                #expect(!office.journalBytes.contains("\"\(secret)\""))
                #expect(!"\(rig.board.all)".contains(secret))
            }
            let users = try office.entries.compactMap { if case .user(let user) = $0 { user.name } else { nil } }
            #expect(users == ["BUDI SANTOSO"])
            // What the operation log tells of two years ago is history when it comes for the first time.
            #expect(try office.alarms.contains("push_line_unreadable") && !office.alarms.contains("log_touched"))
            #expect(try office.alarms.contains("push_security"))
        }
    }

    @Test("a body that comes twice is answered twice and journaled once")
    func twice() async throws {
        let office = try Office()
        let file = Self.folder.appending(path: "05-attlog-trailing-tab.request")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        try await office.pushing([office.pushDevice("lobby", "BOCK200961014")]) { rig async throws in
            for _ in 0..<2 { #expect(try await rig.send(text).body == "OK: 3\n") }
            #expect(try office.punches.count == 3)
        }
    }
}
