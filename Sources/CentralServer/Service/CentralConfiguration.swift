import CentralAttendance
import Foundation
import ServiceSupport
import Synchronization
import TOMLKit
import TableFiles

/// What `centre.conf` and the options of `serve` say, checked and with every default filled in.
package struct CentralConfiguration: Equatable, Sendable {
    package var listen: ListenAddress
    /// `nil` for plain HTTP on a loopback address.
    package var tls: TLSFiles?
    /// Where `/metrics` is served, a loopback address; `nil` for nowhere.
    package var metricsListen: ListenAddress?
    package var pages = PagesConfiguration()

    /// Where there is no file.
    package init(listen: ListenAddress, tls: TLSFiles? = nil) {
        self.listen = listen
        self.tls = tls
    }

    package static func load(path: String) throws(ConfigurationFileError) -> CentralConfiguration {
        try parse(ConfigurationText.read(path: path), path: path)
    }

    /// - Parameter path: names the file in findings; certificate and key are looked for beside it.
    package static func parse(_ text: String, path: String) throws(ConfigurationFileError) -> CentralConfiguration {
        var check = LineCheck(text, path: path, sections: "this file has no sections, only keys")
        var findings: [ConfigurationFileError.Finding] = []
        var configuration: CentralConfiguration?
        if let table = ConfigurationText.table(&check) {
            var reader = CentralConfigurationReader(
                path: path, table: table, text: check.readable, isDamaged: !check.findings.isEmpty)
            configuration = reader.read()
            findings = reader.findings
        }
        findings = ConfigurationText.sorted(check.findings + findings)
        guard findings.isEmpty, let configuration else { throw ConfigurationFileError(findings) }
        return configuration
    }
}

/// Turns the parsed file into a configuration and collects everything that is wrong with it.
private struct CentralConfigurationReader {
    private(set) var findings: [ConfigurationFileError.Finding] = []
    private let path: String
    private let table: TOMLTable
    private let index: LineIndex
    /// Lines were taken out already: a key not seen is not a missing one.
    private let isDamaged: Bool

    private static let keys = [
        "listen", "tls_cert", "tls_key", "public_url", "trusted_proxies", "government", "timezone", "assets",
        "place", "paper", "print_codes", "metrics_listen",
    ]

    init(path: String, table: TOMLTable, text: String, isDamaged: Bool) {
        self.path = path
        self.table = table
        self.isDamaged = isDamaged
        index = LineIndex(text)
    }

    mutating func read() -> CentralConfiguration? {
        checkShape()
        let listen = value("listen", isRequired: true, wants: "HOST:PORT, such as \"127.0.0.1:8080\" or \"[::]:8443\"")
        {
            try? ListenAddress(parsing: $0)
        }
        let tls = tls()
        let publicURL = value("public_url", wants: "https://name or https://name:port, and no more") {
            try? PublicURL(parsing: $0)
        }
        let proxies = value(
            "trusted_proxies", wants: "addresses or networks with spaces between, such as \"127.0.0.1 10.0.0.0/8\"",
            Self.networks)
        let government = value("government", wants: "a text of 1 to 120 characters") {
            (1...120).contains($0.count) && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? $0 : nil
        }
        let zone = value(
            "timezone", isRequired: true, wants: "\"WIB\", \"WITA\", \"WIT\" or an IANA name such as \"Asia/Jakarta\""
        ) {
            TimezoneName.resolve($0).flatMap { TimeZone(identifier: $0) }
        }
        let metrics = value(
            "metrics_listen", wants: "HOST:PORT of this machine alone, such as \"127.0.0.1:9471\" or \"[::1]:9471\""
        ) { text in
            (try? ListenAddress(parsing: text)).flatMap { $0.isLoopback ? $0 : nil }
        }
        let assets = value("assets", wants: "the whole path of a folder") { $0.hasPrefix("/") ? $0 : nil }
        if let listen, tls == nil, !listen.isLoopback, findings.isEmpty, let entry = entry("listen") {
            note(
                entry.line, column: entry.valueColumn,
                "plain HTTP is served on loopback addresses only, not on \(listen.host); give tls_cert and tls_key")
        }
        guard findings.isEmpty, let listen, let zone else { return nil }
        var configuration = CentralConfiguration(listen: listen, tls: tls)
        configuration.metricsListen = metrics
        configuration.pages.zone = zone
        configuration.pages.publicURL = publicURL
        configuration.pages.trustedProxies = proxies ?? []
        if let government { configuration.pages.government = government }
        if let assets { configuration.pages.assets = assets }
        readPrint(&configuration.pages)
        return findings.isEmpty ? configuration : nil
    }

    private mutating func readPrint(_ pages: inout PagesConfiguration) {
        let place = value("place", wants: "a text of 1 to 60 characters") {
            (1...60).contains($0.count) && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? $0 : nil
        }
        let paper = value("paper", wants: "\"A4\" or \"F4\"") { TablePaper(rawValue: $0) }
        let codes = value(
            "print_codes",
            wants: "words of status with their codes, each once, such as \"tanpa_keterangan=A dinas_luar=SPPD\"",
            PrintCodes.init(parsing:))
        if let place { pages.place = place }
        if let paper { pages.paper = paper }
        if let codes { pages.printCodes = codes }
    }

    // MARK: Keys

    private mutating func note(_ line: Int, column: Int? = nil, _ message: String) {
        findings.append(.init(file: path, line: line, column: column, message: message))
    }

    private mutating func checkShape() {
        for section in index.sections where section.isPlain {
            note(section.line, "[\(section.name)]: this file has no sections, only keys")
        }
        for key in index.keys where key.section == nil && !Self.keys.contains(key.name) {
            let hint = ConfigurationText.suggestion(key.name, among: Self.keys)
            note(key.line, column: key.column, "unknown key \"\(key.name)\"\(hint)")
        }
    }

    private func entry(_ key: String) -> LineIndex.Key? { index.keys.first { $0.section == nil && $0.name == key } }

    /// A text value that `read` understands; a finding says `wants` where it does not.
    private mutating func value<Value>(
        _ key: String, isRequired: Bool = false, wants: String, _ read: (String) -> Value?
    ) -> Value? {
        guard let entry = entry(key) else {
            if isRequired, !isDamaged { note(0, "key \"\(key)\" is missing") }
            return nil
        }
        if let text = table[key]?.string, let value = read(text) { return value }
        note(entry.line, column: entry.valueColumn, "\"\(key)\" must be \(wants)")
        return nil
    }

    // MARK: Values

    private mutating func tls() -> TLSFiles? {
        let wants = "a file's name"
        let path = path
        let place = { (name: String) in name.isEmpty ? nil : ConfigurationText.place(of: name, beside: path) }
        let certificate = value("tls_cert", wants: wants, place)
        let key = value("tls_key", wants: wants, place)
        switch (entry("tls_cert"), entry("tls_key")) {
        case (let alone?, nil): note(alone.line, column: alone.column, "\"tls_cert\" without \"tls_key\"")
        case (nil, let alone?): note(alone.line, column: alone.column, "\"tls_key\" without \"tls_cert\"")
        default: break
        }
        return certificate.flatMap { certificate in
            key.map { TLSFiles(certificatePath: certificate, keyPath: $0) }
        }
    }

    private static func networks(_ text: String) -> [AddressRange]? {
        let words = text.split(separator: " ").map(String.init)
        let ranges = words.compactMap { try? AddressRange(parsing: $0) }
        return ranges.count == words.count ? ranges : nil
    }
}

/// The configuration in use, and why the file was refused since it was read.
package final class CentralSettings: Sendable {
    private let state: Mutex<(value: CentralConfiguration, problem: String?)>
    /// Reads the file again.
    let reread: @Sendable () throws -> CentralConfiguration

    /// - Parameter read: what a reload does, too.
    package init(reading read: @escaping @Sendable () throws -> CentralConfiguration) throws {
        state = Mutex((try read(), nil))
        reread = read
    }

    package var value: CentralConfiguration { state.withLock { $0.value } }
    /// `nil` where the last reading of the file succeeded.
    package var problem: String? { state.withLock { $0.problem } }

    func replace(with value: CentralConfiguration) { state.withLock { $0 = (value, nil) } }
    func refuse(_ problem: String) { state.withLock { $0.problem = problem } }
}
