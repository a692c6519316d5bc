import Synchronization

/// A device in the hands of a command for a while: its session here is closed, and read again when it comes back.
package final class DeviceLoan: Sendable {
    /// Who has it, in words.
    package let holder: String
    /// It comes back after so long, whatever the holder does.
    package let limit: Duration

    private enum Stage { case asked, granted, over }

    private let stage = Mutex(Stage.asked)
    private let grants: AsyncStream<Void>
    private let grantSink: AsyncStream<Void>.Continuation
    private let ends: AsyncStream<Void>
    private let endSink: AsyncStream<Void>.Continuation

    package init(to holder: String, for limit: Duration) {
        self.holder = holder
        self.limit = limit
        (grants, grantSink) = AsyncStream.makeStream()
        (ends, endSink) = AsyncStream.makeStream()
    }

    var isOver: Bool { stage.withLock { $0 == .over } }

    // MARK: The borrower's side

    /// Waits until the device is free; once in a loan's life.
    ///
    /// - Returns: false where the loan ended before.
    func isGranted() async -> Bool {
        for await _ in grants { return !isOver }
        return false
    }

    /// The device goes back, or is not wanted any more. Ends the loan from either side.
    package func end() {
        stage.withLock { $0 = .over }
        grantSink.finish()
        endSink.finish()
    }

    // MARK: The worker's side

    /// - Returns: false where the borrower has gone.
    func grant() -> Bool {
        let isWanted = stage.withLock { stage in
            guard stage == .asked else { return false }
            stage = .granted
            return true
        }
        if isWanted { grantSink.yield() }
        return isWanted
    }

    /// Returns when the device is back, its time is over, or the task is cancelled; then the loan is over.
    func wait(_ clock: any Clock<Duration>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [limit] in try? await clock.sleep(for: limit) }
            group.addTask { [ends] in for await _ in ends {} }
            await group.next()
            group.cancelAll()
        }
        end()
    }
}
