import Attendance
import AttendanceRules
import CentralStore
import Foundation

/// Which devices are heard at one moment: what they know is known at the centre, too (docs/board.md).
struct Hearing: Sendable, Equatable {
    struct Device: Sendable, Equatable {
        let name: String
        let unit: String
        let lastRead: Date?
        /// As its node tells it.
        let problem: String?
        let isHeard: Bool
    }

    /// A device that answers is read once a minute, or by its own word; after so long something is wrong.
    static let readLimit: TimeInterval = 1200

    /// By serial.
    let devices: [String: Device]

    init(devices: [String: Device] = [:]) { self.devices = devices }

    /// - Parameters:
    ///   - contact: of the node that reads it; `nil` where none does.
    ///   - lastRead: by the node's clock, and no later than it was told.
    static func isHeard(contact: Date?, lastRead: Date?, problem: String?, at moment: Date) -> Bool {
        guard problem == nil, let contact, let lastRead else { return false }
        // One in the future was noted while this machine's clock was wrong, and says nothing of now.
        return abs(moment.timeIntervalSince(contact)) <= OverviewSource.contactLimit
            && abs(moment.timeIntervalSince(lastRead)) <= readLimit
    }

    /// Of a device's own unit the node that was heard last counts; what others say of it is no proof.
    init(_ devices: [DeviceSummary], _ nodes: [NodeSummary], at moment: Date) {
        var told: [String: (contact: Date, unit: String, status: NodeStatus.Device)] = [:]
        for node in nodes where node.state(at: moment) == "active" {
            guard let contact = node.contactAt else { continue }
            for status in node.status?.devices ?? [] {
                let key = Self.key(status.serial, node.unit)
                if let known = told[key], known.contact >= contact { continue }
                told[key] = (contact, node.unit, status)
            }
        }
        self.devices = Dictionary(
            devices.map { device in
                let last = told[Self.key(device.serial, device.unit)]
                let lastRead = last.flatMap { $0.status.readAt(before: $0.contact) } ?? device.readAt
                let problem = last?.status.problem
                return (
                    device.serial,
                    Device(
                        name: device.name.isEmpty ? device.serial : device.name, unit: device.unit, lastRead: lastRead,
                        problem: problem,
                        isHeard: Self.isHeard(
                            contact: last?.contact, lastRead: lastRead, problem: problem, at: moment))
                )
            }
        ) { first, _ in first }
    }

    private static func key(_ serial: String, _ unit: String) -> String { "\(serial.utf8.count) \(serial) \(unit)" }

    /// Of a person: every device that could show a scan; where there is none, nobody could say that there was no scan.
    func isHeard(all serials: [String]) -> Bool {
        !serials.isEmpty && serials.allSatisfy { devices[$0]?.isHeard ?? false }
    }
}

extension Standing {
    /// Today, while it goes on. Before the hours begin nobody is missed, whether anything is heard or not.
    ///
    /// - Parameters:
    ///   - workday: `nil` where none is computed yet, or nothing asks for one.
    ///   - hasBegun: whether the hours of the person have; also where none are known.
    static func today(_ workday: Workday?, hasBegun: Bool, isHeard: Bool) -> Standing {
        let standing = workday.map { Standing($0, isHeard: isHeard) } ?? .unsynced
        // A late scan waits for coverage, as an earlier one may still come: not from devices that are heard.
        if standing == .notYet, workday?.arrival.at != nil { return .late }
        return standing == .unsynced && !hasBegun ? .notYet : standing
    }
}
