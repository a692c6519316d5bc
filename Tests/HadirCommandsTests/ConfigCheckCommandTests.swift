import ArgumentParser
import Foundation
import Testing

@testable import HadirCommands

@Suite("hadir config check")
struct ConfigCheckCommandTests {
    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "hadir-check-\(UUID().uuidString).conf")
        defer { try? FileManager.default.removeItem(at: file) }
        try text.write(to: file, atomically: true, encoding: .utf8)
        try body(file.path)
    }

    @Test("A good file: no findings, exit 0")
    func good() throws {
        try withFile(
            "[edge]\nunit = \"Dinas Contoh\"\ntimezone = \"WITA\"\n[device.a]\naddress = \"tcp://192.0.2.1\"\n"
        ) { path in
            let result = ConfigCheckCommand.check(path)
            #expect(result.ok)
            #expect(result.text == "\(path): no mistakes, 1 devices")
            try ConfigCheckCommand.parse([path]).run()
        }
    }

    @Test("Mistakes: file:line: message, one a line; exit 78; the same as JSON")
    func bad() throws {
        try withFile("[edge]\nunit = 5\ntimezone = \"WITA\"\n[device.a]\naddress = \"tcp://192.0.2.1\"\npol = \"5s\"\n")
        { path in
            let result = ConfigCheckCommand.check(path)
            let lines = result.text.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("\(path):2: \"unit\" in [edge] must be") == true)
            #expect(lines.last == "\(path):6: unknown key \"pol\" in [device.a]; did you mean \"poll\"?")
            #expect(throws: ExitCode(78)) { try ConfigCheckCommand.parse([path]).run() }
            #expect(throws: ExitCode(78)) { try ConfigCheckCommand.parse(["--json", path]).run() }
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(result.json().utf8)) as? [String: Any])
            let findings = try #require(json["findings"] as? [[String: Any]])
            #expect(findings.map { $0["line"] as? Int } == [2, 6])
            #expect(json["ok"] as? Bool == false)
        }
    }

    @Test("A file that is not there is a finding, not a crash")
    func missing() {
        let result = ConfigCheckCommand.check("/nonexistent/devices.conf")
        #expect(!result.ok)
        #expect(result.text.contains("is not there"))
    }
}
