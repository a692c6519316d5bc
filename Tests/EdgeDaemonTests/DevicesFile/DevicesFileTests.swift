import Attendance
import Foundation
import ServiceSupport
import Testing
import ZKClient
import ZKWire

@testable import EdgeDaemon

/// A directory that goes away with the test.
final class ScratchDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "hadir-conf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func write(_ text: String, to name: String, mode: Int = 0o640) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
        return path(name)
    }
}

@Suite("devices.conf: reading")
struct DevicesFileTests {
    static let head = "[edge]\nunit = \"Dinas Contoh\"\ntimezone = \"WIB\"\n"

    private func findings(_ text: String) -> [String] {
        do {
            _ = try DevicesFile.parse(text, path: "d.conf")
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test("The shipped sample loads, and every key in it is one the manual explains")
    func sample() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "devices.conf").path
        let configuration = try DevicesFile.load(path: path)
        #expect(configuration.unit == "Dinas Contoh")
        #expect(configuration.timezone == "Asia/Jakarta")
        #expect(configuration.statusListen == .init(host: "127.0.0.1", port: 9470))
        #expect(configuration.heartbeat == .seconds(60))
        #expect(configuration.help == "Diskominfo, Pak Budi, 0812-0000-0000")
        #expect(configuration.devices.map(\.name) == ["lobby", "simulator", "gudang"])
        // What the sample writes out for the lobby is what a device gets that writes nothing.
        let lobby = try #require(configuration.devices.first)
        #expect(lobby == DeviceConfiguration(name: "lobby", address: lobby.address, timezone: "Asia/Jakarta"))
        #expect(configuration.devices[2].clockCorrection == .seconds(600))
        #expect(!configuration.devices[2].live)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for key in [
            "unit", "timezone", "help", "status_listen", "heartbeat", "address", "serial", "comm_key", "comm_key_file",
            "poll",
            "live", "clock_correction", "verify_first", "encoding", "loose_replies", "serial_tag",
        ] {
            #expect(text.contains("\n# \(key): "), "\(key) is not explained")
        }
    }

    @Test("Every key is read")
    func everyKey() throws {
        let text = """
            [edge]
            unit = "Kecamatan Contoh"
            timezone = "Asia/Makassar"
            status_listen = "[::1]:0"
            [centre]
            heartbeat = "30s"
            [ device . a-1_b ]   # spaces are TOML's to allow
              address = 'udp://[fd00::7]:4371'
              serial = " AF4C193560041 "
              comm_key = 123456
              poll = "500ms" # replaced below
            """.replacingOccurrences(
                of: "\"500ms\" # replaced below",
                with: """
                    "5m"
                    live = false
                    timezone = "WIT"
                    clock_correction = "10m"
                    verify_first = true
                    encoding = "gbk"
                    loose_replies = true
                    """)
        let configuration = try DevicesFile.parse(text, path: "d.conf")
        #expect(
            configuration
                == EdgeConfiguration(
                    unit: "Kecamatan Contoh", timezone: "Asia/Makassar", statusListen: .init(host: "::1", port: 0),
                    heartbeat: .seconds(30),
                    devices: [
                        DeviceConfiguration(
                            name: "a-1_b", address: DeviceAddress(link: .udp, host: "fd00::7", port: 4371),
                            serial: DeviceSerial("AF4C193560041"), commKey: CommKey(123_456), poll: .seconds(300),
                            live: false, timezone: "Asia/Jayapura", clockCorrection: .seconds(600),
                            attendanceOrder16VerifyFirst: true, nameEncoding: .gbk, looseReplies: true)
                    ]))
    }

    @Test(
        "Zones of Indonesia have their IANA names",
        arguments: [
            ("WIB", "Asia/Jakarta"), ("WITA", "Asia/Makassar"), ("WIT", "Asia/Jayapura"),
            ("Asia/Pontianak", "Asia/Pontianak"),
        ])
    func zones(_ text: String, _ name: String) {
        #expect(TimezoneName.resolve(text) == name)
        for wrong in ["wib", "WIB ", "GMT+7", "Asia/Nowhere", ""] { #expect(TimezoneName.resolve(wrong) == nil) }
    }

    @Test("All mistakes are told at once, each with its line, what it is and what to do")
    func allAtOnce() throws {
        let text = """
            poll = "5s"
            [edge]
            unit = ""
            timezone = "WAB"
            status_listen = "9470"
            heartbeat = "60s"
            [center]
            [centre]
            heartbeat = "2m"
            [device.Lobby]
            address = "tcp://192.0.2.1"
            [device.a]
            adress = "tcp://192.0.2.2"
            poll = "900ms"
            live = "yes"
            comm_key = "0"
            clock_correction = "1s"
            encoding = "utf8"
            verify_first = 1
            serial = ""
            [device.b]
            address = "http://192.0.2.3"
            "poll" = "5s"
            """
        let told = findings(text)
        let expected: [(Int, String)] = [
            (1, "before the first section"), (3, "\"unit\" in [edge]"), (4, "\"WITA\""), (5, "host:port"),
            (6, "unknown key \"heartbeat\" in [edge]; known are unit, timezone, help, status_listen"),
            (7, "unknown section [center]; did you mean \"centre\"?"), (9, "1s to 1m"),
            (10, "device name \"Lobby\""), (12, "key \"address\" is missing in [device.a]"),
            (13, "unknown key \"adress\" in [device.a]; did you mean \"address\"?"), (14, "1s to 24h"),
            (15, "true or false"), (16, "no quotes"), (17, "\"off\" or a limit"), (18, "\"latin-1\""),
            (19, "true or false"), (20, "serial number"), (22, "scheme http"), (23, "without quotes and dots"),
        ]
        #expect(told.count == expected.count, "\(told.joined(separator: "\n"))")
        for (finding, (line, part)) in zip(told, expected) {
            #expect(finding.hasPrefix("d.conf:\(line): ") && finding.contains(part), "\(finding)")
        }
    }

    @Test("A finding has the column of the key or value, in bytes")
    func columns() {
        #expect {
            _ = try DevicesFile.parse(Self.head + "[device.a]\n  pol = 1\n  address =   \"x\"\n", path: "d.conf")
        } throws: { error in
            (error as? DevicesFileError)?.findings.map(\.column) == [3, 15]
        }
    }

    @Test("Several syntax errors and the wrong values between them are told together")
    func syntax() {
        let told = findings(
            Self.head + "[device.a]\naddress = tcp\npoll = \"900ms\"\nlive = = true\nencoding = \"gbk\n")
        #expect(told.count == 4, "\(told)")
        #expect(told.map { $0.prefix(9) } == ["d.conf:5:", "d.conf:6:", "d.conf:7:", "d.conf:8:"])
        #expect(told.contains { $0.contains("1s to 24h") })
        #expect(!told.contains { $0.contains("missing") })
    }

    @Test(
        "Other ways of writing TOML are refused with the way to write it, and never overlooked",
        arguments: [
            "[device]\na.address = \"tcp://192.0.2.1\"\n", "[device]\na = { address = \"tcp://192.0.2.1\" }\n",
            "[[device.a]]\naddress = \"tcp://192.0.2.1\"\n", "[device.\"a\"]\naddress = \"tcp://192.0.2.1\"\n",
            "[device.a.b]\naddress = \"tcp://192.0.2.1\"\n",
            "[device.a]\naddress = \"tcp://192.0.2.1\"\n[device.a.live]\n",
            "[device.a]\naddress = \"tcp://192.0.2.1\"\nserial = [ \"A\",\n \"B\" ]\n",
            "[edge.more]\nunit = \"x\"\n", "[]\n", "[device.]\n", "[.a]\n", "[device.a] x = 1\n", "[é]\n", "é = 1\n",
            "= 1\n", "[\u{0B}push]\n", "[push\u{0C}]\n", "[\u{A0}push]\n", "[push\u{2003}]\n", "[\rpush]\n",
            "x = { = 1 }\n", "x = 1979-05-27\n", "x = 0x1F\n", "x = inf\n", "x =\n", "x = \"\\q\"\n", "x = 01\n",
            "[device.a]\naddress = \"\"\"\ntcp://192.0.2.1\"\"\"\npol = 1\n",
        ])
    func otherForms(_ text: String) {
        #expect(!findings(Self.head + text).isEmpty)
    }

    @Test("A value over several lines does not shift the lines told after it")
    func linesAfterLongValue() {
        let text =
            Self.head
            + "[device.a]\naddress = \"\"\"\n[x]\n# no comment\ny = \"1\"\n\"\"\"\npol = [ 1, # ]\n 2 ]\nlve = 1\n"
        let told = findings(text)
        #expect(told.contains { $0.hasPrefix("d.conf:10: the value of \"pol\"") }, "\(told)")
        #expect(told.contains { $0.hasPrefix("d.conf:12: unknown key \"lve\"") }, "\(told)")
        #expect(!told.contains { $0.contains("[x]") || $0.contains("\"y\"") })
    }

    @Test("Two devices share neither address nor serial")
    func pairs() {
        let told = findings(
            Self.head
                + """
                [device.a]
                address = "tcp://Reader.example:4370"
                serial = "A1"
                [device.b]
                address = "udp://reader.example"
                [device.c]
                address = "tcp://192.0.2.9"
                serial = " A1"
                """)
        #expect(told.count == 2)
        #expect(told.first?.hasPrefix("d.conf:7: [device.b] has the address of [device.a]") == true)
        #expect(told.last?.hasPrefix("d.conf:9: [device.c] has the serial of [device.a]") == true)
    }

    @Test("An empty file, and one with a section missing, say what is missing")
    func missing() {
        #expect(findings("") == ["d.conf: section [edge] is missing; it names the unit and its time zone"])
        #expect(
            findings("[edge]\n") == [
                "d.conf:1: key \"unit\" is missing in [edge]", "d.conf:1: key \"timezone\" is missing in [edge]",
            ])
    }

    @Test(
        "Times are read in all units and written in the shortest",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("60s", .seconds(60)), ("5m", .seconds(300)),
            ("24h", .seconds(86_400)),
            ("999999999h", .seconds(999_999_999 * 3600)),
        ])
    func durations(_ text: String, _ duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.parse(DurationText.write(duration)) == duration)
        for wrong in ["", "s", "5", "-5s", "+5s", "5 s", "1.5s", "5d", "5S", "1000000000s", "٥s"] {
            #expect(DurationText.parse(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Any bytes load or are told, and never trap", arguments: 0..<1000)
    func random(_ seed: UInt64) {
        var state = seed
        func next(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        let pieces = [
            "[", "]", "[edge]", "[device.a]", "\n", "=", "\"", "\"\"\"", "'", "'''", "#", "\\", "{", "}", ",", " ",
            "poll",
            "unit", "\"5s\"", "true", ".", "é", "\r\n", "\r", "\u{7F}",
            "\nserial = \"\\u12\"", "\nserial = \"\\U00110000\"", "\nserial = \"\\x\"", "+", "-", "_", "0", "1e9",
            "\u{FEFF}", "address = \"tcp://192.0.2.1\"",
        ]
        let text = (0..<next(80)).map { _ in pieces[next(pieces.count)] }.joined()
        for finding in findings(text) { #expect(finding.hasPrefix("d.conf:"), "seed \(seed)") }
        for finding in findings(Self.head + text) { #expect(finding.hasPrefix("d.conf:"), "seed \(seed)") }
    }
}

@Suite("devices.conf: files")
struct DevicesFileOnDiskTests {
    @Test("A key file is read beside the configuration, its number and nothing else")
    func keyFile() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(
            DevicesFileTests.head + "[device.a]\naddress = \"tcp://192.0.2.1\"\ncomm_key_file = \"a.key\"\n",
            to: "devices.conf")
        func told() -> String {
            do {
                return try DevicesFile.load(path: path).devices.map { "\($0.commKey.number)" }.joined()
            } catch {
                return error.description
            }
        }
        #expect(told().hasPrefix("\(path):6: key file \(scratch.path("a.key")) cannot be opened"))
        _ = try scratch.write(" 123456\n", to: "a.key", mode: 0o640)
        #expect(told() == "123456")
        for wrong in ["", "12a", "-1", "1000000000", "1 2", "99999999999999999999", String(repeating: "1", count: 400)]
        {
            _ = try scratch.write(wrong, to: "a.key", mode: 0o600)
            #expect(told().contains("must hold one number"), "\(wrong)")
        }
        for mode in [0o644, 0o602, 0o601] {
            _ = try scratch.write("1", to: "a.key", mode: mode)
            #expect(told().contains("open to every user") && told().contains("chmod 640"))
        }
        try FileManager.default.removeItem(atPath: scratch.path("a.key"))
        try FileManager.default.createDirectory(atPath: scratch.path("a.key"), withIntermediateDirectories: false)
        #expect(told().contains("no regular file"))
    }

    @Test("A key stands in one place only")
    func bothKeys() throws {
        let text =
            DevicesFileTests.head
            + "[device.a]\naddress = \"tcp://192.0.2.1\"\ncomm_key_file = \"a.key\"\ncomm_key = 1\n"
        #expect {
            _ = try DevicesFile.parse(text, path: "d.conf")
        } throws: { error in
            "\(error)" == "d.conf:7: [device.a] has both \"comm_key\" and \"comm_key_file\"; keep one of them"
        }
    }

    @Test("Files that are no text are told: absent, not UTF-8, with NUL, too large")
    func noText() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("devices.conf")
        func told() -> String {
            do {
                _ = try DevicesFile.load(path: path)
                return "loaded"
            } catch {
                return error.description
            }
        }
        #expect(told().contains("is not there"))
        try Data(Array("[edge]\nunit = \"".utf8) + [0xC3, 0x28] + Array("\"\n".utf8)).write(
            to: URL(fileURLWithPath: path))
        #expect(told().hasPrefix("\(path):2: is not UTF-8"))
        try Data("[edge]\n\0".utf8).write(to: URL(fileURLWithPath: path))
        #expect(told().hasPrefix("\(path):2: holds a NUL"))
        try Data(repeating: 0x23, count: ConfigurationText.longest + 1).write(to: URL(fileURLWithPath: path))
        #expect(told().contains("larger than"))
    }
}
