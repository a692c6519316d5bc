import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@Suite("People and units")
struct PeopleTests {
    @Test("units, heads, people and devices come back as they were given", arguments: StoreKind.allCases)
    func roundTrip(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await store.change(
                .head(
                    unit: "A", number: "1", capacity: .definitif, span: try days("2026-01-01"), document: "SK 1"),
                .head(
                    unit: "A", number: "2", capacity: .plh, span: try days("2026-03-01", "2026-03-05"),
                    document: "SK 2"))
            let people = try await store.people()
            #expect(people.units.map(\.name) == ["A", "B", "Pemda"])
            let unit = try #require(people.units.first)
            #expect(unit.code == "1.02" && unit.kind == .opd && unit.parent == people.units[2].id)
            #expect(people.units[1].timezone == "Asia/Makassar")
            #expect(
                people.heads.map(\.capacity) == [.definitif, .plh] && people.heads.map(\.document) == ["SK 1", "SK 2"])
            #expect(people.heads.map { text($0.span) } == ["2026-01-01…", "2026-03-01…2026-03-05"])
            #expect(people.employees.map(\.name) == ["Orang 1", "Orang 2"])
            #expect(try await store.history("1") == ["1 pns 2026-01-01…", "A Staf 2026-01-01…"])
            #expect(people.devices.map(\.serial) == ["D1", "D2"])
            // 2026-03-02 00:00 UTC is that day in Jakarta, too.
            #expect(people.devices.map { text($0.service) } == ["2026-03-02…", "2026-03-02…"])
        }
    }

    @Test("the same set again changes nothing: no act, no revision, nothing to compute", arguments: StoreKind.allCases)
    func idempotent(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let changes: [PeopleChange] = [
                .unit(name: "A", code: "1.02", kind: .opd, parent: "Pemda", timezone: nil),
                .employee(number: "1", kind: .pns, name: "Orang 1", from: try day("2026-01-01")),
                .employment(number: "1", newNumber: "1", kind: .pns, from: try day("2026-01-01")),
                .placement(
                    number: "1", unit: "A", post: "Staf", superior: nil, group: "5-hari", from: try day("2026-01-01")),
                .placement(
                    number: "1", unit: "B", post: "Kasi", superior: "2", group: "5-hari", from: try day("2026-02-01")),
                .head(unit: "A", number: "1", capacity: .definitif, span: try days("2026-01-01"), document: ""),
                .head(unit: "A", number: "2", capacity: .definitif, span: try days("2026-02-01"), document: ""),
                .link(.device("D1"), UserID("7"), number: "1", span: try days("2026-01-01"), document: ""),
                .service(serial: "D1", span: try days("2026-01-01"), document: "BA 1"),
            ]
            try await store.change(people: changes, revision: nil, by: clerk, at: monday)
            let people = try await store.people()
            let acts = try await store.acts(limit: 100)
            let queue = try await store.queueRows()
            try await store.change(people: changes, revision: people.revision, by: clerk, at: monday)
            #expect(try await store.people() == people)
            #expect(try await store.acts(limit: 100) == acts)
            #expect(try await store.queueRows() == queue)
            #expect(try await store.history("1").suffix(2) == ["A Staf 2026-01-01…2026-01-31", "B Kasi 2026-02-01…"])
        }
    }

    @Test("of two sets planned on one revision the second is refused", arguments: StoreKind.allCases)
    func changedMeanwhile(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let revision = try await store.people().revision
            let results = try await withThrowingTaskGroup(of: ChangeRefusal?.self) { group in
                for number in ["3", "4"] {
                    let change = PeopleChange.employee(
                        number: number, kind: .pppk, name: "Orang", from: try day("2026-01-01"))
                    group.addTask {
                        do {
                            try await store.change(people: [change], revision: revision, by: clerk, at: monday)
                            return nil
                        } catch let refusal as ChangeRefusal { return refusal }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.compactMap { $0 } == [ChangeRefusal(index: nil, reason: .changedMeanwhile)])
            #expect(try await store.people().employees.count == 3)
            #expect(try await store.people().revision == revision + 1)
        }
    }

    @Test("what is wrong with units is refused, with its place in the set", arguments: StoreKind.allCases)
    func unitRefusals(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func unit(_ name: String, code: String? = nil, parent: String? = nil, zone: String? = nil) -> PeopleChange {
                .unit(name: name, code: code, kind: .opd, parent: parent, timezone: zone)
            }
            try await expectRefusal(.unknownUnit("X"), at: 1, store, unit("New"), unit("C", parent: "X"))
            try await expectRefusal(.codeTaken("1.02"), store, unit("B", code: "1.02"))
            try await expectRefusal(.codeTaken("9"), at: 1, store, unit("C", code: "9"), unit("D", code: "9"))
            try await expectRefusal(.circle(unit: "A"), store, unit("A", code: "1.02", parent: "A"))
            try await expectRefusal(.circle(unit: "New"), store, unit("New", parent: "New"))
            try await expectRefusal(
                .circle(unit: "Pemda"), at: 1, store, unit("C", parent: "A"), unit("Pemda", parent: "C"))
            try await expectRefusal(.malformed("there is no such time zone"), store, unit("C", zone: "Mars/Olympus"))
            try await expectRefusal(.malformed("the unit's name is empty"), store, unit("  "))
            try await expectRefusal(.malformed("the unit's code is empty"), store, unit("C", code: ""))
            let person = try await store.people().employees[0].number
            try await expectRefusal(
                .unknownUnit("X"), store,
                .head(unit: "X", number: person, capacity: .plt, span: try days("2026-01-01"), document: ""))
            try await expectRefusal(
                .unknownEmployee("x"), store,
                .head(unit: "A", number: "x", capacity: .plt, span: try days("2026-01-01"), document: ""))
            try await expectRefusal(
                .malformed("the span ends before it begins"), store,
                .head(
                    unit: "A", number: person, capacity: .plt, span: try days("2026-01-02", "2026-01-01"), document: "")
            )
        }
    }

    @Test("what is wrong with people is refused", arguments: StoreKind.allCases)
    func employeeRefusals(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let date = try day("2026-02-01")
            try await store.change(.employment(number: "2", newNumber: "22", kind: .pns, from: date))
            func place(_ number: String, _ unit: String, superior: String? = nil, group: String = "g") -> PeopleChange {
                .placement(number: number, unit: unit, post: "", superior: superior, group: group, from: date)
            }
            try await expectRefusal(
                .numberTaken("2"), store, .employment(number: "1", newNumber: "2", kind: .pns, from: date))
            try await expectRefusal(
                .unknownEmployee("x"), store, .employment(number: "x", newNumber: "3", kind: .pns, from: date))
            try await expectRefusal(.unknownEmployee("x"), store, place("x", "A"))
            try await expectRefusal(.unknownEmployee("y"), store, place("1", "A", superior: "y"))
            try await expectRefusal(.unknownUnit("X"), store, place("1", "X"))
            try await expectRefusal(.malformed("the schedule group is empty"), store, place("1", "A", group: ""))
            try await expectRefusal(.unknownEmployee("x"), store, .leaves(number: "x", last: date))
            try await expectRefusal(
                .malformed("the last day of work is before the first one"), store,
                .leaves(number: "1", last: try day("2025-12-31")))
            try await expectRefusal(
                .malformed("another number or kind begins on 2026-02-01"), store,
                .leaves(number: "2", last: try day("2026-01-15")))
            try await expectRefusal(
                .malformed("the number 1 begins on that very day; give the new one a later date"), store,
                .employment(number: "1", newNumber: "11", kind: .pns, from: try day("2026-01-01")))
            try await expectRefusal(
                .unknownDevice("X"), store, .service(serial: "X", span: try days("2026-01-01"), document: ""))
            try await expectRefusal(.unknownLink(5), store, .endLink(id: 5, last: date))
        }
    }

    @Test(
        "texts from outside are kept byte for byte or refused, never taken for anything else",
        arguments: StoreKind.allCases)
    func hostileTexts(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let date = try day("2026-02-01")
            let names = ["'); DROP TABLE employees; --", "\u{202E}gnarO", "e\u{301}", "é", "\"{}\\", "ﷺ"]
            for (index, name) in names.enumerated() {
                try await store.change(.employee(number: "9\(index)", kind: .nonASN, name: name, from: date))
            }
            let kept = try await store.people().employees.suffix(names.count).map { Array($0.name.utf8) }
            #expect(kept == names.map { Array($0.utf8) })
            try await store.change(.unit(name: "e\u{301}", code: nil, kind: .opd, parent: nil, timezone: nil))
            try await store.change(.unit(name: "é", code: nil, kind: .opd, parent: nil, timezone: nil))
            #expect(try await store.people().units.count == 5)
            // A NIP is text: what a number would lose stays.
            try await store.change(.employee(number: "007", kind: .nonASN, name: "Nol", from: date))
            #expect(try await store.employee("007").number == "007")
            let bad = [
                "a\u{0}b", "a\nb", "\u{7F}", "\u{85}", String(repeating: "x", count: 201),
                String(repeating: "x", count: 1_048_576), "", " ",
            ]
            for text in bad {
                await #expect(throws: ChangeRefusal.self) {
                    try await store.change(.employee(number: "8", kind: .pns, name: text, from: date))
                }
                await #expect(throws: ChangeRefusal.self) {
                    try await store.change(.employee(number: text, kind: .pns, name: "x", from: date))
                }
            }
            for number in [" 8", "8 ", "8\u{200B}", "\u{A0}8"] {
                await #expect(throws: ChangeRefusal.self, "\(number.utf8)") {
                    try await store.change(.employee(number: number, kind: .pns, name: "x", from: date))
                }
            }
            #expect(try await store.people().employees.count == 2 + names.count + 1)
        }
    }
}
