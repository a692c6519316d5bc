import Attendance
import Foundation
import Testing

@testable import EdgeStore

/// A reading's keys are remembered in their own order; what is journaled must not show that.
@Suite("Journal order")
struct KeyOrderTests {
    @Test("a large reading is journaled in the device's order, each punch once, also where a key comes twice")
    func order() throws {
        try withStore { store, _ in
            var scans: [Scan] = []
            for number in 0..<500 { scans.append(Scan("\(number * 7919 % 500)", "2026-03-02T07:00:00")) }
            var punches = scans.punches()
            punches.append(punches[3])
            let reading = Reading(
                serial: lobby, source: .poll, extent: .complete, startedAt: monday, punches: punches, cursor: "c")
            #expect(try store.append(reading, at: monday).newPunches == 500)
            let journaled = try store.tail(500).map { try EntryBody.decode($0.body).body }
            #expect(journaled == scans.punches().map { EntryBody.punch($0) })
        }
    }

    @Test("live punches in a large reading of the log are journaled again in their places, once")
    func better() throws {
        try withStore { store, _ in
            let scans = (0..<300).map { Scan("\($0)", "2026-03-02T07:00:00") }
            let live = Reading(
                serial: lobby, source: .live, extent: .some, startedAt: monday,
                punches: stride(from: 0, to: 300, by: 3).map { scans.punches(lobby, .live)[$0] })
            try store.append(live, at: monday)
            for expected in [(200, 100), (0, 0)] {
                let poll = Reading(
                    serial: lobby, source: .poll, extent: .complete, startedAt: monday, punches: scans.punches(),
                    cursor: "c")
                let appended = try store.append(poll, at: monday)
                #expect((appended.newPunches, appended.confirmed) == expected)
            }
            let journaled = try store.tail(300).map { try EntryBody.decode($0.body).body }
            #expect(journaled == scans.punches().map { EntryBody.punch($0) })
        }
    }
}
