import CentralPages
import Hummingbird

/// The first page.
struct BoardPages: Sendable {
    let parts: PageParts

    var routes: [PageRoute] {
        [
            // Of everybody: who has no board is led to where there is something.
            PageRoute(.get, "", .ownAccount) { call in try await home(call) }
        ]
    }

    private func home(_ call: PageCall) async throws -> Response {
        guard call.may(.readBoard) else {
            // Somebody with no area has the own account, at least.
            return .redirect(to: call.frame.areas.first.map { "/" + $0.rawValue } ?? PagePaths.password, type: .normal)
        }
        return PageAnswers.html(parts.pages.board(call.frame))
    }
}
