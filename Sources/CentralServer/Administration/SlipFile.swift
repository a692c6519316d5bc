import CentralPages
import CentralStore
import Foundation
import Glibc

/// A file of slips to print, only its owner's to read: written as accounts are made, so that what was made before a
/// stop is on paper.
package struct SlipFile {
    private let file: FileHandle
    private let pages: CentralPages
    package let address: String

    /// - Parameter address: where people sign in, as it is printed.
    /// - Throws: `CentralError` where there is such a file already, or it cannot be written.
    package init(path: String, address: String) throws {
        let url = try PublicURL(parsing: address)
        self.address = url.origin
        do {
            pages = try CentralPages()
        } catch {
            throw CentralError(.configuration, "the slips cannot be made: \(error)")
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CentralError(
                .configuration,
                errno == EEXIST
                    ? "--slips \(path) exists; give another file, or print and delete that one"
                    : "--slips \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try write(pages.slipFileStart)
    }

    package func add(_ slips: [Slip]) throws {
        try write(pages.slips(slips.map { $0.model(address: address) }))
        try file.synchronize()
    }

    package func finish() throws {
        try write(pages.slipFileEnd)
        try file.close()
    }

    private func write(_ text: String) throws {
        do {
            try file.write(contentsOf: Data(text.utf8))
        } catch {
            throw CentralError(.io, "the slips cannot be written: \(error)")
        }
    }
}

extension Slip {
    func model(address: String) -> SlipModel {
        SlipModel(
            account: account, password: password, person: person, number: number, unit: unit, address: address,
            days: FirstPassword.lifetimeDays)
    }
}

extension CentralCommands {
    /// Makes accounts a part at a time, so that somebody sees how it gets on.
    ///
    /// - Parameters:
    ///   - file: gets the slips.
    ///   - progress: hears of slips made, people left, and those who got none.
    package static func issue(
        _ first: IssueRequest, in state: StateDirectory, to file: SlipFile,
        now: @escaping @Sendable () -> Date = { Date() },
        progress: (_ made: Int, _ left: Int, _ skipped: [SlipBatch.Skipped]) -> Void
    ) async throws {
        var request = first
        var made = 0
        while true {
            guard
                case .slips(let batch) = try await perform(.account(.issue(request)), in: state, now: now)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            try file.add(batch.slips)
            made += batch.slips.count
            progress(made, batch.left, batch.skipped)
            guard let last = batch.last else { return }
            request.after = last
        }
    }
}
