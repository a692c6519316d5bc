import ArgumentParser
import EdgeDaemon
import Foundation

extension DeviceSyncCommand {
    /// Makes the user lists of the devices the same as the file's.
    func syncUsers(_ path: String) async throws -> [UserReport] {
        let changes = try RosterFile.read(path: path).changes
        var editing = UserEditing(purpose: "hadir device sync --users", dryRun: dryRun, json: json)
        editing.limits = roster.limits
        editing.mayDelete = true
        if !dryRun {
            let (backupKey, state) = (backupKey, state.directory)
            editing.backup = { BackupMaker(key: try backupKey.read(state), state: state) }
        }
        return try await editing.run(devicesOptions) { list, way, limits in
            let wanted = RosterPlan.wanted(changes, layout: list.layout, encoding: way.nameEncoding)
            return RosterPlan(wanted: wanted, list: list, limits: limits, encoding: way.nameEncoding)
        }
    }

    var devicesOptions: DevicesOptions {
        DevicesOptions(devices: names, all: names.isEmpty, file: file, state: state)
    }
}
