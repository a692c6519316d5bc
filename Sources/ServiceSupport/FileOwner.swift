import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Whose the files are that root's commands make in a daemon's folder (docs/decisions/0020).
///
/// A file that root left there would be closed to the daemon, so each gets the folder's owner before it has its name.
/// The daemon's user is not trusted with root's hands: only a plain file that root made just now is given away, and no
/// link is followed.
package enum FileOwner {
    /// Gives an open file to the owner of the folder it lies in, where that is somebody else than root.
    ///
    /// - Returns: false, with `errno`, where it stays unreadable for that owner.
    package static func adopt(_ descriptor: Int32, in folder: String) -> Bool {
        guard let owner = foreignOwner(of: folder) else { return true }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return false }
        guard facts.st_uid == 0 else { return true }
        guard facts.st_mode & S_IFMT == S_IFDIR || facts.st_mode & S_IFMT == S_IFREG && facts.st_nlink <= 1 else {
            errno = EPERM
            return false
        }
        return fchown(descriptor, owner.user, owner.group) == 0
    }

    /// For `open` with `O_CREAT` in `folder`: root follows no link that another user may have laid.
    package static func flags(in folder: String) -> Int32 { foreignOwner(of: folder) == nil ? 0 : O_NOFOLLOW }

    /// `nil` where this process is not root, and where the folder is root's own.
    private static func foreignOwner(of folder: String) -> (user: uid_t, group: gid_t)? {
        var facts = stat()
        guard geteuid() == 0, stat(folder, &facts) == 0, facts.st_uid != 0 else { return nil }
        return (facts.st_uid, facts.st_gid)
    }
}
