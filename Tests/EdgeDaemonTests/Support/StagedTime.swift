import Foundation
import Synchronization
import Testing

/// A world whose time stands still until a test lets one particular wait pass. Sockets work in real time meanwhile,
/// so no time-out can fire that the test did not ask for.
///
/// ```swift
/// try await time.pass(.seconds(60))     // waits until somebody waits 60 s, then they are over
/// ```
final class StagedTime: Clock, Sendable {
    struct Instant: InstantProtocol {
        let offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let asked: Duration
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var wallOffset: TimeInterval = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var next = 0
        var hurried: Duration?
    }

    /// 2026-11-23, a Monday, 07:00 in WIB.
    static let start = Date(timeIntervalSince1970: 1_795_392_000)

    private let state = Mutex(State())
    private let changes = Changes()

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// What wall clocks show, those of simulated devices too.
    var date: Date {
        state.withLock { Self.start.addingTimeInterval($0.wallOffset + Double($0.now.offset.components.seconds)) }
    }

    /// Sets this computer's wall clock; waits are not concerned.
    func stepWallClock(by seconds: TimeInterval) { state.withLock { $0.wallOffset += seconds } }

    /// What is waited for now, by length; for messages of tests that fail.
    var waits: [Duration] { state.withLock { $0.sleepers.values.map(\.asked).sorted() } }

    /// Waits until so many wait for exactly `wait`, and lets that much time pass.
    func pass(
        _ wait: Duration, by count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await sees(wait, by: count, sourceLocation: sourceLocation)
        advance(by: wait)
    }

    /// Waits until so many wait for exactly `wait`.
    func sees(
        _ wait: Duration, by count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await changes.until("\(count) × a wait of \(wait)", detail: "waits are \(self.waits)", sourceLocation) {
            self.waits.count { $0 == wait } >= count
        }
    }

    /// Waits until so many wait for anything.
    func sleepers(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await changes.until("\(count) who wait", detail: "waits are \(self.waits)", sourceLocation) {
            self.waits.count >= count
        }
    }

    /// Waits until somebody waits for one of `lengths`, and lets it pass.
    ///
    /// - Returns: which it was.
    @discardableResult
    func pass(
        oneOf lengths: [Duration], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Duration {
        while true {
            try await changes.until("a wait of \(lengths)", detail: "waits are \(self.waits)", sourceLocation) {
                self.waits.contains { lengths.contains($0) }
            }
            // A wait that was seen may be over and begun anew when we look again.
            guard let wait = waits.first(where: { lengths.contains($0) }) else { continue }
            advance(by: wait)
            return wait
        }
    }

    /// From now on, time moves on whenever somebody waits for up to `longest`: goodbyes to silent devices. `nil` ends
    /// it. It must move: who asks the clock after a wait that took no time waits again, for ever.
    func hurry(_ longest: Duration?) {
        state.withLock { $0.hurried = longest }
        if let longest { advance(by: longest) }
    }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
        changes.notify()
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                lieDown(number, deadline, continuation)
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func lieDown(_ number: Int, _ deadline: Instant, _ continuation: CheckedContinuation<Void, any Error>) {
        let result: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
            if deadline <= state.now { return .success(()) }
            let asked = state.now.duration(to: deadline)
            state.sleepers[number] = Sleeper(asked: asked, deadline: deadline, continuation: continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
        changes.notify()
        let left = state.withLock { $0.now.duration(to: deadline) }
        if let longest = state.withLock({ $0.hurried }), result == nil, left <= longest { advance(by: left) }
    }

    private func cancel(_ number: Int) {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: number)
            if sleeper == nil { state.cancelled.insert(number) }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
