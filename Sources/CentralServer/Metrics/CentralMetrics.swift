import CentralStore
import Foundation
import ServiceSupport

/// `/metrics` of the centre: every metric it has, in the one place where they are named.
///
/// Base units; labels are closed sets, and `node`, of which there are at most `mostNodes`; nothing of any person.
/// `docs/metrics.md` has the same table.
enum CentralMetrics {
    static let prefix = "hadir_central_"
    /// Nodes that have lines of their own; of more, the first by name.
    static let mostNodes = 2000

    static let families = [
        // The process.
        MetricFamily("build_info", .gauge, "The program that runs; always 1.", labels: ["version"]),
        MetricFamily("config_last_reload_successful", .gauge, "0 where the file was refused when it was read last."),
        MetricFamily("certificate_expiry_timestamp_seconds", .gauge, "When the TLS certificate served now ends."),
        MetricFamily("database_readable", .gauge, "0 while the database cannot be read or does not answer."),
        MetricFamily("database_bytes", .gauge, "Size of the database file."),
        MetricFamily("wal_bytes", .gauge, "Size of the database's write-ahead log."),
        MetricFamily("disk_free_bytes", .gauge, "Free space on the database's disk."),
        // What comes in.
        MetricFamily(
            "batches_total", .counter,
            "Batches by what became of them (ok, gap, fork, revoked, bad, malformed, busy, failed).",
            labels: ["answer"]),
        MetricFamily(
            "rows_total", .counter,
            "Entries received, by what became of them (stored, duplicate, quarantined; refused with their batch).",
            labels: ["outcome"]),
        MetricFamily(
            "ingest_duration_seconds", .summary, "Time from a batch's last byte until its receipt was signed."),
        MetricFamily("punches", .gauge, "Scans stored."),
        MetricFamily(
            "quarantined_entries", .gauge, "Entries kept apart because their node may not tell of that device."),
        MetricFamily("chain_missing_entries", .gauge, "Entries that stand in gaps: their nodes no longer had them."),
        MetricFamily("chain_forks", .gauge, "Hashes that nodes sent where another one stands."),
        // Offices.
        MetricFamily("nodes", .gauge, "Nodes by state (active, revoked).", labels: ["state"]),
        MetricFamily(
            "node_lag_seconds", .gauge,
            "How old the oldest entry may be that is not here: time since contact and the age of the backlog it told.",
            labels: ["node"]),
        MetricFamily(
            "node_last_contact_timestamp_seconds", .gauge, "When a batch of the node was last taken.", labels: ["node"]),
        MetricFamily(
            "node_backlog_entries", .gauge, "Entries the node had not had acknowledged when it last spoke.",
            labels: ["node"]),
        MetricFamily(
            "node_disk_free_bytes", .gauge, "Free space on the journal's disk, as the node last said.", labels: ["node"]
        ),
        MetricFamily(
            "node_clock_trusted", .gauge, "0 where the node had reason to doubt its clock.", labels: ["node"]),
        MetricFamily("node_devices", .gauge, "Devices the node reads.", labels: ["node"]),
        MetricFamily(
            "node_devices_failing", .gauge, "Devices of the node that it could not read.", labels: ["node"]),
        MetricFamily(
            "node_device_log_used_ratio", .gauge, "The fullest log among the node's devices.", labels: ["node"]),
        MetricFamily(
            "node_device_clock_offset_seconds", .gauge,
            "Of the node's devices the clock that is off most, without its sign.", labels: ["node"]),
        // People and days.
        MetricFamily(
            "login_failures_total", .counter, "Sign-ins that failed, by reason (refused, late, wait, busy).",
            labels: ["reason"]),
        MetricFamily("recompute_queue_items", .gauge, "Changes for which days wait to be computed again."),
        MetricFamily("recompute_queue_punches", .gauge, "Arrivals of scans whose days are not computed yet."),
        MetricFamily(
            "recompute_stalled_seconds", .gauge,
            "How long something has waited to be computed without any step, as seen by who scrapes; 0 where nothing waits."
        ),
        // Proofs.
        MetricFamily("audit_verified_timestamp_seconds", .gauge, "When the whole audit log was last looked at."),
        MetricFamily("audit_whole", .gauge, "0 where that look found the audit log not to be what it was."),
        MetricFamily(
            "entries_verified_timestamp_seconds", .gauge, "When all entries and scans were last looked at."),
        MetricFamily("entries_damaged", .gauge, "What that look found not to be what it was."),
        MetricFamily("backup_timestamp_seconds", .gauge, "When the last backup was whole."),
        MetricFamily(
            "backup_drill_timestamp_seconds", .gauge, "When a backup was last restored to try it, and had everything."),
        MetricFamily("backup_size_bytes", .gauge, "Size of the last backup."),
        MetricFamily("backup_duration_seconds", .gauge, "How long the last backup took."),
    ]

    static func text(_ facts: CentralFacts, form: MetricsPage.Form) -> String {
        var page = MetricsPage(form: form, prefix: prefix, families: families)
        addProcess(facts, to: &page)
        addArrivals(facts, to: &page)
        addNodes(facts, to: &page)
        addDays(facts, to: &page)
        addProofs(facts, to: &page)
        return page.text()
    }

    private static func addProcess(_ facts: CentralFacts, to page: inout MetricsPage) {
        page.add("build_info", [MetricSample(1, labels: [ProgramVersion.text])])
        page.add("config_last_reload_successful", isTrue: facts.isConfigurationTaken)
        page.add("certificate_expiry_timestamp_seconds", facts.certificateUntil)
        page.add("database_readable", isTrue: facts.stored != nil)
        page.add("database_bytes", facts.files?.databaseBytes.map(Double.init))
        page.add("wal_bytes", facts.files?.logBytes.map(Double.init))
        page.add("disk_free_bytes", facts.files?.diskFree.map(Double.init))
    }

    private static func addArrivals(_ facts: CentralFacts, to page: inout MetricsPage) {
        page.add("batches_total", samples(facts.counts.batches))
        page.add("rows_total", samples(facts.counts.rows))
        page.add("ingest_duration_seconds", seconds: facts.counts.ingesting, count: facts.counts.ingests)
        page.add("punches", facts.stored.map { Double($0.punches) })
        page.add("quarantined_entries", facts.stored.map { Double($0.quarantined) })
        page.add("chain_missing_entries", facts.stored.map { Double($0.nodes.reduce(0) { $0 + $1.missing }) })
        page.add("chain_forks", facts.stored.map { Double($0.nodes.reduce(0) { $0 + $1.forks }) })
    }

    private static func addNodes(_ facts: CentralFacts, to page: inout MetricsPage) {
        guard let all = facts.stored?.nodes else { return }
        let active = all.filter { $0.state(at: facts.at) == "active" }
        page.add(
            "nodes",
            [
                MetricSample(Double(active.count), labels: ["active"]),
                MetricSample(Double(all.count - active.count), labels: ["revoked"]),
            ])
        let nodes = active.sorted { $0.node < $1.node }.prefix(mostNodes)
        func add(_ name: String, _ value: (NodeSummary) -> Double?) {
            page.add(name, nodes.compactMap { node in value(node).map { MetricSample($0, labels: [node.node]) } })
        }
        add("node_lag_seconds") { node in
            max(0, facts.at.timeIntervalSince(node.contactAt ?? node.enrolledAt))
                + Double(node.status?.backlogAge ?? 0)
        }
        add("node_last_contact_timestamp_seconds") { $0.contactAt?.timeIntervalSince1970 }
        add("node_backlog_entries") { $0.status.map { Double($0.backlog) } }
        add("node_disk_free_bytes") { $0.status?.diskFree.map(Double.init) }
        add("node_clock_trusted") { $0.status.map { $0.clockTrusted ? 1 : 0 } }
        add("node_devices") { $0.status.map { Double($0.devices.count) } }
        add("node_devices_failing") { $0.status.map { Double($0.devices.count { $0.problem != nil }) } }
        add("node_device_log_used_ratio") { node in
            node.status?.devices.compactMap { device -> Double? in
                guard let count = device.count, let capacity = device.capacity, count >= 0, capacity > 0 else {
                    return nil
                }
                return min(1, Double(count) / Double(capacity))
            }.max()
        }
        add("node_device_clock_offset_seconds") { node in
            node.status?.devices.compactMap { $0.clockOffset.map { abs(Double($0)) } }.max()
        }
    }

    private static func addDays(_ facts: CentralFacts, to page: inout MetricsPage) {
        page.add("login_failures_total", samples(facts.counts.logins))
        page.add("recompute_queue_items", facts.stored.map { Double($0.waiting.items) })
        page.add("recompute_queue_punches", facts.stored.map { Double($0.waiting.punches) })
        page.add("recompute_stalled_seconds", facts.stalled)
    }

    private static func addProofs(_ facts: CentralFacts, to page: inout MetricsPage) {
        page.add("audit_verified_timestamp_seconds", facts.stored?.audit?.at)
        page.add("audit_whole", facts.stored?.audit.map { $0.firstBad == nil ? 1 : 0 })
        page.add("entries_verified_timestamp_seconds", facts.files?.check?.moment)
        page.add("entries_damaged", facts.files?.check.map { Double($0.problems) })
        page.add("backup_timestamp_seconds", facts.files?.backup?.at)
        page.add("backup_drill_timestamp_seconds", facts.files?.backup?.drilledAt)
        page.add("backup_size_bytes", facts.files?.backup?.bytes.map(Double.init))
        page.add("backup_duration_seconds", facts.files?.backup?.seconds)
    }

    /// All of a closed set, those that never happened too: a rate of what is not there is not 0.
    private static func samples<Label>(_ counts: [Label: Int]) -> [MetricSample]
    where Label: CaseIterable & RawRepresentable<String> {
        Label.allCases.map { MetricSample(Double(counts[$0] ?? 0), labels: [$0.rawValue]) }
    }
}
