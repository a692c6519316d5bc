import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import ZKWire

/// A simulated device on real sockets: TCP and UDP at once, and a control socket where one is asked for.
///
/// ```swift
/// var configuration = SimulatorConfiguration(profile: .tft, users: 20, records: 1000, commKey: CommKey(1234))
/// configuration.faults = try Fault.list("drop=0.1,close-at=5000@3")
/// let device = SimulatorServer(configuration)
/// try await device.start()                       // port 0 by default
/// let port = device.tcpPort                      // and device.udpPort: the same number where it is free
///
/// let scan = try device.scan(userID: "17")       // now, by the device's clock; told to listeners
/// _ = try device.scan(userID: "17", at: "2026-02-30T08:00:00")   // impossible dates and 2099 are taken
/// device.jumpClock(by: -3600)
/// device.silence(true)
/// let all = device.scans()                       // the truth to compare with, oldest first
/// _ = await device.wait { $0.listeners == 1 }    // until a client has registered for events
/// device.beforeNext(.prepareBuffer) { try? $0.scan(userID: "3") }   // between the counts and the read
/// await device.stop()                            // start() again: same state, same ports
/// ```
///
/// All methods may be called from anywhere at any time, before `start` too; they act at once and answer with what
/// the device did. The clock given to `init` is the true time: pass your own to move it by hand. Faults of the line
/// that take time (delay, slow) use real time.
package final class SimulatorServer: Sendable {
    let loop: any EventLoop
    let logger: Logger
    private let configuration: SimulatorConfiguration
    private let trueTime: @Sendable () -> Date
    private let state: Mutex<State>

    private struct State {
        var device: SimulatedDevice
        var running: Running?
        var ports = Ports()
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var interruptions: [Command: [@Sendable (SimulatorServer) -> Void]] = [:]
    }

    struct Ports: Sendable {
        var tcp: Int?
        var udp: Int?
        var soap: Int?
    }

    private struct Running: Sendable {
        let hub: NIOLoopBound<LinkHub>
        let door: NIOLoopBound<SOAPDoor>
        var channels: [any Channel] = []
        var timers: [RepeatedTask] = []
    }

    private struct Waiter: Sendable {
        let condition: @Sendable (SimulatorStatistics) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// - Parameters:
    ///   - group: one of its loops serves this device; many devices may share a group.
    ///   - clock: the true time, in UTC.
    package init(
        _ configuration: SimulatorConfiguration, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "hadir-sim", factory: { _ in SwiftLogNoOpLogHandler() }),
        clock: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.configuration = configuration
        self.logger = logger
        loop = group.next()
        trueTime = clock
        state = Mutex(State(device: SimulatedDevice(configuration, at: clock())))
    }

    /// Runs a device for the length of `body`.
    package static func with<Result>(
        _ configuration: SimulatorConfiguration, clock: @escaping @Sendable () -> Date = { Date() },
        _ body: (SimulatorServer) async throws -> Result
    ) async throws -> Result {
        let server = SimulatorServer(configuration, clock: clock)
        try await server.start()
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    // MARK: Starting and stopping

    /// `nil` before `start`, and where the transport is not offered. Kept after `stop`.
    package var tcpPort: Int? { state.withLock { $0.ports.tcp } }
    package var udpPort: Int? { state.withLock { $0.ports.udp } }
    package var soapPort: Int? { state.withLock { $0.ports.soap } }

    /// Binds and serves.
    /// - Throws: `SimulatorStartError` where an address cannot be bound; then nothing is left open.
    package func start() async throws {
        let seed = configuration.seed
        let hub = try await loop.submit { NIOLoopBound(LinkHub(server: self, seed: seed), eventLoop: self.loop) }.get()
        let door = try await loop.submit { NIOLoopBound(SOAPDoor(server: self), eventLoop: self.loop) }.get()
        var running = Running(hub: hub, door: door)
        do {
            let listeners = Listeners(server: self, hub: hub)
            var ports = state.withLock { $0.ports }
            if configuration.profile.hasTCP, let address = configuration.tcp {
                let channel = try await listeners.tcp(address, port: ports.tcp ?? address.port)
                running.channels.append(channel)
                ports.tcp = channel.localAddress?.port
            }
            if let address = configuration.udp {
                let channel = try await listeners.udp(address, port: ports.udp ?? address.port, like: ports.tcp)
                running.channels.append(channel)
                ports.udp = channel.localAddress?.port
            }
            if let address = configuration.soap {
                let channel = try await listeners.soap(address, port: ports.soap ?? address.port, door)
                running.channels.append(channel)
                ports.soap = channel.localAddress?.port
            }
            if let path = configuration.controlPath {
                running.channels.append(try await listeners.control(path))
            }
            let bound = ports
            state.withLock { $0.ports = bound }
        } catch {
            for channel in running.channels { try? await channel.close() }
            throw error
        }
        running.timers = timers()
        let ready = running
        state.withLock { $0.running = ready }
    }

    /// Closes every socket. The device keeps its log, users, clock and statistics.
    package func stop() async {
        let running = state.withLock { state in
            defer { state.running = nil }
            return state.running
        }
        guard let running else { return }
        for timer in running.timers { timer.cancel() }
        for channel in running.channels { try? await channel.close() }
        try? await loop.submit {
            running.hub.value.closeAll()
            running.door.value.closeAll()
        }.get()
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(returning: false) }
    }

    private func timers() -> [RepeatedTask] {
        var timers: [RepeatedTask] = []
        if let every = configuration.scanEvery {
            let amount = TimeAmount(every)
            timers.append(
                loop.scheduleRepeatedTask(initialDelay: amount, delay: amount) { _ in _ = try? self.scanSomebody() })
        }
        if !configuration.faults.isEmpty {
            // Events such as reboot@30s fall due without a command.
            timers.append(
                loop.scheduleRepeatedTask(initialDelay: .milliseconds(200), delay: .milliseconds(200)) { _ in
                    self.act { device, now in device.tick(at: now) }
                })
        }
        return timers
    }

    // MARK: State

    /// Changes the device under the lock, then looks whether somebody waited for that.
    @discardableResult
    func change<Result: Sendable, Failure: Error>(
        _ body: (inout SimulatedDevice, Date) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let now = trueTime()
        var ready: [CheckedContinuation<Bool, Never>] = []
        defer { for continuation in ready { continuation.resume(returning: true) } }
        return try state.withLock { state throws(Failure) in
            let result = try body(&state.device, now)
            ready = Self.satisfied(&state, at: now)
            return result
        }
    }

    private static func satisfied(_ state: inout State, at now: Date) -> [CheckedContinuation<Bool, Never>] {
        guard !state.waiters.isEmpty else { return [] }
        let report = state.device.report(at: now)
        let met = state.waiters.filter { $0.value.condition(report) }
        for key in met.keys { state.waiters[key] = nil }
        return met.values.map(\.continuation)
    }

    /// Changes the device and sends what comes of it.
    func act(_ body: (inout SimulatedDevice, Date) -> DeviceOutput) {
        let (output, line) = change { device, now in (body(&device, now), device.line(at: now)) }
        dispatch(output, line)
    }

    func dispatch(_ output: DeviceOutput, _ line: LineFaults) {
        guard output != DeviceOutput(), let hub = state.withLock({ $0.running?.hub }) else { return }
        loop.execute { hub.value.deliver(output, line: line) }
    }

    /// Closes TCP connections as they are.
    func closeConnections() {
        guard let hub = state.withLock({ $0.running?.hub }) else { return }
        loop.execute { hub.value.closeAll() }
    }

    /// Lets something happen right before the next such command is answered: a scan between the counts and the read,
    /// a clear between two chunks. Once; several for one command happen at its next arrivals, in order.
    package func beforeNext(_ command: Command, _ action: @escaping @Sendable (SimulatorServer) -> Void) {
        state.withLock { $0.interruptions[command, default: []].append(action) }
    }

    func interrupt(before command: Command) {
        let action: (@Sendable (SimulatorServer) -> Void)? = state.withLock { state in
            guard let waiting = state.interruptions[command], !waiting.isEmpty else { return nil }
            state.interruptions[command] = Array(waiting.dropFirst())
            return waiting[0]
        }
        action?(self)
    }

    /// Waits until the statistics satisfy a condition; looked at after every change.
    /// - Returns: false where that did not happen within `limit`, or the server stopped.
    package func wait(
        upTo limit: Duration = .seconds(5), until condition: @escaping @Sendable (SimulatorStatistics) -> Bool
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            let now = trueTime()
            let number: Int? = state.withLock { state in
                guard !condition(state.device.report(at: now)) else { return nil }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = Waiter(condition: condition, continuation: continuation)
                return state.nextWaiter
            }
            guard let number else { return continuation.resume(returning: true) }
            loop.scheduleTask(in: TimeAmount(limit)) {
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
            }
        }
    }
}

/// An address that could not be bound.
package struct SimulatorStartError: Error, CustomStringConvertible {
    let what: String
    let cause: any Error

    package var description: String { "cannot listen on \(what): \(cause)" }
}
