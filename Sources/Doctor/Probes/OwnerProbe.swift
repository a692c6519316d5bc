import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Whose the files of a service are, and who may read them.
package enum OwnerProbe {
    /// More files than any state directory has.
    private static let most = 20_000
    /// Beyond these, the first ones tell enough.
    private static let mostFindings = 5

    /// - Parameter folder: the state directory.
    package static func look(at folder: String) async -> CheckOutcome { await onOwnThread { lookNow(folder) } }

    private static func lookNow(_ folder: String) -> CheckOutcome {
        var top = stat()
        guard stat(folder, &top) == 0 else {
            let isShut = errno == EACCES
            return CheckOutcome([Finding(isShut ? .stateNoAccess : .stateMissing, "", ["path": .text(folder)])])
        }
        guard access(folder, R_OK | X_OK) == 0 else {
            return CheckOutcome([Finding(.stateNoAccess, "", ["path": .text(folder)])])
        }
        var findings: [Finding] = []
        // The folder alone decides: files in one that is shut are shut.
        if top.st_mode & 0o007 != 0 { findings.append(Finding(.stateOpen, folder)) }
        var count = 0
        for name in FileManager.default.enumerator(atPath: folder) ?? NSEnumerator() {
            count += 1
            guard count <= most, findings.count < mostFindings, let name = name as? String else { break }
            let path = folder + "/" + name
            var facts = stat()
            guard lstat(path, &facts) == 0, facts.st_uid != top.st_uid else { continue }
            let people: [String: Fact] = [
                "owner": .text(Self.name(facts.st_uid)), "wanted": .text(Self.name(top.st_uid)),
            ]
            findings.append(Finding(.stateForeignOwner, path, people))
        }
        return CheckOutcome(findings)
    }

    /// Whether the owner of `folder` may read `file`: the service reads its configuration as that user.
    ///
    /// - Parameter group: of the service beside its own; the units say `SupplementaryGroups=hadir`.
    /// - Returns: `nil` where it may, or where there is nothing to judge.
    package static func closed(_ file: String, toOwnerOf folder: String, group: gid_t? = readers) -> Finding? {
        var owner = stat()
        var facts = stat()
        guard stat(folder, &owner) == 0, owner.st_uid != 0, stat(file, &facts) == 0 else { return nil }
        let mode = facts.st_mode
        let mayRead =
            if facts.st_uid == owner.st_uid {
                mode & 0o400 != 0
            } else if facts.st_gid == owner.st_gid || facts.st_gid == group {
                mode & 0o040 != 0
            } else {
                mode & 0o004 != 0
            }
        return mayRead ? nil : Finding(.configClosed, file, ["owner": .text(name(owner.st_uid))])
    }

    /// The group that /etc/hadir is read through; `nil` where there is none.
    package static var readers: gid_t? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65536)
        guard getgrnam_r("hadir", &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }

    private static func name(_ user: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return "\(user)" }
        return String(cString: name)
    }
}
