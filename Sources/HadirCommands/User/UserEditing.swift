import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// Plans, shows, applies and journals edits of user lists: the one way in which commands write users.
struct UserEditing: Sendable {
    /// What is to be done, given the list that is there.
    typealias Planning = @Sendable (DeviceUserList, DeviceTarget.Way, RosterPlan.Limits) throws -> RosterPlan

    var purpose: String
    var limits = RosterPlan.Limits()
    var dryRun = false
    /// Nothing is printed before the end.
    var json = false
    /// Made before the first write; its key is wanted once the plan stands, so that a refusal needs none.
    var backup: (@Sendable () throws -> BackupMaker)?
    /// Deletes what a person named, or what a roster leaves out within its limits.
    var mayDelete = false

    /// What one session left to be journaled.
    struct Edited: Sendable {
        var report: UserReport
        var operations: [Attendance.Operation] = []
        var list: DeviceUserList?
        var serial: DeviceSerial?
        var way: DeviceTarget.Way?
    }

    /// - Returns: one report per device, in their order.
    func run(_ devices: DevicesOptions, _ planning: @escaping Planning) async throws -> [UserReport] {
        let results = try await devices.withEach(purpose, mustEnable: !dryRun) { session, way in
            try await edit(session, way) { try planning($0, way, limits) }
        }
        return await Self.reports(results, devices.state.directory)
    }

    static func reports(
        _ results: [(device: String, result: Result<Edited, any Error>)], _ state: StateDirectory
    ) async -> [UserReport] {
        var reports: [UserReport] = []
        for (device, result) in results {
            switch result {
            case .success(var edited):
                edited.report.device = device
                edited.report.journal_problem = await journal(edited, state)
                reports.append(edited.report)
            case .failure(let error):
                var report = UserReport(device: device)
                report.fail(error)
                reports.append(report)
            }
        }
        return reports
    }

    /// One device: plan, say, back up, apply, read back.
    func edit(
        _ session: DeviceSession, _ way: DeviceTarget.Way, _ planning: (DeviceUserList) throws -> RosterPlan
    ) async throws -> Edited {
        let serial = try await way.journalSerial(session)
        let list = try await session.userList()
        let plan = try await withFingers(try planning(list), session)
        var edited = Edited(report: UserReport(device: way.name ?? way.address.description))
        edited.report.serial = serial.text
        edited.report.plan(plan)
        if !json { show(plan, edited.report.device) }
        if !plan.refusals.isEmpty {
            edited.report.refused = plan.refusals.map { refusal in
                guard case .unfit(let error) = refusal else {
                    return .init(user_id: "", problem: refusal.description)
                }
                return .init(user_id: UserID(field: error.userID).text, problem: error.description)
            }
            edited.report.not_sent = plan.edits.count
            return edited
        }
        guard !dryRun, !plan.isEmpty else { return edited }
        if let backup {
            edited.report.backup = try await backup().make(session, way, list, withFingers: !plan.deleted.isEmpty)
        }
        let bar = ProgressBar("users")
        let word = mayDelete && !plan.deleted.isEmpty ? OperatorWord(for: [.deleteUser]) : nil
        let done = await session.apply(plan.edits, word: word) { bar.update($0, of: plan.edits.count) }
        bar.finish()
        edited.report.take(done)
        edited.operations = UserOperations.operations(done, serial: serial)
        edited.list = done.list
        edited.serial = serial
        edited.way = way
        return edited
    }

    private static let mostAskedOneByOne = 20

    /// A user id that gets another name may become another person, whom the old one's fingers would scan for.
    private func withFingers(_ planned: RosterPlan, _ session: DeviceSession) async throws -> RosterPlan {
        let renamed = planned.edits.compactMap { edit -> UserRecord? in
            guard let before = edit.before, let after = edit.after, before.name != after.name else { return nil }
            return before
        }
        guard planned.refusals.isEmpty, !renamed.isEmpty, try await session.freeSizes()?.fingers != 0 else {
            return planned
        }
        var counts: [UInt16: Int] = [:]
        if renamed.count > Self.mostAskedOneByOne {
            for finger in try await session.templates() { counts[finger.index, default: 0] += 1 }
        } else {
            for user in renamed {
                for finger in FingerTemplate.fingers
                where try await session.template(index: user.index, finger: finger) != nil {
                    counts[user.index, default: 0] += 1
                }
            }
        }
        var plan = planned
        for user in renamed { plan.note(fingers: counts[user.index] ?? 0, of: user) }
        return plan
    }

    private func show(_ plan: RosterPlan, _ device: String) {
        // One piece, so that devices which are planned at a time do not mix.
        let lines = ["\(device): \(plan.summary)"] + plan.lines
        Terminal.print(lines.map { TableText.harmless($0) }.joined(separator: "\n"))
    }

    /// - Returns: what went wrong; the device was changed all the same.
    private static func journal(_ edited: Edited, _ state: StateDirectory) async -> String? {
        guard let serial = edited.serial, let way = edited.way, !edited.operations.isEmpty else { return nil }
        guard let name = way.name else {
            Terminal.say("\(edited.report.device) is not in devices.conf: nothing of this was journaled")
            return nil
        }
        do {
            try await CommandJournal.append(edited.operations, state: state)
            guard let list = edited.list else { return nil }
            let users = list.users.map {
                DeviceUser(
                    serial: serial, userID: $0.id, name: way.nameEncoding.text($0.name.bytes),
                    privilege: Int($0.privilege))
            }
            try await CommandJournal.noteUsers(users, of: serial, device: name, state: state)
            return nil
        } catch {
            return CommandFailure(error).description
        }
    }
}
