import Foundation
import ServiceSupport
import TOMLKit

package typealias DevicesFileError = ConfigurationFileError
package typealias TimezoneName = ServiceSupport.TimezoneName

/// `devices.conf`: read with all its errors at once, changed without touching what people wrote around it.
package enum DevicesFile {
    static let keyRange = 0...999_999_999

    package static func load(path: String) throws(DevicesFileError) -> EdgeConfiguration {
        try parse(read(path: path), path: path)
    }

    /// The file's text.
    package static func read(path: String) throws(DevicesFileError) -> String {
        try ConfigurationText.read(path: path)
    }

    /// - Parameter path: names the file in findings; key files are looked for beside it.
    package static func parse(_ text: String, path: String) throws(DevicesFileError) -> EdgeConfiguration {
        var check = LineCheck(
            text, path: path,
            sections: "write [edge], [centre] or [device.NAME] in one pair of brackets, without quotes")
        var findings: [DevicesFileError.Finding] = []
        var configuration: EdgeConfiguration?
        if let table = ConfigurationText.table(&check) {
            var reader = DevicesFileReader(path: path, table: table, text: check.readable, damaged: check.damaged)
            configuration = reader.read()
            findings = reader.findings
        }
        findings = ConfigurationText.sorted(check.findings + findings)
        guard findings.isEmpty, let configuration else { throw DevicesFileError(findings) }
        return configuration
    }
}
