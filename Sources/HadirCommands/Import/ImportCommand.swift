import ArgumentParser
import Attendance
import DeviceFormats
import EdgeDaemon
import EdgeStore
import Foundation

package struct ImportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Journal the scans of attlog.dat files that were carried here on a flash disk.",
        discussion: """
            Shows what is in each file first: dates, user ids the device does not have, what is here
            already, lines that cannot be read. Then it asks, and journals what is new. Anybody can write
            such a file: the centre lists its scans as unconfirmed and does not count them until the device
            itself shows them too.

            A file whose name has another device's serial is refused; 1_attlog.dat names no device at all.
            The file is kept in the state directory (imports/SHA256.dat). Importing it twice changes nothing.
            Fingerprints, faces and photos are refused and not copied (UU 27/2022).

            A running hadird does it; without one, this command writes the journal itself.
            Exit code 65 where a file is refused, 1 where somebody said no.

            Examples:
              hadir import /media/usb/1_attlog.dat --device lobby
              hadir import /media/usb/CJ9L170560001_attlog.dat --device CJ9L170560001 --dry-run
              hadir import *.dat --device lobby --users user.dat --yes --json
            """)

    @Argument(help: "Files as the device wrote them: attlog.dat.")
    var files: [String]

    @Option(help: "The device they are of: a name from devices.conf, or its serial.")
    var device: String

    @Option(help: ArgumentHelp("The device's user.dat, for names in what is shown.", valueName: "file"))
    var users: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Show what is in the files, and change nothing.")
    var dryRun = false

    @Flag(help: "Print a JSON array, one object a file; with --yes or --dry-run.")
    var json = false

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    package init() {}

    package func validate() throws {
        guard !(yes && dryRun) else { throw ValidationError("--yes and --dry-run exclude each other") }
        guard !json || yes || dryRun else { throw ValidationError("--json asks nothing: give --yes or --dry-run") }
        guard !files.isEmpty else { throw ValidationError("no file is named") }
    }

    private struct Report: Codable {
        var preview: StickPreview
        var imported: StickResult?
    }

    package func run() async throws {
        let names = try users.map { try Self.userList($0) }
        var reports: [Report] = []
        var refusedByPerson = false
        for path in files {
            let desk = try await ImportDesk.open(self, path)
            let preview = try await desk.preview()
            if !json { ImportText.show(preview, names) }
            var report = Report(preview: preview)
            if dryRun {
                await desk.discard()
            } else if try yes || isWanted(preview) {
                report.imported = try await desk.commit()
                if !json, let result = report.imported { ImportText.show(result) }
            } else {
                await desk.discard()
                refusedByPerson = true
            }
            reports.append(report)
        }
        if json { try Terminal.print(json: reports) }
        if refusedByPerson { throw CommandFailure(.finding, "not imported") }
    }

    private func isWanted(_ preview: StickPreview) throws -> Bool {
        guard preview.new > 0 else { return true }
        guard let answer = Terminal.ask("Import \(preview.new) scans? [y/N] ") else {
            throw CommandFailure(.usage, "nobody is here to be asked: give --yes, or --dry-run to look only")
        }
        return ["y", "yes", "ya"].contains(answer.lowercased())
    }

    private static func userList(_ path: String) throws -> StickUsers {
        let bytes = try BoundedFile.read(path, upTo: StickFile.largest)
        guard let users = StickUsers(bytes) else {
            throw CommandFailure(.data, "\(path) is no user list (user.dat) with records of 72 or 28 bytes")
        }
        return users
    }
}

/// Preview and result for a person.
enum ImportText {
    static func show(_ preview: StickPreview, _ users: StickUsers?) {
        var table = TableText(["file", preview.name])
        table.add(["device", "\(preview.device.map { "\($0), " } ?? "")serial \(preview.serial)"])
        if !preview.isKnownDevice {
            table.add(["", "this serial was never seen here: compare it with the device's menu"])
        }
        table.add(["dates", preview.first.map { "\($0) to \(preview.last ?? $0)" } ?? "none that exists"])
        table.add(["records", "\(preview.records)"])
        table.add(["here already", "\(preview.known)"])
        table.add(["new", "\(preview.new)"])
        table.add(["unknown users", unknown(preview, users)])
        table.add(["impossible dates", counted(preview.undated, preview.undatedLines)])
        if preview.future > 0 { table.add(["dates to come", "\(preview.future)"]) }
        if preview.nobody > 0 { table.add(["without a user id", "\(preview.nobody)"]) }
        table.add(["unreadable lines", counted(preview.unreadable, preview.unreadableLines)])
        for annotation in preview.annotations { table.add(["says", annotation]) }
        Terminal.print(table.text)
    }

    static func show(_ result: StickResult) {
        Terminal.print(
            result.new == 0
                ? "nothing new: all of it is here already"
                : "imported \(result.new) scans, unconfirmed until the device itself shows them")
    }

    private static func unknown(_ preview: StickPreview, _ users: StickUsers?) -> String {
        guard preview.isUserListKnown else { return "the device's user list was never read here" }
        guard preview.unknownUserCount > 0 else { return "none" }
        let shown = preview.unknownUsers.prefix(20).map { id in
            users?.name(of: UserID(id)).map { "\(id) (\($0))" } ?? id
        }
        return "\(preview.unknownUserCount): \(shown.joined(separator: ", "))"
            + (preview.unknownUserCount > shown.count ? ", …" : "")
    }

    private static func counted(_ count: Int, _ lines: [Int]) -> String {
        guard count > 0 else { return "none" }
        let shown = lines.prefix(20).map { "\($0)" }.joined(separator: ", ")
        return "\(count): line \(shown)\(count > 20 ? ", …" : "")"
    }
}
