import Attendance
import CentralStore
import Foundation

/// `GET /api/v1/punches`. Absent values are `null`, so every punch has every key but `user_id_hex`.
struct PunchesAnswer: Encodable {
    struct Item: Encodable {
        let stored: StoredPunch

        private enum CodingKeys: String, CodingKey {
            case id, node, unit, device_serial, user_id, user_id_hex, device_time, utc, verify, state, key, source
            case unconfirmed, file, by, received_at
        }

        func encode(to encoder: any Encoder) throws {
            var item = encoder.container(keyedBy: CodingKeys.self)
            let punch = stored.punch
            try item.encode(stored.id, forKey: .id)
            try item.encode(stored.node, forKey: .node)
            try item.encode(stored.unit, forKey: .unit)
            try item.encode(punch.serial.text, forKey: .device_serial)
            try item.encode(punch.userID.text, forKey: .user_id)
            // Two user ids that are not text could look the same without it.
            try item.encodeIfPresent(punch.userID.hexIfNotText, forKey: .user_id_hex)
            try item.encode(punch.deviceTime.text, forKey: .device_time)
            try item.encode(stored.utc.map(UTC.text), forKey: .utc)
            try item.encode(punch.verify, forKey: .verify)
            try item.encode(punch.state, forKey: .state)
            try item.encode(stored.key.hex, forKey: .key)
            try item.encode(punch.source.rawValue, forKey: .source)
            // Nothing but files told of it: not to be counted until a device shows it too.
            try item.encode(punch.source.isUnconfirmed, forKey: .unconfirmed)
            try item.encode(punch.file?.sha256, forKey: .file)
            try item.encode(punch.file?.by, forKey: .by)
            try item.encode(UTC.text(stored.receivedAt), forKey: .received_at)
        }
    }

    let punches: [Item]
    /// The `after` of the next request.
    let next: Int64

    init(_ punches: [StoredPunch], after: Int64) {
        self.punches = punches.map(Item.init)
        next = punches.last?.id ?? after
    }
}

/// `GET /api/v1/devices`.
struct DevicesAnswer: Encodable {
    struct Item: Encodable {
        let serial, unit, name, model, platform, firmware, claimed_at: String
        let timezone: String?
        let capacity, count, clock_offset: Int?
        let last_read, problem, status_at: String?

        init(_ device: DeviceSummary) {
            serial = device.serial
            unit = device.unit
            name = device.name
            model = device.model
            platform = device.platform
            firmware = device.firmware
            claimed_at = UTC.text(device.claimedAt)
            timezone = device.timezone
            capacity = device.capacity ?? device.status?.capacity
            count = device.status?.count
            clock_offset = device.status?.clockOffset
            last_read = device.status?.lastRead
            problem = device.status?.problem
            status_at = device.statusAt.map(UTC.text)
        }
    }

    let devices: [Item]

    init(_ devices: [DeviceSummary]) { self.devices = devices.map(Item.init) }
}

/// `GET /api/v1/nodes` and `hadir-central node list --json`.
package struct NodesAnswer: Encodable {
    package struct Item: Encodable {
        let id, unit, state, enrolled_at: String
        let revoked_from, last_contact, version, epoch: String?
        let backlog, backlog_age, disk_free: Int64?
        let clock_trusted: Bool?
        let high_water, missing: Int64
        let forks: Int

        init(_ node: NodeSummary, at moment: Date) {
            id = node.node
            unit = node.unit
            state = node.state(at: moment)
            enrolled_at = UTC.text(node.enrolledAt)
            revoked_from = node.revokedFrom.map(UTC.text)
            last_contact = node.contactAt.map(UTC.text)
            version = node.status?.version
            epoch = node.epoch
            backlog = node.status?.backlog
            backlog_age = node.status?.backlogAge
            disk_free = node.status?.diskFree
            clock_trusted = node.status?.clockTrusted
            high_water = node.highWater
            missing = node.missing
            forks = node.forks
        }
    }

    package let nodes: [Item]

    package init(_ nodes: [NodeSummary], at moment: Date) { self.nodes = nodes.map { Item($0, at: moment) } }
}

/// `GET /api/v1/gaps`: entries the centre does not have because their node no longer had them.
struct GapsAnswer: Encodable {
    struct Item: Encodable {
        let node, epoch, noted_at: String
        let first, last: Int64

        init(_ gap: GapSummary) {
            node = gap.node
            epoch = gap.epoch
            first = gap.first
            last = gap.last
            noted_at = UTC.text(gap.notedAt)
        }
    }

    let gaps: [Item]

    init(_ gaps: [GapSummary]) { self.gaps = gaps.map(Item.init) }
}

extension NodeSummary {
    /// `revoked` once the chosen moment has come, `active` before.
    package func state(at moment: Date) -> String {
        isRevocationMet || revokedFrom.map { $0 <= moment } == true ? "revoked" : "active"
    }
}
