import Attendance
import EdgeStore
import Foundation

extension Forwarder {
    /// Keeps where the centre's audit log ends. Scans do not wait for it.
    func witness(_ receipt: Receipt) {
        guard let head = receipt.audit else { return }
        witness(head, at: UTC.date(receipt.server_time) ?? environment.now(), store.keep(witness:at:))
    }

    /// The same of a receipt that others may have overtaken.
    func witness(late head: AuditHead, at moment: Date) {
        witness(head, at: moment, store.keep(lateWitness:at:))
    }

    private func witness(_ head: AuditHead, at moment: Date, _ keep: (AuditHead, Date) throws -> AuditHead?) {
        do {
            guard let before = try keep(head, moment) else { return }
            environment.logger.error(
                "centre.audit_went_back", metadata: ["before": "\(before.text)", "now": "\(head.text)"])
            alarm("audit_went_back", "the centre's audit log ended at \(before.text), and now at \(head.text)")
        } catch {
            environment.logger.error("centre.audit_not_kept", metadata: ["problem": "\(error)"])
        }
    }

    /// What the centre is told we know of its audit log.
    func lastWitness() -> AuditHead? {
        do {
            return try store.lastWitness()?.head
        } catch {
            environment.logger.error("centre.audit_not_kept", metadata: ["problem": "\(error)"])
            return nil
        }
    }
}
