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
        try await checkRoom(session)
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
        var edited = try await makeRoom(session, way, restoring)
        guard edited.report.isGood else { return Done(edited: edited, serial: serial, mustEnroll: []) }
        let cleaned = edited
        edited = try await restoring.restore(session, way)
        edited.operations = cleaned.operations + edited.operations
        edited.report.confirmed += cleaned.report.confirmed
        let after = dryRun ? nil : try await People(session)
        if let after, edited.report.isGood {
            edited.report.unconfirmed += after.foreignFingers(content, old.nameEncoding).map {
                .init(user_id: $0.userID, problem: "\($0): delete it at the device's menu")
            }
        }
        if !dryRun, edited.report.isGood { try await setClock(session) }
        edited.operations.append(
            Attendance.Operation(
                serial: serial, source: .command, what: "device_replaced", by: Account.own, object: old.name,
                before: old.serial?.text, after: serial.text))
        return Done(
            edited: edited, serial: serial,
            mustEnroll: after.map { mustEnroll($0) } ?? mustEnroll(copied: restoring.templates))
    }

    private func checkRoom(_ session: DeviceSession) async throws {
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
    }

    /// Nothing of its own may mix with what comes: who scans with a finger that was here before would count as
    /// somebody else. Deletes it where that is allowed.
    private func makeRoom(
        _ session: DeviceSession, _ way: DeviceTarget.Way, _ restoring: BackupRestoring
    ) async throws -> UserEditing.Edited {
        var edited = UserEditing.Edited(report: UserReport(device: way.address.description))
        let people = try await People(session)
        let strangers = people.strangers(content)
        let fingers = people.foreignFingers(content, old.nameEncoding)
        guard !strangers.isEmpty || !fingers.isEmpty else { return edited }
        let told = strangers.map { "  user \(label($0))" } + fingers.map { "  \($0)" }
        guard allowUsers else {
            throw CommandFailure(
                .data,
                "the new device has \(strangers.count) users and \(fingers.count) fingers of its own:\n"
                    + Self.shortened(told) + "\nDelete them at it, or say --allow-users. Nothing was changed.")
        }
        Terminal.say("of the new device's own, deleted with --allow-users:\n" + told.joined(separator: "\n"))
        // A plan that is refused must find the device as it was.
        guard !dryRun, restoring.plan(people.list, way).refusals.isEmpty else { return edited }
        edited.serial = try await way.journalSerial(session)
        edited.way = way
        for finger in fingers { try await delete(finger, session, &edited) }
        let overwritten = strangers.filter { stranger in content.users.contains { $0.record.id == stranger.id } }
        let word = OperatorWord(for: [.deleteUser])
        let done = await session.apply(overwritten.map { .delete($0) }, word: word)
        edited.report.take(done)
        edited.operations += UserOperations.operations(done, serial: try await way.journalSerial(session))
        // Some firmware deletes no finger 0 alone, and all of a user's fingers with the user: what is left counts.
        let left = try await People(session).foreignFingers(content, old.nameEncoding)
        edited.report.refused = left.map { .init(user_id: $0.userID, problem: "\($0): delete it at the device's menu") }
        return edited
    }

    private func delete(
        _ finger: People.ForeignFinger, _ session: DeviceSession, _ edited: inout UserEditing.Edited
    ) async throws {
        let outcome = try await session.deleteTemplate(
            index: finger.index, userID: finger.user?.userID ?? [], finger: finger.finger,
            word: OperatorWord(for: [.deleteTemplate, .deleteUserTemplate]))
        guard case .confirmed = outcome else { return }
        edited.note(outcome, "finger_deleted", UserID(finger.userID), finger.finger)
    }

    private func label(_ user: UserRecord) -> String { "\(user.id.text)  \(old.nameEncoding.text(user.name.bytes))" }

    private static let mostTold = 20

    private static func shortened(_ lines: [String]) -> String {
        let more = lines.count > mostTold ? ["  and \(lines.count - mostTold) more"] : []
        return (lines.prefix(mostTold) + more).joined(separator: "\n")
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

    /// What is to be expected, where nothing was done yet.
    private func mustEnroll(copied: Bool) -> [String] {
        let ids = Set((content.fingers ?? []).map { UserID(field: $0.user_id.bytes.bytes) })
        let bare = content.users.map(\.record).filter { !ids.contains($0.id) && Self.isBare($0) }
        return mustEnroll(again: copied ? [] : ids, bare: bare)
    }

    /// What the device shows after all of it.
    private func mustEnroll(_ people: People) -> [String] {
        let there = people.fingersOfUsers
        let missing = (content.fingers ?? []).filter { finger in
            let id = UserID(field: finger.user_id.bytes.bytes)
            return there[id]?.contains { $0.finger == finger.finger && $0.template == finger.template.bytes } != true
        }
        let bare = people.list.users.filter { (there[$0.id] ?? []).isEmpty && Self.isBare($0) }
        return mustEnroll(again: Set(missing.map { UserID(field: $0.user_id.bytes.bytes) }), bare: bare)
    }

    private static func isBare(_ user: UserRecord) -> Bool { user.card == 0 && user.password.bytes.isEmpty }

    private func mustEnroll(again: Set<UserID>, bare: [UserRecord]) -> [String] {
        var lines: [String] = []
        if !again.isEmpty {
            lines.append("fingers of these users did not come along, they enroll them again:")
            lines += again.map(\.text).sorted().map { "  \($0)" }
        }
        let bare = bare.filter { !again.contains($0.id) }
        if !bare.isEmpty {
            lines.append("of these users nothing was copied that they could scan with (faces and palms stay behind):")
            lines += bare.map { "  \(label($0))" }
        }
        return lines
    }
}

extension DeviceReplacement {
    /// Who is on a device, and whose fingers.
    struct People: Sendable {
        let list: DeviceUserList
        let fingers: [FingerTemplate]

        /// A finger that a person would scan with as somebody else.
        struct ForeignFinger: Sendable, CustomStringConvertible {
            let index: UInt16
            let finger: UInt8
            let user: UserRecord?
            let name: String

            var userID: String { user?.id.text ?? "" }
            var description: String {
                "\(FingerName.text(finger)) finger of "
                    + (user.map { "user \($0.id.text)  \(name)" } ?? "nobody, in place \(index)")
            }
        }

        init(list: DeviceUserList, fingers: [FingerTemplate]) {
            self.list = list
            self.fingers = fingers
        }

        init(_ session: DeviceSession) async throws {
            list = try await session.userList()
            // A device without fingers may have none to read.
            let count = try await session.freeSizes().map { Int($0.fingers) }
            fingers = count == 0 ? [] : try await session.templates()
        }

        var fingersOfUsers: [UserID: [FingerTemplate]] {
            let owners = owners
            var found: [UserID: [FingerTemplate]] = [:]
            for finger in fingers {
                if let user = owners[finger.index] { found[user.id, default: []].append(finger) }
            }
            return found
        }

        private var owners: [UInt16: UserRecord] {
            Dictionary(list.users.map { ($0.index, $0) }) { first, _ in first }
        }

        /// Who is not in `content`, or is another person there: the same user id with another name.
        func strangers(_ content: BackupContent) -> [UserRecord] {
            let ours = Dictionary(content.users.map { ($0.record.id, $0.record) }) { first, _ in first }
            return list.users.filter { user in
                guard let own = ours[user.id] else { return true }
                return user.name != (list.layout ?? .u72).fitted(own).name
            }
        }

        /// What `content` does not have as it is, for the same person.
        func foreignFingers(
            _ content: BackupContent, _ encoding: DeviceConfiguration.NameEncoding
        ) -> [ForeignFinger] {
            let strange = Set(strangers(content).map(\.index))
            let owners = owners
            var ours: Set<FingerTemplate> = []
            for finger in content.fingers ?? [] {
                guard let user = list.users.first(where: { $0.id == UserID(field: finger.user_id.bytes.bytes) })
                else { continue }
                // The flag may be kept otherwise.
                ours.insert(.init(index: user.index, finger: finger.finger, flag: 0, template: finger.template.bytes))
            }
            return fingers.compactMap { finger in
                var plain = finger
                plain.flag = 0
                guard strange.contains(finger.index) || !ours.contains(plain) else { return nil }
                let user = owners[finger.index]
                return ForeignFinger(
                    index: finger.index, finger: finger.finger, user: user,
                    name: user.map { encoding.text($0.name.bytes) } ?? "")
            }
        }
    }
}
