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
            guard let area = call.frame.areas.first else { throw PageCall.absent }
            return .redirect(to: "/" + area.rawValue, type: .normal)
        }
        return PageAnswers.html(parts.pages.board(call.frame))
    }
}
