import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Testing

@testable import CentralServer

/// Totals on every level are the sums of what they drill down to.
@Suite("Board: sums")
struct BoardSumsTests {
    private struct Story {
        let tree: UnitTree
        var day: BoardDay
        var hearing = Hearing()
        var now = BoardDays.date(300)
        var random: BoardRandom

        init(_ seed: UInt64) {
            var random = BoardRandom(seed)
            let units = (1...Int64.random(in: 1...14, using: &random)).map { id in
                OrgUnit(
                    id: id, name: "Unit \(id)", code: nil, kind: .opd,
                    parent: id > 1 && Int.random(in: 0..<6, using: &random) > 0
                        ? Int64.random(in: 1..<id, using: &random) : nil, timezone: nil)
            }
            tree = UnitTree(units)
            let people = (0..<Int64.random(in: 0...60, using: &random)).map { id in
                DayExpectation(
                    employee: id * 3 + 1, name: "Orang \(id)", unit: units.randomElement(using: &random)?.id ?? 1,
                    post: "Staf", devices: [["D1"], ["D2"], ["D1", "D2"], []].randomElement(using: &random) ?? [],
                    begins: [nil, BoardDays.at(450), BoardDays.at(900)].randomElement(using: &random) ?? nil,
                    offset: BoardDays.offset)
            }
            day = BoardDay(DayExpectations(date: BoardDays.date, people: people, devices: [1: ["D1"], 2: ["D2"]]))
            self.random = random
        }

        /// Workdays come and go, devices are heard or not, time passes.
        mutating func step() {
            let asked = day.employees.filter { _ in Bool.random(using: &random) } + [2]
            let stored = asked.compactMap { employee in
                Int.random(in: 0..<8, using: &random) == 0
                    ? nil
                    : StoredWorkday(
                        employee: employee, unit: 1, workday: BoardDays.random(using: &random))
            }
            _ = day.take(stored, of: asked)
            hearing = Hearing(
                devices: Dictionary(
                    uniqueKeysWithValues: ["D1", "D2"].map { serial in
                        (
                            serial,
                            Hearing.Device(
                                name: serial, unit: "", lastRead: nil, problem: nil,
                                isHeard: Bool.random(using: &random))
                        )
                    }))
            now += Double.random(in: 0...7_200, using: &random)
            _ = day.judge(hearing, at: now)
        }

        var state: BoardState {
            BoardState(
                number: 1, moment: now, tree: tree, day: day, hearing: hearing,
                history: BoardHistory(today: day.date), government: "Kabupaten Contoh")
        }
    }

    @Test("What is kept by differences is what a recount gives, whatever happened", arguments: 0..<60)
    func differences(_ seed: Int) {
        var story = Story(UInt64(seed))
        for _ in 0..<12 {
            story.step()
            let recounted = story.day.recounted
            for (unit, sums) in recounted { #expect(story.day.sums[unit] == sums) }
            #expect(story.day.sums.values.reduce(0) { $0 + $1.counts.all } == story.day.members.count)
            let arrived = recounted.values.reduce(0) { sum, unit in
                sum + unit.arrivals.values.reduce(0) { $0 + $1.present + $1.late }
            }
            let withTime = story.day.members.count { $0.standing.isThere && $0.workday?.arrival.at != nil }
            #expect(arrived == withTime)
        }
    }

    @Test("A board is the sum of its rows, a row is the board it leads to, and the last are people", arguments: 0..<60)
    func levels(_ seed: Int) {
        var story = Story(UInt64(seed) + 1000)
        for _ in 0..<3 { story.step() }
        let state = story.state
        let whole = state.model(of: .government)
        #expect(whole.counts.all == story.day.members.count)
        check(whole, state)
        // Somebody who leads two.
        let roots = Array(story.tree.roots.prefix(2))
        let two = state.model(of: .units(roots))
        #expect(two.counts == roots.map { state.model(of: .unit($0)).counts }.reduce(StandingCounts(), +))
        check(two, state)
    }

    private func check(_ model: BoardModel, _ state: BoardState, depth: Int = 0) {
        if model.rows.isEmpty {
            guard let unit = model.unit else { return #expect(model.counts.all == 0) }
            return expectPeople(of: unit, model.counts, state)
        }
        #expect(model.rows.map(\.counts).reduce(StandingCounts(), +) == model.counts)
        for part in [\BoardModel.Connection.total, \.connected, \.without] {
            #expect(model.rows.reduce(0) { $0 + $1.connection[keyPath: part] } == model.connection[keyPath: part])
        }
        #expect(depth < 20)
        for row in model.rows {
            if row.isOwn {
                expectPeople(of: row.unit, row.counts, state)
            } else {
                let below = state.model(of: .unit(row.unit))
                #expect(below.counts == row.counts && below.connection == row.connection)
                check(below, state, depth: depth + 1)
            }
        }
        let arrived = model.arrivals.reduce(0) { $0 + $1.present + $1.late }
        #expect(arrived <= model.counts.there)
    }

    private func expectPeople(of unit: Int64, _ counts: StandingCounts, _ state: BoardState) {
        let people = state.model(of: .unit(unit), withPeople: true).people ?? []
        var counted = StandingCounts()
        for person in people { counted.add(person.standing) }
        #expect(counted == counts, "unit \(unit)")
    }

    @Test("People are in a model only where it is asked for")
    func people() {
        let state = Story(5).state
        #expect(state.model(of: .unit(1)).people == nil)
        #expect(state.model(of: .unit(1), withPeople: true).people != nil)
        #expect(state.model(of: .government, withPeople: true).people == nil)
        #expect(state.model(of: .units([1]), withPeople: true).people == nil)
    }

    @Test("Arrivals are told by quarters without holes; of a shift that began the evening before, in the first one")
    func arrivals() {
        let people = (1...3).map { id in
            DayExpectation(
                employee: Int64(id), name: "Orang", unit: 1, post: "", devices: [], begins: nil,
                offset: BoardDays.offset)
        }
        var day = BoardDay(DayExpectations(date: BoardDays.date, people: people, devices: [:]))
        let days = [BoardDays.came(-60), BoardDays.came(14), BoardDays.came(46, late: 3)]
        _ = day.take(
            days.enumerated().map { StoredWorkday(employee: Int64($0.offset) + 1, unit: 1, workday: $0.element) },
            of: [1, 2, 3])
        let unit = OrgUnit(id: 1, name: "Satu", code: nil, kind: .opd, parent: nil, timezone: nil)
        let state = BoardState(
            number: 1, moment: BoardDays.date(0), tree: UnitTree([unit]), day: day, hearing: Hearing(),
            history: BoardHistory(today: day.date), government: "")
        let told = state.model(of: .government).arrivals.map { "\($0.minute) \($0.present) \($0.late)" }
        #expect(told == ["0 2 0", "15 0 0", "30 0 0", "45 0 1"])
    }
}
