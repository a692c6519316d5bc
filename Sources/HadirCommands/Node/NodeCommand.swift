import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

package struct NodeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "node", abstract: "This edge's identity at the centre.",
        subcommands: [NodeEnrollCommand.self])

    package init() {}
}

struct NodeEnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Make this edge a node of the centre.",
        discussion: """
            CODE is the line that `hadir-central node add` prints at the centre; give it as it is, as a file's
            path, or as - to read it from standard input. It is valid for 24 hours and once. A key is made here
            and never leaves this machine. If the answer is lost on the way, run the same command again.

            Stop hadird first, and start it afterwards.

            Examples:
              hadir node enroll hadir1-eyJ2IjoxLC… --state /var/lib/hadird
              ssh centre hadir-central node add … | hadir node enroll -
            """)

    @Argument(help: "The enrolment code, a file that holds it, or - for standard input.")
    var code: String

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Codable {
        var node, unit, url: String
    }

    func run() async throws {
        let code = try EnrolmentCode(parsing: try text())
        let identity = try await NodeEnrolment.enroll(with: code, in: state.directory) {
            try HTTPLink(url: code.url, pin: code.tlsPin)
        }
        if json {
            return try Terminal.print(json: Report(node: identity.node, unit: identity.unit, url: identity.url))
        }
        Terminal.print(
            TableText.harmless("enrolled as node \(identity.node) of unit \(identity.unit), centre \(identity.url)"))
    }

    private func text() throws -> String {
        if code == "-" {
            let data = try FileHandle.standardInput.read(upToCount: 4096) ?? Data()
            return String(decoding: data, as: UTF8.self)
        }
        guard !code.hasPrefix("hadir1-") else { return code }
        guard let handle = FileHandle(forReadingAtPath: code) else {
            throw CommandFailure(.data, "\(code) is neither an enrolment code nor a file that can be read")
        }
        return String(decoding: try handle.read(upToCount: 4096) ?? Data(), as: UTF8.self)
    }
}
