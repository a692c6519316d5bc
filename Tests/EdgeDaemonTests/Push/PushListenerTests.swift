import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import NIOCore
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("Push: who is heard, and what is kept", .timeLimit(.minutes(2))) struct PushListenerTests {
    private let scan = "7\t2026-11-23 07:00:00\t0\t1\t0\t0\t0\n"

    @Test("an unknown serial is answered its handshake, listed, and nothing of it is kept")
    func unknown() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let hello = try await rig.get("/iclock/cdata?SN=STRANGER1&options=all&pushver=2.4.1")
            #expect(hello.status == 200 && hello.body == "GET OPTION FROM: STRANGER1\nErrorDelay=60\nDelay=30\n")
            for table in ["ATTLOG", "OPERLOG", "options", "BIODATA", "rtlog"] {
                let answer = try await rig.post("/iclock/cdata?SN=STRANGER1&table=\(table)", scan)
                #expect(answer.status != 200, "\(table)")
            }
            #expect(try office.punches.isEmpty && office.alarms.isEmpty)
            let knock = try #require(rig.desk.knocks.all.first)
            #expect(knock.serial == "STRANGER1" && knock.count == 6 && knock.address == "127.0.0.1")
            #expect(office.heard("push.unknown").count == 1)
        }
        try await office.pushing([office.pushDevice("gudang", "STRANGER1")]) { rig async throws in
            #expect(try await rig.attlog(scan, serial: "STRANGER1").body == "OK: 1\n")
            #expect(rig.desk.knocks.all.isEmpty)
        }
        #expect(try office.punches.count == 1)
    }

    @Test("strangers are remembered, 8 of an address and 64 in all: who makes up serials hides no other device")
    func fairKnocks() {
        let knocks = PushKnocks()
        for place in 0..<20 {
            for number in 0..<4 {
                _ = knocks.add("N\(place)-\(number)", "10.0.0.\(place)", "unknown", at: "t", elapsed: .zero)
            }
        }
        #expect(knocks.all.count == 64)
        for number in 0..<500 { _ = knocks.add("X\(number)", "10.9.9.9", "unknown", at: "t", elapsed: .zero) }
        #expect(knocks.all.count == 64 && (1...8).contains(knocks.all.count { $0.address == "10.9.9.9" }))
        #expect(Set(knocks.all.map(\.address)).count == 21)
    }

    @Test("the strangers of one address are few, and the log hears of them now and then")
    func manyStrangers() async throws {
        let office = try Office()
        try await office.pushing([]) { rig async throws in
            for number in 0..<80 { _ = try await rig.get("/iclock/getrequest?SN=S\(number)") }
            #expect(rig.desk.knocks.all.count == 8 && rig.desk.knocks.all.first?.serial == "S79")
            #expect(office.heard("push.unknown").count == 1)
            office.time.advance(by: .seconds(10))
            _ = try await rig.get("/iclock/getrequest?SN=S80")
            #expect(office.heard("push.unknown").last?.metadata["new"] == "80")
        }
    }

    @Test("a device bound to an address is taken from no other")
    func boundAddress() async throws {
        let office = try Office()
        let devices = [
            office.pushDevice(from: "192.0.2.7"), office.pushDevice("gudang", "SIMP000000002", from: "127.0.0.1"),
        ]
        try await office.pushing(devices) { rig async throws in
            #expect(try await rig.attlog(scan).status == 503)
            #expect(try await rig.attlog(scan, serial: "SIMP000000002").body == "OK: 1\n")
            #expect(rig.desk.knocks.all.first?.reason == "address")
            #expect(try office.punches.map(\.serial.text) == ["SIMP000000002"])
        }
    }

    @Test("a serial that two stanzas have is journaled by one of them only")
    func serialTwice() async throws {
        let office = try Office()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let trust = ClockTrust(office.store)
        let desk = PushDesk(environment: office.environment, board: board, clockTrust: trust)
        let serial = try #require(DeviceSerial("SIMP000000001"))
        board.expect("polled", serial: serial, every: .seconds(60))
        let worker = PushWorker(
            configuration: office.pushDevice(), serial: serial, store: office.store, environment: office.environment,
            board: board, desk: desk, appended: {})
        let task = Task { await worker.run() }
        await worker.hasBegun()
        #expect(office.heard("device.failed").first?.metadata["code"] == "serial_twice")
        #expect(office.heard("push.admitted").isEmpty && worker.refusal?.contains("polled") == true)
        // The other stanza is gone: it tries again by itself.
        board.forget("polled", isGone: true)
        try await office.time.pass(.seconds(30))
        try await office.hears("push.admitted")
        #expect(worker.refusal == nil)
        task.cancel()
        await task.value
    }

    private func call(_ office: Office, _ target: String) throws -> PushDesk.Call {
        PushDesk.Call(target: try #require(PushTarget(target)), method: .POST, address: "127.0.0.1")
    }

    @Test("a body that began before its device was admitted is not acknowledged, whatever its table")
    func admittedInBetween() async throws {
        let office = try Office()
        let desk = PushDesk(
            environment: office.environment, board: DeviceBoard(elapsed: office.environment.stopwatch()),
            clockTrust: ClockTrust(office.store))
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let serial = rig.workers[0].serial
            for table in ["ATTLOG", "OPERLOG", "options", "BIODATA"] {
                let call = try call(office, "/iclock/cdata?SN=SIMP000000001&table=\(table)")
                var early = desk.begin(call)
                early.body.add(Array(scan.utf8))
                desk.admit(rig.workers[0], as: serial)
                #expect(await desk.answer(call, early).status == .serviceUnavailable, "\(table)")
                desk.dismiss(rig.workers[0], as: serial)
            }
            let call = try call(office, "/iclock/cdata?SN=SIMP000000001&table=ATTLOG")
            desk.admit(rig.workers[0], as: serial)
            var late = desk.begin(call)
            late.body.add(Array(scan.utf8))
            desk.dismiss(rig.workers[0], as: serial)
            #expect(await desk.answer(call, late).status == .serviceUnavailable)
            #expect(try office.punches.isEmpty)
            desk.admit(rig.workers[0], as: serial)
            #expect(await desk.answer(call, late) == .taken(1))
            #expect(try office.punches.count == 1)
        }
    }

    @Test("a configured device between two workers is no stranger: not now, and no knock")
    func betweenWorkers() async throws {
        let office = try Office()
        try await office.pushing([]) { rig async throws in
            rig.desk.expect([try #require(DeviceSerial("SIMP000000001"))])
            #expect(try await rig.attlog(scan).status == 503)
            #expect(try await rig.get("/iclock/cdata?SN=SIMP000000001&options=all").status == 503)
            #expect(try await rig.get("/iclock/getrequest?SN=SIMP000000001").status == 503)
            #expect(rig.desk.knocks.all.isEmpty)
        }
    }

    @Test("what is not on the disk is not acknowledged, and is when it comes again")
    func fullDisk() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            try office.refuseEntries(true)
            #expect(try await rig.attlog(scan).status == 503)
            #expect(try office.punches.isEmpty && office.heard("push.not_kept").count == 1)
            #expect(rig.board.commits.problem != nil)
            try office.refuseEntries(false)
            #expect(try await rig.attlog(scan).body == "OK: 1\n")
            #expect(try office.punches.count == 1 && rig.board.commits.problem == nil)
        }
    }

    @Test("templates and photos are counted and are nowhere")
    func templates() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let secret = "VEVNUExBVEVTRUNSRVQ"
            let cdata = "/iclock/cdata?SN=SIMP000000001&table="
            #expect(try await rig.post(cdata + "BIODATA", "BIODATA Pin=1\tTmp=\(secret)\n\r\nx\n").body == "OK: 2\n")
            let mixed = "FP PIN=1\tTMP=\(secret)\nUSERPIC PIN=1\tContent=\(secret)\nUSER Passwd=4821\tPIN=\n"
            #expect(try await rig.post(cdata + "OPERLOG", mixed).body == "OK: 3\n")
            let photo = "PIN=20261123070000-1.jpg\nSN=1\nsize=4\nCMD=uploadphoto\u{0}\(secret)"
            #expect(try await rig.post(cdata + "ATTPHOTO", photo).body == "OK\n")
            #expect(try await rig.post("/iclock/fdata?SN=SIMP000000001&table=ATTPHOTO", photo).body == "OK\n")
            for _ in 0..<3 {
                #expect(try await rig.post(cdata + "WHATEVER", "a\nb\n").body == "OK: 2\n")
            }
            #expect(office.heard("push.table_unknown").map { $0.metadata["table"] } == ["whatever"])
            // Sent to the wrong table.
            #expect(try await rig.attlog("USER PIN=1\tName=X\tPri=0\tPasswd=4821\n").status == 503)
            #expect(!office.journalBytes.contains(secret) && !office.everythingSaid.contains(secret))
            #expect(!office.journalBytes.contains("4821") && !office.everythingSaid.contains("4821"))
            #expect(try await rig.post("/iclock/cdata?SN=SIMP000000001", scan).status == 400)
        }
    }

    @Test("an operation log that comes again is journaled once; a touched clock is an alarm")
    func operations() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let line = "OPLOG 21\t3\t2026-11-23 06:00:00\t0\t0\t0\t0\n"
            let target = "/iclock/cdata?SN=SIMP000000001&table=OPERLOG&Stamp=5"
            for _ in 0..<2 { #expect(try await rig.post(target, line + line).body == "OK: 2\n") }
            #expect(try office.operations.map(\.what) == ["clock_set", "clock_set"])
            #expect(try office.operations.map(\.occurrence) == [0, 1] && office.operations[0].by == "3")
            #expect(try office.alarms == ["clock_touched"])
            #expect(try office.store.pushStamps(of: rig.workers[0].serial) == ["operlog": "5"])
        }
    }

    @Test("a device this journal knows nothing of is asked for everything, and then for what it said last")
    func everything() async throws {
        let office = try Office()
        let hello = "/iclock/cdata?SN=SIMP000000001&options=all&pushver=2.4.1"
        try await office.pushing([office.pushDevice()]) { rig async throws in
            for _ in 0..<2 { #expect(try await rig.get(hello).body.contains("\nATTLOGStamp=0\n")) }
            #expect(try await rig.get("/iclock/getrequest?SN=SIMP000000001").body.hasSuffix(":CHECK\n"))
            _ = try await rig.attlog(scan)
            #expect(try await rig.get(hello).body.contains("\nATTLOGStamp=9999\n"))
        }
        try await office.pushing([office.pushDevice()]) { rig async throws in
            #expect(try await rig.get(hello).body.contains("\nATTLOGStamp=9999\n"))
            _ = try await rig.workers[0].resend(by: "operator")
            #expect(try await rig.get(hello).body.contains("\nATTLOGStamp=0\n"))
        }
    }

    @Test("a body of which nothing can be read stays with the device, and is one alarm")
    func nothingReadable() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let lines = (100..<140).map { "\($0);2026-11-23T07:00:00;in;finger;\(String(repeating: "x", count: 30))" }
            for _ in 0..<3 { #expect(try await rig.attlog(lines.joined(separator: "\n")).status == 503) }
            let texts = try office.entries.compactMap { if case .alarm(let alarm) = $0 { alarm.text } else { nil } }
            #expect((2...8).contains(texts.count) && texts.allSatisfy { $0.utf8.count < 2000 })
            for line in lines {
                let hex = Hex.encode(Array(line.utf8.prefix(64)))
                #expect(texts.count { $0.contains(hex) } == 1)
            }
            #expect(try office.store.pushStamps(of: rig.workers[0].serial).isEmpty)
            // With one that can, the others hold nothing back.
            #expect(try await rig.attlog(lines.joined(separator: "\n") + "\n" + scan).body == "OK: 41\n")
            #expect(try office.punches.count == 1)
        }
    }

    @Test("more bad lines than are kept: the good ones are journaled, and the device keeps all")
    func tooManyUnreadable() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let body = scan + (0..<201).map { "bad \($0)\n" }.joined()
            for _ in 0..<2 { #expect(try await rig.attlog(body).status == 503) }
            #expect(try office.punches.count == 1)
            #expect(try office.alarms.count < 20)
            // The largest body of nothing is answered, and its alarms are few.
            #expect(try await rig.attlog(String(repeating: "1\n", count: 190_000)).status == 503)
            #expect(try await rig.attlog(String(repeating: "1\n", count: 210_000)).status == 413)
            #expect(try office.alarms.count < 30)
        }
    }

    @Test("a device that stays on is told to shake hands and send everything when a new epoch begins")
    func newEpoch() async throws {
        let office = try Office()
        let poll = "/iclock/getrequest?SN=SIMP000000001"
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let device = PushDevice(plan: rig.plan())
            device.fill(30, endingAt: StagedTime.start)
            for _ in 0..<3 { #expect(await device.turn()) }
            #expect(try await rig.get(poll).body == "OK\n")
            let hands = office.heard("push.handshake").count
            let store = office.store
            try store.beginEpoch(.fork, at: office.time.date)
            let before = try office.store.pushOrders(of: rig.workers[0].serial, at: office.time.date)
            #expect(before.last?.kind == "check" && before.last?.state == .queued)
            for _ in 0..<3 { #expect(await device.turn()) }
            #expect(office.heard("push.handshake").count == hands + 1)
            #expect(office.heard("push.received").last?.metadata["lines"] == "30")
            #expect(try !store.wantsEverything(of: rig.workers[0].serial))
        }
    }

    @Test("a wish of an earlier run that nobody told the device is told by the next")
    func wishAcrossRuns() async throws {
        let office = try Office()
        let poll = "/iclock/getrequest?SN=SIMP000000001"
        try await office.pushing([office.pushDevice()]) { rig async throws in
            _ = try await rig.get(poll)
            let orders = try office.store.pushOrders(of: rig.workers[0].serial, at: office.time.date)
            let id = try #require(orders.first?.id)
            _ = try await rig.post("/iclock/devicecmd?SN=SIMP000000001", "ID=\(id)&Return=0&CMD=CHECK\n")
            _ = try await rig.attlog(scan)
            #expect(try await rig.get(poll).body == "OK\n")
        }
        try office.wishForEverything()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            #expect(try await rig.get(poll).body.hasSuffix(":CHECK\n"))
        }
    }

    @Test("no device sets its clock by a clock that is in doubt")
    func doubtfulClock() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let time = "/iclock/cdata?SN=SIMP000000001&type=time"
            let right = try await rig.get(time)
            #expect(right.body == "Time=2026-11-23T07:00:00+07:00\n")
            #expect(right.head.contains("\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT"))
            office.time.stepWallClock(by: -400 * 86_400)
            #expect(try await rig.get(time).status == 503)
            let scanned = try await rig.attlog(scan)
            #expect(scanned.body == "OK: 1\n" && !scanned.head.contains("Date:"))
        }
    }

    @Test("five minutes of silence are an alarm, and the next contact ends them")
    func silence() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            try await office.time.pass(.seconds(300))
            try await office.hears("device.failed")
            await office.soon { (try? office.alarms) == ["push_silent"] }
            #expect(try office.alarms == ["push_silent"])
            #expect(rig.board.devices.first?.problem != nil)
            _ = try await rig.get("/iclock/getrequest?SN=SIMP000000001")
            #expect(rig.board.devices.first?.problem == nil && office.heard("device.recovered").count == 1)
        }
    }

    @Test("access control is told plainly that it is not served, and is an alarm where it is configured")
    func security() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            for target in ["/iclock/registry", "/iclock/push", "/iclock/cdata?table=rtlog"] {
                let mark = target.contains("?") ? "&" : "?"
                let answer = try await rig.post("\(target)\(mark)SN=SIMP000000001", "pin=1\ttime=2026-11-23 07:00:00")
                #expect(answer.status == 406)
            }
            let hello = try await rig.get("/iclock/cdata?SN=SIMP000000001&options=all&DeviceType=acc&pushver=3.1.2")
            #expect(hello.status == 406)
            #expect(try office.alarms == ["push_security"] && office.punches.isEmpty)
            #expect(try await rig.get("/iclock/exchange?SN=SIMP000000001").status == 404)
        }
    }

    @Test("a secret path stands before everything, and is in no log")
    func secretPath() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()], path: "k7Qm2vXw") { rig async throws in
            #expect(try await rig.attlog(scan).status == 404)
            let target = "/k7Qm2vXw/iclock/cdata?SN=SIMP000000001&table=ATTLOG"
            #expect(try await rig.post(target, scan).body == "OK: 1\n")
            #expect(!office.everythingSaid.contains("k7Qm2vXw"))
        }
    }

    @Test("scans by push and by poll of one serial are one")
    func samePunch() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            #expect(try await rig.attlog(scan).body == "OK: 1\n")
            let pushed = try #require(try office.punches.first)
            let polled = Punch(
                serial: pushed.serial, userID: pushed.userID, deviceTime: pushed.deviceTime, occurrence: 0, verify: 1,
                state: 0, source: .poll, raw: [1])
            let reading = Reading(
                serial: pushed.serial, source: .poll, extent: .some, startedAt: StagedTime.start, punches: [polled])
            let done = try office.store.append(reading, at: StagedTime.start)
            #expect(done.newPunches == 0 && done.confirmed == 1)
        }
    }
}
