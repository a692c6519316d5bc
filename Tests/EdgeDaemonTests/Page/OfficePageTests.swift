import Attendance
import EdgeStore
import Foundation
import PageSupport
import Synchronization
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("The clerk's page: as it is served")
struct OfficePageTests {
    private static let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)

    @Test("Green with the last scans; its policy; HEAD; other hosts; red when the device falls silent")
    func served() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        try await office.runningDaemon(
            [device.stanza(live: false)], centre: centre, statusListen: Self.anyPort
        ) { running in
            let port = try await running.statusPort()
            try await office.changes.until("the first batch") { centre.punches == 20 }
            try await office.time.sleepers(2)
            office.time.advance(by: .seconds(2))
            let page = try await RawHTTP.get("/", port: port)
            #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n") && page.contains("Semua absen sudah terkirim"), "\(page)")
            let last = try #require(try office.journal(running).last)
            #expect(page.contains(" \(last.deviceTime.text.suffix(8).replacing(":", with: "."))</td>"))
            for (name, value) in PagePolicy.headers { #expect(page.contains("\r\n\(name): \(value)\r\n")) }
            #expect(page.contains("\r\ncontent-type: text/html; charset=utf-8\r\n"))
            for (path, type) in [("/hadir.css", "text/css"), ("/hadir.js", "text/javascript")] {
                let file = try await RawHTTP.get(path, port: port)
                #expect(file.hasPrefix("HTTP/1.1 200 OK\r\n") && file.contains("\r\ncontent-type: \(type);"))
            }
            let head = try await RawHTTP.send(
                "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port: port)
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"))
            for path in ["/", "/hadir.js", "/livez", "/readyz", "/metrics"] {
                let foreign = try await RawHTTP.send(
                    "GET \(path) HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", port: port)
                #expect(foreign.hasPrefix("HTTP/1.1 421 ") && !foreign.contains("Dinas Contoh"))
                #expect(!foreign.contains("lobby") && !foreign.contains("hadir_edge"))
            }
            let nameless = try await RawHTTP.send("GET / HTTP/1.0\r\n\r\n", port: port)
            #expect(nameless.contains(" 421 "))
            device.silence()
            office.time.advance(by: .seconds(190))
            let red = try await RawHTTP.get("/", port: port)
            #expect(red.contains("Perangkat lobby "))
            #expect(!red.contains("Semua absen sudah terkirim"))
        }
        await device.stop()
    }

    @Test("However often it is asked for, it is made once a second")
    func cached() async throws {
        let office = try Office()
        let moments = Moments()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let configuration = CurrentConfiguration(
            EdgeConfiguration(unit: "x", timezone: "Asia/Jakarta"), at: StagedTime.start)
        let source = StatusSource(
            configuration: configuration, store: office.store, state: office.state, board: board,
            environment: office.environment, clockTrust: ClockTrust(office.store), forwarder: nil, link: nil)
        let page = OfficePage(source: source, configuration: configuration, board: board) { moments.next() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = await page.html() } }
        }
        #expect(moments.count == 1)
        office.time.advance(by: .milliseconds(999))
        _ = await page.html()
        #expect(moments.count == 1)
        office.time.advance(by: .milliseconds(1))
        #expect(await page.html().contains("belum didaftarkan ke pusat"))
        #expect(moments.count == 2)
    }

    @Test("The last ten scans, newest first; at a start they come from the journal's end, past what is no scan")
    func lastScans() async throws {
        let office = try Office()
        let device = office.device(records: 30)
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        _ = try await office.reader(try device.stanza(), board: board).readInNewSession()
        let journaled = try office.punches
        #expect(board.lastScans.all == journaled.suffix(10).reversed())
        let more = (0..<200).map { EntryBody.alarm(Alarm(code: "x", text: "\($0)")) }
        try office.store.append(more, at: StagedTime.start)
        let again = LastScans()
        again.fill(from: office.store)
        #expect(again.all == board.lastScans.all)
        #expect(try office.store.newestPunches(10, within: 200).isEmpty, "no further back than it may")
        await device.stop()
    }
}

extension Office {
    /// The punches of a daemon's journal, oldest first.
    fileprivate func journal(_ running: RunningDaemon) throws -> [Punch] {
        try running.entries().compactMap { if case .punch(let punch) = $0 { punch } else { nil } }
    }
}

/// How often somebody asked what time it is.
private final class Moments: Sendable {
    private let asked = Mutex(0)

    var count: Int { asked.withLock { $0 } }

    func next() -> Date {
        asked.withLock { $0 += 1 }
        return StagedTime.start
    }
}
