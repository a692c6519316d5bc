import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@Suite("Histories and links")
struct LinkTests {
    private func place(_ unit: String, _ from: String, post: String = "Staf") throws -> PeopleChange {
        .placement(number: "1", unit: unit, post: post, superior: nil, group: "5-hari", from: try day(from))
    }

    private func link(
        _ scope: IdentityLink.Scope, _ number: String, _ from: String, _ to: String? = nil, userID: String = "7"
    ) throws -> PeopleChange {
        .link(scope, UserID(userID), number: number, span: try days(from, to), document: "BA 1")
    }

    @Test(
        "a transfer in mid-month ends the place before, and one entered late ends before the next",
        arguments: StoreKind.allCases)
    func transfers(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let first = try await store.queued { try await store.change(place("B", "2026-03-16")) }
            #expect(first == ["employee 1 2026-03-16… people"])
            #expect(try await store.history("1").suffix(2) == ["A Staf 2026-01-01…2026-03-15", "B Staf 2026-03-16…"])
            // Entered late: it began before what is there already.
            let late = try await store.queued { try await store.change(place("Pemda", "2026-02-10")) }
            #expect(late == ["employee 1 2026-02-10…2026-03-15 people"])
            #expect(
                try await store.history("1").suffix(3) == [
                    "A Staf 2026-01-01…2026-02-09", "Pemda Staf 2026-02-10…2026-03-15", "B Staf 2026-03-16…",
                ])
            // Before all that is there.
            try await store.change(place("B", "2025-06-01"))
            #expect(try await store.history("1")[1] == "B Staf 2025-06-01…2025-12-31")
            // On the same date it is another one, and what was there is in the act.
            try await store.change(place("Pemda", "2026-03-16", post: "Kasi"))
            #expect(try await store.history("1").last == "Pemda Kasi 2026-03-16…")
            let act = try #require(try await store.acts(limit: 1).first)
            #expect(act.what == "placement_changed" && act.detail.contains(#""was_unit":"B""#), "\(act.detail)")
            // In the place already: nothing begins.
            let none = try await store.queued { try await store.change(place("Pemda", "2026-04-01", post: "Kasi")) }
            #expect(none.isEmpty)
        }
    }

    @Test(
        "who leaves has neither number nor place from the next day on, and may come back", arguments: StoreKind.allCases
    )
    func leaving(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await store.change(link(.device("D1"), "1", "2026-01-01"), place("B", "2026-08-01"))
            let rows = try await store.queued {
                try await store.change(.leaves(number: "1", last: try day("2026-06-30")))
            }
            #expect(rows == ["employee 1 2026-06-30… people"])
            #expect(try await store.history("1") == ["1 pns 2026-01-01…2026-06-30", "A Staf 2026-01-01…2026-06-30"])
            #expect(
                try await store.links() == ["7 1 2026-01-01…"], "its link stays: who is not employed counts nowhere")
            let act = try #require(try await store.acts(limit: 1).first)
            #expect(act.what == "employee_left" && act.detail.contains(#""placements_dropped":1"#), "\(act.detail)")
            // A place given for a time before does not bring anybody back.
            try await store.change(place("B", "2026-05-01"))
            #expect(try await store.history("1").last == "B Staf 2026-05-01…2026-06-30")
            // The date was wrong: later, then earlier.
            try await store.change(.leaves(number: "1", last: try day("2026-07-15")))
            #expect(try await store.history("1").last == "B Staf 2026-05-01…2026-07-15")
            try await store.change(.leaves(number: "1", last: try day("2026-07-10")))
            #expect(try await store.history("1")[0] == "1 pns 2026-01-01…2026-07-10")
            try await store.change(
                .employment(number: "1", newNumber: "11", kind: .pppk, from: try day("2026-09-01")),
                place("A", "2026-09-01"))
            #expect(
                try await store.history("11") == [
                    "1 pns 2026-01-01…2026-07-10", "11 pppk 2026-09-01…", "A Staf 2026-01-01…2026-04-30",
                    "B Staf 2026-05-01…2026-07-10", "A Staf 2026-09-01…",
                ])
            try await store.change(.leaves(number: "1", last: try day("2026-07-01")))
            #expect(try await store.history("11")[1] == "11 pppk 2026-09-01…", "the second time is another one")
            try await expectRefusal(
                .numberTaken("1"), store,
                .employment(number: "2", newNumber: "1", kind: .pns, from: try day("2027-01-01")))
        }
    }

    @Test("a number changes on a day, also where that is entered late", arguments: StoreKind.allCases)
    func numbers(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await store.change(
                .employment(number: "1", newNumber: "111", kind: .pns, from: try day("2026-07-01")),
                .employment(number: "111", newNumber: "11", kind: .cpns, from: try day("2026-04-01")),
                .employment(number: "1", newNumber: "11", kind: .pns, from: try day("2026-05-01")))
            #expect(
                try await store.history("1").prefix(4) == [
                    "1 pns 2026-01-01…2026-03-31", "11 cpns 2026-04-01…2026-04-30", "11 pns 2026-05-01…2026-06-30",
                    "111 pns 2026-07-01…",
                ])
            for number in ["1", "11", "111"] { #expect(try await store.employee(number).id == 1) }
        }
    }

    @Test("a later head of one capacity ends the one before; plh stands beside", arguments: StoreKind.allCases)
    func heads(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func head(_ number: String, _ capacity: UnitHead.Capacity, _ from: String, _ to: String? = nil) throws
                -> PeopleChange
            { .head(unit: "A", number: number, capacity: capacity, span: try days(from, to), document: "SK") }
            try await store.change(
                head("1", .definitif, "2026-01-01"), head("2", .definitif, "2026-06-01"),
                head("2", .plh, "2026-02-01", "2026-02-05"), head("2", .definitif, "2026-03-01", "2026-12-31"))
            #expect(
                try await store.people().heads.map { "\($0.capacity.rawValue) \($0.employee) \(text($0.span))" } == [
                    "definitif 1 2026-01-01…2026-02-28", "plh 2 2026-02-01…2026-02-05",
                    "definitif 2 2026-03-01…2026-05-31", "definitif 2 2026-06-01…",
                ])
        }
    }

    @Test("a user id is one person's a day, whether a device or its unit gives it", arguments: StoreKind.allCases)
    func claimedByTwo(kind: StoreKind) async throws {
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
            try await kind.withStore { store in
                try await store.makeOffice()
                let unit = IdentityLink.Scope.unit(try await store.unit("A"))
                func scope(_ isUnit: Bool) -> IdentityLink.Scope { isUnit ? unit : .device("D1") }
                try await store.change(link(scope(first), "1", "2026-02-01", "2026-02-28"))
                let claimed = ChangeRefusal.Reason.claimed(
                    userID: "7", by: "1", span: try days("2026-02-01", "2026-02-28"))
                for (from, to) in [
                    ("2026-02-28", nil), ("2026-01-01", "2026-02-01"), ("2026-02-10", "2026-02-10"),
                    ("2026-01-01", nil),
                ] {
                    try await expectRefusal(claimed, store, link(scope(second), "2", from, to))
                }
                // Other days, another number, another unit's device: nobody's claim yet.
                try await store.change(
                    link(scope(second), "2", "2026-03-01"), link(scope(second), "2", "2026-01-01", "2026-01-31"),
                    link(scope(second), "2", "2026-01-01", userID: "07"), link(.device("D2"), "2", "2026-01-01"),
                    link(.unit(try await store.unit("B")), "2", "2026-01-01"))
                #expect(try await store.links().count == 6)
            }
        }
    }

    @Test("both claims in one set are refused as in two", arguments: StoreKind.allCases)
    func claimedInOneSet(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await expectRefusal(
                .claimed(userID: "7", by: "1", span: try days("2026-01-01")), at: 1, store,
                link(.device("D1"), "1", "2026-01-01"), link(.device("D1"), "2", "2026-05-01"))
            try await expectRefusal(.unknownDevice("X"), store, link(.device("X"), "1", "2026-01-01"))
            try await expectRefusal(.unknownUnit("99"), store, link(.unit(99), "1", "2026-01-01"))
            try await expectRefusal(.unknownEmployee("x"), store, link(.device("D1"), "x", "2026-01-01"))
            for userID in ["", "0", "000", String(repeating: "7", count: 129)] {
                await #expect(throws: ChangeRefusal.self) {
                    try await store.change(link(.device("D1"), "1", "2026-01-01", userID: userID))
                }
            }
            try await expectRefusal(
                .malformed("the span ends before it begins"), store,
                link(.device("D1"), "1", "2026-01-02", "2026-01-01"))
        }
    }

    @Test("a reused user id: what was before stays the first person's", arguments: StoreKind.allCases)
    func reused(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let made = try await store.queued { try await store.change(link(.device("D1"), "1", "2026-01-01")) }
            #expect(made == ["employee 1 2026-01-01… link", "user_id D1 7 2025-12-31… link"])
            let id = try #require(try await store.people().links.first).id
            let ended = try await store.queued {
                try await store.change(
                    .endLink(id: id, last: try day("2026-03-31")), link(.device("D1"), "2", "2026-04-01"))
            }
            #expect(
                ended == [
                    "employee 1 2026-04-01… link", "user_id D1 7 2026-03-31… link", "employee 2 2026-04-01… link",
                ])
            #expect(try await store.links() == ["7 1 2026-01-01…2026-03-31", "7 2 2026-04-01…"])
            try await expectRefusal(
                .malformed("the link ended on 2026-03-31 already; make a new one"), store,
                .endLink(id: id, last: try day("2026-04-30")))
            let again = try await store.queued { try await store.change(.endLink(id: id, last: try day("2026-03-31"))) }
            #expect(again.isEmpty)
        }
    }

    @Test("a link that was a mistake never was; its act is kept", arguments: StoreKind.allCases)
    func neverWas(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await store.change(link(.unit(try await store.unit("A")), "1", "2026-02-01"))
            let id = try #require(try await store.people().links.first).id
            let rows = try await store.queued { try await store.change(.endLink(id: id, last: try day("2020-01-01"))) }
            #expect(rows == ["employee 1 2026-02-01… link", "user_id D1 7 2026-01-31… link"])
            #expect(try await store.links().isEmpty)
            try await expectRefusal(.unknownLink(id), store, .endLink(id: id, last: try day("2026-02-10")))
            try await store.change(link(.device("D1"), "2", "2026-01-01"))
            #expect(try await store.links() == ["7 2 2026-01-01…"])
            #expect(try await store.acts(limit: 3).map(\.what) == ["link_made", "link_ended", "link_made"])
        }
    }

    @Test(
        "more days of one person's link are the same link, and only those days are computed again",
        arguments: StoreKind.allCases)
    func widened(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            try await store.change(link(.device("D1"), "1", "2026-03-01", "2026-03-31"))
            let rows = try await store.queued {
                try await store.change(link(.device("D1"), "1", "2026-01-15", "2026-03-10"))
                try await store.change(link(.device("D1"), "1", "2026-03-05"))
                try await store.change(link(.device("D1"), "1", "2026-02-01", "2026-02-02"))
            }
            #expect(
                rows == [
                    "employee 1 2026-01-15…2026-02-28 link", "user_id D1 7 2026-01-14…2026-02-28 link",
                    "employee 1 2026-04-01… link", "user_id D1 7 2026-03-31… link",
                ])
            #expect(try await store.links() == ["7 1 2026-01-15…"])
        }
    }

    @Test(
        "a unit that moves in the tree or changes its zone asks for itself and all below", arguments: StoreKind.allCases
    )
    func tree(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func unit(_ name: String, _ parent: String?, _ zone: String?, kind: UnitKind = .opd) -> PeopleChange {
                .unit(name: name, code: nil, kind: kind, parent: parent, timezone: zone)
            }
            let made = try await store.queued { try await store.change(unit("C", "B", nil)) }
            #expect(made.isEmpty, "nobody is in it yet")
            let moved = try await store.queued { try await store.change(unit("B", "A", "Asia/Makassar")) }
            #expect(moved == ["unit B 1900-01-01… people", "unit C 1900-01-01… people"])
            let named = try await store.queued {
                try await store.change(unit("B", "A", "Asia/Makassar", kind: .kecamatan))
            }
            #expect(named.isEmpty, "its kind moves no clock")
        }
    }
}
