import Foundation
import PageSupport

/// The dashboard, a unit's page and the wall: `BoardModel` as HTML.
///
/// Sections depend on the model, on the frame's words and on its areas (which links there are); not on the account and
/// not on the moment, so that one rendering serves all who see the same and nothing is sent while nothing happens.
extension CentralPages {
    /// `/`: today of all that the visitor sees.
    package func board(_ model: BoardModel, _ frame: PageFrame, stream: String? = nil) -> String {
        page(PageBody(board: model, frame, stream: stream), frame)
    }

    package func boardSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(board: model, frame, stream: nil))
    }

    /// `/unit/{id}`: the same of one unit with all below it, its devices, and its people where `model.people` is there.
    package func unit(_ model: BoardModel, _ frame: PageFrame, stream: String? = nil) -> String {
        page(PageBody(unit: model, frame, stream: stream), frame)
    }

    package func unitSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(unit: model, frame, stream: nil))
    }

    /// `/layar`: for a screen on a wall; no navigation, nothing about a person, whatever `model.people` holds.
    package func wall(_ model: BoardModel, _ frame: PageFrame, stream: String? = nil) -> String {
        page(PageBody(wall: model, frame, stream: stream), frame)
    }

    package func wallSections(_ model: BoardModel, _ frame: PageFrame) -> [PageSection] {
        sections(PageBody(wall: model, frame, stream: nil))
    }
}

extension PageBody {
    init(board model: BoardModel, _ frame: PageFrame, stream: String?) {
        let place = PagePlace(area: .board, path: "/", title: "Dasbor", style: "dasbor", stream: stream)
        self.init(place, template: "page-board", parts: [])
    }

    init(unit model: BoardModel, _ frame: PageFrame, stream: String?) {
        let path = "/unit/\(model.unit ?? 0)"
        let place = PagePlace(area: .board, path: path, title: model.name, style: "dasbor", stream: stream)
        self.init(place, template: "page-board", parts: [])
    }

    init(wall model: BoardModel, _ frame: PageFrame, stream: String?) {
        let place = PagePlace(area: .board, path: "/layar", title: "Layar", style: "layar", stream: stream)
        self.init(place, template: "page-board", parts: [])
    }
}
