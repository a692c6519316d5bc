import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Looks at the disk of a folder: how full it is, and whether it takes a write now.
///
/// The write is 4 KiB to a file without a name: no folder shows it, and it is gone when it is closed (decision 0052).
package enum DiskProbe {
    /// With less, SQLite cannot even make the index of its write-ahead log.
    static let full: Int64 = 16 << 20
    static let low: Int64 = 1 << 30
    static let slow = Duration.seconds(1)

    package static func look(at path: String) async -> CheckOutcome { await onOwnThread { lookNow(path) } }

    private static func lookNow(_ path: String) -> CheckOutcome {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else {
            let code = errno
            guard code != ENOENT, code != EACCES else { return .nothing }
            return CheckOutcome([fails(path, code)])
        }
        let free = Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
        let all = Int64(clamping: UInt64(facts.f_blocks) &* UInt64(facts.f_frsize))
        let known: [String: Fact] = ["path": .text(path), "free": .bytes(free)]
        var findings: [Finding] = []
        if facts.f_flag & UInt(ST_RDONLY) != 0 {
            findings.append(Finding(.diskReadOnly, "", known))
        } else if let failure = write(path, known) {
            findings.append(failure)
        }
        // Quotas and reserved blocks may say full before the numbers do.
        let isFull = findings.contains { $0.id == .diskFull }
        if facts.f_files > 0, facts.f_favail == 0 {
            findings.removeAll { $0.id == .diskFull }
            findings.append(Finding(.diskNoInodes, "", known))
        } else if free < full, !isFull {
            findings.append(Finding(.diskFull, "", known))
        } else if free < min(low, all / 20), !isFull {
            findings.append(Finding(.diskLow, "", known))
        }
        return CheckOutcome(findings, known)
    }

    private static func write(_ path: String, _ known: [String: Fact]) -> Finding? {
        // O_TMPFILE, which the headers show to C only.
        let flags: Int32 = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
        let file = open(path, flags, 0o600)
        guard file >= 0 else {
            // Not every file system knows files without a name; who may not write finds out elsewhere.
            let code = errno
            return [EOPNOTSUPP, EISDIR, EACCES, EPERM, ENOENT].contains(code) ? nil : failure(path, code, known)
        }
        defer { close(file) }
        let bytes = [UInt8](repeating: 0, count: 4096)
        let begun = ContinuousClock.now
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else { return failure(path, count < 0 ? errno : ENOSPC, known) }
        guard fsync(file) == 0 else { return failure(path, errno, known) }
        return slowness(ContinuousClock.now - begun, known)
    }

    /// - Parameter took: to write and sync 4 KiB.
    static func slowness(_ took: Duration, _ known: [String: Fact]) -> Finding? {
        guard took > slow else { return nil }
        var known = known
        known["milliseconds"] = .count(Int(took / .milliseconds(1)))
        return Finding(.diskSlow, "", known)
    }

    static func failure(_ path: String, _ code: Int32, _ known: [String: Fact]) -> Finding {
        switch code {
        case ENOSPC, EDQUOT: Finding(.diskFull, "", known)
        case EROFS: Finding(.diskReadOnly, "", known)
        default: fails(path, code)
        }
    }

    private static func fails(_ path: String, _ code: Int32) -> Finding {
        Finding(.diskFails, "", ["path": .text(path)], detail: String(cString: strerror(code)))
    }
}
