import Foundation
import PageSupport

/// What stands on a page, in parts that are sent again when they changed.
struct PageBody {
    struct Part {
        /// Of the element's `data-section`.
        let id: String
        let template: String
        let view: Any
    }

    let name: PageName
    let template: String
    let parts: [Part]

    init(_ name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        let around = [
            Part(id: "nav", template: "nav", view: NavigationView(name, frame)),
            Part(id: "head", template: "page-head", view: HeadView(name, context)),
        ]
        self.name = name
        switch name {
        case .summary:
            template = "summary"
            parts =
                around + [
                    Part(id: "tiles", template: "tiles", view: TilesView(overview, frame, context)),
                    Part(id: "hours", template: "hours", view: HoursView(overview, context)),
                    Part(id: "offices", template: "office-list", view: OfficeListView(overview, context)),
                    Part(id: "scans", template: "scans", view: ScansView(overview, context)),
                ]
        case .offices:
            template = "page-offices"
            parts = around + [Part(id: "offices", template: "offices", view: OfficesView(overview, context))]
        case .devices:
            template = "page-devices"
            parts = around + [Part(id: "devices", template: "devices", view: DevicesView(overview, context))]
        case .coverage:
            template = "page-coverage"
            parts = around + [Part(id: "coverage", template: "coverage", view: CoverageView(coverage, context))]
        case .alarms:
            template = "page-alarms"
            parts = around + [Part(id: "alarms", template: "alarms", view: AlarmsView(overview, context))]
        case .quarantine:
            template = "page-quarantine"
            let view = QuarantineView(overview.quarantine, context)
            parts = around + [Part(id: "quarantine", template: "quarantine", view: view)]
        }
    }

    /// For the page's template: the frame, and each part under its id.
    func view(in frame: FrameView) -> [String: Any] {
        var view: [String: Any] = ["frame": frame]
        for part in parts { view[part.id] = part.view }
        return view
    }
}
