import Foundation
import TOMLKit

/// `devices.conf`: read with all its errors at once, changed without touching what people wrote around it.
package enum DevicesFile {
    /// Longest file read; 1,000 devices with comments need a fifth of it.
    package static let longest = 1 << 20
    static let keyRange = 0...999_999_999

    package static func load(path: String) throws(DevicesFileError) -> EdgeConfiguration {
        try parse(read(path: path), path: path)
    }

    /// The file's text.
    package static func read(path: String) throws(DevicesFileError) -> String {
        func fail(_ line: Int, _ message: String) -> DevicesFileError {
            DevicesFileError([.init(file: path, line: line, message: message)])
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

    /// - Parameter path: names the file in findings; key files are looked for beside it.
    package static func parse(_ text: String, path: String) throws(DevicesFileError) -> EdgeConfiguration {
        var check = LineCheck(text, path: path)
        var findings: [DevicesFileError.Finding] = []
        var configuration: EdgeConfiguration?
        if let table = table(&check) {
            var reader = DevicesFileReader(path: path, table: table, text: check.readable, damaged: check.damaged)
            configuration = reader.read()
            findings = reader.findings
        }
        findings = (check.findings + findings).enumerated()
            .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
        guard findings.isEmpty, let configuration else { throw DevicesFileError(findings) }
        return configuration
    }

    /// The parsed text. A line that does not parse is noted and taken out, and the rest parsed again, so that all
    /// are told at once; `nil` where that cannot be done.
    private static func table(_ check: inout LineCheck) -> TOMLTable? {
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
}
