import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What started us and wants to hear how it goes: systemd, by the protocol of sd_notify(3).
package struct ServiceManager: Sendable {
    /// Sends one message: assignments, one a line. Never waits, never fails.
    package let tell: @Sendable (String) -> Void
    /// A ping must come at least this often; `nil` where nobody waits for one.
    package let watchdog: Duration?

    package init(watchdog: Duration? = nil, tell: @escaping @Sendable (String) -> Void) {
        self.tell = tell
        self.watchdog = watchdog
    }

    /// - Parameter variables: the process's environment.
    /// - Returns: `nil` where no service manager listens.
    package init?(variables: [String: String], process: Int32) {
        guard let path = variables["NOTIFY_SOCKET"], let socket = NotifySocket(path) else { return nil }
        self.init(watchdog: Self.watchdog(variables, process)) { socket.send($0) }
    }

    /// Pings for another process, as under a wrapper script, are none of ours.
    private static func watchdog(_ variables: [String: String], _ process: Int32) -> Duration? {
        guard let microseconds = variables["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0,
            variables["WATCHDOG_PID"].map({ $0 == "\(process)" }) ?? true
        else { return nil }
        return .microseconds(microseconds)
    }

    /// Asks for more time again and again while `work` goes on, from a thread of its own.
    package static func extendingTime<Value>(
        _ service: ServiceManager?, every seconds: Double = 30, _ work: () throws -> Value
    ) rethrows -> Value {
        let end = DispatchSemaphore(value: 0)
        defer { end.signal() }
        if let service {
            service.tell(moreTime)
            Thread.detachNewThread {
                while end.wait(timeout: .now() + seconds) == .timedOut { service.tell(moreTime) }
            }
        }
        return try work()
    }

    // MARK: Messages

    package static let ready = "READY=1"
    /// Two minutes from now on, for a start that takes longer than the unit allows.
    package static let moreTime = "EXTEND_TIMEOUT_USEC=120000000"
    package static let stopping = "STOPPING=1"
    package static let ping = "WATCHDOG=1"

    /// With the moment it begins: a manager that asked for the reload pairs it with its own.
    package static func reloading() -> String {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return "RELOADING=1\nMONOTONIC_USEC=\(Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)"
    }

    /// - Parameter words: for people; what follows a line end would be another message.
    package static func status(_ words: String) -> String { "STATUS=\(words.replacing("\n", with: " "))" }
}

/// A datagram socket to one address.
private final class NotifySocket: Sendable {
    private let descriptor: Int32
    private let address: [UInt8]

    /// - Parameter path: absolute, or with a leading `@` for a name that is in no file system.
    init?(_ path: String) {
        var name = Array(path.utf8)
        guard let first = name.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), name.count > 1 else {
            return nil
        }
        // safe: it has two bytes at least.
        if first == UInt8(ascii: "@") { name[0] = 0 }
        guard name.count <= 107 else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let family = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) }
        address = family + name + (first == UInt8(ascii: "/") ? [0] : [])
    }

    func send(_ message: String) {
        let bytes = Array(message.utf8)
        _ = address.withUnsafeBytes { address in
            bytes.withUnsafeBytes { bytes in
                address.baseAddress.map { start in
                    sendto(
                        descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                        start.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
                }
            }
        }
    }

    deinit { close(descriptor) }
}
