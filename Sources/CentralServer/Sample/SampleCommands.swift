import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Logging

extension CentralCommands {
    /// Fills an empty centre with an invented government.
    ///
    /// - Parameters:
    ///   - until: `YYYY-MM-DD`; `nil` is the day before `moment`, where the government's clocks stand.
    ///   - progress: hears a line now and then.
    package static func sample(
        _ state: StateDirectory, employees: Int, units: Int, months: Int, seed: UInt64, until: String?, at moment: Date,
        logger: Logger, progress: @escaping @Sendable (String) -> Void
    ) async throws -> SampleReport {
        let options = try sampleOptions(employees, units, months, seed, until, moment)
        try state.requireInitialised()
        guard let lock = try state.lock() else {
            throw CentralError(.alreadyRunning, "another hadir-central is at work in \(state.path); stop it first")
        }
        defer { withExtendedLifetime(lock) {} }
        let keys = try KeyRing(state)
        let store = try open(state)
        let report: SampleReport
        do {
            try await SampleCentre.requireEmpty(store)
            var centre = SampleCentre(options, store: store, keys: keys, logger: logger, progress: progress)
            report = try await centre.fill()
        } catch {
            try? store.close()
            throw error
        }
        try store.close()
        return report
    }

    private static func sampleOptions(
        _ employees: Int, _ units: Int, _ months: Int, _ seed: UInt64, _ until: String?, _ moment: Date
    ) throws -> SampleOptions {
        let now = Moment(seconds: Int64(moment.timeIntervalSince1970))
        let yesterday = now.date(offset: SampleOptions.offset).adding(days: -1)
        let last: CivilDate
        if let until {
            guard let date = CivilDate(text: until) else {
                throw CentralError(.usage, "--until \(until): not a date such as 2026-10-31")
            }
            guard date <= yesterday else {
                throw CentralError(
                    .usage, "--until \(until): the last day of the story must be over; use \(yesterday.text)")
            }
            last = date
        } else {
            last = yesterday
        }
        func range(_ allowed: ClosedRange<Int>) -> String { "\(allowed.lowerBound) to \(allowed.upperBound)" }
        guard let options = SampleOptions(employees: employees, units: units, months: months, seed: seed, until: last)
        else {
            throw CentralError(
                .usage,
                "--employees takes \(range(SampleOptions.employeesAllowed)), --units \(range(SampleOptions.unitsAllowed)), "
                    + "--months \(range(SampleOptions.monthsAllowed))")
        }
        return options
    }
}

extension SampleReport {
    /// As a person reads it.
    package var text: String {
        let kinds = outages.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return """
            from \(from) until \(until), seed \(seed)
            people: \(employees) employees in \(units) units, \(links) links
            offices: \(nodes) nodes, \(devices) devices
            stored: \(entries) entries in \(batches) batches, \(scans) scans, \(carried) of them from sticks
            lost: \(lost) scans in outages: \(kinds.isEmpty ? "none" : kinds)
            said: \(leave) leave, \(corrections) corrections, \(sheets) sheets, \(files) files accepted
            digest \(digest)
            """
    }
}
