import CentralServer
import Foundation
import ServiceSupport
import Testing

@Suite("centre.conf")
struct CentralConfigurationTests {
    private static let sample: String? = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return try? String(contentsOf: folder.appending(path: "systemd/centre.conf"), encoding: .utf8)
    }()

    private func findings(_ text: String) -> [String] {
        do {
            _ = try CentralConfiguration.parse(text, path: "centre.conf")
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test("the sample is valid as it stands, and names every key with its default")
    func sample() throws {
        let text = try #require(Self.sample)
        let configuration = try CentralConfiguration.parse(text, path: "centre.conf")
        #expect(configuration.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(configuration.tls == nil && configuration.pages.zone.identifier == "Asia/Jakarta")
        #expect(configuration.pages.government == "Kabupaten Contoh")
        #expect(configuration.pages.trustedProxies == [] && configuration.pages.publicURL == nil)
        #expect(configuration.pages.assets == PagesConfiguration().assets)
        // Those in comments are valid, too.
        let all = text.replacing(#/(?m)^# (?=[a-z_]+ = )/#, with: "")
        let full = try CentralConfiguration.parse(all, path: "/etc/hadir/centre.conf")
        #expect(
            full.tls == TLSFiles(certificatePath: "/etc/hadir/centre.crt", keyPath: "/etc/hadir/centre.key"))
        #expect(full.pages.publicURL?.origin == "https://hadir.example.go.id")
        #expect(full.pages.trustedProxies == [try AddressRange(parsing: "127.0.0.1")])
        #expect(text.contains("\"\(PagesConfiguration().government)\""))
        #expect(text.contains("\"\(PagesConfiguration().assets)\""))
    }

    @Test("all mistakes are told at once, each with its line")
    func mistakes() {
        let told = findings(
            """
            listen = "8443"
            timezone = "Jakarta"
            tls_cret = "a.crt"
            public_url = "http://hadir.example.go.id"
            trusted_proxies = "10.0.0.0/33"
            government = ""
            assets = "share"
            [centre]
            what is this
            """)
        let expected = [
            "1: \"listen\" must be", "2: \"timezone\" must be",
            "3: unknown key \"tls_cret\"; did you mean \"tls_cert\"?",
            "4: \"public_url\" must be", "5: \"trusted_proxies\" must be", "6: \"government\" must be",
            "7: \"assets\" must be", "8: [centre]: this file has no sections", "9: this line is no",
        ]
        #expect(told.count == expected.count, "\(told)")
        for (line, start) in zip(told, expected) { #expect(line.hasPrefix("centre.conf:" + start), "\(line)") }
    }

    @Test("what is missing is told; half of a pair too; plain HTTP for everybody is refused with its line")
    func missing() {
        #expect(findings("") == ["centre.conf: key \"listen\" is missing", "centre.conf: key \"timezone\" is missing"])
        let rest = "timezone = \"WITA\"\n"
        #expect(
            findings(rest + "listen = \"127.0.0.1:1\"\ntls_key = \"k\"") == [
                "centre.conf:3: \"tls_key\" without \"tls_cert\""
            ])
        #expect(findings(rest + "listen = \"0.0.0.0:80\"").first?.hasPrefix("centre.conf:2: plain HTTP") == true)
        #expect(findings(rest + "listen = \"0.0.0.0:80\"\ntls_cert = \"c\"\ntls_key = \"k\"") == [])
        #expect(findings(rest + "listen = 8080\n").first?.hasPrefix("centre.conf:2: \"listen\" must be") == true)
    }

    @Test("proxies are addresses and networks of both kinds")
    func proxies() throws {
        func proxies(_ text: String) -> [AddressRange]? {
            try? CentralConfiguration.parse(
                "listen = \"127.0.0.1:1\"\ntimezone = \"WIB\"\ntrusted_proxies = \"\(text)\"", path: "c"
            ).pages.trustedProxies
        }
        let ranges = try ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "::1"].map { try AddressRange(parsing: $0) }
        #expect(proxies("127.0.0.1 10.0.0.0/8  fd00::/8 ::1") == ranges)
        #expect(proxies("") == [])
        for wrong in ["proxy", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "::1/129", "/8", "10.0.0.0/0008"] {
            #expect(proxies(wrong) == nil, "\(wrong)")
        }
    }

    @Test("a file that is not there, not text or endless is an error, not a crash")
    func unreadable() throws {
        #expect(throws: ConfigurationFileError.self) { try CentralConfiguration.load(path: "/nowhere/centre.conf") }
        for text in ["\u{0}", "= = =", "[[x]]", "listen", "\"\"\"", "listen = \"\"\"\n", "[", "a.b = 1"] {
            #expect(!findings(text).isEmpty, "\(text)")
        }
    }
}
