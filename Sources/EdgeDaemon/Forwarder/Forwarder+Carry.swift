import Attendance
import EdgeStore
import Foundation

extension Forwarder {
    /// Takes a receipt that a person brought: what it says goes for what is sent from now on.
    ///
    /// The clock is not compared with it: nobody knows how long it was on its way. For the same reason its orders are
    /// due by the later of its time and ours.
    ///
    /// - Throws: `CarriedReceipts.Refusal`, `EdgeStoreError`.
    package func take(carried text: [UInt8]) throws -> CarriedReceipts.Outcome {
        let (receipt, name) = try CarriedReceipts.read(text, identity, epoch: try store.head().epoch)
        trust(receipt.nextKey)
        let now = environment.now()
        let moment = UTC.date(receipt.server_time) ?? now
        if let head = receipt.audit { witness(late: head, at: moment) }
        let outcome = try CarriedReceipts.apply(receipt, name, to: store, at: now)
        environment.logger.notice(
            "carry.receipt_taken",
            metadata: [
                "result": "\(outcome.result.rawValue)", "first": "\(outcome.first)", "last": "\(outcome.last)",
                "acked": "\(outcome.acked)",
            ])
        switch outcome.result {
        case .acknowledged, .known:
            let reasons = receipt.quarantined.map { ($0.seq, $0.reason) }
            held(try store.heldScans(of: Dictionary(reasons, uniquingKeysWith: { first, _ in first })))
            orders?.take(receipt.orders, serverTime: max(moment, now))
            prune(moment)
        case .rewound: unanswered = nil
        case .forked:
            unanswered = nil
            isForked = true
        case .older, .missing, .revoked, .refused: break
        }
        wake()
        return outcome
    }
}
