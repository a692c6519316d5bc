import Foundation
import PageSupport

/// What stands on a page, in parts that are sent again when they changed.
struct PageBody {
    struct Part {
        /// Of the element's `data-section`.
        let id: String
        let template: String
        /// Made only where it is rendered.
        let view: () -> Any

        init(id: String, template: String, view: @autoclosure @escaping () -> Any) {
            self.id = id
            self.template = template
            self.view = view
        }
    }

    let place: PagePlace
    let template: String
    let parts: [Part]
    /// What the template asks for besides, and does not change while the page is open.
    let still: [String: Any]

    /// - Parameter bare: all parts there are: a page without the frame of the others.
    init(bare place: PagePlace, template: String, parts: [Part], still: [String: Any] = [:]) {
        self.place = place
        self.template = template
        self.parts = parts
        self.still = still
    }

    /// - Parameter parts: besides `nav` and `head`, which every page has.
    init(_ place: PagePlace, template: String, parts: [Part], still: [String: Any] = [:]) {
        let around = [
            Part(id: "nav", template: "nav", view: NavigationView(place)),
            Part(id: "head", template: "page-head", view: HeadView(place)),
        ]
        self.init(bare: place, template: template, parts: around + parts, still: still)
    }

    /// - Parameter search: rows without its words are left out.
    init(
        _ name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame, search: String = ""
    ) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        let (template, parts) = Self.parts(name, overview, coverage, frame, context, RowSearch(search))
        self.init(
            name.place(frame, context), template: template, parts: parts, still: ["search": SearchView(name, search)])
    }

    private static func parts(
        _ name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame, _ context: ViewContext,
        _ search: RowSearch
    ) -> (template: String, parts: [Part]) {
        func page(_ id: String, _ view: Any) -> (String, [Part]) {
            ("page-" + id, [Part(id: id, template: id, view: view)])
        }
        switch name {
        case .summary:
            return (
                "summary",
                [
                    Part(id: "tiles", template: "tiles", view: TilesView(overview, frame, context)),
                    Part(id: "hours", template: "hours", view: HoursView(overview, context)),
                    Part(id: "offices", template: "office-list", view: OfficeListView(overview, context)),
                    Part(id: "scans", template: "scans", view: ScansView(overview, context)),
                ]
            )
        case .offices: return page("offices", OfficesView(overview, context, search))
        case .devices: return page("devices", DevicesView(overview, context, search))
        case .coverage: return page("coverage", CoverageView(coverage, context))
        case .alarms: return page("alarms", AlarmsView(overview, context))
        case .quarantine: return page("quarantine", QuarantineView(overview.quarantine, context))
        }
    }

    /// For the page's template: the frame, and each part under its id.
    func view(in frame: FrameView) -> [String: Any] {
        var view = still
        view["frame"] = frame
        for part in parts { view[part.id] = part.view() }
        return view
    }
}
