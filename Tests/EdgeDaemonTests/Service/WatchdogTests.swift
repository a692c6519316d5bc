import Attendance
import EdgeStore
import Foundation
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("What the service manager hears")
struct WatchdogTests {
    @Test("READY when it serves, STATUS in words, a ping at half the interval, STOPPING at the end")
    func life() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let manager = Manager(office.changes)
        try await office.runningDaemon([device.stanza()], service: manager.service(watchdog: .seconds(30))) { _ in
            try await office.changes.until("READY") { manager.count("READY=1") == 1 }
            try await office.hears("device.read")
            try await office.changes.until("a ping") { manager.count("WATCHDOG=1") == 1 }
            try await office.time.pass(.seconds(10))
            try await office.changes.until("words") {
                manager.heard.contains { $0.hasPrefix("STATUS=1 device, ") && $0.hasSuffix(" waiting, not enrolled") }
            }
            #expect(manager.count("WATCHDOG=1") == 1)
            office.time.advance(by: .seconds(5))
            try await office.changes.until("the next ping") { manager.count("WATCHDOG=1") == 2 }
        }
        #expect(manager.heard.contains("STOPPING=1"))
        await device.stop()
    }

    @Test("A dead network and silent devices are waited for: pings go on")
    func handledWaits() async throws {
        let office = try Office()
        let silent = office.device()
        try await silent.start()
        silent.silence()
        let centre = StubCentre(changes: office.changes)
        centre.set(.unreachable)
        let manager = Manager(office.changes)
        try await office.runningDaemon(
            [silent.stanza()], centre: centre, service: manager.service(watchdog: .seconds(30))
        ) { _ in
            // Both loops of the report, the device and the forwarder wait; then a second passes, five minutes long.
            for _ in 0..<300 {
                try await office.time.sleepers(4)
                office.time.advance(by: .seconds(1))
            }
            #expect(manager.count("WATCHDOG=1") >= 20)
            #expect(office.heard("watchdog.withheld").isEmpty)
            #expect(office.heard("device.failed").count > 5 && office.heard("centre.failed").count > 5)
        }
        await silent.stop()
    }

    @Test("A13 A part that is stuck stops the pings, is named once, and pings come back with it")
    func a13() async throws {
        let office = try Office()
        let manager = Manager(office.changes)
        try await office.runningDaemon([], service: manager.service(watchdog: .seconds(30))) { running in
            try await office.changes.until("a ping") { manager.count("WATCHDOG=1") == 1 }
            running.daemon.board.commitBegins(1)
            for _ in 0..<2 {
                try await office.time.sees(.seconds(15))
                office.time.advance(by: .seconds(15))
            }
            try await office.changes.until("pings within the bound") { manager.count("WATCHDOG=1") == 3 }
            for _ in 0..<3 {
                try await office.time.sees(.seconds(15))
                office.time.advance(by: .seconds(15))
            }
            try await office.hears("watchdog.withheld")
            #expect(office.heard("watchdog.withheld").first?.metadata["stuck"] == "journal")
            #expect(manager.count("WATCHDOG=1") == 3)
            running.daemon.board.committed(in: .seconds(75))
            try await office.time.sees(.seconds(15))
            office.time.advance(by: .seconds(15))
            try await office.changes.until("a ping again") { manager.count("WATCHDOG=1") == 4 }
            #expect(office.heard("watchdog.withheld").count == 1)
        }
    }

    @Test("A13 A device's worker and the forwarder that hang are found, each by its own bound")
    func a13Parts() async throws {
        let office = try Office()
        let centre = StubCentre(changes: office.changes)
        centre.set(.hanging)
        let manager = Manager(office.changes)
        try await office.runningDaemon([], centre: centre, service: manager.service(watchdog: .seconds(30))) {
            running in
            try await office.changes.until("a request") { centre.requests == 1 }
            for _ in 0..<11 {
                #expect(running.daemon.board.heartbeats.stuck == [])
                try await office.time.pass(.seconds(15))
            }
            #expect(running.daemon.board.heartbeats.stuck == ["forwarder"], "no link waits that long")
        }
    }

    @Test("A11 Ten minutes without a processor: pings go on, nobody is called stuck, the device is read again")
    func a11() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let manager = Manager(office.changes)
        try await office.runningDaemon([device.stanza()], service: manager.service(watchdog: .seconds(30))) { running in
            try await office.hears("device.read")
            try await office.time.sees(.seconds(15))
            try await office.time.sees(.seconds(45))
            office.time.advance(by: .seconds(600))
            let pings = manager.count("WATCHDOG=1")
            try await office.hears("device.read", 2)
            try await office.changes.until("a ping") { manager.count("WATCHDOG=1") > pings }
            #expect(office.heard("watchdog.withheld").isEmpty)
            try device.scan(userID: "4")
            _ = try await running.ask(.sync)
            #expect(try running.punches() == 21)
        }
        await device.stop()
    }
}
