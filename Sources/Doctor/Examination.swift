import Foundation
import ServiceSupport

/// All checks of one doctor, at once; nothing waits for one that hangs.
package struct Examination: Sendable {
    package let checks: [Check]
    let clock: any Clock<Duration>

    package init(_ checks: [Check], clock: any Clock<Duration> = ContinuousClock()) {
        self.checks = checks
        self.clock = clock
    }

    /// - Parameter progress: told how many are done.
    package func run(progress: (Int) -> Void = { _ in }) async -> ExaminationReport {
        var results = [ExaminationReport.Result?](repeating: nil, count: checks.count)
        await withTaskGroup(of: (Int, CheckOutcome).self) { group in
            for (place, check) in checks.enumerated() {
                group.addTask { (place, await look(check)) }
            }
            var done = 0
            for await (place, outcome) in group {
                done += 1
                progress(done)
                guard results.indices.contains(place), checks.indices.contains(place), !outcome.isNothing else {
                    continue
                }
                results[place] = .init(checks[place], outcome)
            }
        }
        return ExaminationReport(results.compactMap { $0 })
    }

    private func look(_ check: Check) async -> CheckOutcome {
        // Not a child: a call into the system that hangs cannot be cancelled, only left behind.
        let task = Task { await check.look() }
        if let outcome = await value(of: task, within: check.limit, by: clock) { return outcome }
        task.cancel()
        let facts: [String: Fact] = ["seconds": .seconds(Int(check.limit.components.seconds))]
        return CheckOutcome([Finding(check.late, check.subject.isEmpty ? check.id.rawValue : check.subject, facts)])
    }
}

/// Runs what may hang in the kernel on a thread of its own, so that no task waits for a thread behind it.
package func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: work()) }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
