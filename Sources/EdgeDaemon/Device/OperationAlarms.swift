import Attendance
import EdgeStore
import Foundation

/// What a person should know of what was done to a device by hand. Pure.
///
/// One alarm of a kind and reading, however many records tell of it. What a command or the daemon did itself is none.
struct OperationAlarms: Sendable {
    /// The device's, for people.
    let name: String
    let localClock: LocalClock

    /// How far the time in the device's record of a clock that was set may be from what it showed before or after.
    private static let clockTolerance: TimeInterval = 5
    /// How much later than ours its record of a log that was cleared may be.
    private static let tolerance: TimeInterval = 60
    /// Between the end of a command and the entry that tells of it, and from there to the list that is read.
    private static let patience: TimeInterval = 3600
    /// What a log that nobody read before tells of longer ago is history, not news.
    private static let newsAtFirst: TimeInterval = 7 * 86_400

    private static let logWords: Set<String> = [
        "data_cleared", "log_cleared", "factory_reset", "admins_cleared", "stick_download_cleared",
    ]

    /// - Parameters:
    ///   - offset: of the device's clock, in seconds; `nil` where it shows no date.
    ///   - own: what this computer did to the device.
    func of(
        _ news: EdgeStore.OperationNews, _ serial: DeviceSerial, offset: Int?, own: [EdgeStore.OwnOperation],
        at now: Date
    ) -> [EntryBody] {
        let recent = news.new.filter { isNews($0, news, offset, now) && !isOwn($0, own, offset, now) }
        let clock = recent.filter { $0.what == "clock_set" }
        let log = recent.filter { Self.logWords.contains($0.what) }
        return [
            alarm("clock_touched", serial, clock) { "the clock was set by hand\($0)" },
            alarm("log_touched", serial, log) { times in
                let words = Set(log.map(\.what)).sorted().joined(separator: ", ")
                return "the device's own operation log tells of \(words)\(times)"
            },
        ].compactMap { $0 }
    }

    /// - Parameter promoted: users who have a privilege and had none.
    func ofAdmins(
        _ promoted: [DeviceUser], _ serial: DeviceSerial, own: [EdgeStore.OwnOperation], at now: Date
    ) -> [EntryBody] {
        let strange = promoted.filter { user in
            !own.contains {
                $0.what.hasPrefix("user_") && $0.object == user.userID.text
                    && abs(now.timeIntervalSince($0.at)) < Self.patience
            }
        }
        guard let first = strange.first else { return [] }
        let more = strange.count > 1 ? " and \(strange.count - 1) more" : ""
        let text =
            "\(name): user \(first.userID.text)\(more) may open the device's menu now (privilege \(first.privilege))"
        return [.alarm(Alarm(code: "admin_added", serial: serial, text: text))]
    }

    private func alarm(
        _ code: String, _ serial: DeviceSerial, _ operations: [Attendance.Operation], _ words: (String) -> String
    ) -> EntryBody? {
        guard let last = operations.last else { return nil }
        let times = operations.count > 1 ? ", \(operations.count) times" : ""
        let who = last.by == "0" ? "" : " by user index \(last.by)"
        let when = last.deviceTime.map { ", last at \($0.text) by its clock" } ?? ""
        return .alarm(Alarm(code: code, serial: serial, text: "\(name): \(words(times))\(when)\(who)"))
    }

    /// What the whole log has and had not at the reading before is news, whatever its date. Of a log read for the first
    /// time, and of what a device tells in parts, only what is young.
    private func isNews(
        _ operation: Attendance.Operation, _ news: EdgeStore.OperationNews, _ offset: Int?, _ now: Date
    ) -> Bool {
        guard news.isFirst || !news.isComplete else { return true }
        guard let date = trueTime(operation, offset) else { return false }
        let before = news.isComplete ? news.lastAt : nil
        let since = max(now.addingTimeInterval(-Self.newsAtFirst), before ?? .distantPast)
        // What a device tells in parts it tells as it happens, also of a clock that was set to a day to come.
        return date > since && (!news.isFirst || date <= now.addingTimeInterval(Self.tolerance))
    }

    private func isOwn(
        _ operation: Attendance.Operation, _ own: [EdgeStore.OwnOperation], _ offset: Int?, _ now: Date
    ) -> Bool {
        let told = operation.deviceTime.flatMap { localClock.date(of: $0, offset: 0) }
        return own.contains { own in
            guard own.what == operation.what else { return false }
            // Of a clock that was set, the device notes the time before or after: both are known to the second.
            let shown = [own.before, own.after].compactMap { text in
                text.flatMap { DeviceTime(text: $0) }.flatMap { localClock.date(of: $0, offset: 0) }
            }
            if let told, shown.contains(where: { abs($0.timeIntervalSince(told)) <= Self.clockTolerance }) {
                return true
            }
            guard own.what != "clock_set", let date = trueTime(operation, offset) else { return false }
            return (-Self.tolerance / 6...Self.tolerance).contains(date.timeIntervalSince(own.at))
        }
    }

    private func trueTime(_ operation: Attendance.Operation, _ offset: Int?) -> Date? {
        guard let offset else { return nil }
        return operation.deviceTime.flatMap { localClock.date(of: $0, offset: offset) }
    }
}
