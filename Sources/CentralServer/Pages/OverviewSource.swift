import Attendance
import CentralPages
import CentralStore
import Foundation

/// Makes the models of the pages from what is stored.
struct OverviewSource: Sendable {
    let store: any CentralStore
    /// Its zone says whose days are meant by "today".
    let settings: PagesSettings
    let now: @Sendable () -> Date

    /// A node sends at least one batch a minute; after three that did not come it is called disconnected.
    static let contactLimit: TimeInterval = 180
    static let scans = 20
    /// Of one node: others' must not be hidden behind them.
    static let alarmsOfNode = 100
    /// Devices and nodes on pages: several times what a government has, and an end to what a node can make up.
    static let lines = 2000
    static let quarantined = 50
    static let usualWeeks = 4

    /// One question after the other: pages take one reader of the store, and leave the others to batches.
    func overview() async throws -> Overview {
        let moment = now()
        let nodes = try await store.nodes()
        let devices = try await store.devices()
        let names = Names(nodes, devices)
        let dates = dates(before: moment)
        let hours = Hours(try await store.scanHours(ofDates: dates), dates: dates)
        let alarms = try await store.alarms(ofEachNode: Self.alarmsOfNode)
        let quarantined = try await store.quarantined(limit: Self.quarantined)
        return Overview(
            moment: moment, scansToday: hours.today.reduce(0, +), hoursToday: hours.today, hoursUsual: hours.usual,
            scansEver: try await store.punchCount(),
            nodes: nodes.prefix(Self.lines).map { NodeLine($0, at: moment) }, units: try await store.units(),
            devices: try await withClockTroubles(lines(devices, nodes)),
            scans: try await store.newestPunches(limit: Self.scans).map { ScanLine($0, names) },
            alarms: AlarmJudgement(nodes, devices, at: moment).lines(alarms, names),
            quarantine: QuarantineSummary(
                count: try await store.quarantineCount(),
                newest: quarantined.map { QuarantineSummary.Line($0, names) }))
    }

    /// Today's date and those of the same weekday in the weeks before, newest first.
    private func dates(before moment: Date) -> [String] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = settings.value.zone
        return (0...Self.usualWeeks).compactMap { week in
            calendar.date(byAdding: .day, value: -7 * week, to: moment).map { day in
                let parts = calendar.dateComponents([.year, .month, .day], from: day)
                return Self.padded(parts.year, 4) + "-" + Self.padded(parts.month, 2) + "-" + Self.padded(parts.day, 2)
            }
        }
    }

    private static func padded(_ number: Int?, _ digits: Int) -> String {
        let text = String(number ?? 0)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Devices that have entries, and those that a node only tells of: configured, never read.
    private func lines(_ devices: [DeviceSummary], _ nodes: [NodeSummary]) -> [DeviceLine] {
        let known = Set(devices.map { Array($0.serial.utf8) })
        let silent = nodes.filter { $0.state(at: now()) == "active" }.flatMap { node in
            (node.status?.devices ?? []).filter { !known.contains(Array($0.serial.utf8)) }.map { device in
                DeviceLine(
                    serial: device.serial, unit: node.unit, name: device.name,
                    lastRead: device.readAt(before: node.contactAt), count: device.count, capacity: device.capacity,
                    clockOffset: device.clockOffset, problem: device.problem, statusAt: node.contactAt)
            }
        }
        return Array((devices.map(DeviceLine.init) + silent).prefix(Self.lines))
    }

    private func withClockTroubles(_ lines: [DeviceLine]) async throws -> [DeviceLine] {
        let astray = lines.filter(\.isAstray).map(\.serial)
        guard !astray.isEmpty else { return lines }
        let since = try await store.clockOffSince(ofDevices: astray)
        return lines.map { line in
            var line = line
            line.clockSince = since[line.serial]
            return line
        }
    }

    // MARK: Coverage

    static let coverageSpan: TimeInterval = 7 * 86400
    /// A claim comes every fifteen minutes, 700 in a week; what is far beyond is a node's play.
    static let claims = CoverageRoom(ofDevice: 20_000, all: 400_000)
    /// Holes of one device that are shown.
    static let holes = 200

    func coverage() async throws -> CoverageModel {
        let moment = now()
        let span = moment.addingTimeInterval(-Self.coverageSpan)..<moment
        let devices = try await store.devices().prefix(Self.lines)
        let claims = try await store.coverage(of: devices.map(\.serial), in: span, room: Self.claims)
        return CoverageModel(
            span: span,
            devices: devices.map { device in
                let timeline = CoverageTimeline(claims[device.serial] ?? [], within: span)
                return CoverageModel.Device(
                    serial: device.serial, unit: device.unit, name: device.name, since: device.claimedAt,
                    covered: timeline.covered, holes: timeline.holes.suffix(Self.holes))
            })
    }
}

/// Scans of today, and of a usual day of this weekday.
private struct Hours {
    var today: ScanHours
    var usual: [Double]

    /// - Parameter dates: today's first.
    init(_ days: [String: ScanHours], dates: [String]) {
        today = dates.first.flatMap { days[$0] } ?? ScanHours(repeating: 0, count: 24)
        let earlier = dates.dropFirst().compactMap { days[$0] }
        usual = (0..<24).map { hour in
            let counts = earlier.compactMap { $0.indices.contains(hour) ? $0[hour] : nil }
            return counts.isEmpty ? 0 : Double(counts.reduce(0, +)) / Double(counts.count)
        }
    }
}

/// What devices and nodes are called on pages.
struct Names {
    private var devices: [String: String] = [:]
    private var units: [String: String] = [:]

    init(_ nodes: [NodeSummary], _ devices: [DeviceSummary]) {
        for device in devices { self.devices[device.serial] = device.name.isEmpty ? device.serial : device.name }
        for node in nodes { units[node.node] = node.unit }
    }

    func device(_ serial: String) -> String { devices[serial] ?? serial }

    func unit(ofNode node: String) -> String { units[node] ?? "" }
}

extension NodeLine {
    init(_ node: NodeSummary, at moment: Date) {
        let contact: Contact =
            if node.state(at: moment) == "revoked" {
                .revoked
            } else if let last = node.contactAt {
                // One in the future was noted while this machine's clock was wrong, and says nothing of now.
                abs(moment.timeIntervalSince(last)) <= OverviewSource.contactLimit ? .connected : .disconnected
            } else {
                .never
            }
        self.init(
            name: node.node, unit: node.unit, contact: contact, lastContact: node.contactAt,
            version: node.status?.version, backlog: node.status?.backlog,
            backlogAge: node.status?.backlogAge.map(Double.init), diskFree: node.status?.diskFree,
            clockTrusted: node.status?.clockTrusted, missing: node.missing, forks: node.forks)
    }
}

extension DeviceLine {
    init(_ device: DeviceSummary) {
        self.init(
            serial: device.serial, unit: device.unit, name: device.name, model: device.model,
            firmware: device.firmware, lastRead: device.readAt, count: device.status?.count,
            capacity: device.status?.capacity ?? device.capacity,
            clockOffset: device.status?.clockOffset, problem: device.status?.problem, statusAt: device.statusAt,
            coveredTo: device.coveredTo)
    }
}

extension DeviceSummary {
    /// When it was last read, and no later than it was told: an edge's clock may run ahead.
    var readAt: Date? { status?.readAt(before: statusAt) }
}

extension NodeStatus.Device {
    func readAt(before told: Date?) -> Date? {
        lastRead.flatMap(UTC.date).map { min($0, told ?? .distantFuture) }
    }
}

extension ScanLine {
    init(_ stored: StoredPunch, _ names: Names) {
        let punch = stored.punch
        self.init(
            id: stored.id, unit: stored.unit, device: names.device(punch.serial.text), userID: punch.userID.text,
            deviceTime: punch.deviceTime.text, utc: stored.utc, receivedAt: stored.receivedAt, verify: punch.verify,
            state: punch.state, source: punch.source.rawValue, isUnconfirmed: punch.source.isUnconfirmed)
    }
}

extension QuarantineSummary.Line {
    /// A page shows the beginning of an entry; all of it is in the store.
    private static let longestBody = 400

    init(_ entry: QuarantinedEntry, _ names: Names) {
        self.init(
            at: entry.receivedAt, unit: names.unit(ofNode: entry.place.node), node: entry.place.node,
            seq: entry.place.seq, reason: entry.reason,
            body: String(decoding: entry.body.prefix(Self.longestBody), as: UTF8.self))
    }
}
