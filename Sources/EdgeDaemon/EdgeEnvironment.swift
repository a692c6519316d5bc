import Foundation
import Logging
import ServiceSupport
import ZKClient
import ZKClientUSB

/// What the daemon takes from the world, so that tests can give it another one.
package struct EdgeEnvironment: Sendable {
    /// The machine's wall clock. Data for people; order and time-outs never depend on it.
    package var now: @Sendable () -> Date
    package var clock: any Clock<Duration>
    /// Seconds since the machine was started.
    package var monotonic: @Sendable () -> Int64
    package var bootID: String
    /// A fraction below 1, for jitter.
    package var random: @Sendable () -> Double
    package var connect: @Sendable (DeviceAddress, DeviceSession.Configuration) async throws -> any Transport
    /// Yields each time a device is plugged in at an address; ends at once where nothing can be plugged in.
    package var arrivals: @Sendable (DeviceAddress) -> AsyncStream<Void> = { _ in AsyncStream { $0.finish() } }
    package var logger: Logger
    /// What started us and wants to hear how it goes.
    package var service: ServiceManager?

    package init(
        now: @escaping @Sendable () -> Date, clock: any Clock<Duration>, monotonic: @escaping @Sendable () -> Int64,
        bootID: String, random: @escaping @Sendable () -> Double,
        connect: @escaping @Sendable (DeviceAddress, DeviceSession.Configuration) async throws -> any Transport,
        logger: Logger
    ) {
        self.now = now
        self.clock = clock
        self.monotonic = monotonic
        self.bootID = bootID
        self.random = random
        self.connect = connect
        self.logger = logger
    }

    /// The time since this call, by `clock`.
    package func stopwatch() -> @Sendable () -> Duration {
        let clock = clock
        return Self.stopwatch(of: clock)
    }

    static func stopwatch<C: Clock>(of clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    package static func real(logger: Logger) -> EdgeEnvironment {
        let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        var environment = EdgeEnvironment(
            now: { Date() }, clock: ContinuousClock(),
            monotonic: { Int64(ProcessInfo.processInfo.systemUptime) },
            bootID: boot?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "",
            random: { Double.random(in: 0..<1) },
            connect: { try await connectDevice(to: $0, configuration: $1, logger: logger) }, logger: logger)
        environment.arrivals = { deviceArrivals(at: $0) }
        return environment
    }
}

/// The program's version, as the centre shows it.
package enum HadirVersion {
    package static let text = "0.1.0"
    /// A clock that shows an earlier time is wrong: 2026-11-01.
    package static let released = Date(timeIntervalSince1970: 1_793_491_200)
}
