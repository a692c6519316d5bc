import Attendance
import EdgeStore
import Foundation
import ServiceSupport
import Testing

@testable import EdgeDaemon

/// A status to judge, without a daemon.
func sampleStatus(
    devices: [(name: String, age: Int?)] = [("lobby", 10)], uptime: Int = 1000, centreAge: Int?? = .some(5),
    journalProblem: String? = nil
) -> EdgeStatus {
    EdgeStatus(
        configuration: .init(readAt: StagedTime.start), uptime: .seconds(uptime),
        devices: devices.map { name, age in
            var device = DeviceBoard.Device(
                status: NodeStatus.Device(serial: "S", name: name, count: 7, capacity: 100, clockOffset: -3),
                interval: .seconds(60))
            device.readElapsed = age.map { .seconds(uptime - $0) }
            device.readAt = age.map { StagedTime.start.addingTimeInterval(Double(uptime - $0)) }
            device.newPunches = 12
            return device
        },
        journal: .init(
            status: nil, problem: journalProblem,
            commits: .init(count: 4, total: .milliseconds(10), problem: nil), bytes: 4096, logBytes: 0),
        centre: centreAge.map { age in
            EdgeStatus.Centre(
                counts: .init(answered: 3, failed: 1), age: age.map { .seconds($0) },
                receivedAt: age.map { _ in StagedTime.start }, problem: nil)
        },
        heartbeat: .seconds(60), diskFree: 1 << 30, clockTrusted: true)
}

@Suite("/readyz: what it calls ready")
struct ReadinessTests {
    private func isReady(_ status: EdgeStatus) -> Bool { Readiness(status).ready }

    @Test("Ready where a device was read and the centre acknowledged within three intervals")
    func ready() {
        #expect(isReady(sampleStatus()))
        #expect(isReady(sampleStatus(devices: [("lobby", 180)], centreAge: 180)))
        #expect(
            isReady(sampleStatus(devices: [("off", nil), ("lobby", 10)])), "one device is off, the others are read")
        #expect(isReady(sampleStatus(centreAge: nil)), "not enrolled: scans are kept")
        #expect(isReady(sampleStatus(devices: [])), "no device yet, the centre hears from us")
    }

    @Test("No state is ready in which nothing has moved for three intervals")
    func stale() {
        #expect(!isReady(sampleStatus(devices: [("lobby", 181)])))
        #expect(!isReady(sampleStatus(devices: [("lobby", nil)])))
        #expect(!isReady(sampleStatus(centreAge: 181)))
        #expect(!isReady(sampleStatus(centreAge: .some(nil))))
        #expect(!isReady(sampleStatus(devices: [], centreAge: nil)), "nothing to do is nothing done")
        #expect(!isReady(sampleStatus(devices: [("lobby", nil)], uptime: 5, centreAge: nil)), "not before the first")
        #expect(!isReady(sampleStatus(journalProblem: "the journal's disk is full")))
    }

    @Test("A node that cannot send, and a part that is stuck, are never ready")
    func neverReady() {
        var status = sampleStatus()
        status.centre?.cannotSend = true
        #expect(!isReady(status))
        #expect(Readiness(status).centre.verdict == .failed)
        status = sampleStatus()
        status.stuck = ["journal"]
        #expect(!isReady(status))
    }

    /// What happened in one history, apart from what is judged.
    private struct History {
        var devices: [(interval: Int, readAt: Int?)]
        var isEnrolled: Bool
        var heartbeat: Int
        var receiptAt: Int?

        /// Somebody could have seen it with his own eyes.
        func moved(at now: Int) -> Bool {
            let wasRead = devices.contains { device in device.readAt.map { now - $0 <= 3 * device.interval } ?? false }
            let wasReceived = receiptAt.map { now - $0 <= 3 * heartbeat } ?? false
            if !devices.isEmpty, !wasRead { return false }
            if isEnrolled, !wasReceived { return false }
            return wasRead || (isEnrolled && wasReceived)
        }

        func status(at now: Int) -> EdgeStatus {
            var status = sampleStatus(
                devices: devices.enumerated().map { ("d\($0)", $1.readAt.map { now - $0 }) }, uptime: now,
                centreAge: isEnrolled ? .some(receiptAt.map { now - $0 }) : .none)
            for (number, device) in devices.enumerated() { status.devices[number].interval = .seconds(device.interval) }
            status.heartbeat = .seconds(heartbeat)
            return status
        }
    }

    @Test("In no history is it ready when nothing has moved for three intervals", arguments: 0..<20)
    func histories(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var ready = 0
        for _ in 0..<200 {
            var history = History(
                devices: (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    (Int.random(in: 5...600, using: &random), nil)
                }, isEnrolled: Bool.random(using: &random), heartbeat: Int.random(in: 5...300, using: &random))
            var now = 0
            for _ in 0..<30 {
                now += Int.random(in: 0...400, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: if history.isEnrolled { history.receiptAt = now }
                case 1:
                    if let number = history.devices.indices.randomElement(using: &random) {
                        history.devices[number].readAt = now
                    }
                default: break
                }
                let isReady = isReady(history.status(at: now))
                #expect(isReady == history.moved(at: now), "seed \(seed), at \(now): \(history)")
                ready += isReady ? 1 : 0
            }
        }
        #expect(ready > 500, "the histories are ones in which something moves: \(ready)")
    }

    @Test("Each part says what it is, how old, and what its limit is")
    func parts() throws {
        let readiness = Readiness(sampleStatus(devices: [("new", nil), ("old", 200), ("lobby", 10)], uptime: 150))
        #expect(readiness.devices["new"]?.verdict == .starting)
        #expect(readiness.devices["old"] == .init(verdict: .stale, age: 200, limit: 180))
        #expect(readiness.devices["lobby"] == .init(verdict: .ok, age: 10, limit: 180))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(Readiness(sampleStatus(centreAge: nil)).json.utf8))
                as? [String: Any])
        #expect((json["centre"] as? [String: Any])?["verdict"] as? String == "not enrolled")
        #expect(json["ready"] as? Bool == true)
    }
}

@Suite("/metrics")
struct EdgeMetricsTests {
    @Test("Every line is a comment or one sample; every family is typed and described once, before its samples")
    func wellFormed() throws {
        for form in [MetricsPage.Form.prometheus, .openMetrics] {
            var lines = EdgeMetrics.text(sampleStatus(), form: form).split(separator: "\n").map(String.init)
            if form == .openMetrics { #expect(lines.removeLast() == "# EOF") }
            var families: Set<String> = []
            var family = ""
            for line in lines {
                if line.hasPrefix("# TYPE ") {
                    let words = line.split(separator: " ")
                    family = String(words[2])
                    #expect(families.insert(family).inserted, "\(family) twice")
                    #expect(["gauge", "counter", "summary"].contains(words[3]))
                } else if line.hasPrefix("# HELP ") {
                    #expect(line.hasPrefix("# HELP \(family) "))
                } else {
                    #expect(line.hasPrefix(family), "\(line) stands under \(family)")
                    #expect(
                        line.wholeMatch(of: #/hadir_edge_[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.e+-]+/#) != nil, "\(line)")
                }
            }
        }
    }

    @Test("A counter's family has no _total in OpenMetrics, and has it in the older form")
    func counters() {
        let open = EdgeMetrics.text(sampleStatus(), form: .openMetrics)
        #expect(open.contains("# TYPE hadir_edge_punches_read counter\n"))
        #expect(open.contains("\nhadir_edge_punches_read_total{device=\"lobby\"} 12\n"))
        let old = EdgeMetrics.text(sampleStatus(), form: .prometheus)
        #expect(old.contains("# TYPE hadir_edge_punches_read_total counter\n"))
        #expect(!old.contains("EOF"))
        #expect(MetricsPage.Form(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics)
        #expect(MetricsPage.Form(accept: "*/*") == .prometheus)
        #expect(MetricsPage.Form(accept: nil) == .prometheus)
    }

    @Test("Values are in base units; what is not known is left out")
    func values() {
        let text = EdgeMetrics.text(sampleStatus(centreAge: nil), form: .prometheus)
        #expect(text.contains("\nhadir_edge_device_clock_offset_seconds{device=\"lobby\"} -3\n"))
        #expect(text.contains("\nhadir_edge_commit_duration_seconds_sum 0.01\n"))
        #expect(text.contains("\nhadir_edge_disk_free_bytes 1073741824\n"))
        #expect(text.contains("\nhadir_edge_enrolled 0\n"))
        #expect(!text.contains("last_receipt"))
        #expect(!text.contains(" nan") && !text.contains(" inf"))
        let off = EdgeMetrics.text(sampleStatus(devices: [("off", nil)]), form: .prometheus)
        #expect(off.contains("\nhadir_edge_device_up{device=\"off\"} 0\n"))
        #expect(!off.contains("last_success"))
    }

    /// Everything that can be known is known.
    private func fullStatus() throws -> EdgeStatus {
        var status = sampleStatus()
        status.clockOffset = -0.25
        status.journal.status = try JSONDecoder().decode(
            JournalStatus.self,
            from: Data(
                #"""
                {"epoch":"e","last_seq":9,"acked_seq":7,"pending":2,"oldest_pending":"2026-11-22T00:00:00.000Z","quarantined":1}
                """#.utf8))
        status.journal.waiting = 90.5
        status.missing.held = [
            .init(serial: "S", reason: "not_your_device", count: 3, isMore: false),
            .init(serial: "T", reason: "not_your_device", count: 4, isMore: true),
        ]
        return status
    }

    @Test("Where all is known every metric is written, each has a line in docs/metrics.md, and that has no other")
    func documented() throws {
        let text = EdgeMetrics.text(try fullStatus(), form: .prometheus)
        let written = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
            String($0.split(separator: " ")[2])
        }
        #expect(written == EdgeMetrics.families.map { EdgeMetrics.prefix + $0.name })
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/metrics.md")
        let rows = try String(contentsOf: page.standardizedFileURL, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `\(EdgeMetrics.prefix)") }.map(String.init)
        #expect(rows == EdgeMetrics.families.map { $0.tableRow(prefix: EdgeMetrics.prefix) })
    }

    @Test("What waits, how long, what the centre holds back, and by how much clocks differ")
    func waiting() throws {
        let text = EdgeMetrics.text(try fullStatus(), form: .prometheus)
        #expect(text.contains("\nhadir_edge_queue_oldest_pending_seconds 90.5\n"))
        #expect(text.contains("\nhadir_edge_queue_rows{state=\"pending\"} 2\n"))
        #expect(text.contains("\nhadir_edge_clock_offset_seconds -0.25\n"))
        #expect(text.contains("\nhadir_edge_scans_held 7\n"))
        #expect(text.contains("\nhadir_edge_sending_stopped 0\n"))
        #expect(!EdgeMetrics.text(sampleStatus(), form: .prometheus).contains("oldest_pending"), "not known")
    }
}

/// SplitMix64: the same histories for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
