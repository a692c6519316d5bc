import Foundation

/// `/metrics`: every metric the edge has, in the one place where they are named.
///
/// Base units; labels only `device` and closed sets; nothing of any person.
struct MetricsText {
    /// The two forms a scraper may ask for.
    enum Form: Sendable {
        case prometheus
        case openMetrics

        /// - Parameter accept: the request's header, `nil` where it has none.
        init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") ?? false ? .openMetrics : .prometheus
        }

        var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    private enum Kind: String { case gauge, counter, summary }

    private struct Sample {
        var labels: [(String, String)] = []
        var value: Double
        /// Behind the family's name, such as `_sum`.
        var suffix = ""
    }

    private let form: Form
    private var lines: [String] = []

    static func text(_ status: EdgeStatus, form: Form) -> String {
        var text = MetricsText(form: form)
        text.addProcess(status)
        text.addJournal(status.journal)
        text.addCentre(status.centre)
        text.addDevices(status.devices)
        if form == .openMetrics { text.lines.append("# EOF") }
        return text.lines.joined(separator: "\n") + "\n"
    }

    private init(form: Form) { self.form = form }

    private mutating func addProcess(_ status: EdgeStatus) {
        add(
            "build_info", .gauge, "The program that runs; always 1.",
            [Sample(labels: [("version", HadirVersion.text)], value: 1)])
        add(
            "config_reload_success_timestamp_seconds", .gauge, "When the configuration in use was read.",
            status.configuration.readAt.timeIntervalSince1970)
        add(
            "config_last_reload_successful", .gauge, "0 where the file was refused when it was read last.",
            status.configuration.problem == nil ? 1 : 0)
        add(
            "parts_stuck", .gauge, "Parts of the daemon that should have been heard of by now.",
            Double(status.stuck.count))
        add("ready", .gauge, "What /readyz answers: 1 ready, 0 not.", Readiness(status).ready ? 1 : 0)
        add(
            "clock_trusted", .gauge, "0 while there is reason to doubt this computer's clock.",
            status.clockTrusted ? 1 : 0)
        add("disk_free_bytes", .gauge, "Free space on the journal's disk.", status.diskFree.map(Double.init))
    }

    private mutating func addJournal(_ journal: EdgeStatus.Journal) {
        if let status = journal.status {
            let rows = [
                ("pending", Double(status.pending)), ("acked", Double(status.ackedSeq)),
                ("quarantined", Double(status.quarantined)),
            ]
            add(
                "queue_rows", .gauge, "Entries of this epoch by what the centre said of them, long forgotten ones too.",
                rows.map { Sample(labels: [("state", $0.0)], value: $0.1) })
        }
        add("queue_bytes", .gauge, "Size of the journal file.", journal.bytes.map(Double.init))
        add("wal_bytes", .gauge, "Size of the journal's write-ahead log.", journal.logBytes.map(Double.init))
        add("journal_writable", .gauge, "0 while the last write failed.", journal.problem == nil ? 1 : 0)
        add(
            "commit_duration_seconds", .summary, "Time a write to the journal took until it was on the disk.",
            [
                Sample(value: journal.commits.total.inSeconds, suffix: "_sum"),
                Sample(value: Double(journal.commits.count), suffix: "_count"),
            ])
    }

    private mutating func addCentre(_ centre: EdgeStatus.Centre?) {
        add("enrolled", .gauge, "1 where this edge is a node of a centre.", centre == nil ? 0 : 1)
        guard let centre else { return }
        add(
            "send_attempts_total", .counter, "Batches sent, by whether an answer came.",
            [
                Sample(labels: [("result", "answered")], value: Double(centre.counts.answered)),
                Sample(labels: [("result", "failed")], value: Double(centre.counts.failed)),
            ])
        add(
            "last_receipt_timestamp_seconds", .gauge, "When the centre last acknowledged a batch.",
            centre.receivedAt?.timeIntervalSince1970)
    }

    private mutating func addDevices(_ devices: [DeviceBoard.Device]) {
        func samples(_ value: (DeviceBoard.Device) -> Double?) -> [Sample] {
            devices.compactMap { device in
                value(device).map { Sample(labels: [("device", device.status.name)], value: $0) }
            }
        }
        add(
            "device_up", .gauge, "1 where the last reading succeeded.",
            samples { $0.readAt != nil && $0.status.problem == nil ? 1 : 0 })
        add(
            "device_last_success_timestamp_seconds", .gauge, "When the device was last read.",
            samples { $0.readAt?.timeIntervalSince1970 })
        add("punches_read_total", .counter, "Punches journaled for the first time.", samples { Double($0.newPunches) })
        add(
            "device_clock_offset_seconds", .gauge, "The device's clock minus true local time.",
            samples { $0.status.clockOffset.map(Double.init) })
        add("device_records", .gauge, "Records in the device's log.", samples { $0.status.count.map(Double.init) })
        add(
            "device_capacity_records", .gauge, "Records the device's log can hold.",
            samples { $0.status.capacity.map(Double.init) })
    }

    // MARK: Writing

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        if let value { add(name, kind, help, [Sample(value: value)]) }
    }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        let name = "hadir_edge_\(name)"
        // OpenMetrics names a counter's family without `_total`.
        let family = form == .openMetrics && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        lines.append("# TYPE \(family) \(kind.rawValue)")
        lines.append("# HELP \(family) \(help)")
        for sample in samples {
            let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            lines.append("\(name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))")
        }
    }

    /// Whole numbers without a fraction; up to 2^53 they are exact.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
