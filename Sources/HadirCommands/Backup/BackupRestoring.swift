import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// Puts what a backup holds onto a device.
struct BackupRestoring: Sendable {
    let content: BackupContent
    var users = true
    var templates = true
    var settings = true
    /// The device may be another one than the backup's.
    var otherDevice = false
    var editing = UserEditing(purpose: "hadir device restore")

    init(content: BackupContent, users: Bool, templates: Bool, settings: Bool) {
        self.content = content
        self.users = users
        self.templates = templates
        self.settings = settings
    }

    func run(_ devices: DevicesOptions) async throws -> [UserReport] {
        let results = try await devices.withEach(editing.purpose, mustEnable: !editing.dryRun) { session, way in
            try await restore(session, way)
        }
        return await UserEditing.reports(results, devices.state.directory)
    }

    func restore(_ session: DeviceSession, _ way: DeviceTarget.Way) async throws -> UserEditing.Edited {
        let told = try await session.serialNumber()
        guard otherDevice || told == content.serial else {
            throw CommandFailure(
                .data,
                "the backup is of device \(content.serial), this one is \(told): say --other-device if it is meant")
        }
        var edited = UserEditing.Edited(report: UserReport(device: way.name ?? way.address.description))
        edited.serial = try await way.journalSerial(session)
        edited.way = way
        edited.report.serial = edited.serial?.text
        if users {
            edited = try await editing.edit(session, way) { plan($0, way) }
            edited.serial = try await way.journalSerial(session)
            edited.way = way
            guard edited.report.isGood else { return edited }
        }
        guard !editing.dryRun else { return edited }
        if templates {
            try await FingerWriting(
                fingers: content.fingers ?? [], version: content.finger_version, replaces: true
            ).write(session, &edited)
        }
        if settings { try await restoreSettings(session, &edited) }
        return edited
    }

    func plan(_ list: DeviceUserList, _ way: DeviceTarget.Way) -> RosterPlan {
        RosterPlan(
            wanted: RosterPlan.wanted(
                content.users.map(\.record), layout: content.layout.flatMap { UserLayout(rawValue: $0) },
                target: list.layout), list: list, limits: editing.limits, encoding: way.nameEncoding)
    }

    private func restoreSettings(_ session: DeviceSession, _ edited: inout UserEditing.Edited) async throws {
        for (key, value) in content.settings.sorted(by: { $0.key < $1.key }) where BackupSettings.keys.contains(key) {
            guard let now = try await session.option(key), now != value else { continue }
            if try await session.setOption(key, to: value) {
                edited.report.confirmed += 1
            } else {
                edited.report.unconfirmed.append(
                    .init(user_id: "", problem: "the device did not keep the setting \(key)"))
            }
            guard let serial = edited.serial else { continue }
            edited.operations.append(
                Attendance.Operation(
                    serial: serial, source: .command, what: "option_changed", by: Account.own, object: key, before: now,
                    after: value))
        }
    }
}

/// A finger's place on a device.
struct FingerSlot: Hashable, Sendable {
    let index: UInt16
    let finger: UInt8

    init(_ index: UInt16, _ finger: UInt8) {
        self.index = index
        self.finger = finger
    }
}

extension UserEditing.Edited {
    /// What became of one finger, for the report and the journal. Never the template.
    mutating func note(_ outcome: FingerOutcome, _ what: String, _ id: UserID, _ finger: UInt8) {
        var after = "finger \(finger)"
        switch outcome {
        case .confirmed: report.confirmed += 1
        case .sent(let why):
            report.unconfirmed.append(.init(user_id: id.text, problem: "finger \(finger): \(why)"))
            after += "; not confirmed by the device"
        case .refused(let why):
            report.refused.append(.init(user_id: id.text, problem: "user \(id.text), finger \(finger): \(why)"))
            return
        }
        guard let serial else { return }
        operations.append(
            Attendance.Operation(
                serial: serial, source: .command, what: what, by: Account.own, object: id.text, after: after))
    }
}
