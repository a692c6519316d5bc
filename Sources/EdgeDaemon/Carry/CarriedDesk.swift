import Attendance
import EdgeStore
import Foundation

/// Applies receipts where no daemon runs: the caller holds the state directory's lock.
package struct CarriedDesk {
    private let store: EdgeStore
    private let state: StateDirectory
    private var identity: NodeIdentity

    package init(store: EdgeStore, state: StateDirectory, identity: NodeIdentity) {
        self.store = store
        self.state = state
        self.identity = identity
    }

    /// Orders in it wait for a daemon: the centre repeats them.
    ///
    /// - Throws: `CarriedReceipts.Refusal`, `EdgeStoreError`, `StateDirectoryError`.
    package mutating func take(_ text: [UInt8], at now: Date) throws -> CarriedReceipts.Outcome {
        let (receipt, name) = try CarriedReceipts.read(text, identity, epoch: try store.head().epoch)
        if let key = receipt.nextKey, let trusting = identity.trusting(key) {
            try trusting.save(to: state)
            identity = trusting
        }
        if let audit = receipt.audit {
            let moment = UTC.date(receipt.server_time) ?? now
            if let before = try store.keep(lateWitness: audit, at: moment) {
                let text = "the centre's audit log ended at \(before.text), and now at \(audit.text)"
                try store.append([.alarm(Alarm(code: "audit_went_back", text: text))], at: now)
            }
        }
        let outcome = try CarriedReceipts.apply(receipt, name, to: store, at: now)
        return outcome
    }
}
