import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

@Suite("Operations in the journal")
struct OperationTests {
    private func operation(
        _ code: Int, _ second: Int, _ occurrence: Int = 0, _ source: Attendance.Operation.Source = .log,
        by: String = "0",
        parameters: [Int] = [0, 1, 0, 0]
    ) -> Attendance.Operation {
        Attendance.Operation(
            serial: lobby, source: source, what: "code_\(code)", code: code,
            deviceTime: DeviceTime(year: 2026, month: 3, day: 2, hour: 7, minute: 0, second: second), by: by,
            parameters: parameters, occurrence: occurrence)
    }

    private func journaled(_ store: EdgeStore) throws -> [Attendance.Operation] {
        try store.everything().compactMap { entry in
            if case .operation(let told) = try EntryBody.decode(entry.body).body { told } else { nil }
        }
    }

    private func append(_ store: EdgeStore, _ operations: [Attendance.Operation], complete: Bool) throws -> Int {
        try store.append(operations: operations, of: lobby, complete: complete, at: monday)
    }

    @Test("pushed and then read from the log, in parts and again: one entry each; every field of the key tells apart")
    func acrossSources() throws {
        try withStore { store, path throws in
            #expect(try append(store, [operation(4, 1, 0, .push)], complete: false) == 1)
            #expect(try append(store, [operation(4, 1, 0, .push), operation(21, 2, 0, .push)], complete: false) == 1)
            let log = [operation(0, 0), operation(4, 1), operation(21, 2), operation(21, 2, 1)]
            #expect(try append(store, log, complete: true) == 2)
            let again = try EdgeStore(path: path, now: monday)
            #expect(try append(again, log, complete: true) == 0)
            #expect(try journaled(again).map(\.source) == [.push, .push, .log, .log])
            for other in [
                operation(5, 1), operation(4, 3), operation(4, 1, 1), operation(4, 1, by: "7"),
                operation(4, 1, parameters: [0, 1, 0, 1]),
            ] {
                #expect(try append(again, [other], complete: false) == 1)
            }
        }
    }

    @Test("what the device no longer has is forgotten by a whole reading only, and nothing of another device")
    func forgets() throws {
        try withStore { store, path throws in
            #expect(try append(store, [operation(4, 1), operation(4, 2)], complete: true) == 2)
            let other = Attendance.Operation(
                serial: hall, source: .log, what: "menu_entered", code: 4,
                deviceTime: DeviceTime(year: 2026, month: 3, day: 2, hour: 7, minute: 0, second: 1), by: "0")
            #expect(try store.append(operations: [other], of: hall, complete: true, at: monday) == 1)
            #expect(try append(store, [operation(4, 3)], complete: false) == 1)
            func kept() throws -> Int {
                try withConnection(path) { try Int.fetchOne($0, sql: "SELECT count(*) FROM seen_operation") ?? 0 }
            }
            #expect(try kept() == 4)
            #expect(try append(store, [operation(4, 2), operation(4, 3)], complete: true) == 0)
            #expect(try kept() == 3)
            #expect(try append(store, [], complete: true) == 0)
            #expect(try kept() == 1)
        }
    }

    @Test("entries, keys and alarms are one transaction: nothing of a failed one stays")
    func atomic() throws {
        struct Killed: Error {}
        try withStore { store, _ throws in
            #expect(throws: (any Error).self) {
                try store.append(operations: [operation(21, 1)], of: lobby, complete: true, at: monday) { _ in
                    throw Killed()
                }
            }
            #expect(try journaled(store).isEmpty)
            var news: EdgeStore.OperationNews?
            try store.append(operations: [operation(21, 1)], of: lobby, complete: true, at: monday) {
                news = $0
                return [.alarm(Alarm(code: "clock_touched", serial: lobby, text: "t"))]
            }
            #expect(news?.isFirst == true && news?.lastAt == nil && news?.new.count == 1)
            try store.append(operations: [operation(21, 2)], of: lobby, complete: false, at: monday) {
                news = $0
                return []
            }
            #expect(news?.isFirst == false && news?.lastAt == monday && news?.isComplete == false)
        }
    }

    @Test("what commands and the daemon did is remembered for the comparison, and what devices tell is not")
    func own() throws {
        try withStore { store, _ throws in
            let set = Attendance.Operation(
                serial: lobby, source: .command, what: "clock_set", by: "sri", before: "2026-03-02T07:00:00",
                after: "2026-03-02T07:01:00")
            try store.append([.operation(set)], at: monday)
            _ = try append(store, [operation(21, 1)], complete: true)
            let own = try store.ownOperations(of: lobby)
            #expect(own.map(\.what) == ["clock_set"] && own.first?.after == "2026-03-02T07:01:00")
            #expect(own.first?.at == monday)
            #expect(try store.ownOperations(of: hall).isEmpty)
            let newest = try store.newestOperations(of: lobby, 1, within: 100)
            #expect(newest.map(\.operation.source) == [.log])
        }
    }
}
