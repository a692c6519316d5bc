/// Keeps one configured device's scans coming, however it gives them: one task, which ends when it is cancelled.
package protocol SourceWorker: Sendable {
    /// Runs until cancelled.
    func run() async

    /// Returns when it has begun: what comes from the device by itself is taken from then on, or known to be refused.
    func hasBegun() async

    /// Gets what is new now. Waits until that succeeded or failed.
    ///
    /// - Parameter errand: what is to be done besides.
    func sync(_ errand: DeviceMailbox.Errand?) async throws -> DeviceReader.Outcome

    /// Asks for the device itself.
    ///
    /// - Returns: who has it already, or why it cannot be lent; `nil` where the loan will be granted.
    func lend(_ loan: DeviceLoan) -> String?
}

extension SourceWorker {
    package func hasBegun() async {}

    package func sync() async throws -> DeviceReader.Outcome { try await sync(nil) }
}
