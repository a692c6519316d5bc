import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import HadirTestSupport
import Logging
import Testing

@testable import CentralServer

@Suite("Board: today")
struct BoardTests {
    @Test("The outage of a node is belum sinkron within three minutes, and goes away by itself when it is heard")
    func outage() async throws {
        try await BoardTown.run { town, _ in
            var town = town
            let board = try town.board()
            for unit in BoardTown.serials.keys { try await town.heartbeat(unit) }
            try await town.open()
            await board.follow()
            let before = try await BoardTown.government(board)
            // Fitri has no device: nobody could know.
            #expect(before.counts.words == "not_yet 5, unsynced 1")
            #expect(before.connection.connected == 2 && before.connection.total == 2 && before.connection.without == 1)
            for seconds in [170, 11] {
                town.rig.clock.pass(TimeInterval(seconds))
                try await town.heartbeat("Dinas Lain")
                await board.follow()
            }
            let silent = try await BoardTown.government(board)
            #expect(silent.counts.words == "not_yet 2, unsynced 4")
            #expect(silent.connection.connected == 1)
            #expect(silent.devices.first?.unit == "Dinas Contoh" && silent.devices.first?.isHeard == false)
            let row = try #require(silent.rows.first { $0.name == "Dinas Contoh" })
            #expect(row.counts.words == "unsynced 3" && row.connection.connected == 0)
            try await town.heartbeat("Dinas Contoh")
            await board.follow()
            #expect(try await BoardTown.government(board).counts.words == "not_yet 5, unsynced 1")
            // The node speaks, the device does not.
            try await town.heartbeat("Dinas Contoh", problem: "no answer")
            await board.follow()
            #expect(try await BoardTown.government(board).counts.words == "not_yet 2, unsynced 4")
        }
    }

    @Test("A workday that is written is in the next look, with the sums above it; nothing else is read again")
    func follows() async throws {
        try await BoardTown.run { town, _ in
            var town = town
            let board = try town.board()
            for unit in BoardTown.serials.keys { try await town.heartbeat(unit) }
            try await town.open()
            await board.follow()
            let quiet = try await board.state().number
            await board.follow()
            #expect(try await board.state().number == quiet)
            try await town.save(["3": BoardDays.came(431)])
            await board.follow()
            #expect(try await board.state().number == quiet + 1)
            let dinas = try #require(town.units["Dinas Contoh"])
            let bidang = try #require(town.units["Bidang Satu"])
            let whole = try await BoardTown.government(board)
            #expect(whole.counts.words == "present 1, not_yet 4, unsynced 1")
            let model = try await board.model(of: BoardTown.view(.unit(dinas), withPeople: true))
            #expect(model.counts.words == "present 1, not_yet 2")
            #expect(model.rows.map(\.unit) == [bidang, dinas] && model.rows.map(\.isOwn) == [false, true])
            #expect(model.people?.map(\.name) == ["Ani Invented", "Budi Invented"])
            #expect(model.arrivals.map(\.minute) == [420])
            let people = try await board.model(of: BoardTown.view(.unit(bidang), withPeople: true)).people
            #expect(people?.first?.arrival == BoardDays.date(431))
            // One who leaves, and one who moves.
            try await town.change(
                .leaves(number: "2", last: BoardDays.date.adding(days: -1)),
                .placement(
                    number: "4", unit: "Bidang Satu", post: "Kepala", superior: nil, group: "kantor",
                    from: BoardDays.date))
            await board.follow()
            let after = try await board.model(of: BoardTown.view(.unit(dinas)))
            #expect(after.counts.all == 3)
            #expect(try await BoardTown.government(board).counts.all == 5)
        }
    }

    @Test("At midnight of the government the board is the new day's, and the day before is part of the trend")
    func midnight() async throws {
        try await BoardTown.run { town, _ in
            let board = try town.board()
            try await town.save(["1": BoardDays.came(431), "2": BoardDays.came(470, late: 20)])
            await board.follow()
            #expect(try await BoardTown.government(board).counts.there == 2)
            #expect(try await BoardTown.government(board).trend.isEmpty)
            // 07:00 there at the start.
            town.rig.clock.pass(17 * 3600 - 1)
            await board.follow()
            #expect(try await BoardTown.government(board).date == BoardDays.date)
            town.rig.clock.pass(1)
            await board.follow()
            let next = try await BoardTown.government(board)
            #expect(next.date == BoardDays.date.adding(days: 1))
            #expect(next.counts.there == 0 && next.counts.all == 6)
            #expect(next.trend.map(\.date) == [BoardDays.date])
            #expect(next.trend.first?.counts.words == "present 1, late 1")
            #expect(next.ranking.map(\.name) == ["Dinas Contoh"])
        }
    }

    @Test("Where nothing more is stored, time alone makes devices silent")
    func time() async throws {
        try await BoardTown.run { town, _ in
            var town = town
            for unit in BoardTown.serials.keys { try await town.heartbeat(unit) }
            try await town.open()
            let board = try town.board()
            await board.follow()
            var states = await board.listen().makeAsyncIterator()
            #expect(await states.next()?.model(of: .government).counts.words == "not_yet 5, unsynced 1")
            town.rig.clock.pass(181)
            await board.follow()
            #expect(await states.next()?.model(of: .government).counts.words == "unsynced 6")
        }
    }

    @Test("Of an invented government every total is what a slow count of its workdays gives")
    func sample() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let now = Date(timeIntervalSince1970: 1_793_430_000)
            _ = try await CentralCommands.sample(
                state, employees: 60, units: 9, months: 1, seed: 3, until: "2026-10-29", at: now, logger: quiet
            ) { _ in }
            let store = try SQLiteCentralStore(path: state.database)
            // Noon of the story's last day: its scans of the evening are there, too.
            let clock: @Sendable () -> Date = { Date(timeIntervalSince1970: 1_793_250_000) }
            let service = WorkdayService(store: store, pages: PagesSettings(), now: clock, logger: quiet)
            await service.look()
            let board = Board(
                store: store, people: PeopleCache(store), pages: try CentralPages(),
                frame: FrameMaker(settings: PagesSettings()), bell: ChangeBell(), now: clock, logger: quiet)
            let date = try await board.state().day.date
            #expect(date.text == "2026-10-29")
            let tree = UnitTree(try await store.people().units)
            let days = try await store.workdays(of: nil, dates: date...date)
            #expect(days.count > 40)
            func count(_ units: Set<Int64>) -> StandingCounts {
                days.reduce(into: StandingCounts()) { counts, day in
                    // Nothing is heard: the nodes of the story are silent.
                    let isThere = day.unit.map(units.contains) ?? false
                    if isThere { counts.add(Standing(day.workday, isHeard: false)) }
                }
            }
            for unit in try await store.people().units {
                let model = try await board.model(of: BoardTown.view(.unit(unit.id)))
                // Belum sinkron before the hours begin is not yet: at noon shifts of the evening only.
                var (told, counted) = (model.counts, count(tree.subtree(of: unit.id)))
                told.add(.unsynced, told[.notYet])
                told.add(.notYet, -told[.notYet])
                counted.add(.unsynced, counted[.notYet])
                counted.add(.notYet, -counted[.notYet])
                #expect(told == counted, "\(unit.name)")
            }
            let whole = try await BoardTown.government(board)
            #expect(whole.counts.there > 20 && whole.trend.count > 15)
            let sums = try await store.unitDays(in: date.adding(days: -28)...date.adding(days: -1))
            #expect(
                whole.trend.map(\.counts).reduce(StandingCounts(), +).asked == sums.map(\.counts.asked).reduce(0, +))
            try store.close()
        }
    }
}
