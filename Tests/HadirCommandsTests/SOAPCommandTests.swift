import EdgeDaemon
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir device over soap://")
struct SOAPCommandTests {
    private func withDevice(
        fault: String = "", _ body: (SimulatorServer, _ url: String) async throws -> Void
    ) async throws {
        var configuration = SimulatorConfiguration(
            serial: "CJ9L170560001", tcp: nil, udp: nil, users: 9, records: 30, commKey: CommKey(736_251),
            faults: try Fault.list(fault))
        configuration.soap = .init()
        try await SimulatorServer.with(configuration) { device in
            try await body(device, "soap://127.0.0.1:\(try #require(device.soapPort))")
        }
    }

    @Test("probe counts what it reads; the key may stand in the address; it is printed nowhere")
    func probe() async throws {
        try await withDevice { device, url in
            let table = await Shell.run("device", "probe", "\(url)?com_key=736251")
            #expect(table.code == 0 && table.out.contains("CJ9L170560001") && table.out.contains("30"))
            let json = await Shell.run("device", "probe", url, "--comm-key", "736251", "--json")
            #expect(json.object["records"] as? Int == 30 && json.object["users"] as? Int == 9)
            #expect(json.object["record_capacity"] == nil)
            let wrong = await Shell.run("device", "probe", "\(url)?com_key=918273")
            #expect(wrong.code == 69 && wrong.err.contains("comm key"))
            for done in [table, json, wrong] {
                for key in ["736251", "918273"] { #expect(!(done.out + done.err).contains(key)) }
            }
            #expect(device.statistics.commands["SOAP SetDate"] == nil)
        }
    }

    @Test("pull prints every record; one that breaks off prints none")
    func pull() async throws {
        try await withDevice(fault: "soap-cut=row@3*1") { _, url in
            let first = await Shell.run("device", "pull", url, "--comm-key", "736251", "--format", "ndjson")
            #expect(first.code == 0 && first.err == "30 records")
            let cut = await Shell.run("device", "pull", url, "--comm-key", "736251", "--format", "ndjson")
            #expect(cut.code == 69 && cut.out.isEmpty && cut.err.contains("breaks off"))
        }
    }

    @Test("enroll writes the key into a file; a device that tells no serial needs the one on its label")
    func enroll() async throws {
        let office = try OfficeFolder()
        let second = try OfficeFolder()
        try await withDevice { device, url in
            let path = office.config
            let address = "\(url)?com_key=736251"
            let other = await Shell.run(
                "device", "enroll", address, "--name", "lobby", "--config", path, "--serial", "OTHER1")
            #expect(other.code == 69 && other.err.contains("CJ9L170560001"))
            let done = await Shell.run("device", "enroll", address, "--name", "lobby", "--config", path)
            #expect(done.code == 0 && !done.out.contains("736251"))
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains("comm_key_file") && !text.contains("736251"))
            let configured = try #require(try DevicesFile.load(path: path).devices.first)
            #expect(configured.commKey == CommKey(736_251) && configured.poll == .seconds(300))
            #expect(configured.serial?.text == "CJ9L170560001")
            device.setFaults([Fault(.soapNoOption)])
            let bare = second.config
            let without = await Shell.run("device", "enroll", address, "--name", "lobby", "--config", bare)
            #expect(without.code == 69 && without.err.contains("--serial"))
            let with = await Shell.run(
                "device", "enroll", address, "--name", "lobby", "--config", bare, "--serial", "LABEL001")
            #expect(with.code == 0 && with.out.contains("LABEL001"))
        }
    }

    @Test("sync without a daemon journals; list shows the address without its key")
    func sync() async throws {
        let office = try OfficeFolder()
        try await withDevice { _, url in
            let text = "\(office.text)\n[device.lobby]\naddress = \"\(url)?com_key=736251\"\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: office.config))
            let options = ["--config", office.config, "--state", office.state]
            let synced = await Shell.run(["device", "sync"] + options + ["--json"])
            let read = (synced.object["synced"] as? [[String: Any]])?.first
            #expect(synced.code == 0)
            #expect((read?["outcome"] as? [String: Any])?["new_punches"] as? Int == 30)
            let list = await Shell.run(["device", "list"] + options)
            #expect(list.out.contains(url))
            #expect(!(synced.out + synced.err + list.out + list.err).contains("736251"))
        }
    }
}
