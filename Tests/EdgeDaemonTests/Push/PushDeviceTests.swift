import Attendance
import EdgeStore
import Foundation
import NIOHTTP1
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("Push: devices, bad lines and commands", .timeLimit(.minutes(2))) struct PushDeviceTests {
    /// Every scan of the device is in the journal, once.
    private func isComplete(_ office: Office, _ device: PushDevice) throws {
        let made = device.scans.map { "\($0.user) \($0.time.replacing(" ", with: "T"))" }.sorted()
        #expect(try office.scans == made)
        let keys = try office.punches.map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    @Test(
        "answers that are lost, cut, or never reached us lose and double nothing",
        arguments: [PushPlan.Dialect.new, .old], [1, 2, 3] as [UInt64])
    func badLine(dialect: PushPlan.Dialect, seed: UInt64) async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            var plan = rig.plan()
            plan.dialect = dialect
            plan.seed = seed
            plan.batch = 16
            plan.faults.loseAnswer = 25
            plan.faults.halfAnswer = 15
            plan.faults.halfRequest = 15
            let device = PushDevice(plan: plan)
            device.fill(400, endingAt: StagedTime.start)
            var turns = 0
            while !device.isDone, turns < 500 {
                await device.turn()
                turns += 1
            }
            #expect(device.isDone && turns > 5)
            #expect(device.acknowledged.count == 400)
            try isComplete(office, device)
        }
    }

    @Test("a device that is refused for want of disk keeps its scans until they are taken")
    func fullDisk() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let device = PushDevice(plan: rig.plan())
            device.fill(50, endingAt: StagedTime.start)
            try office.refuseEntries(true)
            for _ in 0..<3 { #expect(await !device.turn()) }
            #expect(device.acknowledged.isEmpty)
            try office.refuseEntries(false)
            #expect(await device.turn())
            try isComplete(office, device)
        }
    }

    @Test("the simulated device takes only a whole 200 that says OK for an answer")
    func strictDevice() async throws {
        let hello = LoopbackServer.Behaviour.answer(.ok, [:], Array("GET OPTION FROM: S\nDelay=1\n".utf8))
        let bad: [LoopbackServer.Behaviour] = [
            .answer(.internalServerError, [:], Array("OK".utf8)), .answer(.ok, [:], Array("<html>".utf8)), .close,
            .halfAnswer, .garbage,
        ]
        for behaviour in bad {
            try await LoopbackServer.with([hello, behaviour, .answer(.ok, [:], Array("OK".utf8))]) { server in
                var plan = PushPlan(host: "127.0.0.1", port: server.port, serial: "S")
                plan.answerTime = .seconds(2)
                let device = PushDevice(plan: plan)
                device.fill(3, endingAt: StagedTime.start)
                #expect(await !device.turn() && device.acknowledged.isEmpty)
                await device.turn()
                #expect(device.acknowledged.count == 3)
                let bodies = server.requests.filter { $0.head.method == .POST }.map(\.body)
                #expect(bodies.count == 2 && bodies[0] == bodies[1])
            }
        }
    }

    @Test("asked again for a period or for everything, it sends what is journaled once")
    func queries() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let device = PushDevice(plan: rig.plan())
            device.fill(200, endingAt: StagedTime.start)
            #expect(await device.turn())
            let worker = rig.workers[0]
            let from = try #require(DeviceTime(text: "2000-01-01T00:00:00"))
            let to = try #require(DeviceTime(text: "2099-01-01T00:00:00"))
            let query = try await worker.queue(.query(from: from, to: to), by: "operator")
            let count = try await worker.queue(.verify(from: from, to: to), by: "operator")
            _ = try await worker.resend(by: "operator")
            for _ in 0..<3 { #expect(await device.turn()) }
            let orders = try office.store.pushOrders(of: worker.serial, at: office.time.date)
            #expect(orders.first { $0.id == query.id }?.state == .confirmed)
            #expect(orders.first { $0.id == count.id }?.count == 200)
            #expect(orders.allSatisfy { $0.state == .confirmed })
            try isComplete(office, device)
        }
    }

    @Test("sync has the device look for news and waits until it says so")
    func sync() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let device = PushDevice(plan: rig.plan())
            #expect(await device.turn())
            device.fill(5, endingAt: StagedTime.start)
            let synced = Task { try await rig.workers[0].sync(nil) }
            try await office.time.sees(.seconds(90))
            #expect(await device.turn())
            #expect(try await synced.value.newPunches == 5)
            let late = Task { try await rig.workers[0].sync(nil) }
            try await office.time.pass(.seconds(90))
            await #expect(throws: PushProblem.self) { try await late.value }
            await #expect(throws: PushProblem.self) { try await rig.workers[0].sync(.setClock) }
        }
    }

    @Test("commands wait over a restart, and a restart of the device is told once, whatever becomes of it")
    func commandsOverRestart() async throws {
        let office = try Office()
        let poll = "/iclock/getrequest?SN=SIMP000000001"
        try await office.pushing([office.pushDevice()]) { rig async throws in
            _ = try await rig.get(poll)
            _ = try await rig.workers[0].queue(.info, by: "operator")
            _ = try await rig.workers[0].queue(.reboot, by: "operator")
        }
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let told = try await rig.get(poll).body
            #expect(told.contains(":INFO\n") && told.hasSuffix(":REBOOT\n"))
            #expect(try await rig.get(poll).body == "OK\n")
        }
        office.time.advance(by: .seconds(400))
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let again = try await rig.get(poll).body
            #expect(again.contains(":INFO\n") && !again.contains("REBOOT"))
            let serial = rig.workers[0].serial
            let orders = try office.store.pushOrders(of: serial, at: office.time.date)
            let reboot = try #require(orders.first { $0.kind == "reboot" })
            #expect(reboot.state == .sent && reboot.sends == 1)
            let result = "ID=\(reboot.id)&Return=0&CMD=REBOOT\nID=99999&Return=0&CMD=CHECK\nID=x&Return=0\n"
            #expect(try await rig.post("/iclock/devicecmd?SN=SIMP000000001", result).body == "OK\n")
            let after = try office.store.pushOrders(of: serial, at: office.time.date)
            #expect(after.first { $0.id == reboot.id }?.state == .confirmed)
            #expect(try office.operations.map(\.what) == ["restarted"] && office.operations[0].by == "operator")
        }
    }

    @Test("what a device says of itself is an entry when it is news, without its secrets")
    func facts() async throws {
        let office = try Office()
        try await office.pushing([office.pushDevice()]) { rig async throws in
            let options = "~DeviceName=X100-C,FWVersion=Ver 6.60,TransactionCount=31,ComKey=918273,UserCount=7"
            for _ in 0..<2 {
                let answer = try await rig.post("/iclock/cdata?SN=SIMP000000001&table=options", options)
                #expect(answer.body == "OK: 1\n")
            }
            let facts = try office.entries.compactMap { if case .device(let facts) = $0 { facts } else { nil } }
            #expect(facts.map(\.model) == ["X100-C"] && facts.map(\.firmware) == ["Ver 6.60"])
            #expect(!office.journalBytes.contains("918273") && !office.everythingSaid.contains("918273"))
            _ = try await rig.get("/iclock/ping?SN=SIMP000000001")
            #expect(rig.board.devices.first?.count == 31)
        }
    }

    @Test("nothing in the programs can tell a device to run, fetch, erase, upgrade or open")
    func noDangerousWords() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let words = [
            "SHELL", "PutFile", "GetFile", "UPGRADE", "AC_UNLOCK", "DATA DELETE", "DATA UPDATE", "CLEAR LOG",
            "CLEAR DATA", "CLEAR PHOTO", "SET OPTION",
        ]
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" && file.path.contains("/Push") {
            let text = try String(contentsOf: file, encoding: .utf8)
            looked += 1
            for word in words { #expect(!text.contains("\"\(word)"), "\(file.lastPathComponent): \(word)") }
        }
        #expect(looked >= 20)
    }
}
