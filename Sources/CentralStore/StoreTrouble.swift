import GRDB

/// Why the store did not do something, where that is the machine's fault and passes, or is to be mended there.
package enum StoreTrouble: Sendable {
    /// No room for what was to be written.
    case full
    /// It cannot be written or fails.
    case disk
    /// The file is not what it was.
    case damage

    /// - Returns: `nil` for every other failure.
    package init?(_ error: any Error) {
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full
        // The index of the write-ahead log could not grow: SQLite's word for a full disk there.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: self = .full
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN: self = .disk
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damage
        default: return nil
        }
    }
}
