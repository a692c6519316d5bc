import Attendance
import EdgeDaemon
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite(.timeLimit(.minutes(1))) struct ControlTests {
    /// Serves on a socket of its own while `work` runs.
    private func serving(
        path: String? = nil, _ answer: @escaping ControlServer.Answering, _ work: (String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = path ?? directory + "/control.sock"
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let server = ControlServer(path: path, logger: logger, answer: answer)
            let (ready, sink) = AsyncStream<Void>.makeStream()
            let task = Task {
                defer { sink.finish() }
                try await server.run { sink.yield() }
            }
            for await _ in ready { break }
            do {
                try await work(path)
            } catch {
                task.cancel()
                throw error
            }
            task.cancel()
            try await task.value
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("a question is answered")
    func ask() async throws {
        try await serving { request in
            ControlAnswer(synced: request.devices.map { ControlAnswer.Sync(device: $0, problem: "asleep \"é\"") })
        } _: { path throws in
            let answer = try await ControlClient.ask(
                ControlRequest(command: .sync, devices: ["lobby", "hall\n"]), socket: path)
            #expect(answer?.synced?.map(\.device) == ["lobby", "hall\n"])
            #expect(answer?.synced?.first?.problem == "asleep \"é\"")
            #expect(answer?.error == nil)
        }
    }

    @Test("a status of 1,000 devices fits")
    func largeAnswer() async throws {
        let devices = (0..<1000).map {
            NodeStatus.Device(
                serial: "CJ9L17056\($0)", name: "device-\($0)", problem: String(repeating: "x", count: 300))
        }
        try await serving { _ in
            ControlAnswer(devices: devices)
        } _: { path throws in
            #expect(try await ControlClient.ask(ControlRequest(command: .status), socket: path)?.devices == devices)
        }
    }

    @Test("only the owner and the group may use the socket")
    func mode() async throws {
        try await serving { _ in
            ControlAnswer()
        } _: { path throws in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o660)
        }
    }

    @Test("where no daemon is, there is no answer; a dead one's socket is in nobody's way")
    func deadDaemon() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/control.sock"
            #expect(try await ControlClient.ask(ControlRequest(command: .status), socket: path) == nil)
            try leaveSocket(path)
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(try await ControlClient.ask(ControlRequest(command: .status), socket: path) == nil)
            try await serving(path: path) { _ in
                ControlAnswer(error: "here")
            } _: { path throws in
                #expect(try await ControlClient.ask(ControlRequest(command: .status), socket: path)?.error == "here")
            }
        }
    }

    @Test("a file that is no socket, and a path too long for one, are errors and stay as they are")
    func noSocket() async throws {
        try await withTemporaryDirectory { directory in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let path = directory + "/control.sock"
            try Data("text".utf8).write(to: URL(filePath: path))
            let server = ControlServer(path: path, logger: logger) { _ in ControlAnswer() }
            await #expect(throws: (any Error).self) { try await server.run() }
            #expect(try Data(contentsOf: URL(filePath: path)) == Data("text".utf8))
            let long = directory + "/" + String(repeating: "x", count: 108)
            let other = ControlServer(path: long, logger: logger) { _ in ControlAnswer() }
            await #expect(throws: ControlError.self) { try await other.run() }
            await #expect(throws: ControlError.self) {
                try await ControlClient.ask(ControlRequest(command: .status), socket: long)
            }
        }
    }

    @Test("two callers at once are both answered, the quick one first")
    func twoCallers() async throws {
        let (released, release) = AsyncStream<Void>.makeStream()
        let (arrived, arrive) = AsyncStream<Void>.makeStream()
        try await serving { request in
            if request.command == .sync {
                arrive.yield()
                for await _ in released { break }
            }
            return ControlAnswer(error: request.command.rawValue)
        } _: { path throws in
            async let slow = ControlClient.ask(ControlRequest(command: .sync), socket: path)
            for await _ in arrived { break }
            #expect(try await ControlClient.ask(ControlRequest(command: .status), socket: path)?.error == "status")
            release.yield()
            #expect(try await slow?.error == "sync")
        }
    }

    @Test(
        "what is no request is said to be none, and the connection goes on",
        arguments: [
            "", "{}", "sync", "{\"command\":\"erase\",\"devices\":[]}", "{\"command\":\"sync\"}", "\u{0}\u{1}",
            "{\"command\":\"sync\",\"devices\":[1]}", "[[[[[[[[",
        ])
    func unknownRequest(line: String) async throws {
        try await serving { _ in
            ControlAnswer(error: "understood")
        } _: { path throws in
            let good = "{\"command\":\"status\",\"devices\":[]}"
            let answers = try await exchange(path, line + "\n" + good + "\n", answers: 2)
            #expect(answers.count == 2)
            #expect(answers.first?.contains("not a request") == true)
            #expect(answers.last?.contains("understood") == true)
        }
    }

    @Test("a line without end is cut off at its limit, and others are served meanwhile")
    func endlessLine() async throws {
        try await serving { _ in
            ControlAnswer(error: "served")
        } _: { path throws in
            let answers = try await exchange(path, String(repeating: "x", count: 3 << 20), answers: 1)
            #expect(answers.isEmpty)
            // A long line that is a request is one.
            let names = (0..<60_000).map { "device-\($0)" }
            let request = ControlRequest(command: .sync, devices: names)
            #expect(try await ControlClient.ask(request, socket: path)?.error == "served")
        }
    }

    @Test("a daemon that does not answer in time is an error")
    func badDaemon() async throws {
        let (released, release) = AsyncStream<Void>.makeStream()
        try await serving { _ in
            for await _ in released { break }
            return ControlAnswer()
        } _: { path throws in
            let error = await #expect(throws: ControlError.self) {
                try await ControlClient.ask(
                    ControlRequest(command: .sync), socket: path, timeout: .milliseconds(100))
            }
            #expect(error?.description.contains("in time") == true)
            release.yield()
        }
    }

    @Test("a caller that waits is let go when the daemon stops")
    func stopping() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/control.sock"
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let (arrived, arrive) = AsyncStream<Void>.makeStream()
            let (ready, sink) = AsyncStream<Void>.makeStream()
            let server = ControlServer(path: path, logger: logger) { _ in
                arrive.yield()
                // Ends only by cancellation.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                return ControlAnswer(error: "stopping")
            }
            let task = Task { try await server.run { sink.yield() } }
            for await _ in ready { break }
            let caller = Task { try await ControlClient.ask(ControlRequest(command: .sync), socket: path) }
            for await _ in arrived { break }
            task.cancel()
            try await task.value
            // It hears that the daemon stops, or that nobody answers any more; it does not wait.
            let heard = await caller.result
            if case .success(let answer) = heard { #expect(answer?.error == "stopping") }
        }
    }

    // MARK: A caller of another kind

    /// Writes bytes as they are and reads lines until `answers` of them came or the daemon closed.
    private func exchange(_ path: String, _ bytes: String, answers: Int) async throws -> [String] {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try? await outbound.write(ByteBuffer(string: bytes))
            var received = ""
            do {
                for try await part in inbound {
                    received += String(buffer: part)
                    if received.split(separator: "\n").count >= answers, received.hasSuffix("\n") { break }
                }
            } catch is IOError {
                // Reset by the daemon.
            }
            return received.split(separator: "\n").map(String.init)
        }
    }

    private func leaveSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw FixtureError(what: "socket") }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw FixtureError(what: "bind: \(errno)") }
    }
}
