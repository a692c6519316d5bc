import Attendance
import EdgeStore
import Foundation

/// Receipts that a person brought, for commands.
extension EdgeDaemon {
    /// - Parameter text: base64.
    func carried(_ text: String?) async -> ControlAnswer {
        guard let text, let bytes = Base64.decode(text) else {
            return ControlAnswer(error: "the request has no receipt")
        }
        guard let forwarder else {
            return ControlAnswer(error: "hadird began before this node was enrolled: restart hadird, then try again")
        }
        do {
            var answer = ControlAnswer()
            answer.carried = try await forwarder.take(carried: bytes)
            return answer
        } catch {
            var answer = ControlAnswer(error: "\(error)")
            if error is CarriedReceipts.Refusal { answer.refusal = ControlAnswer.notOurReceipt }
            return answer
        }
    }
}
