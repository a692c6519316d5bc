import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import HummingbirdTesting
import Testing

@testable import CentralServer

/// Who sees what of a board: the same question for the page and for its stream.
@Suite("Board: scopes")
struct BoardScopeTests {
    /// 1 above 2 above 3; 4 and 5 below 1; 6 beside.
    private let whole: RecapSource = {
        let units = [(1, nil), (2, 1), (3, 2), (4, 1), (5, 1), (6, nil)].map { id, parent in
            OrgUnit(
                id: Int64(id), name: "Unit \(id)", code: nil, kind: .opd, parent: (parent as Int?).map(Int64.init),
                timezone: nil)
        }
        let people = People(
            revision: 1, units: units,
            heads: [
                UnitHead(
                    unit: 4, employee: 9, capacity: .plt, span: DateSpan(BoardDays.date...BoardDays.date), document: "")
            ], employees: [], links: [], devices: [])
        return RecapSource(StagedAttendance(), people, tree: UnitTree(units), scope: .government)
    }()

    private func view(
        _ asked: BoardQuestion, _ role: AccountRole, unit: Int64? = nil, employee: Int64? = nil,
        today: CivilDate = BoardDays.date
    ) -> Board.View? {
        let visitor = Visitor(
            account: "siti", role: role, unit: unit, employee: employee, session: [], formToken: "")
        return asked.view(Authority(visitor, whole.people, today: today), whole)
    }

    @Test("The government for whoever has it, else the only unit, or the highest of several")
    func home() {
        #expect(view(.home, .executive)?.place == .government)
        #expect(view(.home, .head, unit: 2)?.place == .unit(2))
        #expect(view(.home, .head, unit: 2, employee: 9)?.place == .units([2, 4]))
        #expect(view(.home, .employee, employee: 9)?.place == .unit(4))
        #expect(view(.home, .head, unit: 1, employee: 9)?.place == .unit(1))
        // The day after, the person leads it no more.
        #expect(view(.home, .employee, employee: 9, today: BoardDays.date.adding(days: 1)) == nil)
        #expect(view(.home, .head, unit: 2, employee: 9, today: BoardDays.date.adding(days: 1))?.place == .unit(2))
        #expect(view(.wall, .head, unit: 2)?.place == .unit(2))
        #expect(view(.home, .employee) == nil && view(.home, .head, unit: 99) == nil)
    }

    @Test("A unit outside is nothing, and units above are named only as far as they are seen")
    func units() {
        #expect(view(.unit(3), .executive)?.above == [1, 2])
        #expect(view(.unit(3), .head, unit: 2)?.above == [2])
        #expect(view(.unit(2), .head, unit: 2)?.above == [])
        for unit in [1, 4, 5, 6, 99] { #expect(view(.unit(Int64(unit)), .head, unit: 2) == nil) }
        #expect(view(.unit(4), .head, unit: 2, employee: 9)?.place == .unit(4))
        #expect(view(.unit(99), .executive) == nil)
    }

    @Test("People stand on a unit's page only, and only for those who may read people there")
    func people() {
        #expect(view(.unit(3), .executive)?.withPeople == true)
        #expect(view(.unit(3), .viewer)?.withPeople == false)
        #expect(view(.unit(3), .admin)?.withPeople == false)
        #expect(view(.unit(3), .head, unit: 2)?.withPeople == true)
        // A watcher of everything who leads one unit sees people there, and nowhere else.
        #expect(view(.unit(4), .viewer, employee: 9)?.withPeople == true)
        #expect(view(.unit(3), .viewer, employee: 9)?.withPeople == false)
        #expect(view(.home, .executive)?.withPeople == false)
        #expect(view(.wall, .head, unit: 2)?.withPeople == false)
    }

    @Test("Over HTTP: a unit that is not there and one of others are the same 404, as page and as stream")
    func notFound() async throws {
        try await BoardTown.run { town, client in
            try await town.rig.add("kadis", role: .head)
            let own = try #require(town.units["Dinas Contoh"])
            let other = try #require(town.units["Dinas Lain"])
            try await town.rig.give("kadis", unit: own)
            var browser = Browser(client)
            try await browser.signIn("kadis")
            let page = try await browser.get("/unit/\(own)")
            #expect(page.status == .ok && !page.text.contains("Dinas Lain"))
            #expect(try await browser.get("/").text.contains("/langsung/dasbor"))
            let pemda = try #require(town.units["Pemda"])
            for id in [other, pemda, 9_999, 0, -1] {
                #expect(try await browser.get("/unit/\(id)").status == .notFound)
                #expect(try await browser.get("/langsung/unit/\(id)?coba=1").status == .notFound)
                #expect(try await browser.get("/langsung/unit/\(id)").status == .notFound)
            }
            #expect(try await browser.get("/unit/abc").status == .notFound)
            #expect(try await browser.get("/langsung/unit/\(own)?coba=1").status == .noContent)
            #expect(try await browser.get("/layar").status == .ok)
        }
    }
}

extension PagesRig {
    func give(_ name: String, _ role: AccountRole = .head, unit: Int64?) async throws {
        _ = try await store.change(account: name, .role(role, unit: unit), at: clock.now())
    }
}
