import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird

/// A bounded place for answers that read the days of many: pages, streams and ingest share the process.
struct HeavyPages: Sendable {
    private let all: Admission
    private let ofAccount: SenderAdmission

    init(most: Int = 2, ofAccount: Int = 1) {
        all = Admission(most: most)
        self.ofAccount = SenderAdmission(most: ofAccount)
    }

    /// - Throws: `HTTPError` 503 where there is no room: who finds none holds nothing while it waits.
    func run<Value: Sendable>(_ call: PageCall, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await ofAccount.run(call.visitor.account) { try await all.run(work) }
        } catch is Admission.Busy {
            throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "2"], message: "other sums are being made")
        }
    }
}

/// Sums of whole months of the whole government, made at most once a minute: the first page asks for two of them.
actor MonthSums {
    struct Facts: Sendable {
        let recap: Recap
        let adjustments: [Adjustment]
        let at: Date

        /// Of the part of the government.
        func undecided(_ scope: UnitScope) -> [Int64?: Int] {
            var found: [Int64?: Int] = [:]
            for (cell, sums) in recap.cells where scope.contains(cell.unit) && sums.undecided > 0 {
                found[cell.unit, default: 0] += sums.undecided
            }
            return found
        }

        func adjustments(_ source: RecapSource) -> Int {
            adjustments.count { source.isPlaced($0.employee, on: $0.closed.date) }
        }
    }

    private let people: PeopleCache
    private let now: @Sendable () -> Date
    private var known: [CivilMonth: Facts] = [:]
    private var reading: [CivilMonth: Task<Facts, any Error>] = [:]

    private static let lifetime: TimeInterval = 60
    private static let mostMonths = 6

    init(_ people: PeopleCache, now: @escaping @Sendable () -> Date) {
        self.people = people
        self.now = now
    }

    func facts(_ month: CivilMonth) async throws -> Facts {
        let moment = now()
        if let facts = known[month], abs(moment.timeIntervalSince(facts.at)) < Self.lifetime { return facts }
        // Whoever asks while it is being made gets the same.
        if let task = reading[month] { return try await task.value }
        let task = Task { [people] in
            let made = try await people.source().month(month)
            return Facts(recap: made.recap, adjustments: made.adjustments, at: moment)
        }
        reading[month] = task
        defer { reading[month] = nil }
        let facts = try await task.value
        if known.count >= Self.mostMonths { known = [:] }
        known[month] = facts
        return facts
    }
}
