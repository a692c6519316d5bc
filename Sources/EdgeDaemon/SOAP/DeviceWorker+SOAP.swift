import ZKClient

extension DeviceWorker {
    /// Reads again and again, each time in connections of their own. Never returns but by an error.
    func visit(_ soap: SOAPReader, _ state: inout State) async throws {
        var pollAt = try await poll(&state) { try await soap.read(&$0) }
        state.keyRefusals = 0
        // Time alone proves nothing here: a silent device takes a minute to fail.
        state.backOff.reset()
        state.serial = reader.configuration.journalSerial ?? state.serial
        recovered(&state)
        while true {
            try Task.checkCancellation()
            let wait = pollAt - reader.elapsed()
            if wait <= .zero {
                pollAt = try await poll(&state) { try await soap.read(&$0) }
                continue
            }
            expect(within: wait + Self.slack)
            await mailbox.wait(upTo: wait, clock: environment.clock)
            expect(within: Self.slack)
            let post = mailbox.take()
            state.take(post)
            if let loan = post.loan, !loan.isOver { throw Lent(loan: loan) }
            if !state.waiting.isEmpty { pollAt = .zero }
        }
    }
}
