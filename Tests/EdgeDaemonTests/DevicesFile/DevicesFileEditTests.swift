import Attendance
import Foundation
import Testing
import ZKClient

@testable import EdgeDaemon

@Suite("devices.conf: changing")
struct DevicesFileEditTests {
    private let text = """
        # The office's own remarks.
        [edge]
        unit = "Dinas Contoh"   # as on the sign
        timezone = "WIB"

        [device.lobby]  # front door
        address = "tcp://192.0.2.1"
        serial = "OLD1" # written by hand
        # poll = "5s"

        # The store.
        [device.gudang]
        address = "tcp://192.0.2.2"
        """

    private func stanza(_ name: String, _ host: String, serial: String? = nil) -> DeviceStanza {
        DeviceStanza(
            name: name, address: DeviceAddress(link: .tcp, host: host), serial: serial.flatMap { DeviceSerial($0) },
            poll: .seconds(90), live: true, timezone: "WITA")
    }

    @Test("A device is added at the end; everything before stays byte for byte")
    func adding() throws {
        let changed = try DevicesFile.adding(stanza("pintu-2", "192.0.2.3", serial: "A\"\\B"), to: text, path: "d.conf")
        #expect(changed.hasPrefix(text))
        #expect(
            changed.dropFirst(text.count) == """


                [device.pintu-2]
                address = "tcp://192.0.2.3:4370"
                serial = "A\\"\\\\B"
                poll = "90s"
                live = true
                timezone = "WITA"

                """)
        let device = try #require(try DevicesFile.parse(changed, path: "d.conf").devices.last)
        #expect(device.serial == DeviceSerial("A\"\\B"))
        #expect(device.poll == .seconds(90) && device.timezone == "Asia/Makassar")
        let twice = try DevicesFile.adding(stanza("pintu-3", "192.0.2.4"), to: changed, path: "d.conf")
        #expect(twice.hasPrefix(changed + "\n[device.pintu-3]\n"))
    }

    @Test("A device that is there, or shares an address, is refused with its line")
    func addingTwice() {
        #expect {
            _ = try DevicesFile.adding(stanza("lobby", "192.0.2.9"), to: text, path: "d.conf")
        } throws: { error in
            "\(error)".hasPrefix("d.conf:6: [device.lobby] is there already")
        }
        #expect {
            _ = try DevicesFile.adding(stanza("baru", "192.0.2.1"), to: text, path: "d.conf")
        } throws: { error in
            "\(error)".contains("has the address of [device.lobby]")
        }
        #expect(throws: DevicesFileError.self) {
            _ = try DevicesFile.adding(stanza("Bad Name", "192.0.2.9"), to: text, path: "d.conf")
        }
        #expect(throws: DevicesFileError.self) {
            _ = try DevicesFile.adding(stanza("x]\n[edge", "192.0.2.9"), to: text, path: "d.conf")
        }
    }

    @Test("A value is replaced where it stands, its comment kept")
    func replacing() throws {
        let changed = try DevicesFile.setting(
            "serial", to: "CJ9L170560001", ofDevice: "lobby", in: text, path: "d.conf")
        #expect(changed == text.replacingOccurrences(of: "\"OLD1\" # written", with: "\"CJ9L170560001\" # written"))
    }

    @Test("A key that is not there is added below the section's last one, also at the file's end")
    func inserting() throws {
        let last = try DevicesFile.setting("serial", to: "S2", ofDevice: "gudang", in: text, path: "d.conf")
        #expect(last == text + "\nserial = \"S2\"\n")
        let middle = try DevicesFile.setting("poll", to: "2m", ofDevice: "lobby", in: text, path: "d.conf")
        #expect(
            middle == text.replacingOccurrences(of: "# written by hand\n", with: "# written by hand\npoll = \"2m\"\n"))
    }

    @Test("Windows line ends and values in single quotes survive")
    func lineEnds() throws {
        let windows = text.replacingOccurrences(of: "\n", with: "\r\n").replacingOccurrences(
            of: "\"OLD1\"", with: "'OLD1'")
        let changed = try DevicesFile.setting("serial", to: "NEW", ofDevice: "lobby", in: windows, path: "d.conf")
        #expect(changed == windows.replacingOccurrences(of: "'OLD1'", with: "\"NEW\""))
    }

    @Test("A change that would break the file is refused")
    func refused() {
        for (key, value) in [("poll", "900ms"), ("serial", "A\nB"), ("colour", "red"), ("live", "true")] {
            #expect(throws: DevicesFileError.self) {
                _ = try DevicesFile.setting(key, to: value, ofDevice: "lobby", in: text, path: "d.conf")
            }
        }
        #expect {
            _ = try DevicesFile.setting("serial", to: "A", ofDevice: "kantin", in: text, path: "d.conf")
        } throws: { error in
            "\(error)" == "d.conf: there is no [device.kantin] to change"
        }
    }

    @Test("A file is replaced in one step: mode kept, links followed, nothing left beside it")
    func writing() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(text, to: "devices.conf", mode: 0o604)
        let link = scratch.path("link.conf")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        try DevicesFile.write("new\n", path: link)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o604)
        try DevicesFile.write("fresh\n", path: scratch.path("fresh.conf"))
        let fresh =
            try FileManager.default.attributesOfItem(atPath: scratch.path("fresh.conf"))[.posixPermissions] as? Int
        #expect(fresh == 0o640)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted()
        #expect(names == ["devices.conf", "fresh.conf", "link.conf"])
        #expect {
            try DevicesFile.write("x", path: scratch.path("nowhere/devices.conf"))
        } throws: { error in
            "\(error)".contains("cannot be changed")
        }
    }

    @Test("A key is for those who may read the configuration; where that is everybody, for its owner")
    func keyMode() throws {
        let folder = try ScratchDirectory()
        let (path, key) = (folder.path("devices.conf"), folder.path("lobby.key"))
        for (mode, expected) in [(0o640, 0o640), (0o600, 0o600), (0o660, 0o660), (0o644, 0o600), (0o440, 0o640)] {
            _ = FileManager.default.createFile(atPath: path, contents: Data(), attributes: [.posixPermissions: mode])
            chmod(path, mode_t(mode))
            try DevicesFile.writeKey("4711\n", to: key, beside: path)
            let found = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
            #expect(found == expected, "\(String(mode, radix: 8))")
            #expect(try String(contentsOfFile: key, encoding: .utf8) == "4711\n")
        }
    }
}

extension DevicesFileEditTests {
    private var office: String {
        """
        # The office's own remarks.
        [edge]
        unit = "Dinas Contoh"
        timezone = "WIB"

        [ device.lobby ]  # front door
        address = "tcp://192.0.2.1"\r
        # poll = "5s"

        [device.gudang]
        address = "tcp://192.0.2.2" # no end of line
        """
    }

    @Test("A renamed section keeps every other byte, also line ends of another system; a taken name changes nothing")
    func rename() throws {
        let renamed = try DevicesFile.renaming("lobby", to: "depan", in: office, path: "t")
        #expect(renamed == office.replacing("[ device.lobby ]", with: "[device.depan]"))
        #expect(throws: DevicesFileError.self) {
            try DevicesFile.renaming("lobby", to: "gudang", in: office, path: "t")
        }
        #expect(throws: DevicesFileError.self) { try DevicesFile.renaming("x", to: "y", in: office, path: "t") }
    }

    @Test("A retired section is comments, with its own and those around it, and can be taken back by hand")
    func retire() throws {
        let retired = try DevicesFile.retiring("gudang", note: "gudang: retired 2026-11-22", in: office, path: "t")
        #expect(
            retired
                == office.replacing("[device.gudang]", with: "# gudang: retired 2026-11-22\n# [device.gudang]")
                .replacing("address = \"tcp://192.0.2.2\"", with: "# address = \"tcp://192.0.2.2\""))
        #expect(try DevicesFile.parse(retired, path: "t").devices.map(\.name) == ["lobby"])
        #expect(throws: DevicesFileError.self) { try DevicesFile.retiring("x", note: "", in: office, path: "t") }
    }
}
