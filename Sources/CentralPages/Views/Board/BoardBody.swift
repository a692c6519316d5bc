import Foundation
import PageSupport

/// The dashboard, a unit's page and the wall: `BoardModel` as HTML.
///
/// Sections depend on the model, on the frame's words and on its areas (which links there are); not on the account and
/// not on the moment, so that one rendering serves all who see the same and nothing is sent while nothing happens.
extension CentralPages {
    /// `/`: today of all that the visitor sees.
    package func board(
        _ model: BoardModel, _ frame: PageFrame, stream: String? = nil, sections: [PageSection]? = nil
    ) -> String {
        page(PageBody(board: model, frame, stream: stream), frame, sections)
    }

    package func boardSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(board: model, frame, stream: nil))
    }

    /// `/unit/{id}`: the same of one unit with all below it, its devices, and its people where `model.people` is there.
    package func unit(
        _ model: BoardModel, _ frame: PageFrame, stream: String? = nil, sections: [PageSection]? = nil
    ) -> String {
        page(PageBody(unit: model, frame, stream: stream), frame, sections)
    }

    package func unitSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(unit: model, frame, stream: nil))
    }

    /// `/layar`: for a screen on a wall; no navigation, nothing about a person, whatever `model.people` holds.
    package func wall(
        _ model: BoardModel, _ frame: PageFrame, stream: String? = nil, sections: [PageSection]? = nil
    ) -> String {
        page(PageBody(wall: model, frame, stream: stream), frame, sections)
    }

    package func wallSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(wall: model, frame, stream: nil))
    }

    /// - Parameter sections: as they were made before; `nil` makes them.
    private func page(_ body: PageBody, _ frame: PageFrame, _ sections: [PageSection]?) -> String {
        sections.map { page(body, frame, with: $0) } ?? page(body, frame)
    }
}

extension PageBody {
    init(board model: BoardModel, _ frame: PageFrame, stream: String?) {
        let place = PagePlace(
            area: .board, path: "/", title: "Kehadiran hari ini", lead: DateWords.long(model.date), style: "dasbor",
            stream: stream, scripts: Self.chart,
            action: .init(path: "/layar", label: "Layar ruang rapat", icon: "wall"))
        let context = ViewContext(now: model.moment, words: frame.words)
        self.init(
            place, template: "page-board",
            parts: Self.common(model, context) + [
                Part(id: "units", template: "board-units", view: BoardUnitsView(model, context)),
                Part(id: "ranking", template: "ranking", view: RankingView(model, context)),
                Part(
                    id: "devices", template: "board-devices", view: BoardDevicesView(model, context, all: false)),
            ])
    }

    init(unit model: BoardModel, _ frame: PageFrame, stream: String?) {
        let place = PagePlace(
            area: .board, path: "/unit/\(model.unit ?? 0)", title: model.name, lead: DateWords.long(model.date),
            style: "unit", stream: stream, scripts: Self.chart,
            crumbs: (frame.areas.contains(.board) ? [.init(path: "/", label: "Dasbor")] : [])
                + model.above.map { .init(path: "/unit/\($0.unit)", label: $0.name) })
        let context = ViewContext(now: model.moment, words: frame.words)
        var parts = Self.common(model, context)
        parts.append(
            Part(id: "devices", template: "board-devices", view: BoardDevicesView(model, context, all: true)))
        var still: [String: Any] = [:]
        if !model.rows.isEmpty {
            still["hasUnits"] = true
            parts.append(Part(id: "units", template: "board-units", view: BoardUnitsView(model, context)))
        }
        if !model.ranking.isEmpty {
            still["hasRanking"] = true
            parts.append(Part(id: "ranking", template: "ranking", view: RankingView(model, context)))
        }
        if let people = model.people {
            still["hasPeople"] = true
            parts.append(Part(id: "people", template: "board-people", view: BoardPeopleView(people, context)))
        }
        self.init(place, template: "page-unit", parts: parts, still: still)
    }

    init(wall model: BoardModel, _ frame: PageFrame, stream: String?) {
        let place = PagePlace(area: .board, path: "/layar", title: "Layar", style: "layar", stream: stream)
        let context = ViewContext(now: model.moment, words: frame.words)
        self.init(
            bare: place, template: "page-wall",
            parts: [
                Part(id: "date", template: "wall-head", view: WallDateView(date: DateWords.long(model.date))),
                Part(id: "totals", template: "wall-totals", view: TotalsView(model, context)),
                Part(id: "arrivals", template: "wall-arrivals", view: ArrivalsView(model, context)),
            ],
            still: [
                "name": CentralPages.shownName(model.unit == nil ? frame.government : model.name),
                "clock": String(frame.words.time(frame.moment).prefix(5)),
            ])
    }

    private static let chart = ["chart.min.js", "chart-arrivals.js"]

    private static func common(_ model: BoardModel, _ context: ViewContext) -> [Part] {
        [
            Part(id: "totals", template: "totals", view: TotalsView(model, context)),
            Part(id: "arrivals", template: "arrivals", view: ArrivalsView(model, context)),
            Part(id: "trend", template: "trend", view: TrendView(model, context)),
        ]
    }
}

private struct WallDateView {
    let date: String
}
