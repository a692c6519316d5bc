import Foundation
import ServiceSupport
import Testing

@testable import EdgeDaemon

@Suite("What the watchdog is told of: progress of the journal, the devices and the forwarder")
struct ProgressTests {
    private static let lobby = Progress.Part.device("lobby")

    @Test("A part that waits is getting on, however long the wait it announced; beyond it, it is stuck")
    func waits() {
        var progress = Progress()
        #expect(progress.stuck(at: .zero) == [], "nothing is expected before the first report")
        progress.report(Self.lobby, within: .seconds(100), at: .seconds(10))
        progress.report(.forwarder, within: .seconds(3600), at: .seconds(10))
        #expect(progress.stuck(at: .seconds(110)) == [])
        #expect(progress.stuck(at: .seconds(111)) == ["device lobby"])
        progress.report(Self.lobby, within: .seconds(100), at: .seconds(111))
        #expect(progress.stuck(at: .seconds(112)) == [])
        #expect(progress.stuck(at: .seconds(3611)) == ["device lobby", "forwarder"])
        progress.end(Self.lobby)
        #expect(progress.stuck(at: .seconds(3611)) == ["forwarder"])
    }

    @Test("A13 A write to the journal that does not return is stuck after its bound; a larger one may take longer")
    func a13() {
        var progress = Progress()
        progress.writeBegins(1, at: .zero)
        #expect(progress.stuck(at: .seconds(30)) == [])
        #expect(progress.stuck(at: .seconds(31)) == ["journal"])
        progress.writeEnds(at: .seconds(31))
        #expect(progress.stuck(at: .seconds(10_000)) == [], "nothing is being written")
        progress.writeBegins(100_000, at: .zero)
        #expect(progress.stuck(at: .seconds(129)) == [])
        #expect(progress.stuck(at: .seconds(131)) == ["journal"])
    }

    @Test("B22 A slow disk is not a stuck one: fifty writes of two seconds wait for one another")
    func b22() {
        var progress = Progress()
        for _ in 0..<50 { progress.writeBegins(1, at: .zero) }
        for number in 1...50 {
            #expect(progress.stuck(at: .seconds(2 * number)) == [])
            progress.writeEnds(at: .seconds(2 * number))
        }
        #expect(progress.stuck(at: .seconds(1000)) == [])
        progress.writeBegins(1, at: .zero)
        progress.writeBegins(1, at: .seconds(25))
        #expect(progress.stuck(at: .seconds(31)) == ["journal"], "a later write does not excuse an earlier one")
    }

    @Test("A11 A process that stood still expects of nobody what nobody could do")
    func a11() {
        var progress = Progress()
        progress.report(Self.lobby, within: .seconds(60), at: .zero)
        progress.writeBegins(1, at: .zero)
        #expect(progress.stuck(at: .seconds(605)).count == 2)
        progress.stoodStill(for: .seconds(600))
        #expect(progress.stuck(at: .seconds(605)) == [])
        #expect(progress.stuck(at: .seconds(661)) == ["journal", "device lobby"])
    }

    @Test("The clock of a part reports each wait, and nothing when a wait is cut short")
    func clock() async throws {
        let time = StagedTime()
        let started = time.now
        let heartbeats = Heartbeats(elapsed: { started.duration(to: time.now) })
        let clock = heartbeats.clock(time, for: .forwarder, within: .seconds(5))
        let wait = Task { try await clock.sleep(for: .seconds(60)) }
        try await time.sees(.seconds(60))
        time.advance(by: .seconds(60))
        try await wait.value
        #expect(heartbeats.stuck == [])
        time.advance(by: .seconds(6))
        #expect(heartbeats.stuck == ["forwarder"], "after its wait it did nothing for longer than it may")
        let cut = Task { try await clock.sleep(for: .seconds(70)) }
        try await time.sees(.seconds(70))
        #expect(heartbeats.stuck == [])
        cut.cancel()
        _ = await cut.result
        time.advance(by: .seconds(30))
        #expect(heartbeats.stuck == [])
    }
}

@Suite("The message line to the service manager")
struct ServiceManagerTests {
    private func receiver(_ name: [UInt8]) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + name
        let bound = address.withUnsafeBytes { bytes in
            bytes.baseAddress.map {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        try #require(bound == 0, "bind: \(errno)")
        return descriptor
    }

    private func received(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? "" : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    @Test("It goes to a socket in the file system and to one that is not")
    func sockets() throws {
        let folder = try ScratchDirectory()
        let path = folder.path("notify")
        let abstract = "hadir-\(UUID().uuidString)"
        for (variable, name) in [(path, Array(path.utf8) + [0]), ("@" + abstract, [0] + Array(abstract.utf8))] {
            let descriptor = try receiver(name)
            defer { close(descriptor) }
            let manager = try #require(ServiceManager(variables: ["NOTIFY_SOCKET": variable], process: 1))
            manager.tell(ServiceManager.ready)
            #expect(received(descriptor) == "READY=1")
            manager.tell(ServiceManager.status("two\nlines"))
            #expect(received(descriptor) == "STATUS=two lines")
            manager.tell(ServiceManager.reloading())
            #expect(received(descriptor).wholeMatch(of: #/RELOADING=1\nMONOTONIC_USEC=[0-9]+/#) != nil)
        }
    }

    @Test("Without a socket, or with one that cannot be, there is nobody to tell; one that is gone harms nobody")
    func none() throws {
        for variables in [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "@"]] {
            #expect(ServiceManager(variables: variables, process: 1) == nil)
        }
        #expect(
            ServiceManager(variables: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)], process: 1) == nil)
        ServiceManager(variables: ["NOTIFY_SOCKET": "/nowhere/at/all"], process: 1)?.tell("READY=1")
    }

    @Test("Pings are wanted where the manager says so, and not when it means another process")
    func watchdog() {
        func watchdog(_ variables: [String: String]) -> Duration? {
            ServiceManager(variables: variables.merging(["NOTIFY_SOCKET": "@x"]) { $1 }, process: 42)?.watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"]) == nil)
        #expect(watchdog([:]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "0"]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "soon"]) == nil)
    }

    @Test("The state in plain words")
    func words() {
        #expect(
            StatusWords.text(sampleStatus(devices: [("a", 1), ("b", nil)], centreAge: 14))
                == "2 devices, last receipt 14 s ago")
        var status = sampleStatus(devices: [("a", 1)], centreAge: nil, journalProblem: "the journal's disk is full")
        status.devices[0].status.problem = "no answer"
        status.stuck = ["device a"]
        #expect(
            StatusWords.text(status)
                == "1 device, 1 unreachable, not enrolled, the journal's disk is full, stuck: device a")
        #expect(StatusWords.text(sampleStatus(devices: [], centreAge: .some(nil))) == "0 devices, no receipt yet")
    }
}
