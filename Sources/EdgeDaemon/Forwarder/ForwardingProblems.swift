import FailPoints

/// What stands between the journal and the centre, how long to wait after it, and which of it is news. Pure.
struct ForwardingProblems: Equatable, Sendable {
    /// In a row.
    private(set) var failures = 0
    /// The last words; `nil` while batches are acknowledged.
    private(set) var current: String?
    /// Its code, as an alarm has it; `nil` while batches are acknowledged.
    private(set) var currentCode: String?
    /// Codes of the alarms raised since a batch was last acknowledged: one each, not one per attempt.
    private var alarmed: Set<String> = []
    /// How often in a row the centre asked to wait.
    private var waits = 0

    /// A centre that is busy so often or so long is a matter for people.
    private static let waitsBeforeAlarm = 3
    private static let longWait = 300

    /// - Returns: whether an alarm is due.
    mutating func failed(_ text: String, code: String) -> Bool {
        failures += 1
        current = text
        currentCode = code
        return alarmed.insert(code).inserted
    }

    /// The centre, or something before it, asks to wait.
    ///
    /// - Returns: whether an alarm `centre_busy` is due.
    mutating func busy(_ text: String, seconds: Int) -> Bool {
        current = text
        currentCode = "centre_busy"
        waits += 1
        guard waits >= Self.waitsBeforeAlarm || seconds >= Self.longWait else { return false }
        return alarmed.insert("centre_busy").inserted
    }

    /// - Returns: whether there was a problem.
    mutating func succeeded() -> Bool {
        defer { self = ForwardingProblems() }
        return current != nil
    }

    /// Full jitter: up to a minute in about the first ten minutes, then up to five.
    ///
    /// - Parameter random: a fraction below 1.
    func wait(_ configuration: Forwarder.Configuration, random: Double) -> Duration {
        if Sabotage.isOn("retried_at_once") { return .milliseconds(1) }
        let most = failures > 24 ? configuration.mostWaitLater : configuration.mostWait
        let doubled = configuration.firstWait * (1 << min(max(0, failures - 1), 10))
        return max(min(doubled, most) * random, .milliseconds(200))
    }
}
