import Attendance
import CentralPages
import CentralStore
import Foundation

/// Whether what an alarm tells of is over. Nodes tell when a problem begins, not when it ends; what is known since
/// then tells that.
struct AlarmJudgement {
    private let devices: [String: DeviceSummary]
    private let nodes: [String: NodeSummary]
    private let moment: Date

    /// An event without an end, such as a log that was cleared, asks to be looked at for so long.
    static let eventSpan: TimeInterval = 7 * 86400
    /// What is over is shown for so long.
    static let memory: TimeInterval = 30 * 86400
    private static let rightClock = 60

    init(_ nodes: [NodeSummary], _ devices: [DeviceSummary], at moment: Date) {
        self.devices = Dictionary(devices.map { ($0.serial, $0) }) { first, _ in first }
        self.nodes = Dictionary(nodes.map { ($0.node, $0) }) { first, _ in first }
        self.moment = moment
    }

    func lines(_ alarms: [StoredAlarm], _ names: Names) -> [AlarmLine] {
        alarms.compactMap { stored in
            let isOver = isOver(stored)
            guard !isOver || moment.timeIntervalSince(stored.receivedAt) <= Self.memory else { return nil }
            return AlarmLine(
                at: stored.at, unit: stored.unit, node: stored.place.node,
                device: stored.alarm.serial.map { names.device($0.text) }, code: stored.alarm.code,
                text: stored.alarm.text, isOver: isOver)
        }
    }

    private func isOver(_ stored: StoredAlarm) -> Bool {
        let device = stored.alarm.serial.flatMap { devices[$0.text] }
        let code = stored.alarm.code
        return switch code {
        // They came here by the line they complain of.
        case _ where code.hasPrefix("centre_"): true
        case "unclear_answer", "entry_too_large", "no_progress", "refused", "revoked", "node_key": true
        case _ where code.hasPrefix("device_"):
            // A node whose clock ran ahead must not keep its alarm open until that time comes.
            wasRead(device, named: stored, after: min(stored.at, stored.receivedAt))
        case "clock_unknown", "clock_off", "clock_not_set":
            device?.status?.clockOffset.map { $0.magnitude <= Self.rightClock } ?? false
        case "log_nearly_full", "log_almost_full", "log_full": hasRoom(device)
        default: moment.timeIntervalSince(stored.receivedAt) > Self.eventSpan
        }
    }

    private func wasRead(_ device: DeviceSummary?, named stored: StoredAlarm, after moment: Date) -> Bool {
        guard let status = device?.status ?? told(stored), status.problem == nil,
            let read = status.lastRead.flatMap(UTC.date)
        else { return false }
        return read >= moment
    }

    /// Before its first reading a device may have no serial yet; its alarm begins with its name.
    private func told(_ stored: StoredAlarm) -> NodeStatus.Device? {
        guard stored.alarm.serial == nil, let colon = stored.alarm.text.firstIndex(of: ":") else { return nil }
        let name = stored.alarm.text[..<colon]
        return nodes[stored.place.node]?.status?.devices.first { $0.name == name }
    }

    private func hasRoom(_ device: DeviceSummary?) -> Bool {
        guard let status = device?.status, let count = status.count, let capacity = status.capacity ?? device?.capacity,
            capacity > 0
        else { return false }
        return Double(count) < 0.8 * Double(capacity)
    }
}
