import Foundation
import Testing

@testable import Attendance

/// `Tests/verify_contract.py` is a second implementation, written from docs/contract.md alone.
/// `make setup` installs what it needs: where it cannot run, these tests fail.
@Suite("The Python script agrees with the Swift code")
struct PythonAgreementTests {
    @Test("contract.json passes the script")
    func vectors() throws {
        let run = try verify([])
        #expect(run.status == 0, "\(run.output)")
    }

    @Test("what Swift makes and signs passes the script")
    func samples() throws {
        let run = try check(SwiftSamples.document())
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains(", 0 differences"), "\(run.output)")
    }

    @Test("the script refuses what Swift signed once a letter of it is changed")
    func changedSamples() throws {
        var document = try SwiftSamples.document()
        document.batches[0].text?.replace("\"state\":255", with: "\"state\":254")
        document.receipts[1].text?.replace("\"accepted\":3", with: "\"accepted\":2")
        document.chains[0].entries[3].body.replace("00123", with: "0123")
        let run = try check(document)
        #expect(run.status == 1, "\(run.output)")
        for part in ["broken_chain", "receipts, gap", "not_signed", "entry 4: hash", "entry 4: key"] {
            #expect(run.output.contains(part), "\(part) is not in: \(run.output)")
        }
    }

    private func check(_ document: ContractVectors) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8)).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try document.encoded().write(to: file)
        return try verify(["--check", file.path])
    }

    /// Runs the script; both its outputs together.
    private func verify(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "verify_contract.py")
        let output = Pipe()
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", script.path] + arguments
        python.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        python.standardOutput = output
        python.standardError = output
        try python.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()
        return (python.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
