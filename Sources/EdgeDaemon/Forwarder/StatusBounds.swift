import Attendance
import EdgeStore
import Foundation

extension NodeStatus {
    /// Largest JSON of a status: what it takes is missing for entries.
    static let mostBytes = 256 * 1024

    /// As much of the status as fits into a batch, and its bytes as JSON.
    ///
    /// Words are cut first; then devices without a problem are left out, at last others.
    func bounded(to most: Int = mostBytes) throws -> (status: NodeStatus, bytes: Int) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var status = self
        status.version = version.cut(to: 64)
        for longestProblem in [300, 60] {
            status.devices = devices.map { $0.cut(problemTo: longestProblem) }
            let bytes = try encoder.encode(status).count
            if bytes <= most { return (status, bytes) }
        }
        status.devices = status.devices.filter { $0.problem != nil } + status.devices.filter { $0.problem == nil }
        while true {
            let bytes = try encoder.encode(status).count
            if bytes <= most || status.devices.isEmpty { return (status, bytes) }
            status.devices.removeLast((status.devices.count + 7) / 8)
        }
    }
}

extension NodeStatus.Device {
    fileprivate func cut(problemTo longest: Int) -> Self {
        var device = self
        device.serial = serial.cut(to: 64)
        device.name = name.cut(to: 64)
        device.lastRead = lastRead?.cut(to: 32)
        device.problem = problem?.cut(to: longest)
        return device
    }
}
