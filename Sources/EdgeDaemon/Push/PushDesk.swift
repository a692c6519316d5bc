import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Logging
import NIOHTTP1
import Synchronization

/// Answers what push devices ask and tell: decides who is admitted, and hands each to its worker.
final class PushDesk: Sendable {
    /// A request without its body.
    struct Call: Sendable {
        let target: PushTarget
        let method: HTTPMethod
        /// IP address it came from.
        let address: String
    }

    /// What is done with a body while it comes.
    enum Body: Sendable {
        /// Collected, to be read.
        case kept([UInt8])
        /// Only its lines are counted: nobody looks into it, and nothing of it stays.
        case counted(PushLineCount)

        mutating func add(_ bytes: some Sequence<UInt8>) {
            switch self {
            case .kept(var kept):
                self = .kept([])
                kept.append(contentsOf: bytes)
                self = .kept(kept)
            case .counted(var count):
                count.add(bytes)
                self = .counted(count)
            }
        }
    }

    /// What was decided at the head of a request, and is done with it until its end: who was not admitted then had its
    /// body thrown away, and must not hear that it was taken.
    struct Handling: Sendable {
        fileprivate enum Who: Sendable {
            case known(PushWorker)
            case refused(String)
            /// In the configuration, and its worker has not begun.
            case awaited
            /// Tells no serial.
            case nobody
        }

        fileprivate let who: Who
        var body: Body

        /// Of a request that is for nobody here.
        static let nothing = Handling(who: .nobody, body: .counted(PushLineCount()))
    }

    struct Answer: Equatable, Sendable {
        let status: HTTPResponseStatus
        let body: String

        static let ok = Answer(status: .ok, body: "OK\n")

        /// So many lines are on our disk, or are nothing we keep.
        static func taken(_ lines: Int) -> Answer { Answer(status: .ok, body: "OK: \(lines)\n") }

        /// Not delivered: the device keeps it and comes again.
        static let notNow = Answer(status: .serviceUnavailable, body: "not now\n")
        static let unknownDevice = Answer(status: .serviceUnavailable, body: "this device is not admitted here\n")
        static let notFound = Answer(status: .notFound, body: "not found\n")
        static let badRequest = Answer(status: .badRequest, body: "bad request\n")
        static let otherDialect = Answer(status: .notAcceptable, body: "Security PUSH is not served here\n")
    }

    let knocks = PushKnocks()
    private let refusals = PushQuiet()
    private let environment: EdgeEnvironment
    private let board: DeviceBoard
    private let clockTrust: ClockTrust
    /// By the serial they tell: several where a stanza each names the address.
    private let workers = Mutex<[DeviceSerial: [PushWorker]]>([:])
    /// What the configuration names: between two workers of such a device it is no stranger.
    private let expected = Mutex<Set<DeviceSerial>>([])
    /// Tables somebody reads; all others are counted and forgotten.
    private static let readTables: Set<String> = ["attlog", "operlog", "options"]

    init(environment: EdgeEnvironment, board: DeviceBoard, clockTrust: ClockTrust) {
        self.environment = environment
        self.board = board
        self.clockTrust = clockTrust
    }

    // MARK: Who is admitted

    func admit(_ worker: PushWorker, as serial: DeviceSerial) {
        workers.withLock { $0[serial, default: []].append(worker) }
        knocks.forget(serial.text)
    }

    func dismiss(_ worker: PushWorker, as serial: DeviceSerial) {
        workers.withLock { workers in
            workers[serial]?.removeAll { $0 === worker }
            if workers[serial]?.isEmpty ?? false { workers[serial] = nil }
        }
    }

    /// Devices of a configuration that is about to be in use.
    func expect(_ serials: some Sequence<DeviceSerial>) {
        let serials = Set(serials)
        expected.withLock { $0 = serials }
        for serial in serials { knocks.forget(serial.text) }
    }

    private func admission(_ serial: DeviceSerial, _ address: String) -> Handling.Who {
        let candidates = workers.withLock { $0[serial] ?? [] }
        if let worker = candidates.first(where: { $0.takes(address) }) { return .known(worker) }
        guard candidates.isEmpty else { return .refused("address") }
        return expected.withLock { $0.contains(serial) } ? .awaited : .refused("unknown")
    }

    private func isAdmitted(_ worker: PushWorker, _ serial: DeviceSerial) -> Bool {
        workers.withLock { $0[serial]?.contains { $0 === worker } ?? false }
    }

    // MARK: Answers

    /// Before the body comes.
    func begin(_ call: Call) -> Handling {
        guard let serial = call.target.serialText.flatMap({ DeviceSerial($0) }) else { return .nothing }
        let who = admission(serial, call.address)
        guard case .known = who, isRead(call) else { return Handling(who: who, body: .counted(PushLineCount())) }
        return Handling(who: who, body: .kept([]))
    }

    private func isRead(_ call: Call) -> Bool {
        guard call.method == .POST, PushHandshake.dialect(of: call.target) == .attendance else { return false }
        return call.target.path == .devicecmd
            || call.target.path == .cdata && Self.readTables.contains(call.target.table)
    }

    func answer(_ call: Call, _ handling: Handling) async -> Answer {
        guard call.target.path != .exchange, call.target.path != .file else { return .notFound }
        guard let text = call.target.serialText, let serial = DeviceSerial(text) else { return .badRequest }
        let isSecurity = PushHandshake.dialect(of: call.target) == .security
        switch handling.who {
        case .nobody: return .badRequest
        case .awaited: return .notNow
        case .refused(let reason):
            knock(serial, call.address, isSecurity ? "security" : reason)
            return isSecurity ? .otherDialect : stranger(call)
        case .known(let worker):
            // It was dismissed while the body came: its successor, if it has one, takes it.
            guard isAdmitted(worker, serial) else { return .notNow }
            if isSecurity {
                worker.speaksSecurity()
                return .otherDialect
            }
            return await known(worker, call, handling.body)
        }
    }

    private func knock(_ serial: DeviceSerial, _ address: String, _ reason: String) {
        let now = UTC.text(environment.now())
        guard let news = knocks.add(serial.text, address, reason, at: now, elapsed: board.elapsed()) else { return }
        environment.logger.warning(
            "push.unknown",
            metadata: [
                "serial": "\(serial)", "address": "\(address)", "reason": "\(reason)", "new": "\(news)",
                "hint": "see: hadir push list",
            ])
    }

    /// Before it was whole.
    func refused(_ call: Call?, _ status: HTTPResponseStatus) {
        guard let news = refusals.add(elapsed: board.elapsed()) else { return }
        environment.logger.warning(
            "push.refused",
            metadata: [
                "address": "\(call?.address ?? "unknown")", "status": "\(status.code)",
                "serial": "\(call?.target.serialText?.prefix(64) ?? "none")", "new": "\(news)",
            ])
    }

    /// Seen knocking, but nothing is taken from it.
    private func stranger(_ call: Call) -> Answer {
        switch (call.target.path, call.method) {
        case (.cdata, .GET):
            guard call.target.parameters["type"] == nil, let handshake = PushHandshake(call.target) else {
                return .unknownDevice
            }
            return Answer(status: .ok, body: PushSettings.forStranger(handshake))
        case (.getrequest, .GET), (.ping, .GET): return .ok
        default: return .unknownDevice
        }
    }

    private func known(_ worker: PushWorker, _ call: Call, _ body: Body) async -> Answer {
        worker.contact(from: call.address)
        do {
            switch (call.target.path, call.method, body) {
            case (.cdata, .GET, _) where call.target.parameters["type"] == "time": return time(worker)
            case (.cdata, .GET, _):
                guard let handshake = PushHandshake(call.target) else { return .badRequest }
                return Answer(status: .ok, body: try await worker.handshake(handshake))
            case (.getrequest, .GET, _):
                return Answer(status: .ok, body: try await worker.poll(info: call.target.parameters["info"]))
            case (.ping, .GET, _): return .ok
            case (.devicecmd, .POST, .kept(let bytes)):
                try await worker.results(PushResult.all(bytes))
                return .ok
            case (.cdata, .POST, .kept(let bytes)):
                return .taken(try await worker.take(call.target.table, bytes, call.target.stamp))
            // A body somebody reads and nobody kept is not taken, whatever came between.
            case (_, .POST, .counted) where isRead(call): return .notNow
            case (.cdata, .POST, .counted(let count)):
                // Without a table nobody can tell that it is not scans.
                guard !call.target.table.isEmpty else { return .badRequest }
                worker.dropped(count.lines, of: call.target.table)
                return call.target.table == "attphoto" ? .ok : .taken(count.lines)
            case (.fdata, .POST, _): return .ok
            default: return .badRequest
            }
        } catch {
            worker.notKept(error)
            return .notNow
        }
    }

    /// The time a device may set its clock by; none where this computer's own is in doubt.
    private func time(_ worker: PushWorker) -> Answer {
        let now = environment.now()
        guard clockTrust.trusts(now) else { return .notNow }
        return Answer(status: .ok, body: "Time=\(worker.localTime(now))\n")
    }

    /// The header `Date`: a device takes it for its clock.
    var date: String? {
        let now = environment.now()
        return clockTrust.trusts(now) ? Self.date(now) : nil
    }

    /// RFC 9110, section 5.6.7.
    static func date(_ moment: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.weekday, .year, .month, .day, .hour, .minute, .second], from: moment)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let two: (Int?) -> String = { ($0 ?? 0) < 10 ? "0\($0 ?? 0)" : "\($0 ?? 0)" }
        let day = days[((parts.weekday ?? 1) + 6) % 7]
        let month = months[((parts.month ?? 1) + 11) % 12]
        return "\(day), \(two(parts.day)) \(month) \(parts.year ?? 2000) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) GMT"
    }
}
