import Attendance
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("Push: hostile requests are bounded and harmless", .timeLimit(.minutes(2))) struct PushBoundsTests {
    private let scan = "7\t2026-11-23 07:00:00\t0\t1\t0\t0\t0\n"

    /// After whatever came, a device is served as if nothing had been.
    private func isWell(_ rig: PushRig) async throws {
        #expect(try await rig.attlog(scan).body == "OK: 1\n")
    }

    @Test("a body that is too large is refused, announced or not")
    func largeBody() async throws {
        let office = try Office()
        var limits = PushServer.Limits()
        limits.bodyBytes = 64 * 1024
        try await office.pushing([office.pushDevice()], limits: limits) { rig async throws in
            let head = "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nHost: h\r\n"
            #expect(try await rig.send(head + "Content-Length: 99999999\r\n\r\n").status == 413)
            let chunk = String(repeating: scan, count: 300)
            let chunks = String(
                repeating: String(chunk.utf8.count, radix: 16) + "\r\n\(chunk)\r\n", count: 20)
            let answer = try await rig.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n")
            #expect(answer.status == 413 || answer.status == 0)
            #expect(try office.punches.isEmpty)
            try await isWell(rig)
        }
    }

    @Test("H3 D17 a body that is too large and then no HTTP is answered once, and the listener lives")
    func brokenLargeBody() async throws {
        let office = try Office()
        var limits = PushServer.Limits()
        limits.bodyBytes = 64
        try await office.pushing([office.pushDevice()], limits: limits) { rig async throws in
            let head = "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nHost: h\r\n"
            let answer = try await RawHTTP.send(
                head + "Transfer-Encoding: chunked\r\n\r\n80\r\n\(String(repeating: "x", count: 128))\r\nzz\r\n",
                port: rig.port)
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(answer)")
            try await isWell(rig)
        }
    }

    @Test("twenty thousand lines are taken in one piece")
    func largestBody() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            var device = rig.plan()
            device.batch = 20_000
            let pusher = PushDevice(plan: device)
            pusher.fill(20_000, endingAt: StagedTime.start)
            #expect(await pusher.turn() && pusher.isDone)
            #expect(try office.punches.count == 20_000)
        }
    }

    @Test("headers without end, and bytes that are no HTTP, end the connection")
    func badHead() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let long =
                "GET /iclock/ping?SN=SIMP000000001 HTTP/1.1\r\n"
                + String(repeating: "X-A: \(String(repeating: "b", count: 1000))\r\n", count: 200)
            #expect(try await rig.send(long).status != 200)
            for text in [
                "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST /iclock/cdata HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                "GET /iclock/cdata?SN=\(String(repeating: "9", count: 9000)) HTTP/1.1\r\nConnection: close\r\n\r\n",
                "GET /iclock/cdata?SN=%00%01 HTTP/1.1\r\nConnection: close\r\n\r\n",
                "DELETE /iclock/cdata?SN=SIMP000000001 HTTP/1.1\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
            ] {
                let answer = try await rig.send(text)
                #expect(answer.status != 200, "\(text.prefix(60))")
            }
            try await isWell(rig)
        }
    }

    @Test("who dawdles is let go, in the head and in the body")
    func slow() async throws {
        let office = try Office()
        var limits = PushServer.Limits()
        limits.idle = .milliseconds(150)
        try await office.pushing([office.pushDevice()], limits: limits) { rig async throws in
            for begun in [
                "GET /iclock/pi",
                "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nHost: h\r\n"
                    + "Content-Length: 100\r\n\r\n\(scan)",
            ] {
                // Returns only because the other side closes.
                #expect(try await RawHTTP.send(begun, port: rig.port).isEmpty)
            }
            #expect(try office.punches.isEmpty)
            try await isWell(rig)
        }
    }

    @Test("one address holds eight connections, and no more")
    func connections() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            func hold() async throws -> any Channel {
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: rig.port).get()
            }
            var held: [any Channel] = []
            for _ in 0..<8 { held.append(try await hold()) }
            // The system takes connections before the listener does, and a ping may come before one that is to be held:
            // then that one is refused, and another is held in its place.
            var isRefused = false
            for _ in 0..<1000 where !isRefused {
                let answer = try? await rig.send("GET /iclock/ping?SN=1 HTTP/1.1\r\nConnection: close\r\n\r\n")
                isRefused = answer.map { $0.status == 0 } ?? true
                if !isRefused { held.append(try await hold()) }
            }
            #expect(isRefused)
            // Any of the nine may be the one that was too many.
            for channel in held { try? await channel.close() }
            var status = 0
            for _ in 0..<1000 where status != 200 { status = try await rig.get("/iclock/ping?SN=1").status }
            #expect(status == 200)
            try await isWell(rig)
        }
    }

    @Test("a connection may be kept, and requests come one behind the other")
    func keptConnection() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let one =
                "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nHost: h\r\nContent-Length: "
                + "\(scan.utf8.count)\r\n\r\n\(scan)"
            let last = "GET /iclock/ping?SN=SIMP000000001 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            let text = try await RawHTTP.send(one + one + last, port: rig.port)
            #expect(text.components(separatedBy: "OK: 1\n").count == 3 && text.hasSuffix("OK\n"))
            let asks = one.replacing("Host: h", with: "Host: h\r\nExpect: 100-continue\r\nConnection: close")
            #expect(try await RawHTTP.send(asks, port: rig.port).hasSuffix("OK: 1\n"))
        }
    }

    @Test("a large body that waits for leave is taken whole")
    func continued() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let body = (0..<6000).map { "\($0)\t2026-11-23 07:00:00\t0\t1\t0\t0\t0\n" }.joined()
            #expect(body.utf8.count > 180_000)
            let head =
                "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            #expect(try await RawHTTP.send(head + body, port: rig.port).hasSuffix("OK: 6000\n"))
        }
    }

    @Test("who sends too much is told each time, and the log now and then")
    func refusals() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let head = "POST /iclock/cdata?SN=SIMP000000001&table=ATTLOG HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"
            for _ in 0..<5 { #expect(try await rig.send(head).status == 413) }
            #expect(office.heard("push.refused").count == 1)
        }
    }

    @Test("over TLS it is the same, and a key that others may read is refused")
    func tls() async throws {
        let office = try Office()
        let folder = try ScratchDirectory()
        _ = try TestCertificate(in: folder.url.path)
        let key = folder.path("localhost.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        try await office.pushing(
            [office.pushDevice()], certificate: (folder.path("localhost.pem"), key)
        ) { rig async throws in
            var plan = rig.plan()
            plan.isTLS = true
            let device = PushDevice(plan: plan)
            device.fill(300, endingAt: StagedTime.start)
            #expect(await device.turn() && device.isDone)
            #expect(try office.punches.count == 300)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let identity = try #require(
            PushIdentity(
                PushConfiguration(
                    listen: .init(host: "127.0.0.1", port: 0), certificate: folder.path("localhost.pem"), key: key)))
        #expect(throws: PushIdentity.Problem.self) { try identity.load() }
    }
}
