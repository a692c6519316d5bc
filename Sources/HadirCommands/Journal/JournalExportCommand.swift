import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

struct JournalExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what the centre has not acknowledged into files, to be carried there by hand.",
        discussion: """
            For an office without a link, or while it is down. Each file holds signed batches, sealed so that only
            this node's centre can read them; a lost flash disk gives nothing away. Files are numbered by their
            entries and at most 7 MiB. The journal is only read: hadird may run, entries stay waiting until the
            centre's receipts are here (hadir journal receipts), and whatever way they reach the centre, and however
            often, they are counted once.

            At the centre: hadir-central import FILE…, or its page "Berkas kiriman".

            With --json: node, unit, first, last, entries, files (name, first, last, bytes).
            Exit code 74 where the disk is full or fails: files that were told of are whole, the last is not there.

            Examples:
              sudo hadir journal export --to /media/usb
              sudo hadir journal export --to /media/usb --from 1 --json
            """)

    @Option(help: ArgumentHelp("The folder to write to, such as a flash disk's.", valueName: "dir"))
    var to: String

    @Option(help: ArgumentHelp("Begin with this entry, also where it was acknowledged.", valueName: "seq"))
    var from: Int64?

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Codable, Equatable {
        struct File: Codable, Equatable {
            var name: String
            var first, last: Int64
            var bytes: Int
        }

        var node, unit: String
        /// Null where nothing was exported.
        var first, last: Int64?
        var entries: Int64
        var files: [File]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(node, forKey: .node)
            try container.encode(unit, forKey: .unit)
            try container.encode(first, forKey: .first)
            try container.encode(last, forKey: .last)
            try container.encode(entries, forKey: .entries)
            try container.encode(files, forKey: .files)
        }
    }

    func validate() throws {
        guard from ?? 1 >= 1 else { throw ValidationError("--from is 1 or more") }
    }

    func run() async throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: to, isDirectory: &isFolder), isFolder.boolValue else {
            throw CommandFailure(.usage, "\(to) is no folder: is the flash disk mounted?")
        }
        let identity = try Self.identity(in: state.directory)
        let store = try state.openJournal()
        var export = try BundleExport(store, identity, devices: try await devices(), from: from)
        var report = Report(node: identity.node, unit: identity.unit, entries: 0, files: [])
        let all = Int(export.remaining)
        let bar = ProgressBar("exporting")
        defer { bar.finish() }
        while let file = try export.next() {
            try write(file, told: report.files.count)
            report.first = report.first ?? file.first
            report.last = file.last
            report.entries += file.last - file.first + 1
            report.files.append(
                .init(name: file.name, first: file.first, last: file.last, bytes: file.bytes.count))
            bar.update(Int(report.entries), of: all)
        }
        bar.finish()
        try show(report)
    }

    private func write(_ file: BundleExport.File, told: Int) throws {
        do {
            try AtomicFile.write(file.bytes, to: "\(to)/\(file.name)", mode: 0o644)
        } catch {
            // `errno` is gone by now; the text has it.
            let isFull = "\(error)".contains(String(cString: strerror(ENOSPC)))
            let what = isFull ? "the disk at \(to) is full" : "\(error)"
            throw CommandFailure(
                .io,
                "\(what): entries from \(file.first) on are not exported; \(told) files before are whole. "
                    + "Make room or take another disk, then run the same command again")
        }
    }

    /// As a running daemon sees them; none without one.
    private func devices() async throws -> [NodeStatus.Device] {
        let request = ControlRequest(command: .status)
        let answer = try? await ControlClient.ask(request, socket: state.directory.controlSocket)
        return answer?.devices ?? []
    }

    static func identity(in state: StateDirectory) throws -> NodeIdentity {
        for path in [state.nodeIdentity, state.nodeKey]
        where FileManager.default.fileExists(atPath: path) && access(path, R_OK) != 0 {
            throw CommandFailure(.permission, "\(path) may not be read by this user: run it with sudo")
        }
        guard let identity = try NodeIdentity.load(from: state) else {
            throw CommandFailure(
                .configuration, "this node is not enrolled at a centre: run hadir node enroll (it needs a link, once)")
        }
        return identity
    }

    private func show(_ report: Report) throws {
        if json { return try Terminal.print(json: report) }
        guard let first = report.first, let last = report.last else {
            Terminal.print("nothing waits: the centre has acknowledged every entry")
            return
        }
        var table = TableText(["FILE", "ENTRIES", "KIB"])
        for file in report.files {
            table.add([file.name, "\(file.first)-\(file.last)", "\((file.bytes + 1023) / 1024)"])
        }
        Terminal.print(table.text)
        Terminal.say(
            "entries \(first) to \(last) of \(report.unit), for its centre only; they wait here until its receipts come"
        )
    }
}
