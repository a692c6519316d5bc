import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Testing
import ZKSimulator

@testable import EdgeDaemon

/// Files from flash disks into the journal: any number of times, before or after an online read.
@Suite("hadir import, at the journal", .timeLimit(.minutes(2)))
struct ImportTests {
    private static let serial = "CJ9L170560001"
    private static let text = """
                7\t2026-03-02 07:01:05\t1\t0\t1\t0\r
                7\t2026-03-02 16:01:05\t1\t1\t1\t0\r
                0\t2026-03-02 07:03:00\t1\t0\t1\t0\r
            00012\t2026-02-30 07:00:00\t1\t0\t1\t0\r
        noise\r
                9\t2031-03-02 07:00:00\t1\t0\t1\t0\r\n
        """

    @Test(
        "The preview tells dates, unknown users, what is here, impossible dates and unreadable lines; nothing changes")
    func preview() throws {
        let office = try Office()
        let serial = try #require(DeviceSerial(Self.serial))
        try office.store.append(
            users: [DeviceUser(serial: serial, userID: UserID("7"), name: "BUDI", privilege: 0)], of: serial,
            at: StagedTime.start)
        let before = try office.store.head()
        let preview = try office.sticks.preview(bytes: Array(Self.text.utf8), name: "1_attlog.dat", device: Self.serial)
        #expect(preview.records == 5 && preview.known == 0 && preview.new == 5 && preview.isKnownDevice)
        #expect(preview.first == "2026-03-02T07:01:05" && preview.last == "2031-03-02T07:00:00")
        #expect(preview.users == 3 && preview.unknownUsers == ["00012", "9"] && preview.isUserListKnown)
        #expect(preview.nobody == 1 && preview.undated == 1 && preview.undatedLines == [4] && preview.future == 1)
        #expect(preview.unreadable == 1 && preview.unreadableLines == [5])
        #expect(try office.store.head() == before)
        #expect(!FileManager.default.fileExists(atPath: office.state.imports))
    }

    @Test("The file is kept as it came, for its owner alone; its scans carry its SHA-256 and who said yes; no coverage")
    func kept() throws {
        let office = try Office()
        let bytes = Array(Self.text.utf8)
        let sha = try office.sticks.folder.spool(bytes, name: "1_attlog.dat")
        let result = try office.sticks.commit(sha, name: "1_attlog.dat", device: Self.serial, by: "budi")
        #expect(result.new == 5 && result.records == 5)
        let path = office.state.imports + "/\(sha).dat"
        #expect(FileManager.default.contents(atPath: path).map(Array.init) == bytes)
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == 0o600)
        let punches = try office.punches
        #expect(punches.count == 5 && punches.allSatisfy { $0.source == .stick })
        #expect(punches.allSatisfy { $0.file == FileOrigin(sha256: sha, by: "budi") })
        #expect(punches.map(\.flags) == [[], [], [.noUser], [.noDate], []])
        #expect(punches.first?.raw.starts(with: "        7\t2026".utf8) == true)
        #expect(try office.coverage.isEmpty)
        #expect(try office.store.memory(of: try #require(DeviceSerial(Self.serial))).cursor == nil)
    }

    @Test("Twice, after a restart, and after the device forgot the scans: nothing new")
    func twice() throws {
        let office = try Office()
        let bytes = Array(Self.text.utf8)
        let serial = try #require(DeviceSerial(Self.serial))
        for round in 0..<3 {
            let sha = try office.sticks.folder.spool(bytes, name: "1_attlog.dat")
            let preview = try office.sticks.preview(sha, name: "1_attlog.dat", device: Self.serial)
            #expect(preview.known == (round == 0 ? 0 : 5))
            let result = try office.sticks.commit(sha, name: "1_attlog.dat", device: Self.serial, by: "budi")
            #expect(result.new == (round == 0 ? 5 : 0))
            // A complete reading of a log that was cleared.
            try office.store.append(
                Reading(serial: serial, source: .poll, extent: .complete, startedAt: StagedTime.start, punches: []),
                at: StagedTime.start)
            office.sticks.folder.clean()
        }
        #expect(try office.punches.count == 5)
    }

    @Test("Before an online read: the read confirms; after one: nothing is new")
    func online() async throws {
        for isFirst in [true, false] {
            let office = try Office()
            let device = office.device()
            try await device.start()
            let stanza = try device.stanza()
            let desk = office.sticks([stanza])
            func take() throws -> StickResult {
                let sha = try desk.folder.spool(device.attlog(), name: "1_attlog.dat")
                return try desk.commit(sha, name: "1_attlog.dat", device: "lobby", by: "budi")
            }
            if isFirst { #expect(try take().new == 20) }
            let outcome = try await office.reader(stanza).readInNewSession()
            #expect(outcome.newPunches == (isFirst ? 0 : 20), "read before, it is confirmed, not new")
            #expect(try take().new == 0)
            #expect(try office.scans == device.journalled)
            let best = Dictionary(grouping: try office.punches, by: \.key).mapValues { $0.map(\.source).min() }
            #expect(best.count == 20 && best.values.allSatisfy { $0 == .poll })
            await device.stop()
        }
    }

    @Test("A file is never guessed to be of a device, nor taken for another one than its name says")
    func whichDevice() throws {
        let office = try Office()
        var stanza = DeviceConfiguration(
            name: "lobby", address: .init(link: .tcp, host: "127.0.0.1", port: 4370), timezone: "Asia/Jakarta")
        let bytes = Array(Self.text.utf8)
        func device(_ word: String, _ name: String = "1_attlog.dat") -> String? {
            try? office.sticks([stanza]).preview(bytes: bytes, name: name, device: word).serial
        }
        #expect(device("lobby") == nil, "its serial is not known yet")
        #expect(device("loby") == nil && device("1") == nil && device("") == nil && device("KANTOR") == nil)
        stanza.serial = DeviceSerial(Self.serial)
        #expect(device("lobby") == Self.serial && device("cj9l170560001") == Self.serial)
        #expect(device("lobby", "cj9l170560001_ATTLOG.DAT") == Self.serial)
        #expect(device("NYU7244800354") == "NYU7244800354", "an explicit serial, though never seen")
        let other = #expect(throws: ImportError.self) {
            try office.sticks([stanza]).preview(bytes: bytes, name: "NYU7244800354_attlog.dat", device: "lobby")
        }
        #expect(other?.isOtherDevice == true && other?.description.contains("NYU7244800354") == true)
        stanza.serialTag = "b"
        #expect(device("lobby", "\(Self.serial)_attlog.dat") == Self.serial + "+b")
    }

    @Test("Fingerprints and look-alikes are copied nowhere")
    func refused() throws {
        let office = try Office()
        for (bytes, name) in [
            ([UInt8](repeating: 7, count: 608), "template.dat"), (Array("a;b\n".utf8), "1_attlog.dat"),
        ] {
            #expect(throws: StickRefusal.self) { try office.sticks.folder.spool(bytes, name: name) }
            let sha = ImportFolder.sha256(of: bytes)
            #expect(throws: StickRefusal.self) {
                try office.sticks.folder.add(bytes, at: 0, of: bytes.count, to: sha, name: name)
            }
        }
        #expect((try? FileManager.default.contentsOfDirectory(atPath: office.state.imports)) ?? [] == [])
    }

    @Test("A file comes in parts, in their order; a flipped bit, a gap and a path are refused")
    func parts() throws {
        let office = try Office()
        let folder = office.sticks.folder
        let bytes = Array(Self.text.utf8)
        let sha = ImportFolder.sha256(of: bytes)
        func add(_ range: Range<Int>, _ part: [UInt8]? = nil, to name: String? = nil) throws {
            try folder.add(
                part ?? Array(bytes[range]), at: range.lowerBound, of: bytes.count, to: name ?? sha,
                name: "1_attlog.dat")
        }
        try add(0..<50)
        #expect(throws: ImportError.self, "a gap") { try add(60..<bytes.count) }
        // From the control socket: no number may stop the daemon.
        for (offset, total) in [(Int.max, bytes.count), (Int.max, .max), (.min, 1), (1, .min), (0, .max), (5, 5)] {
            #expect(throws: ImportError.self) {
                try folder.add([1, 2, 3], at: offset, of: total, to: sha, name: "1_attlog.dat")
            }
        }
        // Begun again from the start.
        try add(0..<50)
        try add(50..<100)
        #expect(throws: ImportError.self, "not whole yet") { try folder.bytes(sha) }
        try add(100..<bytes.count)
        #expect(try folder.bytes(sha) == bytes)
        var flipped = bytes
        flipped[20] ^= 1
        try add(0..<50)
        #expect(throws: ImportError.self) {
            try add(50..<bytes.count, Array(flipped.reversed().prefix(bytes.count - 50)))
        }
        for name in ["../../journal", sha.uppercased(), ""] {
            #expect(throws: ImportError.self) { try add(0..<50, to: name) }
        }
    }

    @Test("Killed between coming and yes, nothing is left; between keeping and journaling, the next yes journals")
    func killed() throws {
        let office = try Office()
        let bytes = Array(Self.text.utf8)
        let sha = try office.sticks.folder.spool(bytes, name: "1_attlog.dat")
        try office.sticks.folder.add(Array(bytes.prefix(40)), at: 0, of: bytes.count, to: sha, name: "1_attlog.dat")
        office.sticks.folder.clean()
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.state.imports) == [])
        #expect(throws: ImportError.self) {
            try office.sticks.commit(sha, name: "1_attlog.dat", device: Self.serial, by: "budi")
        }
        #expect(try office.punches.isEmpty)
        try office.sticks.folder.spool(bytes, name: "1_attlog.dat")
        try office.sticks.folder.keep(sha)
        office.sticks.folder.clean()
        #expect(try office.sticks.commit(sha, name: "1_attlog.dat", device: Self.serial, by: "budi").new == 5)
    }

    @Test("What waits for a yes is four files at most, the oldest going first; a file altered on the disk is not taken")
    func bounded() throws {
        let office = try Office()
        let folder = office.sticks.folder
        var shas: [String] = []
        for number in 0..<6 {
            let text = "7\t2026-03-02 07:01:0\(number)\t1\t0\t1\t0\n"
            shas.append(try folder.spool(Array(text.utf8), name: "attlog.dat"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.state.imports).count == 4)
        let last = try #require(shas.last)
        try Data("7\t2026-03-02 09:01:05\t1\t0\t1\t0\n".utf8).write(
            to: URL(filePath: office.state.imports + "/\(last).new"))
        #expect(throws: ImportError.self) {
            try office.sticks.commit(last, name: "attlog.dat", device: Self.serial, by: "budi")
        }
    }

    @Test("A running daemon imports for a command: under the peer's account, and sends it to the centre")
    func daemon() async throws {
        let office = try Office()
        let centre = StubCentre(changes: office.changes)
        let bytes = Array(Self.text.utf8)
        try await office.runningDaemon([], centre: centre) { running in
            var file = StickRequest(sha256: ImportFolder.sha256(of: bytes), name: "1_attlog.dat", device: Self.serial)
            func ask(_ command: ControlRequest.Command) async throws -> ControlAnswer {
                var request = ControlRequest(command: command)
                request.file = file
                request.account = "siti"
                return try #require(try await ControlClient.ask(request, socket: running.state.controlSocket))
            }
            #expect(try await ask(.importPreview).error != nil, "nothing has come yet")
            for range in [0..<100, 100..<bytes.count] {
                file.part = Data(bytes[range]).base64EncodedString()
                file.offset = range.lowerBound
                file.length = bytes.count
                #expect(try await ask(.importPart).error == nil)
            }
            let preview = try #require(try await ask(.importPreview).preview)
            #expect(preview.new == 5 && !preview.isKnownDevice)
            #expect(try await ask(.importCommit).imported?.new == 5)
            #expect(try await ask(.importCommit).imported?.new == 0)
            try await office.changes.until("the punches at the centre") { centre.punches == 5 }
            let file0 = try running.entries().compactMap { if case .punch(let punch) = $0 { punch.file } else { nil } }
            #expect(Set(file0).count == 1 && file0.first?.by == Account.name(of: geteuid(), callingItself: "siti"))
            #expect(office.heard("stick.imported").count == 2)
            file.name = "NYU7244800354_attlog.dat"
            #expect(try await ask(.importCommit).refusal == ControlAnswer.otherDevice)
            file.device = "nobody"
            #expect(try await ask(.importCommit).refusal == ControlAnswer.unknownDevice)
        }
        #expect(!office.everythingSaid.contains("2026-03-02"), "no scan is in the log")
    }
}
