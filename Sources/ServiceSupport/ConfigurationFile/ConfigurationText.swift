import Foundation
import TOMLKit

/// Reading one of our configuration files, with all its errors at once.
package enum ConfigurationText {
    /// Longest file read; 1,000 devices with comments need a fifth of it.
    package static let longest = 1 << 20

    /// The file's text.
    package static func read(path: String) throws(ConfigurationFileError) -> String {
        func fail(_ line: Int, _ message: String) -> ConfigurationFileError {
            ConfigurationFileError([.init(file: path, line: line, message: message)])
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            let reason = FileManager.default.fileExists(atPath: path) ? "may not be read by this user" : "is not there"
            throw fail(0, "the configuration file \(reason); the package installs a sample to start from")
        }
        defer { try? file.close() }
        let data: Data
        do {
            data = try file.read(upToCount: longest + 1) ?? Data()
        } catch {
            throw fail(0, "cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= longest else { throw fail(0, "is larger than \(longest) bytes; is it the right file?") }
        guard let text = String(validating: data, as: UTF8.self) else {
            let line = badLine(data)
            throw fail(line, "is not UTF-8 text; save the file as UTF-8")
        }
        if let nul = data.firstIndex(of: 0) {
            throw fail(data[..<nul].count { $0 == 0x0A } + 1, "holds a NUL character; is it the right file?")
        }
        return text
    }

    private static func badLine(_ data: Data) -> Int {
        let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false)
        let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return (bad ?? 0) + 1
    }

    /// The parsed text. A line that does not parse is noted and taken out, and the rest parsed again, so that all
    /// are told at once; `nil` where that cannot be done.
    package static func table(_ check: inout LineCheck) -> TOMLTable? {
        for _ in 0..<20 {
            do {
                return try TOMLTable(string: check.readable)
            } catch let error as TOMLParseError {
                let begin = error.source.begin
                guard check.take(line: begin.line, column: begin.column, error.description) else { return nil }
            } catch {
                _ = check.take(line: 0, column: 0, "\(error)")
                return nil
            }
        }
        return nil
    }

    /// In the order of the file.
    package static func sorted(_ findings: [ConfigurationFileError.Finding]) -> [ConfigurationFileError.Finding] {
        findings.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
    }

    /// `; did you mean "poll"?` where one of `known` is near.
    package static func suggestion(_ word: String, among known: [String]) -> String {
        let near = known.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(2, near.0.count / 3) { return "; did you mean \"\(near.0)\"?" }
        return "; known are \(known.joined(separator: ", "))"
    }

    /// Letters to change, add or take out, at most 64 of each word looked at.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.prefix(64)), Array(right.prefix(64)))
        var row = Array(0...right.count)
        for (position, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = position + 1
            for (other, candidate) in right.enumerated() {
                let cost = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[other + 1]
                row[other + 1] = min(cost, row[other] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }

    /// Where a file lies that a configuration names: a whole path is taken as it is; a name is looked for beside the
    /// configuration and then among the credentials that systemd gave this service.
    ///
    /// - Returns: the place beside the configuration where it is at neither.
    package static func place(
        of name: String, beside path: String,
        credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    ) -> String {
        if name.hasPrefix("/") { return name }
        let beside = ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name)
        guard let credentials, !name.contains("/"), !FileManager.default.fileExists(atPath: beside) else {
            return beside
        }
        let credential = (credentials as NSString).appendingPathComponent(name)
        return FileManager.default.fileExists(atPath: credential) ? credential : beside
    }
}

/// Names of time zones as configuration files have them.
package enum TimezoneName {
    private static let indonesian = ["WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"]

    /// The IANA name; `nil` where this computer knows no such zone.
    package static func resolve(_ text: String) -> String? {
        if let name = indonesian[text] { return name }
        return text == "UTC" || TimeZone.knownTimeZoneIdentifiers.contains(text) ? text : nil
    }
}
