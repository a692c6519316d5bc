import Attendance
import EdgeStore
import Foundation
import GRDB
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import ZKClient
import ZKSimulator

@testable import EdgeDaemon

/// A push listener on loopback with its workers, in an office.
struct PushRig: Sendable {
    let office: Office
    let desk: PushDesk
    let board: DeviceBoard
    let workers: [PushWorker]
    let port: Int
    let clockTrust: ClockTrust

    /// Sends bytes as they are.
    func send(_ text: String) async throws -> PushAnswer { PushAnswer(try await RawHTTP.send(text, port: port)) }

    func get(_ target: String) async throws -> PushAnswer {
        try await send("GET \(target) HTTP/1.1\r\nHost: hadir.example\r\nConnection: close\r\n\r\n")
    }

    func post(_ target: String, _ body: String) async throws -> PushAnswer {
        try await send(
            "POST \(target) HTTP/1.1\r\nHost: hadir.example\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    func attlog(_ lines: String, serial: String = "SIMP000000001") async throws -> PushAnswer {
        try await post("/iclock/cdata?SN=\(serial)&table=ATTLOG&Stamp=9999", lines)
    }

    func plan(_ serial: String = "SIMP000000001") -> PushPlan {
        PushPlan(host: "127.0.0.1", port: port, serial: serial)
    }
}

struct PushAnswer: Sendable {
    let status: Int
    let head: String
    let body: String

    init(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        head = parts.first ?? ""
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }
}

extension Office {
    func pushDevice(
        _ name: String = "lobby", _ serial: String = "SIMP000000001", from host: String = ""
    ) -> DeviceConfiguration {
        DeviceConfiguration(
            name: name, address: DeviceAddress(link: .push, host: host, port: 0), serial: DeviceSerial(serial),
            timezone: "Asia/Jakarta")
    }

    /// Serves push devices for the length of `body`.
    func pushing<Result>(
        _ devices: [DeviceConfiguration], limits: PushServer.Limits = .init(), path: String = "",
        certificate: (file: String, key: String)? = nil, store: EdgeStore? = nil,
        _ body: (PushRig) async throws -> Result
    ) async throws -> Result {
        let store = store ?? self.store
        let board = DeviceBoard(elapsed: environment.stopwatch())
        let trust = ClockTrust(store)
        let desk = PushDesk(environment: environment, board: board, clockTrust: trust)
        let workers = devices.compactMap { device in
            device.journalSerial.map { serial in
                PushWorker(
                    configuration: device, serial: serial, store: store, environment: environment, board: board,
                    desk: desk, appended: { self.changes.notify() })
            }
        }
        let configuration = PushConfiguration(
            listen: .init(host: "127.0.0.1", port: 0), certificate: certificate?.file, key: certificate?.key,
            path: path)
        let server = PushServer(
            configuration: configuration, identity: PushIdentity(configuration), desk: desk, environment: environment,
            limits: limits, failed: { _ in })
        let (ports, port) = AsyncStream<Int>.makeStream()
        let admitted = heard("push.admitted").count
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run { port.yield($0) } }
            for worker in workers { group.addTask { await worker.run() } }
            var bound = 0
            for await port in ports {
                bound = port
                break
            }
            try await hears("push.admitted", admitted + workers.count)
            let rig = PushRig(
                office: self, desk: desk, board: board, workers: workers, port: bound, clockTrust: trust)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(rig)) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Refuses entries whose body has `word`, as a full disk does.
    func refuseEntries(_ refuses: Bool, with word: String = "\"kind\":\"punch\"") throws {
        try DatabaseQueue(path: state.journal).write { db in
            try db.execute(
                sql: refuses
                    ? """
                    CREATE TRIGGER no_entries BEFORE INSERT ON journal
                    WHEN CAST(new.body AS TEXT) LIKE '%\(word)%'
                    BEGIN SELECT RAISE(ABORT, 'full'); END
                    """ : "DROP TRIGGER no_entries")
        }
    }

    /// A wish without its command, as it stood in the journals of earlier versions.
    func wishForEverything() throws {
        try DatabaseQueue(path: state.journal).write {
            try $0.execute(sql: "INSERT OR IGNORE INTO push_resend SELECT id FROM device")
        }
    }

    /// Every byte in the journal's files.
    var journalBytes: String {
        ["", "-wal"].map { suffix in
            String(decoding: (try? Data(contentsOf: URL(filePath: state.journal + suffix))) ?? Data(), as: UTF8.self)
        }.joined()
    }

    var operations: [Attendance.Operation] {
        get throws { try entries.compactMap { if case .operation(let done) = $0 { done } else { nil } } }
    }
}
