import Attendance
import EdgeStore
import Foundation
import Synchronization
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("Readings that end the process")
struct CrashGuardTests {
    /// What a process leaves that begins a reading and then does what `then` says.
    private func process(_ state: StateDirectory, _ then: (CrashGuard) -> Void = { _ in }) -> CrashGuard {
        let crashes = CrashGuard(state: state, elapsed: { .zero })
        crashes.begins("lobby")
        then(crashes)
        return crashes
    }

    private func next(_ state: StateDirectory, _ elapsed: Duration = .zero) -> CrashGuard {
        CrashGuard(state: state, elapsed: { elapsed })
    }

    @Test("A12 After two deaths in a row in its reading a device rests, with one alarm, before each further try")
    func a12() throws {
        let office = try Office()
        _ = process(office.state)
        var crashes = next(office.state)
        #expect(crashes.rest(of: "lobby") == nil && crashes.news == [])
        _ = process(office.state)
        crashes = next(office.state)
        #expect(crashes.rest(of: "lobby") == CrashRest(deaths: 2, left: .seconds(900)))
        #expect(crashes.rest(of: "gudang") == nil)
        #expect(crashes.news == ["lobby"])
        crashes = next(office.state)
        #expect(crashes.rest(of: "lobby")?.deaths == 2, "a start without a reading is no death")
        #expect(crashes.news == [], "told once")
        _ = process(office.state)
        crashes = next(office.state)
        #expect(crashes.rest(of: "lobby")?.deaths == 3 && crashes.news == [])
    }

    /// A process that dies while it reads all of these.
    private func death(_ state: StateDirectory, reading names: String...) {
        let crashes = next(state)
        for name in names { crashes.begins(name) }
    }

    @Test("A12 Who was being read at a death is tried alone: the one that kills rests, the others are read at once")
    func a12Suspects() throws {
        let office = try Office()
        death(office.state, reading: "aula", "gudang", "lobby")
        var crashes = next(office.state)
        #expect(crashes.news == [] && ["aula", "gudang", "lobby"].allSatisfy { crashes.rest(of: $0) == nil })
        #expect(crashes.enter("lobby") && crashes.enter("lobby"))
        #expect(!crashes.enter("gudang") && !crashes.enter("aula"))
        #expect(crashes.enter("kantor"), "nothing is held against it")
        crashes.begins("lobby")
        crashes = next(office.state)
        #expect(crashes.news == ["lobby"] && crashes.rest(of: "lobby")?.deaths == 2)
        for name in ["aula", "gudang"] {
            #expect(crashes.rest(of: name) == nil && crashes.enter(name))
            crashes.begins(name)
            crashes.ends(name, succeeded: true)
        }
        death(office.state, reading: "gudang")
        #expect(next(office.state).rest(of: "gudang") == nil, "it was cleared")
    }

    @Test("A12 The next suspect's turn comes with the end of a reading or a visit, or after five minutes")
    func a12Turns() throws {
        let office = try Office()
        death(office.state, reading: "gudang", "lobby")
        let now = Mutex(Duration.zero)
        let crashes = CrashGuard(state: office.state, elapsed: { now.withLock { $0 } })
        #expect(crashes.enter("lobby") && !crashes.enter("gudang"))
        crashes.begins("lobby")
        crashes.ends("lobby", succeeded: false)
        #expect(crashes.enter("gudang") && !crashes.enter("lobby"))
        crashes.leave("lobby")
        #expect(!crashes.enter("lobby"), "it was not its turn to give away")
        crashes.leave("gudang")
        #expect(crashes.enter("lobby"))
        now.withLock { $0 = .seconds(299) }
        #expect(!crashes.enter("gudang"))
        now.withLock { $0 = .seconds(300) }
        #expect(crashes.enter("gudang"))
    }

    @Test("A12 A death that others share condemns nobody; the third in a row does, so that no device kills for ever")
    func a12Shared() throws {
        let office = try Office()
        death(office.state, reading: "gudang", "lobby")
        death(office.state, reading: "kantor", "lobby")
        var crashes = next(office.state)
        #expect(["gudang", "kantor", "lobby"].allSatisfy { crashes.rest(of: $0) == nil })
        #expect(crashes.enter("kantor") && !crashes.enter("lobby"), "kantor is a suspect now")
        crashes = next(office.state)
        #expect(crashes.rest(of: "lobby") == nil, "a start without a reading changes nothing")
        death(office.state, reading: "aula", "lobby")
        crashes = next(office.state)
        #expect(crashes.news == ["lobby"] && crashes.rest(of: "lobby")?.deaths == 3)
        #expect(["aula", "gudang", "kantor"].allSatisfy { crashes.rest(of: $0) == nil })
        #expect(next(office.state).news == [], "told once")
    }

    @Test("A12 A success forgets the deaths; a reading that failed in order, and one that a stop ended, is none")
    func a12Success() throws {
        let office = try Office()
        _ = process(office.state)
        _ = process(office.state) { $0.ends("lobby", succeeded: false) }
        #expect(next(office.state).rest(of: "lobby") == nil)
        _ = process(office.state) { $0.stops() }
        #expect(next(office.state).rest(of: "lobby") == nil)
        _ = process(office.state)
        #expect(next(office.state).rest(of: "lobby")?.deaths == 2, "the deaths before count on")
        _ = process(office.state) { $0.ends("lobby", succeeded: true) }
        _ = process(office.state)
        #expect(next(office.state).rest(of: "lobby") == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.state.path + "/reading") == ["lobby"])
    }

    @Test("A file that means nothing is taken away")
    func strangeFiles() throws {
        let office = try Office()
        let folder = office.state.path + "/reading"
        _ = next(office.state)
        for (name, text) in [
            ("a", ""), ("b", "x reading"), ("c", "-1 reading"), ("d", "1 dreaming"), ("f", "1 idle alone"),
            ("e", "\u{0}"),
        ] {
            try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o640)
        }
        #expect(next(office.state).news == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test("A link laid in place of the folder is not followed: nothing elsewhere is read, written or taken away")
    func linkedFolder() throws {
        let office = try Office()
        let files = FileManager.default
        let elsewhere = office.state.path + "/elsewhere"
        try files.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        for name in ["lobby", "passwd"] {
            try AtomicFile.write(Array("2 reading".utf8), to: "\(elsewhere)/\(name)", mode: 0o640)
            try AtomicFile.write(Array("no count".utf8), to: "\(elsewhere)/\(name)2", mode: 0o640)
        }
        try files.createSymbolicLink(atPath: office.state.path + "/reading", withDestinationPath: elsewhere)
        let crashes = process(office.state) { $0.ends("lobby", succeeded: true) }
        #expect(crashes.rest(of: "lobby") == nil && crashes.news == [])
        crashes.begins("gudang")
        #expect(
            try files.contentsOfDirectory(atPath: elsewhere).sorted() == ["lobby", "lobby2", "passwd", "passwd2"])
        #expect(files.contents(atPath: elsewhere + "/lobby") == Data("2 reading".utf8))
    }

    @Test("Links and folders laid in it are taken for no files of ours; what they lead to stays as it is")
    func linkedFiles() throws {
        let office = try Office()
        let files = FileManager.default
        let folder = office.state.path + "/reading"
        _ = next(office.state)
        let target = office.state.path + "/target"
        try AtomicFile.write(Array("2 reading".utf8), to: target, mode: 0o640)
        try files.createSymbolicLink(atPath: folder + "/lobby", withDestinationPath: target)
        try files.createDirectory(atPath: folder + "/d", withIntermediateDirectories: false)
        let crashes = next(office.state)
        #expect(crashes.rest(of: "lobby") == nil)
        #expect(try files.contentsOfDirectory(atPath: folder) == ["d"])
        try files.createSymbolicLink(atPath: folder + "/lobby", withDestinationPath: target)
        crashes.begins("lobby")
        #expect(files.contents(atPath: target) == Data("2 reading".utf8))
    }

    @Test("A12 After one death the devices that were being read are all read again, one after the other, without alarm")
    func a12DaemonSuspects() async throws {
        let office = try Office()
        let devices = [office.device("SIMA"), office.device("SIMB")]
        for device in devices { try await device.start() }
        let stanzas = [
            try devices[0].stanza("lobby", serial: "SIMA", poll: .seconds(3000), live: false),
            try devices[1].stanza("gudang", serial: "SIMB", poll: .seconds(3000), live: false),
        ]
        try await office.runningDaemon(stanzas, prepare: { death($0, reading: "gudang", "lobby") }) { running in
            let read: @Sendable () -> Int = {
                Set(office.heard("device.read").compactMap { $0.metadata["device"].map { "\($0)" } }).count
            }
            try await office.changes.until("one reading") { read() == 1 }
            // It is over when nothing is held against its device any more; nobody tells of that.
            while try FileManager.default.contentsOfDirectory(atPath: office.daemonState.path + "/reading").count > 1 {
                await Task.yield()
            }
            // The other has waited for its turn, and looks again every second.
            #expect(read() == 1, "they were read at once")
            try await office.time.pass(.seconds(1))
            try await office.changes.until("both readings") { read() == 2 }
            #expect(office.time.now.offset < .seconds(60), "nobody waited for a turn that nobody used")
            #expect(try running.alarms() == [])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.daemonState.path + "/reading") == [])
        for device in devices { await device.stop() }
    }

    @Test("A12 The daemon journals the alarm, reads the others, leaves this one alone for 15 minutes, then tries")
    func a12Daemon() async throws {
        let office = try Office()
        let devices = [office.device("SIMA"), office.device("SIMB")]
        for device in devices { try await device.start() }
        let stanzas = [
            try devices[0].stanza("lobby", serial: "SIMA", live: false),
            try devices[1].stanza("gudang", serial: "SIMB", poll: .seconds(3000), live: false),
        ]
        try await office.runningDaemon(
            stanzas,
            prepare: { state in
                _ = process(state)
                _ = process(state)
            }
        ) { running in
            try await office.hears("device.read")
            try await office.hears("device.crashes_us")
            try await office.hears("device.failed")
            #expect(devices[0].statistics.connections == 0)
            #expect(try running.alarms() == ["device_crashes_us"])
            let refused = try await running.ask(.sync, ["lobby"])?.synced?.first?.problem
            #expect(refused?.contains("rests for 15 minutes") == true, "\(refused ?? "")")
            #expect(devices[0].statistics.connections == 0, "asking does not make it")
            try await office.time.pass(.seconds(900))
            try await office.changes.until("its reading") {
                office.heard("device.read").contains { $0.metadata["device"] == "lobby" }
            }
            #expect(try running.alarms() == ["device_crashes_us"])
            #expect(try await running.ask(.sync, ["lobby"])?.synced?.first?.problem == nil)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.daemonState.path + "/reading") == [])
        for device in devices { await device.stop() }
    }
}
