import AttendanceRules
import CentralPages
import CentralStore
import Foundation
import Testing

@testable import CentralServer

@Suite("Board: open pages")
struct BoardStreamTests {
    private func withPage(
        _ role: AccountRole = .executive,
        _ work: @Sendable @escaping (BoardTown, Browser, Int) async throws -> Void
    ) async throws {
        try await BoardTown.run { town, client in
            try await town.rig.add("siti", role: role)
            var browser = Browser(client)
            try await browser.signIn()
            try await work(town, browser, try #require(client.port))
        }
    }

    private static func ids(of html: String) -> Set<String> {
        Set(html.matches(of: /data-section="([a-z-]+)"/).map { String($0.1) })
    }

    @Test("Each stream begins with all parts of its page, and these are the parts of the page itself")
    func whole() async throws {
        try await withPage { town, browser, port in
            try await town.open()
            let unit = try #require(town.units["Dinas Contoh"])
            for (page, stream) in [
                ("/", "/langsung/dasbor"), ("/unit/\(unit)", "/langsung/unit/\(unit)"), ("/layar", "/langsung/layar"),
            ] {
                var browser = browser
                let html = try await browser.get(page).text
                #expect(html.contains("data-stream=\"\(stream)\""), "\(page)")
                try await OpenPage.open(path: stream, browser, port: port) { open in
                    try await open.read { $0.contains("event: beat") }
                    #expect(Set(open.sections.keys) == Self.ids(of: html), "\(page)")
                    #expect(open.text.lowercased().contains("content-type: text/event-stream"))
                }
                #expect(try await browser.get(stream + "?coba=1").status == .noContent)
            }
        }
    }

    @Test("A workday that is written is told to the open page of its unit, by name only to those who may see people")
    func told() async throws {
        for (role, seesPeople) in [(AccountRole.executive, true), (.viewer, false)] {
            try await withPage(role) { town, browser, port in
                try await town.open()
                let unit = try #require(town.units["Dinas Contoh"])
                var browser = browser
                let page = try await browser.get("/unit/\(unit)").text
                #expect(page.contains("Ani Invented") == seesPeople)
                try await OpenPage.open(path: "/langsung/unit/\(unit)", browser, port: port) { open in
                    try await open.read { $0.contains("event: beat") }
                    #expect(open.text.contains("Ani Invented") == seesPeople)
                    open.forget()
                    try await town.save(["1": BoardDays.came(431)])
                    try await open.read { $0.contains("event: section") }
                    #expect(!open.text.contains("Dedi"))
                    try await town.save(["1": BoardDays.came(461, late: 11), "2": BoardDays.of(.sakit)])
                    open.forget()
                    try await open.read { $0.contains("event: section") && $0.contains("event: beat") }
                    #expect(seesPeople || !open.text.contains("Invented"))
                }
            }
        }
    }

    @Test("An account that loses the unit loses the stream within two seconds, and nothing is told to it after that")
    func loses() async throws {
        try await withPage(.head) { town, browser, port in
            let unit = try #require(town.units["Dinas Contoh"])
            let other = try #require(town.units["Dinas Lain"])
            try await town.rig.give("siti", unit: unit)
            var browser = browser
            try await browser.signIn()
            try await OpenPage.open(path: "/langsung/unit/\(unit)", browser, port: port) { open in
                try await open.read { $0.contains("event: beat") }
                try await town.rig.give("siti", unit: other)
                town.rig.clock.pass(1)
                open.forget()
                let begun = ContinuousClock.now
                try await open.read { $0.contains("event: end\ndata: {\"why\":\"session\"}") }
                #expect(begun.duration(to: .now) < .seconds(2))
                #expect(!open.text.contains("event: section"))
            }
        }
    }

    @Test("Who leads a unit by the records loses its stream on the day after the last, and sees it is not the session")
    func headEnds() async throws {
        try await withPage(.employee) { town, browser, port in
            let unit = try #require(town.units["Dinas Lain"])
            let today = BoardDays.date
            try await town.change(
                .head(
                    unit: "Dinas Lain", number: "4", capacity: .plt,
                    span: DateSpan(from: today.adding(days: -1), to: today), document: "SK 1"))
            _ = try await town.rig.store.change(
                account: "siti", .employee(town.ids["4"]), at: town.rig.clock.now())
            var browser = browser
            try await browser.signIn()
            #expect(try await browser.get("/unit/\(unit)").text.contains("Eka Invented"))
            try await OpenPage.open(path: "/langsung/dasbor", browser, port: port) { open in
                try await open.read { $0.contains("event: beat") }
                // Midnight there is seventeen hours away; the session is used meanwhile.
                for _ in 0..<40 {
                    town.rig.clock.pass(17 * 3600 / 40)
                    _ = try await browser.get("/langsung/dasbor?coba=1")
                }
                open.forget()
                town.rig.clock.pass(2)
                try await open.read { $0.contains("event: end\ndata: {\"why\":\"scope\"}") }
            }
            #expect(try await browser.get("/unit/\(unit)").status == .forbidden)
            #expect(try await browser.get("/langsung/unit/\(unit)?coba=1").status == .forbidden)
        }
    }

    @Test("Parts are made once for all who see the same, and apart for those who see no people")
    func shared() async throws {
        try await BoardTown.run { town, _ in
            try await town.open()
            let board = try town.board()
            await board.follow()
            let state = try await board.state()
            let unit = BoardPlace.unit(try #require(town.units["Dinas Contoh"]))
            let with = await board.sections(of: BoardTown.view(unit, withPeople: true), state)
            let without = await board.sections(of: BoardTown.view(unit), state)
            #expect(with.map(\.html).joined().contains("Ani Invented"))
            #expect(!without.map(\.html).joined().contains("Invented"))
            #expect(await board.sections(of: BoardTown.view(unit, withPeople: true), state) == with)
        }
    }
}
