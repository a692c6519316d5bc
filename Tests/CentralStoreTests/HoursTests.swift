import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@Suite("Hours")
struct HoursTests {
    private func group(_ name: String, _ schedule: String, _ from: String, _ to: String? = nil, override: Bool = false)
        throws -> HoursChange
    {
        .group(
            GroupSchedule(group: name, schedule: schedule, span: try days(from, to), isOverride: override),
            document: "Perbup 1")
    }

    private func holiday(_ date: String, _ name: String, kind: CalendarDay.Kind = .libur, groups: [String] = []) throws
        -> HoursChange
    { .calendar(CalendarDay(date: try day(date), name: name, kind: kind, citation: "SKB", groups: groups)) }

    private func text(_ name: String, _ text: String, kind: HoursText.Kind = .schedule, _ from: String = "2026-01-01")
        throws -> HoursChange
    { .text(kind, name: name, text: text, span: try days(from)) }

    private func expectRefusal(
        _ store: any CentralStore, _ change: HoursChange, location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await store.hours()
        let good = try text("another", "a = 1")
        let refusal = await #expect(throws: ChangeRefusal.self, sourceLocation: location) {
            try await store.change(good, change)
        }
        #expect(refusal?.index == 1, sourceLocation: location)
        #expect(try await store.hours() == before, "all or none", sourceLocation: location)
    }

    @Test(
        "texts, groups and calendar come back; of texts the newest of each kind and name", arguments: StoreKind.allCases
    )
    func roundTrip(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let long = String(repeating: "# é\n", count: 50_000)
            try await store.change(
                text("nasional", "a = 1"), text("nasional", "a = 2", kind: .rules), text("nasional", "a = 3\r\n\t"),
                text("panjang", long), group("5-hari", "nasional", "2026-01-01"),
                group("5-hari", "ramadan", "2026-02-18", "2026-03-19", override: true),
                holiday("2026-03-20", "Idulfitri"),
                holiday("2026-03-20", "Cuti bersama", kind: .cutiBersama, groups: ["a", "b"]))
            let hours = try await store.hours()
            #expect(hours.texts.map(\.text) == ["a = 2", "a = 3\r\n\t", long])
            #expect(
                hours.texts.map(\.kind) == [.rules, .schedule, .schedule] && hours.texts.allSatisfy { $0.by == clerk })
            // Of `a = 2`, as sha256sum gives it.
            #expect(hours.texts[0].digest == "d6caeea65266578487abe1370e07a0238918637bd5e81e923e12a24c618ab60e")
            #expect(
                hours.groups.map(\.schedule) == ["nasional", "ramadan"]
                    && hours.groups.map(\.isOverride) == [false, true])
            #expect(hours.calendar.map(\.name) == ["Cuti bersama", "Idulfitri"])
            #expect(hours.calendar[0].groups == ["a", "b"] && hours.calendar[0].citation == "SKB")
        }
    }

    @Test("rules that begin later leave the days before to the text before", arguments: StoreKind.allCases)
    func laterRules(kind: StoreKind) async throws {
        try await kind.withStore { store in
            func texts() async throws -> [String] { try await store.hours().texts.map(\.text) }
            try await store.change(text("tpp", "a = 1", kind: .rules), text("lain", "a = 9", kind: .rules))
            try await store.change(text("tpp", "a = 2", kind: .rules, "2026-10-01"))
            #expect(try await texts() == ["a = 9", "a = 2", "a = 1"])
            // On the same day it takes its place.
            try await store.change(text("tpp", "a = 3", kind: .rules, "2026-10-01"))
            #expect(try await texts() == ["a = 9", "a = 3", "a = 1"])
            // Over all of them, so does the newest.
            try await store.change(text("tpp", "a = 4", kind: .rules, "2025-12-01"))
            #expect(try await texts() == ["a = 9", "a = 4"])
        }
    }

    @Test("the same set again keeps nothing and asks for nothing", arguments: StoreKind.allCases)
    func idempotent(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let changes = try [
                text("nasional", "a = 1"), group("5-hari", "nasional", "2026-01-01"),
                holiday("2026-03-20", "Idulfitri"),
                .roster(number: "1", date: day("2026-03-02"), shift: "malam"),
                .roster(number: "2", date: day("2026-03-02"), shift: nil),
            ]
            try await store.change(hours: changes, by: clerk, at: monday)
            let hours = try await store.hours()
            let acts = try await store.acts(limit: 99).count
            let rows = try await store.queued {
                try await store.change(hours: changes, by: clerk, at: monday.addingTimeInterval(60))
            }
            #expect(rows.isEmpty)
            #expect(try await store.hours() == hours)
            #expect(try await store.acts(limit: 99).count == acts)
        }
    }

    @Test("a change asks for those whom it binds, in the days it is about", arguments: StoreKind.allCases)
    func queue(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func rows(_ changes: HoursChange...) async throws -> [String] {
                try await store.queued { try await store.change(hours: changes, by: clerk, at: monday) }
            }
            let unbound = try await rows(text("nasional", "a = 1"))
            #expect(unbound.isEmpty, "a schedule that binds nobody")
            let rules = try await rows(text("tpp", "a = 1", kind: .rules, "2026-02-01"))
            #expect(rules == ["everyone 2026-02-01… rules"])
            let assigned = try await rows(group("5-hari", "nasional", "2026-03-01", "2026-03-31"))
            #expect(assigned == ["group 5-hari 2026-03-01…2026-03-31 schedule"])
            let edited = try await rows(text("nasional", "a = 2"))
            #expect(edited == ["group 5-hari 2026-03-01…2026-03-31 schedule"])
            let longer = try await rows(group("5-hari", "nasional", "2026-03-01"))
            #expect(longer == ["group 5-hari 2026-03-01… schedule"])
            let back = try await rows(.endGroup(group: "5-hari", schedule: "nasional", from: day("2026-03-01")))
            #expect(back == ["group 5-hari 2026-03-01… schedule"])
            let late = try await rows(holiday("2026-03-24", "Cuti", kind: .cutiBersama), holiday("2026-08-17", "HUT"))
            #expect(late == ["everyone 2026-03-24…2026-03-24 calendar", "everyone 2026-08-17…2026-08-17 calendar"])
            let only = try await rows(holiday("2026-08-17", "HUT", groups: ["5-hari"]))
            #expect(only == ["everyone 2026-08-17…2026-08-17 calendar", "group 5-hari 2026-08-17…2026-08-17 calendar"])
            let removed = try await rows(.removeCalendar(date: day("2026-08-17"), kind: .libur))
            #expect(removed == ["group 5-hari 2026-08-17…2026-08-17 calendar"])
            let roster = try await rows(
                .roster(number: "1", date: day("2026-03-02"), shift: "malam"),
                .roster(number: "1", date: day("2026-03-03"), shift: nil))
            #expect(roster == ["employee 1 2026-03-02…2026-03-03 roster"])
            let gone = try await rows(.removeRoster(number: "1", date: day("2026-03-02")))
            #expect(gone == ["employee 1 2026-03-02…2026-03-02 roster"])
        }
    }

    @Test("what is replaced or taken back is in the act", arguments: StoreKind.allCases)
    func acts(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func detail(_ changes: HoursChange...) async throws -> String {
                try await store.change(hours: changes, by: clerk, at: monday)
                return try await store.acts(limit: 1).first?.detail ?? ""
            }
            let first = try await detail(holiday("2026-08-17", "HUT"), holiday("2026-08-17", "HUT RI"))
            #expect(first.contains(#""was_name":"HUT""#), "\(first)")
            let second = try await detail(.removeCalendar(date: day("2026-08-17"), kind: .libur))
            #expect(second.contains(#""was_name":"HUT RI""#), "\(second)")
            let third = try await detail(
                group("g", "s", "2026-01-01"), .endGroup(group: "g", schedule: "s", from: day("2026-01-01")))
            #expect(third.contains(#""was_document":"Perbup 1""#), "\(third)")
            let fourth = try await detail(
                .roster(number: "1", date: day("2026-03-02"), shift: "malam"),
                .roster(number: "1", date: day("2026-03-02"), shift: "pagi"))
            #expect(fourth.contains(#""was":"malam""#), "\(fourth)")
        }
    }

    @Test("what cannot be is refused, and nothing of its set is kept", arguments: StoreKind.allCases)
    func refusals(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let date = try day("2026-03-02")
            try await expectRefusal(store, text("", "a = 1"))
            try await expectRefusal(store, text("a\u{0}", "a = 1"))
            try await expectRefusal(store, text("n", ""))
            try await expectRefusal(store, text("n", " \n\t "))
            try await expectRefusal(store, text("n", "a = \"\u{0}\""))
            try await expectRefusal(store, text("n", String(repeating: "x", count: 262_145)))
            try await expectRefusal(
                store, .text(.rules, name: "n", text: "a", span: try days("2026-02-01", "2026-01-01")))
            try await expectRefusal(store, group("", "s", "2026-01-01"))
            try await expectRefusal(store, group("g", "s", "2026-01-02", "2026-01-01"))
            try await expectRefusal(store, .endGroup(group: "g", schedule: "s", from: date))
            try await expectRefusal(store, holiday("2026-03-02", ""))
            try await expectRefusal(store, holiday("2026-03-02", "x", groups: [""]))
            try await expectRefusal(store, holiday("2026-03-02", "x", groups: [String](repeating: "g", count: 101)))
            try await expectRefusal(store, .removeCalendar(date: date, kind: .libur))
            try await expectRefusal(store, .roster(number: "x", date: date, shift: "malam"))
            try await expectRefusal(store, .roster(number: "1", date: date, shift: ""))
            try await expectRefusal(store, .removeRoster(number: "1", date: date))
            try await store.change(text("'); DROP TABLE hours_texts; --", "a"))
            #expect(try await store.hours().texts.map(\.name) == ["'); DROP TABLE hours_texts; --"])
        }
    }
}
