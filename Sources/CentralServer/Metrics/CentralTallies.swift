import Attendance
import Synchronization

/// What the centre counts since it began: of batches, their entries, and sign-ins that failed.
package final class CentralTallies: Sendable {
    /// What became of a batch. Those of a receipt have the receipt's words.
    enum BatchAnswer: String, CaseIterable, Sendable {
        case ok, gap, fork, revoked, bad
        /// No text of a batch at all.
        case malformed
        /// Put off: too many at once.
        case busy
        /// The store failed.
        case failed
    }

    enum RowOutcome: String, CaseIterable, Sendable {
        case stored, duplicate, quarantined
        /// Of a batch that was not taken: it comes again, or its node must be looked at.
        case refused
    }

    /// Why somebody who wanted to sign in did not.
    enum LoginFailure: String, CaseIterable, Sendable {
        /// No such account, disabled, or another password.
        case refused
        /// The right first password, too late.
        case late
        /// Not tried: too many failures before.
        case wait
        /// Not tried: too many at once.
        case busy
    }

    struct Counts: Equatable, Sendable {
        var batches: [BatchAnswer: Int] = [:]
        var rows: [RowOutcome: Int] = [:]
        var logins: [LoginFailure: Int] = [:]
        /// Batches that were answered with a receipt, and the time they took together.
        var ingests = 0
        var ingesting = Duration.zero
    }

    private let state = Mutex(Counts())

    package init() {}

    var counts: Counts { state.withLock { $0 } }

    func noteBatch(_ answer: BatchAnswer) { state.withLock { $0.batches[answer, default: 0] += 1 } }

    /// - Parameter rows: entries of the batch.
    func note(_ receipt: Receipt, rows: Int, took: Duration) {
        state.withLock { counts in
            let answer = BatchAnswer(receipt.answer)
            counts.batches[answer, default: 0] += 1
            counts.ingests += 1
            counts.ingesting += took
            if answer == .ok {
                // The receipt names those of a repeated batch again.
                let quarantined = min(receipt.quarantined.count, receipt.accepted)
                counts.rows[.quarantined, default: 0] += quarantined
                counts.rows[.duplicate, default: 0] += receipt.duplicate
                counts.rows[.stored, default: 0] += receipt.accepted - quarantined
            } else {
                counts.rows[.refused, default: 0] += rows
            }
        }
    }

    func noteSignIn(_ outcome: SignInOutcome) {
        let failure: LoginFailure? =
            switch outcome {
            case .signedIn: nil
            case .refused: .refused
            case .ended: .late
            case .wait: .wait
            case .busy: .busy
            }
        guard let failure else { return }
        state.withLock { $0.logins[failure, default: 0] += 1 }
    }
}

extension CentralTallies.BatchAnswer {
    fileprivate init(_ answer: Receipt.Answer) {
        self =
            switch answer {
            case .ok: .ok
            case .gap: .gap
            case .fork: .fork
            case .revoked: .revoked
            case .bad: .bad
            }
    }
}
