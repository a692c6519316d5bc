import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// Fills a new device with what an old one had.
struct DeviceReplacement: Sendable {
    let old: DeviceConfiguration
    let content: BackupContent
    var allowUsers = false
    var dryRun = false
    var now: @Sendable () -> Date = { Date() }

    struct Done: Sendable {
        var edited: UserEditing.Edited
        var serial: DeviceSerial
        /// For a person: who comes to the device once more.
        var mustEnroll: [String]
    }

    func run(_ session: DeviceSession, _ way: DeviceTarget.Way) async throws -> Done {
        let told = try await session.serialNumber()
        guard let serial = DeviceSerial(told) else { throw DeviceError(.noSerial, "identify") }
        guard told != old.serial?.text else {
            throw CommandFailure(.usage, "this is the old device itself: \(told). For another address: devices.conf")
        }
        guard way.name == nil else {
            throw CommandFailure(.usage, "the new device is \(way.name ?? "") in devices.conf already")
        }
        try await check(session)
        var way = way
        way.nameEncoding = old.nameEncoding
        var restoring = BackupRestoring(
            content: content, users: true, templates: isSameAlgorithm(try await fingerVersion(session)), settings: true)
        restoring.otherDevice = true
        restoring.editing = UserEditing(
            purpose: "hadir device replace",
            limits: .init(
                deletesOthers: allowUsers, maxDeletions: allowUsers ? .max : 0, allowShrink: 1, allowNoAdmin: true),
            dryRun: dryRun, mayDelete: true)
        var edited = try await restoring.restore(session, way)
        if !dryRun, edited.report.isGood { try await setClock(session) }
        edited.operations.append(
            Attendance.Operation(
                serial: serial, source: .command, what: "device_replaced", by: Account.own, object: old.name,
                before: old.serial?.text, after: serial.text))
        return Done(
            edited: edited, serial: serial, mustEnroll: mustEnroll(restoring.templates, edited.report))
    }

    /// Room, and nothing of its own that would mix with what comes.
    private func check(_ session: DeviceSession) async throws {
        guard let sizes = try await session.freeSizes() else { return }
        let fingers = content.fingers?.count ?? 0
        if sizes.userCapacity > 0, content.users.count > Int(sizes.userCapacity) {
            throw CommandFailure(
                .data, "the new device has room for \(sizes.userCapacity) users, the old one has \(content.users.count)"
            )
        }
        if sizes.fingerCapacity > 0, fingers > Int(sizes.fingerCapacity) {
            throw CommandFailure(
                .data, "the new device has room for \(sizes.fingerCapacity) fingers, the old one has \(fingers)")
        }
        if !allowUsers {
            let ours = Set(content.users.map { $0.record.id })
            let strangers = try await session.userList().users.filter { !ours.contains($0.id) }
            guard strangers.isEmpty else {
                throw CommandFailure(
                    .data,
                    "the new device has \(strangers.count) users of its own: delete them at it, or say --allow-users")
            }
        }
    }

    private func fingerVersion(_ session: DeviceSession) async throws -> String? {
        try await session.option(DeviceOption.fingerVersion)
    }

    private func isSameAlgorithm(_ version: String?) -> Bool {
        guard let version, let ours = content.finger_version else { return true }
        return version == ours
    }

    private func setClock(_ session: DeviceSession) async throws {
        guard let time = LocalClock(timezone: old.timezone).packed(now()) else { return }
        _ = try await session.setDeviceTime(time)
    }

    private func mustEnroll(_ copied: Bool, _ report: UserReport) -> [String] {
        var lines: [String] = []
        let ids = Set((content.fingers ?? []).map { UserID(field: $0.user_id.bytes.bytes).text })
        if !copied, !ids.isEmpty {
            lines.append("the new device has another fingerprint algorithm; these users enroll their fingers again:")
            lines += ids.sorted().map { "  \($0)" }
        }
        let bare = content.users.map { $0.record }.filter { user in
            !ids.contains(user.id.text) && user.card == 0 && user.password.bytes.isEmpty
        }
        if !bare.isEmpty {
            lines.append("of these users nothing was copied that they could scan with (faces and palms stay behind):")
            lines += bare.map { "  \($0.id.text)  \(old.nameEncoding.text($0.name.bytes))" }
        }
        return lines
    }
}
