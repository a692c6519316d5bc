import Foundation
import ServiceSupport

/// `/metrics`: every metric the edge has, in the one place where they are named.
///
/// Base units; labels only `device` and closed sets; nothing of any person. `docs/metrics.md` has the same table.
enum EdgeMetrics {
    static let prefix = "hadir_edge_"

    static let families = [
        // The process.
        MetricFamily("build_info", .gauge, "The program that runs; always 1.", labels: ["version"]),
        MetricFamily(
            "config_reload_success_timestamp_seconds", .gauge, "When the configuration in use was read."),
        MetricFamily(
            "config_last_reload_successful", .gauge, "0 where the file was refused when it was read last."),
        MetricFamily("parts_stuck", .gauge, "Parts of the daemon that should have been heard of by now."),
        MetricFamily("ready", .gauge, "What /readyz answers: 1 ready, 0 not."),
        MetricFamily("clock_trusted", .gauge, "0 while there is reason to doubt this computer's clock."),
        MetricFamily(
            "clock_offset_seconds", .gauge,
            "This computer's clock minus the centre's, as of the last receipt; absent before the first."),
        MetricFamily("disk_free_bytes", .gauge, "Free space on the journal's disk."),
        // The journal.
        MetricFamily(
            "queue_rows", .gauge,
            "Entries of this epoch by what the centre said of them (pending, acked, quarantined), forgotten ones too.",
            labels: ["state"]),
        MetricFamily(
            "queue_oldest_pending_seconds", .gauge,
            "How long the oldest entry has waited for its receipt; 0 where none waits."),
        MetricFamily("queue_bytes", .gauge, "Size of the journal file."),
        MetricFamily("wal_bytes", .gauge, "Size of the journal's write-ahead log."),
        MetricFamily("journal_writable", .gauge, "0 while the last write failed."),
        MetricFamily(
            "commit_duration_seconds", .summary, "Time a write to the journal took until it was on the disk."),
        // The centre.
        MetricFamily("enrolled", .gauge, "1 where this edge is a node of a centre."),
        MetricFamily(
            "send_attempts_total", .counter, "Batches sent, by whether an answer came (answered, failed).",
            labels: ["result"]),
        MetricFamily("last_receipt_timestamp_seconds", .gauge, "When the centre last acknowledged a batch."),
        MetricFamily(
            "sending_stopped", .gauge, "1 where nothing is sent until a person has mended the node's key or identity."),
        MetricFamily(
            "scans_held", .gauge, "Scans of the last week that the centre has in quarantine, as far as counted."),
        MetricFamily(
            "devices_with_lost_scans", .gauge, "Devices that in the last week lost scans before they were read."),
        // Devices.
        MetricFamily("device_up", .gauge, "1 where the last reading succeeded.", labels: ["device"]),
        MetricFamily(
            "device_last_success_timestamp_seconds", .gauge, "When the device was last read.", labels: ["device"]),
        MetricFamily("punches_read_total", .counter, "Punches journaled for the first time.", labels: ["device"]),
        MetricFamily(
            "device_clock_offset_seconds", .gauge, "The device's clock minus true local time.", labels: ["device"]),
        MetricFamily("device_records", .gauge, "Records in the device's log.", labels: ["device"]),
        MetricFamily(
            "device_capacity_records", .gauge, "Records the device's log can hold.", labels: ["device"]),
    ]

    static func text(_ status: EdgeStatus, form: MetricsPage.Form) -> String {
        var page = MetricsPage(form: form, prefix: prefix, families: families)
        addProcess(status, to: &page)
        addJournal(status.journal, to: &page)
        addCentre(status, to: &page)
        addDevices(status.devices, to: &page)
        return page.text()
    }

    private static func addProcess(_ status: EdgeStatus, to page: inout MetricsPage) {
        page.add("build_info", [MetricSample(1, labels: [HadirVersion.text])])
        page.add("config_reload_success_timestamp_seconds", status.configuration.readAt)
        page.add("config_last_reload_successful", isTrue: status.configuration.problem == nil)
        page.add("parts_stuck", Double(status.stuck.count))
        page.add("ready", isTrue: Readiness(status).ready)
        page.add("clock_trusted", isTrue: status.clockTrusted)
        page.add("clock_offset_seconds", status.clockOffset)
        page.add("disk_free_bytes", status.diskFree.map(Double.init))
    }

    private static func addJournal(_ journal: EdgeStatus.Journal, to page: inout MetricsPage) {
        if let status = journal.status {
            page.add(
                "queue_rows",
                [
                    MetricSample(Double(status.pending), labels: ["pending"]),
                    MetricSample(Double(status.ackedSeq), labels: ["acked"]),
                    MetricSample(Double(status.quarantined), labels: ["quarantined"]),
                ])
        }
        page.add("queue_oldest_pending_seconds", journal.waiting)
        page.add("queue_bytes", journal.bytes.map(Double.init))
        page.add("wal_bytes", journal.logBytes.map(Double.init))
        page.add("journal_writable", isTrue: journal.problem == nil)
        page.add("commit_duration_seconds", seconds: journal.commits.total, count: journal.commits.count)
    }

    private static func addCentre(_ status: EdgeStatus, to page: inout MetricsPage) {
        page.add("enrolled", isTrue: status.centre != nil)
        if let centre = status.centre {
            page.add(
                "send_attempts_total",
                [
                    MetricSample(Double(centre.counts.answered), labels: ["answered"]),
                    MetricSample(Double(centre.counts.failed), labels: ["failed"]),
                ])
            page.add("last_receipt_timestamp_seconds", centre.receivedAt)
            page.add("sending_stopped", isTrue: centre.cannotSend)
        }
        page.add("scans_held", Double(status.missing.held.reduce(0) { $0 + $1.count }))
        page.add("devices_with_lost_scans", Double(Set(status.missing.lost.map(\.serial)).count))
    }

    private static func addDevices(_ devices: [DeviceBoard.Device], to page: inout MetricsPage) {
        func add(_ name: String, _ value: (DeviceBoard.Device) -> Double?) {
            page.add(
                name,
                devices.compactMap { device in
                    value(device).map { MetricSample($0, labels: [device.status.name]) }
                })
        }
        add("device_up") { $0.readAt != nil && $0.status.problem == nil ? 1 : 0 }
        add("device_last_success_timestamp_seconds") { $0.readAt?.timeIntervalSince1970 }
        add("punches_read_total") { Double($0.newPunches) }
        add("device_clock_offset_seconds") { $0.status.clockOffset.map(Double.init) }
        add("device_records") { $0.status.count.map(Double.init) }
        add("device_capacity_records") { $0.status.capacity.map(Double.init) }
    }
}
