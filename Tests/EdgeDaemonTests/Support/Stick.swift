import Attendance
import EdgeStore
import Foundation
import Testing
import ZKSimulator

@testable import EdgeDaemon

extension Office {
    var sticks: StickDesk { sticks([]) }

    func sticks(_ devices: [DeviceConfiguration]) -> StickDesk {
        StickDesk(store: store, state: state, devices: { devices }, now: { self.time.date })
    }

    func importPage(_ devices: [DeviceConfiguration] = []) -> ImportPage {
        ImportPage(
            ImportService(sticks(devices), logger: environment.logger) {},
            configuration: CurrentConfiguration(
                EdgeConfiguration(unit: "Dinas Contoh", timezone: "Asia/Jakarta", devices: devices),
                at: StagedTime.start))
    }
}

extension SimulatorServer {
    /// What the device would write to a flash disk.
    func attlog(end: String = "\r\n") -> [UInt8] {
        let lines = scans().map { scan in
            let user = UserID(field: scan.userID).text
            let padded = String(repeating: " ", count: max(0, 9 - user.count)) + user
            return "\(padded)\t\(scan.time.parts.text)\t1\t0\t1\t0" + end
        }
        return Array(lines.joined().utf8)
    }
}
