import Crypto
import Foundation
import TableFiles

/// A list as it lay on disk: its rows, and its digest, so that what it changed can be traced back to it.
package struct ImportFile: Sendable {
    package let table: TableFile
    /// SHA-256, hex.
    package let digest: String

    /// - Parameter sheet: of a workbook.
    /// - Throws: `ImportProblem`
    package init(path: String, sheet: String? = nil) throws {
        do {
            try self.init(bytes: TableFile.read(path), sheet: sheet)
        } catch let error as TableError {
            throw ImportProblem(line: error.line, error.text)
        }
    }

    /// - Throws: `ImportProblem`
    package init(bytes: [UInt8], sheet: String? = nil, limits: TableLimits = TableLimits()) throws {
        do {
            table = try TableFile(bytes: bytes, sheet: sheet, limits: limits)
            digest = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        } catch let error as TableError {
            throw ImportProblem(line: error.line, error.text)
        }
    }

    /// Of words of a command: the first row is the header.
    package static func table(_ rows: [[String]]) -> ImportFile {
        ImportFile(table: TableFile(rows: rows), digest: "")
    }

    private init(table: TableFile, digest: String) {
        self.table = table
        self.digest = digest
    }
}
