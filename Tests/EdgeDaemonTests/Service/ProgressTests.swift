import Foundation
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

@Suite("What the service manager is told in words")
struct StatusWordsTests {
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
