/// Keeps one configured device's scans coming, however it gives them: one task, which ends when it is cancelled.
package protocol SourceWorker: Sendable {
    /// Runs until cancelled.
    func run() async

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
    package func sync() async throws -> DeviceReader.Outcome { try await sync(nil) }
}
