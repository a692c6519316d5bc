import Attendance
import EdgeStore
import Foundation
import NIOCore
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("The daemon as a whole")
struct DaemonTests {
    /// A daemon in a state directory of its own beside the office's.
    private func daemon(
        _ office: Office, _ devices: [DeviceConfiguration], centre: StubCentre? = nil,
        statusListen: EdgeConfiguration.ListenAddress? = nil
    ) throws -> (EdgeDaemon, StateDirectory) {
        let state = StateDirectory(path: office.state.path + "/d")
        try state.create()
        try centre?.enroll(state)
        let configuration = EdgeConfiguration(
            unit: "Dinas Contoh", timezone: "Asia/Jakarta", statusListen: statusListen, devices: devices)
        let daemon = try EdgeDaemon(
            configuration: configuration, state: state, environment: office.environment, link: centre)
        return (daemon, state)
    }

    private func device(_ office: Office, _ serial: String = "SIM0000000001", records: Int = 20) -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(serial: serial, users: 9, records: records),
            clock: { [time = office.time] in time.date })
    }

    /// Runs the daemon for the length of `body`.
    private func running<Result>(
        _ office: Office, _ daemon: EdgeDaemon, _ body: (_ statusPort: AsyncStream<Int>) async throws -> Result
    ) async throws -> Result {
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let (ports, port) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await daemon.run(ready: { isReady.yield() }, statusReady: { port.yield($0) }) }
            for await _ in ready { break }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(ports)) } catch { result = .failure(error) }
            group.cancelAll()
            office.time.hurry(.seconds(10))
            try await group.waitForAll()
            return try result.get()
        }
    }

    @Test("It answers on its control socket, reads when asked, sends what it read, and goes in order")
    func wholeLife() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        let (daemon, state) = try daemon(office, [device.stanza()], centre: centre)
        try await running(office, daemon) { _ in
            try await office.changes.until("the first batch") { centre.punches == 20 }
            try device.scan(userID: "3")
            let answer = try #require(
                try await ControlClient.ask(
                    ControlRequest(command: .sync, devices: ["lobby"]), socket: state.controlSocket))
            #expect(answer.synced?.map(\.problem) == [nil])
            #expect(answer.synced?.first?.outcome?.count == 21)
            let status = try #require(
                try await ControlClient.ask(ControlRequest(command: .status), socket: state.controlSocket))
            #expect(status.devices?.map(\.name) == ["lobby"])
            #expect(status.devices?.first?.lastRead != nil)
            #expect(status.journal?.lastSeq ?? 0 > 21)
            let unknown = try await ControlClient.ask(
                ControlRequest(command: .sync, devices: ["nowhere"]), socket: state.controlSocket)
            #expect(unknown?.error?.contains("nowhere") == true)
        }
        #expect(await device.wait { $0.count(.exit) == 1 }, "the session is closed, not dropped")
        #expect(!FileManager.default.fileExists(atPath: state.controlSocket))
        #expect(centre.isClosed)
        await device.stop()
    }

    @Test("A second one in the same state directory is refused, and the first one's lock ends with it")
    func second() async throws {
        let office = try Office()
        var (first, state): (EdgeDaemon?, StateDirectory) = try daemon(office, [])
        #expect(throws: EdgeDaemonError.alreadyRunning(state.path)) { try daemon(office, []) }
        withExtendedLifetime(first) {}
        first = nil
        _ = try daemon(office, [])
    }

    @Test("--once: a device that fails is told, the others are read and sent")
    func once() async throws {
        let office = try Office()
        let good = device(office)
        let foreign = device(office, "FOREIGN000001")
        try await good.start()
        try await foreign.start()
        let centre = StubCentre(changes: office.changes)
        let stanzas = [try foreign.stanza("gudang", serial: "CJ9L170560001"), try good.stanza()]
        let (daemon, _) = try daemon(office, stanzas, centre: centre)
        let problems = try await daemon.once()
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("gudang: identify: another device answers") == true)
        #expect(centre.punches == 20)
        #expect(try await daemon.once().count == 1)
        #expect(centre.punches == 20, "nothing twice")
        await good.stop()
        await foreign.stop()
    }

    @Test("--once ends although a device is silent, after its time-outs; without a centre that is told too")
    func onceSilent() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        device.silence()
        let (daemon, _) = try daemon(office, [device.stanza()])
        async let problems = daemon.once()
        try await office.time.pass(.seconds(10))
        try await office.time.pass(.seconds(2))
        let told = try await problems
        #expect(told.count == 2)
        #expect(told.first?.contains("does not answer") == true)
        #expect(told.last?.contains("not enrolled") == true)
        await device.stop()
    }

    @Test("T3 A centre that accepts and never answers keeps no device from being read")
    func t3() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        centre.set(.hanging)
        let (daemon, state) = try daemon(office, [device.stanza(poll: .seconds(30), live: false)], centre: centre)
        try await running(office, daemon) { _ in
            try await office.changes.until("a request") { centre.requests == 1 }
            try await office.hears("device.read")
            for reading in 2...5 {
                try device.scan(userID: "\(reading)")
                try await office.time.pass(.seconds(30))
                try await office.hears("device.read", reading)
            }
        }
        let store = try EdgeStore.readOnly(path: state.journal)
        let punches = try store.tail(1000).filter { String(decoding: $0.body, as: UTF8.self).contains("\"punch\"") }
        #expect(punches.count == 24)
        await device.stop()
    }

    @Test("Cancelled in the middle of a download it ends within seconds, and says goodbye to the device")
    func cancelledDownload() async throws {
        let office = try Office()
        var configuration = SimulatorConfiguration(users: 9, records: 100_000)
        // Weeks at this pace.
        configuration.faults = try Fault.list("slow@13")
        let device = SimulatorServer(configuration, clock: { [time = office.time] in time.date })
        try await device.start()
        let (daemon, state) = try daemon(office, [device.stanza()])
        let begun = try await running(office, daemon) { _ in
            #expect(await device.wait { $0.count(.prepareBuffer) > 0 || $0.count(.readBuffer) > 0 })
            return ContinuousClock.now
        }
        #expect(ContinuousClock.now - begun < .seconds(60))
        #expect(await device.wait { $0.count(.exit) == 1 })
        let store = try EdgeStore.readOnly(path: state.journal)
        #expect(try store.tail(10).count <= 3, "nothing half")
        await device.stop()
    }

    @Test("Who waits for a reading hears when the daemon stops, and who asks then is refused")
    func syncWhileStopping() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        device.silence()
        let stanza = try device.stanza()
        let worker = office.worker(office.reader(stanza))
        let waiting = Task { try await worker.sync() }
        try await office.working([worker]) {
            try await office.time.sees(.seconds(10))
        }
        await #expect(throws: DeviceError.self) { try await waiting.value }
        await #expect(throws: DeviceError.self) { try await worker.sync() }
        await device.stop()
    }

    // MARK: Status server

    private static let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)

    private func first(_ ports: AsyncStream<Int>) async throws -> Int {
        for await port in ports { return port }
        throw CancellationError()
    }

    @Test("/livez, /readyz and /metrics say what it does; /readyz turns when nothing moves any more")
    func statusPages() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        let (daemon, _) = try daemon(office, [device.stanza(live: false)], centre: centre, statusListen: Self.anyPort)
        try await running(office, daemon) { ports in
            let port = try await first(ports)
            try await office.changes.until("the first batch") { centre.punches == 20 }
            // The reading is on the board, and the receipt applied, where both wait for what comes next.
            try await office.time.sees(.seconds(45))
            try await office.time.sees(.seconds(60))
            #expect(try await RawHTTP.get("/livez", port: port).hasPrefix("HTTP/1.1 200 OK\r\n"))
            office.time.advance(by: .seconds(2))
            let ready = try await RawHTTP.get("/readyz", port: port)
            #expect(ready.hasPrefix("HTTP/1.1 200 OK\r\n") && ready.contains("\"ready\":true"), "\(ready)")
            #expect(ready.contains("\"lobby\":{\"age\":2,\"limit\":180,\"verdict\":\"ok\"}"))
            let metrics = try await RawHTTP.get("/metrics", port: port)
            #expect(metrics.contains("\nhadir_edge_punches_read_total{device=\"lobby\"} 20\n"))
            #expect(metrics.contains("\nhadir_edge_device_records{device=\"lobby\"} 20\n"))
            #expect(metrics.contains("\nhadir_edge_queue_rows{state=\"quarantined\"} 0\n"))
            #expect(metrics.contains("\nhadir_edge_ready 1\n"))
            let open = try await RawHTTP.get(
                "/metrics", port: port, headers: "Accept: application/openmetrics-text; version=1.0.0\r\n")
            #expect(open.hasSuffix("# EOF\n") && open.contains("application/openmetrics-text"))
            // The device falls silent, the centre too.
            centre.set(.hanging)
            device.silence()
            office.time.advance(by: .seconds(190))
            let stale = try await RawHTTP.get("/readyz", port: port)
            #expect(stale.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && stale.contains("\"verdict\":\"stale\""))
            #expect(try await RawHTTP.get("/metrics", port: port).contains("\nhadir_edge_ready 0\n"))
        }
        await device.stop()
    }

    @Test("A login page that answers with 200 does not make it ready")
    func statusBehindLoginPage() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        centre.set(.page)
        let (daemon, _) = try daemon(office, [device.stanza(live: false)], centre: centre, statusListen: Self.anyPort)
        try await running(office, daemon) { ports in
            let port = try await first(ports)
            try await office.hears("centre.failed")
            try await office.hears("device.read")
            let ready = try await RawHTTP.get("/readyz", port: port)
            #expect(ready.contains("503") && ready.contains("login page"), "\(ready)")
        }
        await device.stop()
    }

    @Test("It takes no body, no other method, no endless header, no request that never ends")
    func statusLimits() async throws {
        let office = try Office()
        let (daemon, _) = try daemon(office, [], statusListen: Self.anyPort)
        try await running(office, daemon) { ports in
            let port = try await first(ports)
            let head = "Host: localhost\r\nConnection: close\r\n"
            #expect(try await RawHTTP.send("POST /livez HTTP/1.1\r\n\(head)\r\n", port: port).contains(" 405 "))
            let body = "POST /livez HTTP/1.1\r\n\(head)Content-Length: 5\r\n\r\nhello"
            #expect(try await RawHTTP.send(body, port: port).contains(" 413 "))
            #expect(try await RawHTTP.get("/etc/passwd", port: port).contains(" 404 "))
            let long =
                "GET /livez HTTP/1.1\r\n"
                + String(repeating: "X-Long: \(String(repeating: "y", count: 90))\r\n", count: 400)
            #expect(try await RawHTTP.send(long + "\r\n", port: port) == "", "closed without an answer")
            #expect(try await RawHTTP.send("what is this\r\n\r\n", port: port).contains(" 400 "))
            let broken = "POST /livez HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n"
            let once = try await RawHTTP.send(broken, port: port)
            #expect(once.components(separatedBy: "HTTP/1.1 ").count <= 2, "a body that breaks off has one answer")
            let head2 = "HEAD /livez HTTP/1.1\r\n\(head)\r\n"
            #expect(try await RawHTTP.send(head2, port: port).hasSuffix("\r\n\r\n"))
            let two = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\n\(head)\r\n"
            #expect(try await RawHTTP.send(two, port: port).components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        }
        let source = try daemonlessSource(office)
        let server = StatusServer(
            address: Self.anyPort, source: source, page: daemonlessPage(office, source),
            imports: office.importPage(), environment: office.environment, requestTimeout: .milliseconds(100),
            failed: { _ in })
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let task = Task { await server.run { bound.yield($0) } }
        let port = try await first(ports)
        #expect(try await RawHTTP.send("GET /livez HTT", port: port) == "", "closed, not waited for")
        task.cancel()
        await task.value
    }

    private func daemonlessPage(_ office: Office, _ source: StatusSource) -> OfficePage {
        OfficePage(
            source: source,
            configuration: CurrentConfiguration(
                EdgeConfiguration(unit: "x", timezone: "Asia/Jakarta"), at: StagedTime.start),
            board: DeviceBoard(elapsed: office.environment.stopwatch()), now: office.environment.now)
    }

    private func daemonlessSource(_ office: Office) throws -> StatusSource {
        StatusSource(
            configuration: CurrentConfiguration(
                EdgeConfiguration(unit: "x", timezone: "Asia/Jakarta"), at: StagedTime.start), store: office.store,
            state: office.state, board: DeviceBoard(elapsed: office.environment.stopwatch()),
            environment: office.environment, clockTrust: ClockTrust(office.store), forwarder: nil, link: nil)
    }

    @Test("64 connections at once and no more; those that end make room")
    func statusConnections() async throws {
        let office = try Office()
        let (daemon, _) = try daemon(office, [], statusListen: Self.anyPort)
        try await running(office, daemon) { ports in
            let port = try await first(ports)
            var held: [any Channel] = []
            for _ in 0..<StatusServer.mostConnections { held.append(try await RawHTTP.hold(port: port)) }
            let refused = try await RawHTTP.get("/livez", port: port)
            #expect(refused == "", "the 65th is closed")
            for connection in held { try await connection.close() }
            var answer = ""
            while answer.isEmpty { answer = try await RawHTTP.get("/livez", port: port) }
            #expect(answer.contains("200 OK"))
        }
    }

    @Test("A port that is taken: an alarm, collecting goes on, and it is tried again")
    func statusPortTaken() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let other = SimulatorServer(SimulatorConfiguration())
        try await other.start()
        let taken = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: try #require(other.tcpPort))
        let (daemon, state) = try daemon(office, [device.stanza(live: false)], statusListen: taken)
        try await running(office, daemon) { ports in
            try await office.hears("status.failed")
            try await office.hears("device.read")
            await other.stop()
            try await office.time.pass(.seconds(60))
            let port = try await first(ports)
            #expect(try await RawHTTP.get("/livez", port: port).contains("200 OK"))
        }
        let store = try EdgeStore.readOnly(path: state.journal)
        let alarms = try store.tail(100).filter {
            String(decoding: $0.body, as: UTF8.self).contains("status_not_served")
        }
        #expect(alarms.count == 1)
        await device.stop()
    }
}
