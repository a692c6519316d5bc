import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import NIOCore

/// The first page, the pages of units, the wall, and their live streams.
struct BoardPages: Sendable {
    let parts: PageParts

    var routes: [PageRoute] {
        [
            // Of everybody: who has no board is led to where there is something.
            PageRoute(.get, "", .ownAccount) { call in try await home(call) },
            PageRoute(.get, "unit/{unit}", .readBoard) { call in try await page(.unit(try call.unit().id), call) },
            PageRoute(.get, "layar", .readBoard) { call in try await page(.wall, call) },
            PageRoute(.get, "langsung/dasbor", .readBoard) { call in try await stream(.home, call) },
            PageRoute(.get, "langsung/unit/{unit}", .readBoard) { call in
                try await stream(.unit(try call.unit().id), call)
            },
            PageRoute(.get, "langsung/layar", .readBoard) { call in try await stream(.wall, call) },
        ]
    }

    private func home(_ call: PageCall) async throws -> Response {
        guard call.may(.readBoard) else {
            // Somebody with no area has the own account, at least.
            return .redirect(to: call.frame.areas.first.map { "/" + $0.rawValue } ?? PagePaths.password, type: .normal)
        }
        return try await page(.home, call)
    }

    private func page(_ asked: BoardQuestion, _ call: PageCall) async throws -> Response {
        guard let view = asked.view(call.authority, call.whole) else { throw PageCall.absent }
        try await note(view, call)
        let made = try await parts.board.page(of: view, people: call.whole.people.revision)
        let (model, sections) = (made.model, made.sections)
        let html =
            switch view.page {
            case .board: parts.pages.board(model, call.frame, stream: asked.stream, sections: sections)
            case .unit: parts.pages.unit(model, call.frame, stream: asked.stream, sections: sections)
            case .wall: parts.pages.wall(model, call.frame, stream: asked.stream, sections: sections)
            }
        return PageAnswers.html(html)
    }

    /// A stream shows the same as its page, also to whoever never opened that.
    private func note(_ view: Board.View, _ call: PageCall) async throws {
        guard view.withPeople, case .unit(let unit) = view.place else { return }
        try await parts.noteList("today", of: unit, call)
    }

    private func stream(_ asked: BoardQuestion, _ call: PageCall) async throws -> Response {
        guard let view = asked.view(call.authority, call.whole) else { throw PageCall.absent }
        try await note(view, call)
        try await parts.board.state(of: call.whole.people.revision)
        return try LiveStream<BoardState>.answer(call, parts) { place in
            LiveStream(
                listen: { [board = parts.board] in await board.listen() }, moment: { $0.moment },
                sections: { [board = parts.board] in await board.sections(of: view, $0) },
                end: { [parts, visitor = call.visitor] in await end(visitor, asked, view, parts) }, place: place,
                channel: call.channel, now: parts.now, lookInterval: 0.9)
        }
    }

    /// A duty can end while the page is open: by date, by another head, by another placement of units.
    private func end(
        _ visitor: Visitor, _ asked: BoardQuestion, _ view: Board.View, _ parts: PageParts
    ) async -> LiveEnd? {
        if let end = await parts.sessions.life(of: visitor, touching: true).end { return end }
        // A store that does not say ends nothing.
        guard let source = try? await parts.people.source() else { return nil }
        let authority = Authority(visitor, source.people, today: parts.settings.value.date(of: parts.now()))
        return asked.view(authority, source) == view ? nil : .scope
    }
}

/// Which board is asked for.
enum BoardQuestion: Equatable, Sendable {
    case home, wall
    case unit(Int64)

    var stream: String {
        switch self {
        case .home: "/langsung/dasbor"
        case .wall: "/langsung/layar"
        case .unit(let id): "/langsung/unit/\(id)"
        }
    }

    /// What somebody sees there; the same for the page and for its stream.
    ///
    /// - Returns: `nil` where there is nothing for the visitor.
    func view(_ authority: Authority, _ whole: RecapSource) -> Board.View? {
        guard authority.may(.readBoard) else { return nil }
        let scope = Self.scope(.readBoard, authority, whole)
        let areas = FrameMaker.areas(authority)
        switch self {
        case .unit(let id):
            guard scope.contains(id), whole.tree[id] != nil else { return nil }
            return Board.View(
                page: .unit, place: .unit(id), above: Self.above(id, scope, whole.tree),
                withPeople: Self.seesPeople(of: id, authority, whole), areas: areas)
        case .home, .wall:
            let page: Board.View.Page = self == .wall ? .wall : .board
            guard let place = Self.place(scope, whole.tree) else { return nil }
            if page == .board, case .unit(let id) = place {
                return Board.View(
                    page: .unit, place: place, above: [], withPeople: Self.seesPeople(of: id, authority, whole),
                    areas: areas)
            }
            return Board.View(page: page, place: place, above: [], withPeople: false, areas: areas)
        }
    }

    private static func scope(_ permission: Permission, _ authority: Authority, _ whole: RecapSource) -> UnitScope {
        guard let roots = authority.roots(for: permission) else { return .government }
        return UnitScope(units: roots, in: whole.tree)
    }

    private static func seesPeople(of unit: Int64, _ authority: Authority, _ whole: RecapSource) -> Bool {
        authority.may(.readPeople) && scope(.readPeople, authority, whole).contains(unit)
    }

    /// All that the scope has: the government, one unit, or several of which none is below another.
    private static func place(_ scope: UnitScope, _ tree: UnitTree) -> BoardPlace? {
        if scope.isGovernment { return .government }
        let roots = tree.roots.flatMap { root in top(root, scope, tree) }
        guard let first = roots.first else { return nil }
        return roots.count == 1 ? .unit(first) : .units(roots)
    }

    private static func top(_ unit: Int64, _ scope: UnitScope, _ tree: UnitTree) -> [Int64] {
        scope.contains(unit) ? [unit] : tree.children(of: unit).flatMap { top($0, scope, tree) }
    }

    /// Units above that are in the scope, from the top.
    private static func above(_ unit: Int64, _ scope: UnitScope, _ tree: UnitTree) -> [Int64] {
        var found: [Int64] = []
        var next = tree[unit]?.parent
        while let id = next, scope.contains(id), !found.contains(id), let parent = tree[id] {
            found.insert(id, at: 0)
            next = parent.parent
        }
        return found
    }
}
