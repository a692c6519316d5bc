import Attendance
import EdgeStore
import ZKClient

/// Which of a device's failures people hear of: one alarm when a problem begins, none while it lasts.
///
/// Pure. A link that broke once and stood again at the next try is no alarm, and a device that comes and goes all day
/// is one an hour.
struct ProblemLog: Equatable, Sendable {
    /// How often in a row the device could not be read.
    private(set) var failures = 0
    private var told: Set<String> = []
    private var toldAt: [String: Duration] = [:]

    private static let quiet = Duration.seconds(3600)

    /// - Parameter elapsed: since some start; only differences count.
    /// - Returns: the code of the alarm to raise, `nil` for none.
    mutating func failed(_ error: any Error, at elapsed: Duration) -> String? {
        failures += 1
        let code = Self.code(error)
        let mayPass = (error as? DeviceError)?.isRetryable ?? false
        // However a device cannot be reached is one problem: its words change from try to try.
        let problem = mayPass ? "out_of_reach" : code
        guard !mayPass || failures > 1, told.insert(problem).inserted else { return nil }
        if let last = toldAt[problem], elapsed - last < Self.quiet { return nil }
        toldAt[problem] = elapsed
        return code
    }

    /// - Returns: whether there was a problem.
    mutating func recovered() -> Bool {
        defer {
            failures = 0
            told = []
        }
        return failures > 0
    }

    static func code(_ error: any Error) -> String {
        switch error {
        case let error as DeviceError: "device_\(error.code.rawValue)"
        case let error as EdgeStoreError: "journal_\(error.code.rawValue)"
        case is SerialTwice: "serial_twice"
        case let error as PushProblem: error.alarm
        case is CrashRest: CrashGuard.alarm
        default: "device_failed"
        }
    }
}
