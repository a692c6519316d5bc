import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralAttendance

@Suite("A user id that goes from hand to hand")
struct ComputationHandoverTests {
    private static let through: CivilDate = "2026-03-31"

    /// Whose scan is whose, by key, over all workdays.
    private func holders(_ town: Town) async throws -> [PunchKey: Set<Int64>] {
        var holders: [PunchKey: Set<Int64>] = [:]
        for stored in try await town.store.workdays(of: nil, dates: "2026-03-01"...Self.through) {
            for side in [stored.workday.arrival, stored.workday.departure] {
                if case .scan(let key) = side.proof { holders[key, default: []].insert(stored.employee) }
            }
        }
        return holders
    }

    private func expectOneHolderEach(_ town: Town, _ what: String) async throws {
        try await town.follow(through: Self.through)
        let doubled = try await holders(town).filter { $0.value.count > 1 }
        #expect(doubled.isEmpty, "\(what): \(doubled.count) scans count for two")
        let anew = try await town.recomputation.run(through: Self.through)
        #expect(anew.changed == 0, "\(what): computing all of it anew changed \(anew.changed) days")
    }

    private func scans() throws -> [EntryBody] {
        try (1...31).flatMap { day in
            let date = "2026-03-\(day < 10 ? "0" : "")\(day)"
            return [try scan("\(date)T07:00:00"), try scan("\(date)T16:30:00")]
        }
    }

    @Test("Ended, counted, then given to another from the next day: each scan is one person's, as computed anew")
    func endedThenLinked() async throws {
        try await Town.run { town in
            try await town.employ("2", user: nil)
            try await town.send(scans() + [try covered("2026-02-26T00:00:01", "2026-03-31T17:00:00")])
            let link = try #require(try await town.store.people().links.first)
            try await town.people(.endLink(id: link.id, last: "2026-03-12"))
            try await town.follow(through: Self.through)
            #expect(
                try await town.status("2026-03-13") == .belumSinkron, "nobody's scan, so nothing is known of the day")
            try await town.link("7", to: "2", from: "2026-03-13")
            try await expectOneHolderEach(town, "linked")
            #expect(try await town.status("2026-03-13", of: "2") == .hadir)
            #expect(try await town.status("2026-03-13") != .hadir)
            #expect(try await town.status("2026-03-12") == .hadir)
        }
    }

    @Test(
        "Links that end, begin and grow at random: no scan counts for two, and nothing differs anew", arguments: 1...6)
    func random(seed: Int) async throws {
        try await Town.run { town in
            let numbers = ["1", "2", "3"]
            for number in numbers.dropFirst() { try await town.employ(number, user: nil) }
            try await town.send(scans() + [try covered("2026-02-26T00:00:01", "2026-03-31T17:00:00")])
            var state = UInt64(seed)
            func lot(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int((state >> 33) % UInt64(bound))
            }
            var made = 0
            for step in 1...14 {
                let links = try await town.store.people().links
                let date = ("2026-03-02" as CivilDate).adding(days: lot(26))
                if lot(2) == 0, let link = links.isEmpty ? nil : links[lot(links.count)],
                    link.span.contains(date)
                {
                    try await town.people(.endLink(id: link.id, last: date))
                    made += 1
                } else {
                    let to = lot(3) == 0 ? nil : date.adding(days: lot(8))
                    do {
                        try await town.link("7", to: numbers[lot(3)], from: date, to: to)
                        made += 1
                    } catch is ChangeRefusal {
                        // Another has it in these days.
                    }
                }
                try await expectOneHolderEach(town, "seed \(seed), step \(step)")
            }
            #expect(made >= 3)
        }
    }

    @Test("A device that comes into service later than was said lets go of the days it had, also of people without PIN")
    func laterService() async throws {
        try await Town.run { town in
            try await town.employ("2", user: nil)
            func service(_ from: CivilDate) async throws {
                try await town.people(
                    .service(serial: Town.serial, span: DateSpan(from: from), document: "BA-1"))
            }
            try await service("2026-03-27")
            try await town.follow(through: Self.through)
            try await service("2026-04-05")
            try await town.follow(through: Self.through)
            let anew = try await town.recomputation.run(through: Self.through)
            #expect(anew.changed == 0, "computing all of it anew changed \(anew.changed) days")
        }
    }
}
