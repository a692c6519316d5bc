import DeviceFormats
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import ZKClient
import ZKWire

/// Asks a device's web service: one question a connection, one connection at a time, as devices want it.
///
/// Plain TCP and not an HTTP client: replies have no length, end with the connection, and begin with blank lines
/// (zk-soap, section 1).
package struct SOAPClient: Sendable {
    package struct Configuration: Sendable {
        package var connect = Duration.seconds(10)
        /// Without a byte. Some devices throttle badly; a whole log may take minutes (zk-soap, section 4).
        package var silence = Duration.seconds(60)
        /// For the log, however it drips, and for everything else: together less than a reading may take.
        package var longestLog = Duration.seconds(18 * 60)
        package var longest = Duration.seconds(100)
        /// For the device to close behind a whole reply: a second connection before that is refused by some.
        package var goodbye = Duration.seconds(2)

        package init() {}
    }

    private let address: DeviceAddress
    private let key: CommKey
    private let configuration: Configuration
    private let clock: any Clock<Duration>

    package init(
        _ address: DeviceAddress, key: CommKey, configuration: Configuration = Configuration(),
        clock: any Clock<Duration>
    ) {
        self.address = address
        self.key = key
        self.configuration = configuration
        self.clock = clock
    }

    /// - Parameter each: gets the rows as they come; none may be believed before this returns.
    /// - Returns: how many rows there were.
    /// - Throws: `DeviceError`, `CancellationError`.
    @discardableResult
    package func ask(_ request: SOAPRequest, each: (SOAPRow) -> Void = { _ in }) async throws -> Int {
        let operation = "ask \(address) for \(request.command.rawValue)"
        let line = Line(clock)
        var reply = SOAPReply(to: request.command)
        defer { line.end() }
        do {
            try await converse(request, line, &reply, each)
            try Task.checkCancellation()
            try reply.finish()
        } catch let error as SOAPError {
            throw Self.error(error, operation)
        } catch let error as DeviceError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            // A reset behind the last byte takes nothing away.
            if !reply.isComplete { throw DeviceError(.linkLost, operation) }
        }
        return reply.rows
    }

    private func converse(
        _ request: SOAPRequest, _ line: Line, _ reply: inout SOAPReply, _ each: (SOAPRow) -> Void
    ) async throws {
        let operation = "ask \(address) for \(request.command.rawValue)"
        let channel = try await connect(line, operation)
        line.watch(
            configuration.silence, request == .attendance ? configuration.longestLog : configuration.longest)
        var isWhole = false
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: request.bytes(key: key.number)))
                for try await part in inbound {
                    line.heard()
                    try reply.take(part.readableBytesView, each: each)
                    if reply.isComplete, !isWhole { line.closes(within: configuration.goodbye) }
                    isWhole = reply.isComplete
                }
            }
        } catch {
            if let error = error as? SOAPError { throw error }
            if let late = line.late, !reply.isComplete { throw DeviceError(.timedOut, operation, late) }
            throw error
        }
        if let late = line.late, !reply.isComplete { throw DeviceError(.timedOut, operation, late) }
    }

    private func connect(_ line: Line, _ operation: String) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        do {
            return try await withTaskCancellationHandler {
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(TimeAmount(configuration.connect))
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: address.host, port: address.port) { channel in
                        line.opened(channel)
                        return channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                        }
                    }
            } onCancel: {
                line.end()
            }
        } catch {
            try Task.checkCancellation()
            throw DeviceError.connecting(error, operation)
        }
    }

    private static func error(_ error: SOAPError, _ operation: String) -> DeviceError {
        switch error {
        case .keyRefused: DeviceError(.keyRefused, operation, "\(error)")
        case .notHTTP, .status, .otherService: DeviceError(.noWebService, operation, "\(error)")
        case .noAnswer: DeviceError(.linkLost, operation, "\(error)")
        case .truncated, .malformed, .tooLong, .noRow: DeviceError(.incomplete, operation, "\(error)")
        }
    }
}

// MARK: What is asked

extension SOAPClient: DeviceDial {
    /// The device's clock: also the proof that it answers, and that the key is right.
    package func deviceTime() async throws -> PackedTime {
        var time: PackedTime?
        let rows = try await ask(.clock) { time = time ?? $0.clock }
        if let time { return time }
        // An empty root is what a wrong key gets (zk-soap, section 3).
        throw rows == 0
            ? DeviceError(.keyRefused, "read clock", "its answer is empty") : DeviceError(.incomplete, "read clock")
    }

    package func setDeviceTime(_ time: PackedTime) async throws -> PackedTime {
        var succeeded = false
        try await ask(.setClock(time.parts)) { succeeded = $0.succeeded }
        guard succeeded else { throw DeviceError(.commandRefused, "set clock") }
        let after = try await deviceTime()
        let dial = LocalClock(timezone: "GMT")
        guard let wanted = dial.date(of: time, offset: 0), let shown = dial.date(of: after, offset: 0),
            (0...10).contains(shown.timeIntervalSince(wanted))
        else { throw DeviceError(.writeFailed, "set clock", "it now shows \(after.parts.text)") }
        return after
    }

    /// - Returns: `nil` where the device does not tell: some answer nothing, some an empty value (the X100-C).
    package func serialNumber() async throws -> String? {
        var value = ""
        // Closed without a word twice is an answer, too; once may have been another program's turn.
        for attempt in 1...2 {
            do {
                try await ask(.option(DeviceOption.serialNumber)) { value = $0.option }
                break
            } catch let error as DeviceError where error.code == .noWebService {
                // It has told the time a moment ago: the service is there, this question is not in it.
                return nil
            } catch let error as DeviceError where error.detail == "\(SOAPError.noAnswer)" {
                if attempt == 2 { return nil }
            }
        }
        let name = DeviceOption.serialNumber + "="
        return value.isEmpty ? nil : value.hasPrefix(name) ? String(value.dropFirst(name.count)) : value
    }

    /// - Throws: `DeviceError` where it shows no list by either of its names.
    package func users() async throws -> [SOAPUser] {
        func list(_ request: SOAPRequest) async throws -> [SOAPUser] {
            var users: [SOAPUser] = []
            try await ask(request) { row in
                if users.count < DeviceReader.mostUsers, let user = row.user { users.append(user) }
            }
            return users
        }
        do {
            let users = try await list(.allUsers)
            if !users.isEmpty { return users }
        } catch let error as DeviceError where [.noWebService, .linkLost, .incomplete].contains(error.code) {}
        return try await list(.users)
    }
}

/// One connection while it lasts, and what ends it from outside.
private final class Line: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isOver = false
        var heardAt = Duration.zero
        var late: String?
        var watchers: [Task<Void, Never>] = []
    }

    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    init(_ clock: any Clock<Duration>) {
        self.clock = clock
        elapsed = EdgeEnvironment.stopwatch(of: clock)
    }

    /// Why it was ended here, before the device did.
    var late: String? { state.withLock { $0.late } }

    func opened(_ channel: any Channel) {
        let isOver = state.withLock { state in
            state.channel = channel
            return state.isOver
        }
        if isOver { channel.close(promise: nil) }
    }

    func heard() { state.withLock { $0.heardAt = elapsed() } }

    func watch(_ silence: Duration, _ longest: Duration) {
        heard()
        add(
            Task { [clock, elapsed] in
                while true {
                    let left = self.state.withLock { $0.heardAt } + silence - elapsed()
                    guard left > .zero else { return self.end("no byte for \(silence.components.seconds) s") }
                    do { try await clock.sleep(for: left) } catch { return }
                }
            })
        add(
            Task { [clock] in
                do { try await clock.sleep(for: longest) } catch { return }
                self.end("not done within \(longest.components.seconds / 60) minutes")
            })
    }

    /// The reply is whole; the device is given a moment to close.
    func closes(within goodbye: Duration) {
        add(
            Task { [clock] in
                do { try await clock.sleep(for: goodbye) } catch { return }
                self.end()
            })
    }

    private func add(_ watcher: Task<Void, Never>) {
        let isOver = state.withLock { state in
            state.watchers.append(watcher)
            return state.isOver
        }
        if isOver { watcher.cancel() }
    }

    func end(_ late: String? = nil) {
        let (channel, watchers) = state.withLock { state in
            state.isOver = true
            state.late = state.late ?? late
            defer { state.watchers = [] }
            return (state.channel, state.watchers)
        }
        for watcher in watchers { watcher.cancel() }
        channel?.close(promise: nil)
    }
}
