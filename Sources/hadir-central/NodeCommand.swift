import ArgumentParser
import CentralServer
import Foundation

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Add, list and revoke the nodes that send punches.",
        subcommands: [Add.self, List.self, Revoke.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an enrolment code for a unit's new node.",
            discussion: """
                The code is the only line on standard output. Bring it to the office and give it to \
                `hadir node enroll`. It makes one node, within 24 hours; the centre does not keep the secret in it.

                The code names this centre by its signing key and, for https, by the public key of its TLS \
                certificate: that of --tls-cert, else of the certificate `serve` last used. With neither, the \
                node trusts the certificate authorities of its machine.

                EXAMPLES
                  hadir-central node add --state DIR --unit "Kecamatan Contoh" \\
                      --url https://hadir.example.go.id:8443
                  hadir-central node add --state DIR --unit "Dinas Contoh" \\
                      --url http://127.0.0.1:8080 --json
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The unit the node speaks for; a new name makes a new unit.", valueName: "NAME"))
        var unit: String

        @Option(help: ArgumentHelp("Where the node will reach this centre.", valueName: "URL"))
        var url: String

        @Option(help: ArgumentHelp("Certificate in PEM whose public key the node will insist on.", valueName: "FILE"))
        var tlsCert: String?

        @Flag(help: "Print a JSON object with code, unit and expires.")
        var json = false

        func run() async throws {
            let pin = try tlsCert.map { path in
                try TLSFiles.pin(certificatePath: path).map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }.joined()
            }
            let request = ControlRequest.addNode(unit: unit, url: url, tlsPin: pin)
            guard
                case .code(let text, let unit, let expires) =
                    try await CentralCommands.perform(request, in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            if json { return try Terminal.answer(json: ["code": text, "unit": unit, "expires": expires]) }
            Terminal.answer(text)
            Terminal.explain("Enrolment code for \(unit), valid once until \(expires).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every node, its state and how far it has sent.",
            discussion: """
                MISSING counts entries that the centre lost and the node no longer had; 0 where all is there.
                FORKS counts places where the node sent something else than what stands there: ask whether its disk \
                was copied or restored.

                Reads the database and changes nothing; works beside a running server and without one.

                EXAMPLES
                  hadir-central node list --state DIR
                  hadir-central node list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object with the same fields as GET /api/v1/nodes.")
        var json = false

        func run() async throws {
            let nodes = try await CentralCommands.nodes(in: state.directory)
            let moment = Date()
            if json { return try Terminal.answer(json: NodesAnswer(nodes, at: moment)) }
            Terminal.answer(NodeTable.text(nodes, at: moment))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take nothing more from a node.",
            discussion: """
                Every batch that arrives from the chosen moment on is refused, also one made before it and \
                carried here on a stick. What was stored stays. A revocation is not taken back; enrol the office \
                again. The moment can be moved earlier, not later.

                EXAMPLES
                  hadir-central node revoke --state DIR 4f1c9a2be07d3358
                  hadir-central node revoke --state DIR 4f1c9a2be07d3358 \\
                      --from 2026-03-02T00:00:00Z
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The node's id, from `node list`.", valueName: "ID"))
        var node: String

        @Option(help: ArgumentHelp("UTC moment from which nothing is taken; default now.", valueName: "UTC"))
        var from: String?

        func run() async throws {
            let request = ControlRequest.revokeNode(node: node, from: from)
            guard case .revoked(let node, let from) = try await CentralCommands.perform(request, in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer("\(node) is revoked from \(from)")
        }
    }
}
