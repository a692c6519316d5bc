import Attendance
import EdgeStore
import Foundation
import Testing

/// Nothing that a device, a file or a configuration says can stop the journal by its length.
@Suite struct EntryBoundsTests {
    private static let long = String(repeating: "é\u{1}\"", count: 60_000)

    private static let bodies: [EntryBody] = [
        .alarm(Alarm(code: long, serial: lobby, text: long)),
        .device(
            DeviceFacts(
                serial: lobby, name: long, timezone: long, model: long, platform: long, firmware: long, capacity: 1)),
        .coverage(
            Coverage(
                serial: lobby, from: monday, to: monday, source: .poll,
                holes: (0..<5000).map {
                    let from = monday.addingTimeInterval(Double($0) * 60)
                    return .init(from: from, to: from.addingTimeInterval(30), why: long)
                })),
        .clock(
            ClockReading(
                serial: lobby, deviceTime: DeviceTime(rawField: [1, 2, 3, 4]), offset: .min, monotonic: .max,
                bootID: long)),
        .other(kind: long),
    ]

    @Test("bodies of any length are journaled, and can be decoded", arguments: bodies.indices)
    func longBody(position: Int) throws {
        try withStore { store, _ in
            try store.append([Self.bodies[position]], at: monday)
            let body = try #require(try store.everything().last?.body)
            #expect(body.count <= EntryBody.longestBody)
            guard case .coverage(let coverage) = try EntryBody.decode(body).body else { return }
            #expect(coverage.holes.count == 100)
            #expect(coverage.holes.first?.from == monday)
            // Too many holes become larger ones: no time that was open is closed.
            #expect(coverage.holes.last?.to == monday.addingTimeInterval(4999 * 60 + 30))
        }
    }

    @Test("a punch too long for an entry leaves an alarm, and the rest of its reading is kept")
    func longPunch() throws {
        func punch(_ user: [UInt8], workCode: String? = nil) -> Punch {
            Punch(
                serial: lobby, userID: UserID(field: user), deviceTime: DeviceTime(rawField: [1, 2, 3, 4]),
                occurrence: 0, verify: .min, state: .max, workCode: workCode, source: .push, raw: user)
        }
        let punches = [
            punch(Array("101".utf8)), punch([UInt8](repeating: 0xFF, count: 70_000)),
            punch(Array("102".utf8), workCode: Self.long), punch(Array("103".utf8)),
        ]
        try withStore { store, _ in
            let reading = Reading(
                serial: lobby, source: .push, extent: .some, startedAt: monday, punches: punches, cursor: "1")
            #expect(try store.append(reading, at: monday).lastSeq == 5)
            #expect(try store.append(reading, at: monday).newPunches == 0)
            #expect(try store.punches().map(\.userID.text) == ["101", "103"])
            let alarms = try store.alarms()
            #expect(alarms.map(\.code) == ["entry_too_long", "entry_too_long"])
            #expect(alarms.allSatisfy { $0.serial == lobby && $0.text.contains("SHA-256") })
        }
    }

    @Test("text is cut between characters", arguments: [3, 4, 5, 10, 11, 40])
    func cut(count: Int) {
        let text = "Dinas 👩‍⚕️ Kesehatan é"
        let short = text.cut(to: count)
        #expect(short.utf8.count <= count && (short == text || short.hasSuffix("…")))
        #expect(text.hasPrefix(short == text ? text : String(short.dropLast())))
    }
}
