/// Everything that is wrong with a configuration file, each with its place.
package struct ConfigurationFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Finding: Sendable, Equatable, Encodable, CustomStringConvertible {
        package let file: String
        /// From 1; 0 concerns the whole file.
        package let line: Int
        /// From 1, in bytes; `nil` concerns the whole line.
        package let column: Int?
        /// What is wrong and what to do.
        package let message: String

        package init(file: String, line: Int, column: Int? = nil, message: String) {
            self.file = file
            self.line = line
            self.column = column
            self.message = message
        }

        package var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
    }

    /// In the order of the file; never empty.
    package let findings: [Finding]

    package init(_ findings: [Finding]) {
        self.findings = findings
    }

    package var description: String { findings.map(\.description).joined(separator: "\n") }
}
