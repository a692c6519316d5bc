import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// Fingers that one device has and another lacks.
struct FingerExchange: Sendable {
    /// What one device has.
    struct Holding: Sendable {
        var device: String
        /// Of the algorithm; `nil` where the device does not say.
        var version: String?
        var users: Set<UserID>
        var fingers: [BackupContent.Finger]
    }

    /// A finger of a person, wherever it is enrolled.
    private struct Slot: Hashable {
        let id: UserID
        let finger: UInt8
    }

    /// What `device` lacks: of users who are on it, fingers of devices of the same algorithm; the first that has one gives
    /// it. A place where a finger is, is left, whoever's it is.
    static func missing(on device: Holding, from all: [Holding]) -> [BackupContent.Finger] {
        var taken = Set(device.fingers.map { Slot(id: UserID(field: $0.user_id.bytes.bytes), finger: $0.finger) })
        var missing: [BackupContent.Finger] = []
        for other in all where other.device != device.device && other.version == device.version {
            for finger in other.fingers {
                let slot = Slot(id: UserID(field: finger.user_id.bytes.bytes), finger: finger.finger)
                guard device.users.contains(slot.id), taken.insert(slot).inserted else { continue }
                missing.append(finger)
            }
        }
        return missing
    }
}

extension DeviceSyncCommand {
    /// Gives each device the fingers that its users have on the others.
    func syncFingers() async throws -> [UserReport] {
        let purpose = "hadir device sync --templates"
        let read = try await devicesOptions.withEach(purpose) { session, way in
            _ = try await way.journalSerial(session)
            let users = try await session.userList().users
            return FingerExchange.Holding(
                device: way.name ?? way.address.description,
                version: try await session.option(DeviceOption.fingerVersion), users: Set(users.map(\.id)),
                fingers: BackupContent.fingers(try await session.templates(), users))
        }
        let holdings = read.compactMap { try? $0.result.get() }
        var reports: [UserReport] = []
        for (device, result) in read {
            var report = UserReport(device: device)
            guard case .success(let holding) = result else {
                if case .failure(let error) = result { report.fail(error) }
                reports.append(report)
                continue
            }
            let missing = FingerExchange.missing(on: holding, from: holdings)
            if !json { Terminal.print(TableText.harmless("\(device): \(missing.count) fingers to copy")) }
            report.fingers_to_copy = missing.count
            guard !dryRun, !missing.isEmpty else {
                reports.append(report)
                continue
            }
            reports += try await write(missing, holding.version, to: device, purpose)
        }
        return reports
    }

    private func write(
        _ fingers: [BackupContent.Finger], _ version: String?, to device: String, _ purpose: String
    ) async throws -> [UserReport] {
        let one = DevicesOptions(devices: [device], file: file, state: state)
        let results = try await one.withEach(purpose, mustEnable: true) { session, way in
            var edited = UserEditing.Edited(report: UserReport(device: device))
            edited.serial = try await way.journalSerial(session)
            edited.way = way
            edited.report.fingers_to_copy = fingers.count
            try await FingerWriting(fingers: fingers, version: version).write(session, &edited)
            return edited
        }
        return await UserEditing.reports(results, state.directory)
    }
}
