import AttendanceRules
import CentralPages
import Foundation
import PageSupport
import Testing

@Suite("The dashboard, the unit pages and the wall")
struct BoardTests {
    private func section(_ id: String, _ model: BoardModel) throws -> Markup {
        let sections = try CentralPages().boardSections(model, Sample.frame)
        return try Markup(try #require(sections.first { $0.id == id }).html)
    }

    private func texts(_ html: String, of tag: String, _ mark: String) -> [String] {
        html.components(separatedBy: "<\(tag) ").dropFirst().compactMap { piece in
            guard let end = piece.firstIndex(of: ">"), piece[..<end].contains(mark) else { return nil }
            let inside = piece[piece.index(after: end)...].prefix { $0 != "<" }
            return String(inside)
        }
    }

    private func number(_ text: String) -> Int { Int(text.replacing(".", with: "")) ?? -1 }

    @Test("A page put together from parts made before is the page made whole")
    func assembled() throws {
        let (pages, frame) = (try CentralPages(), Sample.frame)
        for model in [BoardSample.government(22), BoardSample.unit, BoardSample.emptyGovernment] {
            #expect(
                pages.board(model, frame, stream: "/a", sections: pages.boardSections(model, frame))
                    == pages.board(model, frame, stream: "/a"))
            #expect(
                pages.unit(model, frame, stream: "/a", sections: pages.unitSections(model, frame))
                    == pages.unit(model, frame, stream: "/a"))
            #expect(
                pages.wall(model, frame, sections: pages.wallSections(model, frame)) == pages.wall(model, frame))
        }
    }

    @Test("The numbers of the day together are all of whom work is asked, and the share is of those known")
    func sums() throws {
        for units in [1, 22, 60, 400] {
            let model = BoardSample.government(units, out: units > 20 ? [17, 19] : [])
            let html = try #require(
                try CentralPages().boardSections(model, Sample.frame).first { $0.id == "totals" }
            ).html
            let tiles = texts(html, of: "span", "standing-value").map(number)
            #expect(tiles.count == 6 && tiles.reduce(0, +) == model.counts.asked)
            let share = try #require(model.counts.share)
            #expect(html.contains("share-value\">\(share / 1000),\(share / 100 % 10)<"))
            let bold = texts(html + " ", of: "p", "share-words")
            #expect(bold.count == 1)
            #expect(try Markup(html).text.contains("hadir dari"))
        }
    }

    @Test("The rows of the table add up to its last line, in every column")
    func columns() throws {
        let model = BoardSample.government(60)
        let html = try #require(try CentralPages().boardSections(model, Sample.frame).first { $0.id == "units" }).html
        let parts = html.components(separatedBy: "<tfoot")
        func cells(_ part: String) -> [[Int]] {
            part.components(separatedBy: "<tr ").dropFirst().map { row in
                texts(row, of: "td", "class=\"num").map(number)
            }.filter { !$0.isEmpty }
        }
        let rows = cells(parts[0])
        let total = try #require(cells(parts[1]).first)
        #expect(rows.count == 60 && total.count == 7)
        for column in total.indices {
            #expect(rows.reduce(0) { $0 + $1[column] } == total[column], "\(column)")
        }
    }

    @Test("The pieces of every bar are its whole width, and one person is seen in it")
    func bars() throws {
        var model = BoardSample.government(400)
        model.counts.add(.absent, 1)
        for id in ["totals", "units", "ranking"] {
            let html = try #require(try CentralPages().boardSections(model, Sample.frame).first { $0.id == id }).html
            let bars = html.components(separatedBy: "<svg class=\"standing\"").dropFirst()
            #expect(!bars.isEmpty)
            for bar in bars {
                let svg = bar.components(separatedBy: "</svg>")[0]
                let pieces = svg.components(separatedBy: "<rect ").dropFirst()
                let widths = pieces.compactMap { piece in
                    piece.components(separatedBy: " width=\"").dropFirst().first?.prefix { $0 != "%" }
                }.compactMap { Double($0) }
                #expect(widths.count == pieces.count && abs(widths.reduce(0, +) - 100) < 0.005)
                #expect(widths.allSatisfy { $0 >= 1 })
            }
        }
    }

    @Test("An outage is seen beside every number it touches, and nowhere where there is none")
    func outage() throws {
        let pages = try CentralPages()
        let out = pages.boardSections(BoardSample.government(22), Sample.frame)
        for id in ["totals", "arrivals", "trend", "ranking", "units"] {
            let html = try #require(out.first { $0.id == id }).html
            #expect(html.contains("36 dari 38 unit terhubung · sinkron terlama"), "\(id)")
            #expect(html.contains("known-warn") && html.contains("is-partial"), "\(id)")
            if id != "arrivals" { #expect(html.contains("url(#hatch)"), "\(id)") }
        }
        let totals = try #require(out.first { $0.id == "totals" }).html
        #expect(totals.components(separatedBy: "standing-tile is-partial").count == 4)
        #expect(totals.contains("2 unit terputus") && totals.contains("sedikitnya"))
        #expect(try Markup(totals).text.contains("orang belum diketahui"))
        #expect(try #require(out.first { $0.id == "arrivals" }).html.contains("atau lebih"))
        let rows = try #require(out.first { $0.id == "units" }).html.components(separatedBy: "<tr ")
        let bayang = try #require(rows.first { $0.contains("Kecamatan Bayang") })
        // There, late, not yet and without a word may still grow; excuses do not come from devices.
        #expect(bayang.components(separatedBy: "atau lebih").count == 5 && bayang.contains("4 dari 5"))
        #expect(try #require(out.first { $0.id == "devices" }).html.contains("20 dari 22 mesin terhubung"))

        var calm = BoardSample.government(22, out: [])
        calm.trend = []
        for section in pages.boardSections(calm, Sample.frame) {
            for mark in ["url(#hatch)", "atau lebih", "sedikitnya", "terputus</", "is-partial", "known-warn", "i-cut"] {
                #expect(!section.html.contains(mark), "\(section.id) \(mark)")
            }
        }
    }

    @Test("The wall and the unit page show an outage, too")
    func outageElsewhere() throws {
        let pages = try CentralPages()
        let wall = pages.wall(BoardSample.government(22), Sample.frame)
        let text = try Markup(wall).text
        #expect(text.contains("36 dari 38 unit terhubung") && text.contains("Kecamatan Lengayang"))
        #expect(wall.contains("fill=\"url(#hatch)\"") && wall.contains("known-warn"))
        let unit = pages.unit(BoardSample.unit, Sample.frame)
        #expect(unit.contains("Puskesmas Air Haji</bdi></a> <span class=\"quiet\">sinkron terakhir"))
        let leaf = try Markup(pages.unit(BoardSample.leaf, Sample.frame)).text
        #expect(leaf.contains("0 dari 1 mesin terhubung") && leaf.contains("Perangkat tidak terjangkau"))
    }

    @Test("Where there is nothing to count, words say so, and no zero does")
    func words() throws {
        for (model, words, tiles) in [
            (BoardSample.emptyGovernment, "Belum ada pegawai", 0), (BoardSample.freeDay, "Hari libur", 0),
            (BoardSample.early, "Belum ada yang tiba", 3), (BoardSample.silent, "Belum diketahui", 1),
        ] {
            let pages = try CentralPages()
            let html = try #require(pages.boardSections(model, Sample.frame).first { $0.id == "totals" }).html
            #expect(try Markup(html).text.contains(words), "\(words)")
            #expect(!html.contains("share-value") && !html.contains("standing-value\">0<"), "\(words)")
            #expect(html.components(separatedBy: "standing-value").count == tiles + 1, "\(words)")
            let wall = pages.wallSections(model, Sample.frame).map(\.html).joined()
            #expect(wall.contains(words) && !wall.contains("wall-percent"), "\(words)")
        }
        let free = try section("units", BoardSample.freeDay).text
        #expect(free.contains("libur") && !free.contains("0,0%"))
    }

    @Test("A share is rounded down: 100% only where all came")
    func rounding() throws {
        func share(_ there: Int, _ missing: Int) throws -> String {
            let model = BoardSample.model(
                [
                    BoardModel.Row(
                        unit: 1, name: "u", counts: StandingCounts([.present: there, .notYet: missing]),
                        connection: .init(connected: 1, total: 1))
                ], name: "g")
            return try section("totals", model).text
        }
        #expect(try share(9_999, 1).hasPrefix("99,9%"))
        #expect(try share(10_000, 0).hasPrefix("100%"))
        #expect(try share(1, 2).hasPrefix("33,3%"))
    }

    @Test("The ranking tells the best and the worst once each, and says what is not known")
    func ranking() throws {
        let many = try section("ranking", BoardSample.government(22))
        #expect(many.elements.count { $0.name == "li" } == 10)
        #expect(many.text.contains("Tertinggi") && many.text.contains("Perlu perhatian"))
        #expect(many.text.contains("% belum diketahui"))
        let few = try section("ranking", BoardSample.government(8, out: []))
        #expect(few.elements.count { $0.name == "li" } == 8 && few.text.contains("Semua unit"))
        var model = BoardSample.government(3, out: [])
        model.ranking[1].counts = StandingCounts([.unsynced: 40])
        let blind = try section("ranking", model)
        #expect(blind.elements.count { $0.name == "li" } == 2)
        #expect(blind.text.contains("1 unit belum dapat diperingkat"))
    }

    @Test("Units and people lead on, a unit's own people have no page of their own")
    func drillDown() throws {
        let pages = try CentralPages()
        let board = try Markup(pages.board(BoardSample.government(400), Sample.frame))
        let links = Set(board.elements.compactMap { $0.value("href") })
        for unit in 100..<500 { #expect(links.contains("/unit/\(unit)")) }
        let html = pages.unit(BoardSample.unit, Sample.frame)
        let unit = try Markup(html)
        #expect(unit.elements.contains { $0.value("href") == "/unit/1" })
        let table = html.components(separatedBy: "data-section=\"units\"")[1].components(separatedBy: "</section>")[0]
        #expect(table.contains("Dinas Kesehatan (langsung)") && !table.contains("\"/unit/107\""))
        let people = try #require(BoardSample.unit.people)
        #expect(unit.elements.count { $0.value("href")?.hasPrefix("/pegawai/") == true } == people.count)
        #expect(html.contains("href=\"/\"><bdi>Dasbor</bdi>"))
        var frame = Sample.frame
        frame.areas = [.own, .people]
        #expect(!pages.unit(BoardSample.unit, frame).contains("<bdi>Dasbor</bdi>"))
    }

    @Test("People stand by what they need: not yet, not known, late by minutes; the others are folded away")
    func people() throws {
        var model = BoardSample.leaf
        model.people = [(1, 5), (2, 31), (3, 12)].map { id, late in
            BoardModel.Person(
                employee: id, name: "Orang \(id)", post: "Staf", standing: .late, arrival: BoardSample.moment,
                departure: nil, late: late)
        }
        let html = try #require(try CentralPages().unitSections(model, Sample.frame).first { $0.id == "people" }).html
        let order = ["Orang 2", "Orang 3", "Orang 1"].compactMap { html.firstRange(of: $0)?.lowerBound }
        #expect(order.count == 3 && order == order.sorted())
        #expect(html.contains("<span>31 menit</span><span class=\"quiet\">07.31</span>"))
        let folds = html.components(separatedBy: "<details ").dropFirst()
        #expect(folds.count == 7)
        #expect(folds.filter { $0.prefix { $0 != ">" }.hasSuffix(" open") }.count == 1)
        let titles = texts(html, of: "span", "people-title")
        #expect(titles.prefix(3) == ["Belum absen", "Belum sinkron", "Terlambat"])
    }

    @Test("Without the right to see people their part is not there")
    func noPeople() throws {
        var model = BoardSample.unit
        let with = try CentralPages().unit(model, Sample.frame)
        model.people = nil
        let without = try CentralPages().unit(model, Sample.frame)
        #expect(with.contains("Pegawai unit ini") && with.contains("/pegawai/5"))
        #expect(!without.contains("Pegawai unit ini") && !without.contains("/pegawai/5"))
    }

    @Test("The wall names nobody, asks for nothing and leads nowhere")
    func wall() throws {
        let html = try CentralPages().wall(BoardSample.unit, Sample.frame, stream: "/langsung/layar")
        for person in try #require(BoardSample.unit.people).prefix(20) { #expect(!html.contains(person.name)) }
        let markup = try Markup(html)
        #expect(markup.elements.allSatisfy { !["a", "form", "input"].contains($0.name) })
        #expect(!html.contains(Sample.frame.formToken) && !html.contains(Sample.frame.account))
        #expect(markup.elements.contains { $0.value("data-clock") != nil && $0.name == "span" })
        #expect(markup.elements.contains { $0.value("data-banner") != nil && $0.value("role") == "alert" })
    }

    @Test("Units without a device say that theirs come on paper")
    func paper() throws {
        let row = BoardModel.Row(
            unit: 1, name: "Pulau", counts: StandingCounts([.present: 3]),
            connection: .init(connected: 0, total: 0, without: 1))
        var model = BoardSample.model([row], name: "g")
        model.devices = []
        let html = try CentralPages().board(model, Sample.frame)
        #expect(html.contains("tanpa mesin absen: dari lembar") && !html.contains("known-warn"))
        #expect(html.contains("Tidak ada mesin absen"))
    }

    @Test("Arrivals outside of any day, and numbers below none, break nothing")
    func extremes() throws {
        var model = BoardSample.government(3)
        model.arrivals = [Int.min, -1, 1439, 1440, Int.max].map { .init(minute: $0, present: -4, late: 2) }
        model.counts = StandingCounts([.present: -3, .unsynced: 5])
        model.connection = .init(connected: -1, total: -7, without: -1, oldestRead: .distantFuture)
        model.trend = [
            .init(date: .first, counts: StandingCounts([.off: 4])), .init(date: .last, counts: model.counts),
        ]
        model.moment = .distantPast
        let pages = try CentralPages()
        for html in [
            pages.board(model, Sample.frame), pages.unit(model, Sample.frame), pages.wall(model, Sample.frame),
        ] {
            #expect(throws: Never.self) { try Markup(html) }
        }
    }

    @Test("400 units in one list are a page that a phone can take")
    func size() throws {
        let html = try CentralPages().board(BoardSample.government(400), Sample.frame)
        #expect(html.utf8.count < 1_200_000)
        #expect(try CentralPages().wall(BoardSample.government(400), Sample.frame).utf8.count < 30_000)
    }
}

@Suite("Rules of pages, kept by the dashboard, the unit pages and the wall")
struct BoardRuleTests {
    /// The page, its sections, and its sections 20 s later.
    private func all(_ pages: CentralPages) -> [(
        name: String, page: String, sections: [PageSection], later: [PageSection]
    )] {
        var frame = Sample.frame
        let now = frame
        frame.moment += 20
        func later(_ model: BoardModel) -> BoardModel {
            var model = model
            model.moment += 20
            return model
        }
        var all: [(name: String, page: String, sections: [PageSection], later: [PageSection])] = []
        for (name, model) in BoardSample.boards {
            all.append(
                (
                    name, pages.board(model, now), pages.boardSections(model, now),
                    pages.boardSections(later(model), frame)
                ))
            all.append(
                (
                    "layar " + name, pages.wall(model, now), pages.wallSections(model, now),
                    pages.wallSections(later(model), frame)
                ))
        }
        for (name, model) in BoardSample.units {
            all.append(
                (name, pages.unit(model, now), pages.unitSections(model, now), pages.unitSections(later(model), frame)))
        }
        return all
    }

    @Test("The sections of a page are what stands in it, and do not change with the moment alone")
    func sections() throws {
        for (name, page, sections, later) in all(try CentralPages()) {
            for section in sections {
                #expect(page.contains("data-section=\"\(section.id)\">\(section.html)</"), "\(name) \(section.id)")
            }
            let inPage = try Markup(page).elements.compactMap { $0.value("data-section") }
            #expect(inPage.count == sections.count && Set(inPage) == Set(sections.map(\.id)), "\(name)")
            #expect(sections == later, "\(name)")
        }
    }

    @Test("Sections are the same for every account")
    func accounts() throws {
        let pages = try CentralPages()
        var other = Sample.frame
        other.account = "bupati"
        other.role = "Pimpinan"
        other.formToken = "x"
        let model = BoardSample.government(22)
        #expect(pages.boardSections(model, Sample.frame) == pages.boardSections(model, other))
        #expect(pages.wallSections(model, Sample.frame) == pages.wallSections(model, other))
    }

    @Test("Every picture, table, fold and list of links has a name or text")
    func labels() throws {
        for (name, page, _, _) in all(try CentralPages()) {
            for element in try Markup(page).elements {
                let hasLabel = !(element.value("aria-label") ?? element.value("aria-labelledby") ?? "").isEmpty
                if element.value("role") == "img" || ["table", "nav", "section"].contains(element.name) {
                    #expect(hasLabel, "\(name) \(element)")
                }
                if element.name == "svg", element.value("role") == nil {
                    #expect(element.value("aria-hidden") == "true", "\(name) \(element)")
                }
            }
        }
    }
}
