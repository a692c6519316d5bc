import Testing
import ZKClient

@testable import EdgeDaemon

@Suite("devices.conf: a terminal on USB")
struct USBStanzaTests {
    private static let head = DevicesFileTests.head

    private func findings(_ text: String) -> [String] {
        do {
            _ = try DevicesFile.parse(text, path: "d.conf")
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test("On USB, two stanzas of one pair are two devices only where bus and port say so")
    func pairsOnUSB() throws {
        func told(_ one: String, _ other: String) -> Int {
            findings(
                Self.head + "[device.a]\naddress = \"\(one)\"\n[device.b]\naddress = \"\(other)\"\n"
            ).count { $0.contains("has the address") }
        }
        #expect(told("usb://1b55:0a01", "usb://1b55:0a01") == 1)
        #expect(told("usb://1b55:0a01", "usb://1b55:0a01?bus=1&port=2") == 1)
        #expect(told("usb://1b55:0a01?port=1", "usb://1b55:0a01?bus=2") == 1)
        #expect(told("usb://1b55:0a01?bus=1&port=1", "usb://1b55:0a01?bus=1&port=2") == 0)
        #expect(told("usb://1b55:0a01?bus=1", "usb://1b55:0a01?bus=2") == 0)
        #expect(told("usb://1b55:0a01", "usb://1b55:0a02") == 0)
        #expect(told("tcp://192.0.2.1", "usb://1b55:0a01") == 0)
    }

    @Test("The constants of USB: a longer wait and another chunk are taken, a shorter wait never")
    func usbConstants() throws {
        func stanza(_ text: String) -> String { Self.head + "[device.a]\naddress = \"usb://1b55:0a01\"\n" + text }
        let device = try #require(
            try DevicesFile.parse(stanza("usb_settle = \"500ms\"\nusb_chunk = 512\n"), path: "d.conf").devices.first)
        #expect(device.usb.settle == .milliseconds(500) && device.usb.longestChunk == 512)
        let plain = try #require(try DevicesFile.parse(stanza(""), path: "d.conf").devices.first)
        #expect(plain.usb == USBSettings())
        for wrong in ["usb_settle = \"199ms\"", "usb_settle = \"11s\"", "usb_chunk = 255", "usb_chunk = \"512\""] {
            #expect(findings(stanza(wrong + "\n")).count == 1, "\(wrong)")
        }
        let network = Self.head + "[device.a]\naddress = \"tcp://192.0.2.1\"\nusb_chunk = 512\n"
        #expect(findings(network).count == 1)
    }
}
