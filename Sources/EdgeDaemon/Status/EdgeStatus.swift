import Attendance
import EdgeStore
import Foundation

/// What the daemon is doing, at one moment: what `/readyz` judges and `/metrics` prints.
struct EdgeStatus: Sendable {
    struct Journal: Sendable {
        /// `nil` where it cannot be read.
        var status: JournalStatus?
        /// How long the oldest entry has waited for its receipt, in seconds; 0 where none waits, `nil` with the status.
        var waiting: TimeInterval?
        /// Why it cannot be read or written; `nil` where it can.
        var problem: String?
        /// The problem's code: as an alarm has it, or `journal_hangs`.
        var code: String?
        var commits = DeviceBoard.Commits()
        var bytes: Int64?
        var logBytes: Int64?
    }

    struct Centre: Sendable {
        var counts: ObservedLink.Counts
        /// Since the last acknowledged batch; `nil` before the first.
        var age: Duration?
        var receivedAt: Date?
        var problem: String?
        /// The problem's code, as an alarm has it.
        var code: String?
        /// Nothing is sent at all until a person has mended something.
        var cannotSend = false
    }

    var configuration: CurrentConfiguration.Reload
    /// Since the process began to serve.
    var uptime: Duration
    /// By name.
    var devices: [DeviceBoard.Device]
    var journal: Journal
    /// `nil` where this node is not enrolled.
    var centre: Centre?
    var heartbeat: Duration
    var diskFree: Int64?
    var clockTrusted: Bool
    /// This computer's clock minus the centre's, in seconds, as of the last receipt; `nil` before the first.
    var clockOffset: TimeInterval?
    /// Parts that should have been heard of by now.
    var stuck: [String] = []
    /// Scans that the centre may not have although nothing waits here.
    var missing = MissingScans.News()
}

/// Whether the daemon does its work: the body of `/readyz`.
struct Readiness: Encodable, Equatable, Sendable {
    enum Verdict: String, Encodable, Sendable {
        case ok
        /// Nothing came of it yet, and it is not late.
        case starting
        /// Nothing came of it for three intervals.
        case stale
        case failed
        case notEnrolled = "not enrolled"
    }

    struct Part: Encodable, Equatable, Sendable {
        var verdict: Verdict
        /// Seconds since it last succeeded; absent before the first time.
        var age: Int64?
        /// Beyond it, it is stale, in seconds.
        var limit: Int64?
        var problem: String?
    }

    /// True where the journal takes entries, and within three of their intervals a device was read, and the centre
    /// acknowledged, where there are devices and a centre. Never where nothing moved, or a part is stuck.
    ///
    /// One device that is off among others that are read is told here, and does not make the daemon unready: who
    /// restarts it for that would help nobody.
    let ready: Bool
    let journal: Part
    /// By name.
    let devices: [String: Part]
    let centre: Part
    /// Parts of the daemon that should have been heard of by now.
    let stuck: [String]

    static let intervals = 3

    init(_ status: EdgeStatus) {
        journal = Part(verdict: status.journal.problem == nil ? .ok : .failed, problem: status.journal.problem)
        devices = Dictionary(
            status.devices.map { device in
                let age = device.readElapsed.map { status.uptime - $0 }
                let part = Self.part(age, every: device.interval, status.uptime, problem: device.status.problem)
                return (device.status.name, part)
            }, uniquingKeysWith: { first, _ in first })
        centre =
            if let centre = status.centre, centre.cannotSend {
                Part(verdict: .failed, problem: centre.problem)
            } else if let centre = status.centre {
                Self.part(centre.age, every: status.heartbeat, status.uptime, problem: centre.problem)
            } else {
                Part(verdict: .notEnrolled)
            }
        let devicesMove = devices.values.contains { $0.verdict == .ok }
        let centreMoves = centre.verdict == .ok
        stuck = status.stuck
        ready =
            stuck.isEmpty && journal.verdict == .ok && (devicesMove || devices.isEmpty)
            && (centreMoves || status.centre == nil)
            && (devicesMove || centreMoves)
    }

    private static func part(_ age: Duration?, every interval: Duration, _ uptime: Duration, problem: String?) -> Part {
        let limit = interval * intervals
        let verdict: Verdict =
            if let age { age <= limit ? .ok : .stale } else { uptime <= limit ? .starting : .stale }
        return Part(
            verdict: verdict, age: age.map { max(0, $0.components.seconds) }, limit: limit.components.seconds,
            problem: problem)
    }
}
