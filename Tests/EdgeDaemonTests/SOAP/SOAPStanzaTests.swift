import Foundation
import Testing
import ZKWire

@testable import EdgeDaemon

@Suite("A stanza with a SOAP address")
struct SOAPStanzaTests {
    private func parse(_ lines: String) throws -> DeviceConfiguration {
        let text = "[edge]\nunit = \"Dinas\"\ntimezone = \"WIB\"\n[device.lobby]\n" + lines
        return try #require(try DevicesFile.parse(text, path: "d.conf").devices.first)
    }

    @Test("The key of the address counts, the usual poll is five minutes, a configured one counts")
    func defaults() throws {
        let usual = try parse("address = \"soap://192.0.2.7?com_key=736251\"\n")
        #expect(usual.commKey == CommKey(736_251) && usual.poll == .seconds(300) && usual.address.port == 80)
        #expect(try parse("address = \"soap://192.0.2.7:808\"\npoll = \"10s\"\n").poll == .seconds(10))
        #expect(try parse("address = \"soap://192.0.2.7\"\ncomm_key = 5\n").commKey == CommKey(5))
    }

    @Test(
        "Two keys, a key out of range and a key under another scheme are findings that do not show it",
        arguments: [
            "address = \"soap://192.0.2.7?com_key=736251\"\ncomm_key = 5\n",
            "address = \"soap://192.0.2.7?com_key=736251\"\ncomm_key_file = \"lobby.key\"\n",
            "address = \"soap://192.0.2.7?com_key=4073625100\"\n",
            "address = \"tcp://192.0.2.7?com_key=736251\"\n",
        ])
    func findings(lines: String) throws {
        let error = #expect(throws: DevicesFileError.self) { try parse(lines) }
        let findings = try #require(error).findings
        #expect(findings.count == 1 && findings.first?.line ?? 0 > 3)
        #expect(!findings.contains { "\($0)".contains("7362") })
    }
}
