import Attendance
import Foundation
import Testing

@testable import EdgeStore

@Suite("Commands of push devices") struct PushOrderTests {
    private let start = Date(timeIntervalSince1970: 1_795_392_000)
    private let serial: DeviceSerial
    private let folder: URL

    init() throws {
        serial = try #require(DeviceSerial("SIMP000000001"))
        folder = FileManager.default.temporaryDirectory.appending(path: "hadir-push-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func open() throws -> EdgeStore {
        try EdgeStore(path: folder.appending(path: "journal.db").path, now: start)
    }

    private func take(_ store: EdgeStore, _ seconds: TimeInterval = 0) throws -> [String] {
        try store.takePushOrders(
            for: serial, harmless: ["check"], patience: 300, most: 20, at: start.addingTimeInterval(seconds)
        ).map(\.kind)
    }

    private func queue(_ store: EdgeStore, _ kind: String, lifetime: TimeInterval = 86_400) throws -> PushOrder {
        try store.queuePush(kind, period: nil, for: serial, by: "operator", lifetime: lifetime, at: start)
    }

    @Test("a command is queued, sent, and confirmed or failed by the device: four words, never one")
    func life() throws {
        let store = try open()
        let first = try queue(store, "check")
        let second = try queue(store, "info")
        #expect(first.state == .queued && first.sends == 0)
        #expect(try store.endPushOrder(first.id, of: serial, code: 0, count: nil, at: start) == nil)
        #expect(try take(store) == ["check", "info"])
        #expect(try store.pushOrders(of: serial, at: start).map(\.state) == [.sent, .sent])
        #expect(try store.endPushOrder(first.id, of: serial, code: 0, count: nil, at: start)?.state == .confirmed)
        #expect(try store.endPushOrder(second.id, of: serial, code: -1002, count: nil, at: start)?.state == .failed)
        #expect(try store.endPushOrder(second.id, of: serial, code: 0, count: nil, at: start) == nil)
        #expect(try store.pushOrders(of: serial, at: start).map(\.code) == [0, -1002])
    }

    @Test("only what was not sent can be taken back")
    func cancel() throws {
        let store = try open()
        let first = try queue(store, "check")
        let second = try queue(store, "check")
        #expect(try store.cancelPushOrder(first.id, of: serial, at: start).state == .cancelled)
        #expect(try take(store) == ["check"])
        #expect(throws: PushOrderError.self) { try store.cancelPushOrder(second.id, of: serial, at: start) }
        #expect(throws: PushOrderError.self) { try store.cancelPushOrder(4711, of: serial, at: start) }
        let other = try #require(DeviceSerial("OTHER"))
        #expect(throws: PushOrderError.self) { try store.cancelPushOrder(second.id, of: other, at: start) }
        #expect(try store.endPushOrder(second.id, of: other, code: 0, count: nil, at: start) == nil)
    }

    @Test("harmless ones are told again after a while, three times; a restart once")
    func again() throws {
        let store = try open()
        _ = try queue(store, "check")
        _ = try queue(store, "reboot")
        #expect(try take(store) == ["check", "reboot"])
        #expect(try take(store, 299).isEmpty)
        #expect(try take(store, 300) == ["check"])
        #expect(try take(store, 600) == ["check"])
        #expect(try take(store, 900).isEmpty)
    }

    @Test("they expire, wait over a restart, and one device has at most 32 of them")
    func bounds() throws {
        let first = try open()
        _ = try queue(first, "check", lifetime: 60)
        _ = try queue(first, "info")
        try first.database.close()
        let store = try open()
        #expect(try take(store, 61) == ["info"])
        #expect(try store.pushOrders(of: serial, at: start.addingTimeInterval(61)).map(\.state) == [.expired, .sent])
        for _ in 0..<(EdgeStore.mostPushOrders - 1) { _ = try queue(store, "check") }
        #expect(throws: PushOrderError.self) { try queue(store, "check") }
    }

    @Test("a new epoch asks every device that reports by itself for everything")
    func newEpoch() throws {
        let store = try open()
        let operation = Attendance.Operation(
            serial: serial, source: .push, what: "clock_set", code: 21,
            deviceTime: DeviceTime(text: "2026-11-23T07:00:00"), by: "0")
        let reading = PushReading(
            serial: serial, startedAt: start, operations: [operation], stamp: ("attlog", "9999"))
        _ = try store.append(reading, at: start)
        _ = try store.append(reading, at: start)
        let kinds = try store.tail(10).filter { String(decoding: $0.body, as: UTF8.self).contains("clock_set") }
        #expect(kinds.count == 1)
        #expect(try !store.wantsEverything(of: serial))
        try store.beginEpoch(.fork, at: start)
        #expect(try store.wantsEverything(of: serial))
        #expect(try take(store) == ["check"])
        try store.askedForEverything(of: serial)
        #expect(try !store.wantsEverything(of: serial) && store.pushStamps(of: serial) == ["attlog": "9999"])
    }

    @Test("a wish for everything and the command that brings it about are kept together, or not at all")
    func wishIsWhole() throws {
        let store = try open()
        try store.database.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER no_commands BEFORE INSERT ON push_command
                    BEGIN SELECT RAISE(ABORT, 'killed'); END
                    """)
        }
        #expect(throws: EdgeStoreError.self) { try store.wantEverything(of: serial, by: "operator", at: start) }
        #expect(try !store.wantsEverything(of: serial))
        try store.database.write { try $0.execute(sql: "DROP TRIGGER no_commands") }
        #expect(try store.wantEverything(of: serial, by: "operator", at: start)?.kind == "check")
        #expect(try store.wantsEverything(of: serial))
    }

    @Test("one CHECK is enough for a wish; one the device knows already is not, and a full list is no hindrance")
    func wishChecks() throws {
        let store = try open()
        for _ in 0..<EdgeStore.mostPushOrders { _ = try queue(store, "info") }
        let first = try #require(try store.wantEverything(of: serial, by: "operator", at: start))
        #expect(try store.wantEverything(of: serial, by: "operator", at: start)?.id == first.id)
        _ = try store.takePushOrders(for: serial, harmless: [], patience: 300, most: 100, at: start)
        #expect(try store.wantEverything(of: serial, by: "hadird", reusing: .unanswered, at: start)?.id == first.id)
        let second = try #require(try store.wantEverything(of: serial, by: "operator", at: start))
        #expect(second.id != first.id && second.state == .queued)
        let later = start.addingTimeInterval(300 * 86_400)
        let left = try store.takePushOrders(for: serial, harmless: [], patience: 300, most: 9, at: later)
        #expect(left.map(\.id) == [second.id])
    }
}
