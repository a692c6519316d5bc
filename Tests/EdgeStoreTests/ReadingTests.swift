import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

/// What a reading adds, and what the journal remembers of it.
@Suite struct ReadingTests {
    private let first = Scan("101", "2026-03-02T07:01:00")
    private let others = (0..<40).map { Scan("2\($0)", "2026-03-02T08:00:\($0 + 10)") }

    @Test("a second given again behind the cursor is ambiguous until everything was read")
    func secondGivenAgainBehindCursor() throws {
        try withStore { store, _ in
            // The clock was set back: the same person, the same second, far apart in the log.
            let log = [first] + others + [first]
            try store.read(Array(log.dropLast()), cursor: "at 41")
            let tail = try store.read([first], .tail(new: 1), cursor: "at 42")
            #expect(tail.ambiguous == 1 && tail.newPunches == 0)
            #expect(try store.memory(of: lobby).cursor == "at 41")
            let complete = try store.read(log, cursor: "at 42")
            #expect(complete.newPunches == 1 && complete.ambiguous == 0)
            #expect(try store.memory(of: lobby).cursor == "at 42")
            #expect(try store.punches().last?.occurrence == 1)
        }
    }

    @Test("known records before the new ones of a tail are no ambiguity")
    func knownRecordsBeforeNewOnes() throws {
        try withStore { store, _ in
            try store.read(others, cursor: "1")
            // Two known records of the second the new one is in: its third scan.
            let second = [others[39], others[39]]
            try store.read(others + [others[39]], cursor: "2")
            let tail = try store.read(second + [others[39]], .tail(new: 1), cursor: "3")
            #expect(tail.ambiguous == 0 && tail.newPunches == 1)
            #expect(try store.punches().last?.occurrence == 2)
            #expect(try store.memory(of: lobby).cursor == "3")
        }
    }

    @Test("the ambiguous part does not keep the rest of a tail out")
    func ambiguousPartDoesNotKeep() throws {
        try withStore { store, _ in
            try store.read([first] + others, cursor: "1")
            let new = Scan("103", "2026-03-02T07:01:05")
            let tail = try store.read([first, new], .tail(new: 2), cursor: "2")
            #expect(tail.ambiguous == 1 && tail.newPunches == 1)
            // After a crash here the tail is read again, and is as ambiguous as before.
            #expect(try store.read([first, new], .tail(new: 2), cursor: "2").ambiguous == 2)
            #expect(try store.memory(of: lobby).cursor == "1")
            #expect(try store.read([first] + others + [first, new], cursor: "2").newPunches == 1)
            #expect(try Set(store.punches().map(\.key)) == ([first] + others + [first, new]).keys)
        }
    }

    @Test("a scan told by a live event and then found behind the cursor is confirmed, not ambiguous")
    func scanToldByLiveEvent() throws {
        try withStore { store, _ in
            try store.read(others, cursor: "1")
            try store.read([first], .some, from: .live)
            let tail = try store.read([first], .tail(new: 1), cursor: "2")
            #expect(tail.ambiguous == 0 && tail.confirmed == 1)
            #expect(try store.memory(of: lobby).cursor == "2")
        }
    }

    @Test("a live event in a second that the log has already hides no later record")
    func liveEventSecondLogAlready() throws {
        try withStore { store, _ in
            try store.read([first] + others, cursor: "1")
            // Clock set back; the event can only say occurrence 0, which is known.
            #expect(try store.read([first], .some, from: .live).newPunches == 0)
            #expect(try store.read([first], .tail(new: 1), cursor: "2").ambiguous == 1)
            #expect(try store.read([first] + others + [first], cursor: "2").newPunches == 1)
        }
    }

    @Test("what a complete reading no longer has is forgotten, and journaled again if it comes back")
    func completeReadingNoLongerForgotten() throws {
        try withStore { store, path in
            try store.read([first] + others)
            try store.read(others)
            let seen = try withConnection(path) { try Int.fetchOne($0, sql: "SELECT count(*) FROM seen") }
            #expect(seen == others.count)
            #expect(try store.read([first] + others).newPunches == 1)
            #expect(try store.read([]).newPunches == 0)
            #expect(try store.read([first] + others).newPunches == 41)
            #expect(try Set(store.punches().map(\.key)).count == 41)
            // Another device's keys are its own.
            try store.read([first], of: hall)
            try store.read([], of: lobby)
            #expect(try store.read([first], of: hall).newPunches == 0)
        }
    }

    @Test("tails, live events and files forget nothing")
    func tailsLiveEventsFilesForget() throws {
        try withStore { store, _ in
            try store.read([first] + others)
            try store.read([others[39]], .tail(new: 0))
            try store.read([others[3]], .some, from: .live)
            try store.read([others[3]], .some, from: .stick)
            #expect(try store.read([first] + others).newPunches == 0)
        }
    }

    @Test("joins of an index are kept as they were first made")
    func joinsIndexKeptAsThey() throws {
        try withStore { store, path in
            let join = IndexJoin(index: 7, time: 800_000_000, userID: UserID("1984"))
            let again = IndexJoin(index: 7, time: 800_000_000, userID: UserID("2001"))
            let odd = IndexJoin(index: .max, time: .max, userID: UserID(field: [0xFF, 0x31]))
            for joins in [[join, odd], [again]] {
                try store.append(
                    Reading(serial: lobby, source: .poll, extent: .some, startedAt: monday, punches: [], joins: joins),
                    at: monday)
            }
            let kept = try EdgeStore(path: path, now: monday).joins(of: lobby)
            #expect(Set(kept) == [join, odd])
            #expect(try store.joins(of: hall).isEmpty)
        }
    }

    @Test("C5 D10 odd records are all kept, and none hides another")
    func oddRecordsAllKeptNone() throws {
        let moment = "2026-03-02T07:01:00"
        let noDate = Punch.Flag.noDate
        func punch(_ user: [UInt8], _ time: DeviceTime, _ occurrence: Int = 0, _ flags: [Punch.Flag] = []) -> Punch {
            Punch(
                serial: lobby, userID: UserID(field: user), deviceTime: time, occurrence: occurrence, verify: 255,
                state: 255, source: .poll, raw: [1], flags: flags)
        }
        let time = try #require(DeviceTime(text: moment))
        let last = try #require(DeviceTime(text: "2099-12-31T23:59:59"))
        let odd = [
            punch(Array("101".utf8), DeviceTime(rawField: [0x1E, 0x02, 0x00, 0x40]), 0, [noDate]),
            punch(Array("101".utf8), DeviceTime(rawField: [0x1F, 0x02, 0x00, 0x40]), 0, [noDate]),
            punch(Array("101".utf8), last), punch([], time, 0, [.noUser]), punch(Array("0".utf8), time, 0, [.noUser]),
            punch([0xFF, 0xFE], time), punch([0xFF, 0xFD], time), punch([0xC3], time),
            punch(Array("\u{FFFD}".utf8), time),
            punch(Array("0101".utf8), time), punch(Array("101".utf8), time), punch(Array("101".utf8), time, 1),
            punch(Array("102".utf8), time), punch(Array("\"\\\u{1}'; DROP".utf8), time),
        ]
        #expect(Set(odd.map(\.key)).count == odd.count)
        try withStore { store, path in
            func poll(_ punches: [Punch], _ extent: Reading.Extent) throws -> Int {
                try EdgeStore(path: path, now: monday).append(
                    Reading(serial: lobby, source: .poll, extent: extent, startedAt: monday, punches: punches),
                    at: monday
                ).newPunches
            }
            var new = 0
            for punch in odd { new += try poll([punch], .some) }
            #expect(new == odd.count)
            #expect(try poll(odd, .complete) == 0)
            #expect(try poll(odd.reversed(), .tail(new: 0)) == 0)
            // Decoding what was journaled gives the same keys and attributes: what the centre will see.
            #expect(try store.punches() == odd)
            #expect(try poll(odd + [punch(Array("900".utf8), time)], .complete) == 1)
        }
    }
}
