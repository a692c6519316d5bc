import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("The user list of a device")
struct UserListTests {
    private func device(
        _ office: Office, users: Int = 6, fault: String = "", _ profile: DeviceProfile = .tft
    ) throws -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(profile: profile, users: users, records: 5, faults: try Fault.list(fault)),
            clock: { [time = office.time] in time.date })
    }

    private func users(_ office: Office) throws -> [DeviceUser] {
        try office.entries.compactMap { if case .user(let user) = $0 { user } else { nil } }
    }

    @Test("Journaled once; then only who is new, renamed, promoted or gone; a stable list costs nothing")
    func changes() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            #expect(try users(office).map(\.userID.text) == ["1", "2", "3", "4", "5", "6"])
            let asked = device.statistics.count(.prepareBuffer)
            _ = try await worker.sync()
            #expect(device.statistics.count(.prepareBuffer) == asked, "nothing new, nothing downloaded")
            // The counter changes: read at once.
            #expect(device.writeUser(UserRecord(index: 90, userID: Array("90".utf8))))
            _ = try await worker.sync()
            #expect(try users(office).count == 7)
            // It does not: within a day.
            let second = try #require(device.users.first { $0.userID == Array("2".utf8) })
            #expect(
                device.writeUser(
                    UserRecord(
                        index: second.index, privilege: 14, password: Array("4711".utf8), name: Array("Ibu Sri".utf8),
                        card: 123_456, userID: second.userID)))
            #expect(device.deleteUser(id: "3") && device.writeUser(UserRecord(index: 91, userID: Array("91".utf8))))
            _ = try await worker.sync()
            #expect(try users(office).count == 7)
            office.time.advance(by: .seconds(86_401))
            _ = try await worker.sync()
        }
        let last = try users(office).dropFirst(7)
        #expect(
            last.map { "\($0.userID.text) \($0.privilege) \($0.isRemoved)" } == [
                "2 14 false", "91 0 false", "3 0 true",
            ])
        #expect(last.first?.name == "Ibu Sri")
        // A restart of the daemon finds the same list, and says nothing.
        _ = try await office.reader(device.stanza()).readInNewSession()
        #expect(try users(office).count == 10)
        await device.stop()
    }

    @Test("No password and no card is in the journal, and no name in what is logged")
    func secrets() async throws {
        let office = try Office()
        let device = try device(office)
        #expect(
            device.writeUser(
                UserRecord(
                    index: 77, password: Array("73910284".utf8), name: Array("Sulastri".utf8), card: 3_141_592_653,
                    userID: Array("77".utf8))))
        try await device.start()
        _ = try await office.reader(device.stanza()).readInNewSession()
        await device.stop()
        let journal = try office.store.tail(1000).map { String(decoding: $0.body, as: UTF8.self) }.joined()
        #expect(journal.contains("Sulastri"))
        #expect(!journal.contains("73910284") && !journal.contains("3141592653"))
        for word in ["Sulastri", "73910284", "3141592653"] {
            #expect(!office.everythingSaid.contains(word))
        }
    }

    @Test("A list that is refused, hangs or is rubbish stops no scan, and is asked for twice a day at most")
    func refused() async throws {
        let office = try Office()
        let device = try device(office, fault: "no-users")
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            for user in 1...5 {
                try device.scan(userID: "\(user)")
                #expect(try await worker.sync().newPunches == 1)
            }
            #expect(device.statistics.faults["no-users"] == 2)
            office.time.advance(by: .seconds(86_401))
            _ = try await worker.sync()
            _ = try await worker.sync()
            #expect(device.statistics.faults["no-users"] == 3)
        }
        #expect(try users(office) == [])
        #expect(try office.scans == device.journalled && office.alarms == [])
        await device.stop()
    }

    @Test("Names are read in the encoding of the configuration; half a character at the end is left out")
    func names() {
        func text(_ bytes: [UInt8], _ encoding: DeviceConfiguration.NameEncoding) -> String { encoding.text(bytes) }
        #expect(text(Array("Ahmad Dahlan".utf8), .utf8) == "Ahmad Dahlan")
        #expect(text(Array("Zoë".utf8).dropLast(), .utf8) == "Zo")
        #expect(text(Array("名前".utf8).dropLast(2), .utf8) == "名")
        #expect(text([0x41, 0xFF, 0x42], .utf8) == "A\u{FFFD}B", "nothing is dropped in the middle")
        #expect(text([0x80, 0x80, 0x80, 0x80, 0x80], .utf8).isEmpty == false)
        #expect(text([], .utf8).isEmpty && text([], .gbk).isEmpty)
        #expect(text([0x5A, 0x6F, 0xEB], .latin1) == "Zoë")
        #expect(text([0xC3, 0xFB, 0xD7, 0xD6], .gbk) == "名字")
        #expect(text([0xC3, 0xFB, 0xD7], .gbk) == "名")
    }
}
