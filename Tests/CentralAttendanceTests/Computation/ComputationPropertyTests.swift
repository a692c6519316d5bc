import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralAttendance

/// One thing the centre learns; in any order it must come to the same.
private struct Lesson: Sendable {
    let name: String
    let work: @Sendable (Town) async throws -> Void
}

private struct Lots: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("The same lessons in any order make the same workdays, and so does computing all of it anew")
struct ComputationPropertyTests {
    private static let through: CivilDate = "2026-03-13"
    private static let serials = ["DEV01", "DEV02"]

    /// What happens in two offices in two weeks: scans, outages, wrong clocks, links, holidays, transfers.
    private static func lessons(_ lots: inout Lots) throws -> [Lesson] {
        var lessons: [Lesson] = []
        for (place, serial) in serials.enumerated() {
            let node = "node-\(serial)"
            for day in 2...13 {
                var bodies: [EntryBody] = []
                for user in 1...4 where Int.random(in: 0..<10, using: &lots) < 8 {
                    for hour in [7, 16] where Int.random(in: 0..<10, using: &lots) < 9 {
                        let minute = Int.random(in: 0..<60, using: &lots)
                        bodies.append(
                            try scan(
                                "2026-03-\(two(day))T\(two(hour)):\(two(minute)):00", user: "\(user)", serial: serial))
                    }
                }
                let why = ["powered_off", "clock_off", "log_cleared"].randomElement(using: &lots) ?? ""
                let hasHole = Int.random(in: 0..<4, using: &lots) == 0
                bodies.append(
                    try covered(
                        "2026-03-\(two(day - 1))T17:00:00", "2026-03-\(two(day))T17:00:00", serial: serial,
                        holes: hasHole ? [("2026-03-\(two(day))T00:00:00", "2026-03-\(two(day))T03:00:00", why)] : []))
                let sent = bodies
                // Each day in a journal of its own: nodes of one office, whose batches come in any order.
                lessons.append(
                    Lesson(name: "\(serial) \(day)") { town in
                        try await town.sendAlone(
                            sent, node: "\(node)-\(day)", at: Date(utc: "2026-03-\(two(day))T20:00:00"))
                    })
            }
            for user in 1...4 where user != 4 || place == 0 {
                let number = "\(place * 10 + user)"
                let from: CivilDate = Bool.random(using: &lots) ? "2026-02-26" : "2026-03-05"
                lessons.append(
                    Lesson(name: "link \(number)") { town in
                        try await town.link("\(user)", to: number, serial: serial, from: from)
                    })
            }
        }
        lessons.append(
            Lesson(name: "holiday") { town in
                try await town.hours(
                    .calendar(CalendarDay(date: "2026-03-06", name: "Libur", kind: .libur, citation: "SKB")))
            })
        lessons.append(
            Lesson(name: "transfer") { town in
                try await town.people(
                    .placement(
                        number: "2", unit: "Kantor 2", post: "staf", superior: nil, group: "kantor", from: "2026-03-09")
                )
            })
        lessons.append(
            Lesson(name: "end") { town in try await town.people(.leaves(number: "3", last: "2026-03-10")) })
        return lessons
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// By number and date, without ids that hang on the order of arrival.
    private func result(_ town: Town) async throws -> [String: Workday] {
        let people = try await town.store.people()
        let days = try await town.store.workdays(of: nil, dates: "2026-02-01"..."2026-04-30")
        let names = Dictionary(uniqueKeysWithValues: people.employees.map { ($0.id, $0.number) })
        return Dictionary(
            uniqueKeysWithValues: days.map { ("\(names[$0.employee] ?? "?") \($0.workday.date)", $0.workday) })
    }

    private func town(_ folder: URL, _ name: String, _ lessons: [Lesson], steps: (Int) -> Bool) async throws
        -> [String: Workday]
    {
        let town = try Town(folder, name)
        for (place, serial) in Self.serials.enumerated() {
            try await town.office("Kantor \(place + 1)", node: "node-\(serial)", serial: serial)
            for day in 2...13 { try await town.enrol("Kantor \(place + 1)", node: "node-\(serial)-\(day)") }
        }
        try await town.hours(
            .text(.schedule, name: "biasa", text: "biasa", span: DateSpan(from: "2026-01-01")),
            .text(.rules, name: "contoh", text: "contoh", span: DateSpan(from: "2026-01-01")),
            .group(GroupSchedule(group: "kantor", schedule: "biasa", span: DateSpan(from: "2026-01-01")), document: "1")
        )
        for place in 0...1 {
            for user in 1...4 {
                try await town.employ("\(place * 10 + user)", user: nil, unit: "Kantor \(place + 1)")
            }
        }
        for (place, lesson) in lessons.enumerated() {
            try await lesson.work(town)
            if steps(place) { try await town.follow(through: Self.through) }
        }
        try await town.follow(through: Self.through)
        let followed = try await result(town)
        let anew = try await town.recomputation.run(through: Self.through)
        #expect(anew.changed == 0, "computing all of it anew changed \(anew.changed) days")
        #expect(anew.judged >= followed.count && !followed.isEmpty)
        let again = try await result(town)
        #expect(again == followed)
        try town.store.close()
        return followed
    }

    @Test("Lessons in the order of time, in a random one, and all before the first computation", arguments: 1...4)
    func anyOrder(seed: UInt64) async throws {
        try await Town.withFolder { folder in
            var lots = Lots(state: seed)
            let lessons = try Self.lessons(&lots)
            let followed = try await town(folder, "followed.db", lessons) { _ in true }
            let shuffled = lessons.shuffled(using: &lots)
            let mixed = try await town(folder, "mixed.db", shuffled) { $0.isMultiple(of: 3) }
            let atOnce = try await town(folder, "once.db", shuffled.reversed()) { _ in false }
            for (name, other) in [("mixed", mixed), ("at once", atOnce)] {
                let differing = Set(followed.keys).union(other.keys).filter { followed[$0] != other[$0] }.sorted()
                #expect(differing.isEmpty, "seed \(seed), \(name): \(differing.prefix(3))")
            }
            #expect(Set(followed.values.map(\.status)).count >= 5)
        }
    }
}
