import Attendance
import ZKClient
import ZKWire

/// Puts fingers onto a device, each for the user it belongs to.
struct FingerWriting: Sendable {
    var fingers: [BackupContent.Finger]
    /// The algorithm they were made by; `nil` where the device did not say.
    var version: String?
    /// Also where another finger is enrolled in the place.
    var replaces = false

    func write(_ session: DeviceSession, _ edited: inout UserEditing.Edited) async throws {
        guard !fingers.isEmpty else { return }
        guard try await isSameAlgorithm(session) else {
            edited.report.refused.append(
                .init(user_id: "", problem: "the device has another fingerprint algorithm: everybody enrolls again"))
            return
        }
        let list = try await session.userList()
        var there: [FingerSlot: FingerTemplate] = [:]
        for one in try await session.templates() { there[FingerSlot(one.index, one.finger)] = one }
        let bar = ProgressBar("fingers")
        defer { bar.finish() }
        for (number, finger) in fingers.enumerated() {
            bar.update(number, of: fingers.count)
            let id = UserID(field: finger.user_id.bytes.bytes)
            guard let user = list.users.first(where: { $0.id == id }) else {
                edited.note(.refused("the user is not on this device"), "finger_written", id, finger.finger)
                continue
            }
            let wanted = FingerTemplate(
                index: user.index, finger: finger.finger, flag: finger.flag, template: finger.template.bytes)
            if let old = there[FingerSlot(user.index, finger.finger)] {
                guard old.template != wanted.template else { continue }
                guard replaces else {
                    edited.note(
                        .refused("another finger is enrolled there; to replace it: --replace"), "finger_written", id,
                        finger.finger)
                    continue
                }
                // The place must be empty before an upload (zk-protocol, section 13.4).
                let word = OperatorWord(for: [.deleteTemplate, .deleteUserTemplate])
                _ = try await session.deleteTemplate(
                    index: user.index, userID: user.userID, finger: finger.finger, word: word)
            }
            edited.note(try await session.write(wanted), "finger_written", id, finger.finger)
        }
    }

    private func isSameAlgorithm(_ session: DeviceSession) async throws -> Bool {
        let told = try await session.option(DeviceOption.fingerVersion)
        guard let told, let version else { return true }
        return told == version
    }
}
