import Foundation
import Testing

@testable import Doctor

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Looking at a computer", .serialized)
struct ProbeTests {
    private static func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "hadir-doctor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        return path
    }

    /// A file system of its own, in memory.
    private static func withMount(
        _ options: String, _ work: (String) async throws -> Void
    ) async throws {
        let path = try folder()
        #expect(mount("tmpfs", path, "tmpfs", 0, options) == 0)
        defer {
            umount2(path, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: path)
        }
        try await work(path)
    }

    static let isRoot = geteuid() == 0

    @Test("B6 B7 A full disk is told, with what is left", .enabled(if: isRoot))
    func fullDisk() async throws {
        try await Self.withMount("size=20m") { path in
            #expect(await DiskProbe.look(at: path).findings.isEmpty)
            try Data(count: 19 << 20).write(to: URL(filePath: path + "/filler"))
            #expect(await DiskProbe.look(at: path).findings.map(\.id) == [.diskFull])
            try FileManager.default.removeItem(atPath: path + "/filler")
            #expect(await DiskProbe.look(at: path).findings.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
        }
    }

    @Test("B8 A disk that takes no new file is not called full", .enabled(if: isRoot))
    func noInodes() async throws {
        try await Self.withMount("size=64m,nr_inodes=5") { path in
            for name in 0..<8 { try? Data().write(to: URL(filePath: path + "/\(name)")) }
            #expect(await DiskProbe.look(at: path).findings.map(\.id) == [.diskNoInodes])
        }
    }

    @Test("B9 A disk that takes no writes is told, also to root", .enabled(if: isRoot))
    func readOnly() async throws {
        try await Self.withMount("size=64m") { path in
            let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
            #expect(mount("tmpfs", path, "tmpfs", flags, "size=64m") == 0)
            #expect(await DiskProbe.look(at: path).findings.map(\.id) == [.diskReadOnly])
        }
    }

    @Test("B9 B10 B11 B22 A disk that fails, and one that is slow")
    func failing() {
        #expect(DiskProbe.failure("/x", EIO, [:]).id == .diskFails)
        #expect(DiskProbe.failure("/x", ENOSPC, [:]).id == .diskFull)
        #expect(DiskProbe.failure("/x", EROFS, [:]).id == .diskReadOnly)
        #expect(DiskProbe.slowness(.milliseconds(900), [:]) == nil)
        let slow = DiskProbe.slowness(.milliseconds(2100), [:])
        #expect(slow?.id == .diskSlow && slow?.facts["milliseconds"] == .count(2100))
    }

    @Test("B23 A file of another user is named, with both users; nothing is changed", .enabled(if: isRoot))
    func foreignOwner() async throws {
        let path = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(chown(path, 65_534, 65_534) == 0)
        try Data().write(to: URL(filePath: path + "/journal.db"))
        let found = await OwnerProbe.look(at: path).findings
        #expect(found.map(\.id) == [.stateForeignOwner] && found.first?.subject == path + "/journal.db")
        #expect(found.first?.facts["owner"] == .text("root") && found.first?.facts["wanted"] == .text("nobody"))
        #expect(chown(path + "/journal.db", 65_534, 65_534) == 0)
        #expect(await OwnerProbe.look(at: path).findings.isEmpty)
    }

    @Test("B23 A configuration that the service's user may not read is told", .enabled(if: isRoot))
    func closedConfiguration() async throws {
        let path = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = path + "-devices.conf"
        try Data().write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(chown(path, 65_534, 65_534) == 0 && chmod(file, 0o600) == 0)
        #expect(OwnerProbe.closed(file, toOwnerOf: path)?.id == .configClosed)
        #expect(chmod(file, 0o644) == 0)
        #expect(OwnerProbe.closed(file, toOwnerOf: path) == nil)
        // As packages and systemd/README.md install it: through a group that systemd gives the service.
        #expect(chown(file, 0, 65_533) == 0 && chmod(file, 0o640) == 0)
        #expect(OwnerProbe.closed(file, toOwnerOf: path, group: nil)?.id == .configClosed)
        #expect(OwnerProbe.closed(file, toOwnerOf: path, group: 65_533) == nil)
    }

    @Test("A folder that is missing, and one that is open to all")
    func folders() async throws {
        let path = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(await OwnerProbe.look(at: path + "/no").findings.map(\.id) == [.stateMissing])
        #expect(await OwnerProbe.look(at: path).findings.isEmpty)
        #expect(chmod(path, 0o755) == 0)
        #expect(await OwnerProbe.look(at: path).findings.map(\.id) == [.stateOpen])
    }

    @Test("C1 C2 C3 C9 A clock before the release, behind what was kept, or apart from the centre's")
    func clocks() {
        let release = Date(timeIntervalSince1970: 1_793_491_200)
        let day: TimeInterval = 86_400
        func ids(_ now: Date, newest: Date? = nil, difference: TimeInterval? = nil, kept: Bool? = true) -> [FindingID] {
            ClockProbe.judge(now: now, earliest: release, newest: newest, difference: difference, isKept: kept).findings
                .map(\.id)
        }
        let today = release + 20 * day
        #expect(ids(Date(timeIntervalSince1970: 0)) == [.clockInPast])
        #expect(ids(today, newest: today + day) == [.clockBehindJournal])
        #expect(ids(today, newest: today + 30).isEmpty && ids(today, newest: today - day).isEmpty)
        #expect(ids(today + 3650 * day, difference: 3650 * day) == [.clockDiffers])
        #expect(ids(today, difference: -59).isEmpty && ids(today, kept: nil).isEmpty)
        #expect(ids(today, kept: false) == [.clockUnsynchronised])
        #expect(ClockProbe.isKept != nil)
    }

    @Test("E12 E17 No interface, no way out, no name")
    func network() async {
        let none = NetworkProbe(interfaces: { [] }, hasDefaultRoute: { false }, resolves: { _ in false })
        #expect(await none.look(needsRoute: true).findings.map(\.id) == [.networkNoInterface])
        #expect(await none.look(for: "pusat.example").findings.map(\.id) == [.dnsFails])
        let inside = NetworkProbe(interfaces: { ["eth0"] }, hasDefaultRoute: { false }, resolves: { _ in true })
        #expect(await inside.look(needsRoute: true).findings.map(\.id) == [.networkNoRoute])
        #expect(await inside.look(needsRoute: false).findings.isEmpty)
        #expect(await inside.look(for: "pusat.example").findings.isEmpty)
        // No name ends in invalid (RFC 2606).
        #expect(await NetworkProbe().look(for: "pusat.invalid").findings.map(\.id) == [.dnsFails])
        #expect(await NetworkProbe().look(for: "localhost").findings.isEmpty)
    }
}
