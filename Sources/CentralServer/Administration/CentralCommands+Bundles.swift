import Attendance
import CentralStore
import Foundation
import PageSupport

/// What importing files of bundles found or did, in the order in which they were taken.
package struct BundleReport: Codable, Equatable, Sendable {
    package struct File: Codable, Equatable, Sendable {
        package var path: String
        /// What taking it would do; before it was taken.
        package var looks: [BundleLook]
        /// What it did; empty of a file that was refused, and with `--dry-run`.
        package var answers: [Taken]
        /// The file with the receipts, to be carried back.
        package var receipts: String?
        /// Why nothing, or no more, of it was taken.
        package var error: String?
    }

    package struct Taken: Codable, Equatable, Sendable {
        package var first: Int64
        package var last: Int64
        package var answer: Receipt.Answer
        package var accepted: Int
        package var duplicate: Int
        package var quarantined: Int
        package var needed: Int64?
    }

    package var files: [File]

    /// 65 where a file is refused or its node revoked, 1 where files are still missing.
    package var exitCode: Int32 {
        let answers = files.flatMap(\.answers).map(\.answer)
        let isRefused = files.contains { $0.error != nil || $0.looks.contains { $0.state == .revoked } }
        if isRefused || answers.contains(where: { $0 == .revoked || $0 == .bad || $0 == .fork }) {
            return CentralError.Kind.data.rawValue
        }
        let isMissing =
            answers.contains(.gap) || answers.isEmpty && files.contains { $0.looks.contains { $0.needed != nil } }
        return isMissing ? 1 : 0
    }
}

extension CentralCommands {
    /// Reads files of bundles, and takes what is in them. A file of which one bundle cannot be taken is refused whole.
    ///
    /// One bundle is held at a time.
    ///
    /// - Parameters:
    ///   - folder: where receipts go; `nil` puts them beside their bundles.
    ///   - progress: hears what is being done.
    package static func importBundles(
        _ paths: [String], isDry: Bool, receipts folder: String? = nil, in state: StateDirectory,
        now: @escaping @Sendable () -> Date = { Date() }, progress: (String) -> Void = { _ in }
    ) async throws -> BundleReport {
        let keys = KeyRing(try CentralKeys(state))
        var files = try await read(state) { store in
            let desk = BundleDesk(store: store, ring: keys)
            var files: [(file: BundleReport.File, header: SealedBundle.Header?)] = []
            for path in paths { files.append(try await headed(path, desk)) }
            files = inOrder(files)
            // Now that they are in order: what each adds to those before it.
            var preview = try await BundleDesk.Preview(desk, at: now())
            for index in files.indices where files[index].file.error == nil {
                try await forEachBundle(in: files[index].file.path) { bundle in
                    files[index].file.looks.append(try await preview.look(bundle))
                }
            }
            return files.map(\.file)
        }
        guard !isDry else { return BundleReport(files: files) }
        for index in files.indices where files[index].error == nil {
            progress("mengimpor \(PageText.shown(files[index].path, longest: 200))")
            do {
                try await take(&files[index], folder, in: state, now: now)
            } catch let error as CentralError where error.kind == .data {
                files[index].error = error.description
            }
        }
        return BundleReport(files: files)
    }

    /// Opens every bundle of a file; why it is refused is part of the answer.
    private static func headed(
        _ path: String, _ desk: BundleDesk
    ) async throws -> (file: BundleReport.File, header: SealedBundle.Header?) {
        var file = BundleReport.File(path: path, looks: [], answers: [])
        var first: SealedBundle.Header?
        do {
            try await forEachBundle(in: path) { bundle in
                _ = try await desk.open(bundle)
                first = first ?? bundle.header
            }
            if first == nil { file.error = "the file is empty: copy it again" }
        } catch let refusal as BundleRefusal {
            file.error = refusal.description
        } catch let error as BundleError {
            file.error = BundleRefusal.bundle(error).description
        }
        return (file, first)
    }

    /// By node, then the epochs as they first come, then the range.
    private static func inOrder(
        _ files: [(file: BundleReport.File, header: SealedBundle.Header?)]
    ) -> [(file: BundleReport.File, header: SealedBundle.Header?)] {
        var epochs: [String: Int] = [:]
        for case let header? in files.map(\.header) where epochs[header.epoch] == nil {
            epochs[header.epoch] = epochs.count
        }
        return files.sorted { left, right in
            guard let left = left.header, let right = right.header else { return left.header != nil }
            if left.node != right.node { return left.node < right.node }
            if left.epoch != right.epoch { return epochs[left.epoch] ?? 0 < epochs[right.epoch] ?? 0 }
            return left.first < right.first
        }
    }

    private static func take(
        _ file: inout BundleReport.File, _ folder: String?, in state: StateDirectory,
        now: @escaping @Sendable () -> Date
    ) async throws {
        let name = URL(filePath: file.path).lastPathComponent
        var receipts: [UInt8] = []
        var taken: [BundleReport.Taken] = []
        defer { file.answers = taken }
        try await forEachBundle(in: file.path) { bundle in
            guard
                case .bundle(let answer) = try await perform(
                    .bundle(Data(bundle.bytes), file: name), in: state, now: now)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            receipts += answer.receipt
            taken.append(
                .init(
                    first: answer.first, last: answer.last, answer: answer.answer, accepted: answer.accepted,
                    duplicate: answer.duplicate, quarantined: answer.quarantined, needed: answer.needed))
        }
        let place = folder.map { "\($0)/\(name)" } ?? file.path
        do {
            try PrivateFile.write(
                String(decoding: receipts, as: UTF8.self), to: "\(place).\(receiptsExtension)", isState: false,
                mode: 0o644)
        } catch {
            throw CentralError(
                error.kind,
                "the entries of \(name) are stored, but \(error.description): run the same command again, "
                    + "with --receipts and another folder")
        }
        file.receipts = "\(place).\(receiptsExtension)"
    }

    package static let receiptsExtension = "receipts"

    private static func forEachBundle(in path: String, _ body: (SealedBundle) async throws -> Void) async throws {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CentralError(.io, "cannot read \(PageText.shown(path)): is the flash disk still there?")
        }
        defer { try? handle.close() }
        var reader = BundleReader { most in
            do {
                return Array(try handle.read(upToCount: most) ?? Data())
            } catch {
                throw CentralError(.io, "cannot read \(PageText.shown(path)): \(error.localizedDescription)")
            }
        }
        while let bundle = try reader.next() { try await body(bundle) }
    }
}

/// `hadir-central import` of bundles as text.
package enum BundleTable {
    package static func text(_ report: BundleReport) -> String {
        var rows: [[String]] = []
        for file in report.files {
            let name = PageText.shown(URL(filePath: file.path).lastPathComponent, longest: 80)
            for (index, look) in file.looks.enumerated() {
                let taken = file.answers.indices.contains(index) ? file.answers[index] : nil
                rows.append([
                    PageText.shown(look.unit, longest: 40), look.node, "\(look.first)-\(look.last)",
                    "\(taken.map { Int64($0.accepted) } ?? look.new)",
                    "\(taken.map { Int64($0.duplicate) } ?? look.known)", taken.map { "\($0.quarantined)" } ?? "-",
                    state(look, taken), name,
                ])
            }
        }
        return TextTable.text(
            head: ["UNIT", "NODE", "ENTRIES", "NEW", "KNOWN", "QUARANTINED", "STATE", "FILE"], rows: rows)
    }

    private static func state(_ look: BundleLook, _ taken: BundleReport.Taken?) -> String {
        switch taken?.answer {
        case .ok: "stored"
        case .gap: "not stored: needs entries from \(taken?.needed ?? 0) on first"
        case .fork: "refused: other entries are here"
        case .revoked: "refused: the node is revoked"
        case .bad: "refused"
        case nil:
            switch look.state {
            case .ready: "-"
            case .gap: "needs entries from \(look.needed ?? 0) on first"
            case .revoked: "would be refused: the node is revoked"
            }
        }
    }
}
