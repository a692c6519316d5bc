import Foundation
import ServiceSupport
import Testing

/// What root's commands make for a daemon. With other users than root there is nothing to give away, so the rest is
/// for root; `Tests/System/systemd.py` does it with the real user of a service.
@Suite("Whose the files are that root makes")
struct FileOwnerTests {
    private static let daemon: uid_t = 61_500

    /// A folder of another user, a file descriptor in it, and what `FileOwner` made of it.
    private func adopting(_ folder: URL, _ path: URL, _ flags: Int32 = 0) -> (done: Bool, owner: uid_t) {
        let descriptor = open(path.path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0o600)
        defer { close(descriptor) }
        let done = FileOwner.adopt(descriptor, in: folder.path)
        var facts = stat()
        return (done, fstat(descriptor, &facts) == 0 ? facts.st_uid : .max)
    }

    private func folder(of user: uid_t) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try #require(chown(folder.path, user, user) == 0)
        return folder
    }

    @Test("in a folder of one's own everything stays as it is")
    func own() throws {
        let folder = try folder(of: geteuid())
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = adopting(folder, folder.appending(path: "lock"))
        #expect(made.done && made.owner == geteuid())
        #expect(FileOwner.flags(in: folder.path) == 0)
    }

    @Test(
        "a file that root makes in a daemon's folder is the daemon's, and no link is followed",
        .enabled(if: geteuid() == 0))
    func daemons() throws {
        let folder = try folder(of: Self.daemon)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = adopting(folder, folder.appending(path: "lock"))
        #expect(made.done && made.owner == Self.daemon)
        #expect(FileOwner.flags(in: folder.path) == O_NOFOLLOW)
    }

    @Test("a file of root's that the daemon's user linked there is not given away", .enabled(if: geteuid() == 0))
    func links() throws {
        let folder = try folder(of: Self.daemon)
        let roots = try self.folder(of: 0)
        defer { for folder in [folder, roots] { try? FileManager.default.removeItem(at: folder) } }
        let secret = roots.appending(path: "secret")
        try Data("root's".utf8).write(to: secret)
        let hard = folder.appending(path: "lock")
        try #require(link(secret.path, hard.path) == 0)
        let made = adopting(folder, hard)
        #expect(!made.done && made.owner == 0)
        let soft = folder.appending(path: "soft")
        try #require(symlink(secret.path, soft.path) == 0)
        #expect(open(soft.path, O_RDWR | O_CREAT | FileOwner.flags(in: folder.path), 0o600) < 0 && errno == ELOOP)
    }
}

@Suite("Files that a configuration names")
struct PlaceTests {
    @Test("a name is looked for beside the configuration, then among the credentials; a whole path is taken as it is")
    func order() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(UUID().uuidString)")
        let credentials = folder.appending(path: "credentials")
        try FileManager.default.createDirectory(at: credentials, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func place(_ name: String, _ credentials: String?) -> String {
            ConfigurationText.place(
                of: name, beside: folder.appending(path: "a.conf").path, credentials: credentials)
        }
        let (beside, credential) = (folder.appending(path: "x.key").path, credentials.appending(path: "x.key").path)
        #expect(place("/etc/x.key", credentials.path) == "/etc/x.key")
        #expect(place("x.key", credentials.path) == beside, "nowhere: the place to put it is named")
        try Data().write(to: URL(filePath: credential))
        #expect(place("x.key", credentials.path) == credential)
        #expect(place("x.key", nil) == beside)
        #expect(place("../credentials/x.key", credentials.path).hasSuffix("/../credentials/x.key"))
        try Data().write(to: URL(filePath: beside))
        #expect(place("x.key", credentials.path) == beside)
    }
}
