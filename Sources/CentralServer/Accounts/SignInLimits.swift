import CentralStore
import Foundation

/// Bounds on signing in, and how long it lasts.
package struct SignInLimits: Sendable {
    /// Of hashes made now; each kept one has its own.
    package var cost = PasswordCost.standard
    /// 128 MiB and one core each; a core is left for batches.
    package var hashesAtOnce = ProcessInfo.processInfo.activeProcessorCount > 2 ? 2 : 1
    /// Tries that wait for a hash: of browsers never seen, and of all.
    package var waitingStrangers = 8
    package var waiting = 16

    /// Tries that may fail before the next one has to wait.
    package var freeFailures = 3
    package var longestDelay: TimeInterval = 300
    /// Failures of one address, whichever accounts they are for. An office may share one.
    package var address = RateLimiter.Rate(burst: 30, perSecond: 0.1)
    /// Failures for one account from browsers never seen, wherever they come from.
    package var account = RateLimiter.Rate(burst: 10, perSecond: 1.0 / 30)
    /// Entries in each table of guesses.
    package var mostEntries = 10_000

    /// Since its last use, an open live page among them.
    package var idle: TimeInterval = 30 * 60
    /// Since it was opened: over a day, so that a page on a wall goes on until somebody is back in the office.
    package var absolute: TimeInterval = 36 * 3600

    package init() {}
}
