import GRDB

/// What went wrong with the journal file, and what to do next.
package struct EdgeStoreError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case missing, otherVersion, damaged, full, readOnly, busy, io
        /// SQLite does not find what our own statements name.
        case schema
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(.io, "\(error)")
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_FULL: .full
            // The index of the write-ahead log could not grow: SQLite's word for a full disk there.
            case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: .full
            case .SQLITE_READONLY: .readOnly
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
            case .SQLITE_ERROR: .schema
            default: .io
            }
        self.init(code, error.message ?? error.resultCode.description)
    }

    package var description: String {
        switch code {
        case .missing: detail
        case .otherVersion: detail
        case .damaged: "the journal is damaged: \(detail)"
        case .full: "the journal's disk is full: free some space; devices keep their scans meanwhile"
        case .readOnly: "the journal cannot be written: \(detail)"
        case .busy: "another program holds the journal: \(detail)"
        case .io: "the journal's disk failed: \(detail)"
        case .schema: "the journal's tables are not what they were made: \(detail)"
        }
    }
}

extension Row {
    /// A column of a file that may be damaged: GRDB's own subscripts trap on a value of another type.
    ///
    /// - Returns: `nil` for NULL and for a value that is no `Value`.
    func stored<Value: DatabaseValueConvertible>(_ column: String, _ type: Value.Type) -> Value? {
        let value: DatabaseValue = self[column]
        return Value.fromDatabaseValue(value)
    }
}
