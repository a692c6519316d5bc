import ArgumentParser
import CentralServer
import Foundation

struct OrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order", abstract: "Ask something of an office's edge, and see what became of it.",
        subcommands: [Add.self, List.self, Cancel.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an order to a node; prints its id.",
            discussion: """
                The order travels with the centre's answers until the node has said what became of it, the order \
                expires, or it is cancelled. A node executes an order once, and only kinds that its own \
                configuration allows.

                KINDS
                  resend    send the entries of the current epoch again, from --from on
                  time_set  set the clock of the device --serial
                  users     read the user list of the device --serial

                EXAMPLES
                  hadir-central order add --state DIR 4f1c9a2be07d3358 resend --from 120
                  hadir-central order add --state DIR 4f1c9a2be07d3358 time_set \\
                      --serial CJ9L170560001 --expires 12h
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The node's id, from `node list`.", valueName: "NODE"))
        var node: String

        @Argument(help: ArgumentHelp("resend, time_set or users.", valueName: "KIND"))
        var kind: String

        @Option(help: ArgumentHelp("resend: the first seq to send again.", valueName: "SEQ"))
        var from: Int64?

        @Option(help: ArgumentHelp("time_set, users: the device's serial.", valueName: "SERIAL"))
        var serial: String?

        @Option(help: ArgumentHelp("How long the order stands: 90m, 12h, 7d; at most 60d.", valueName: "TIME"))
        var expires = "7d"

        @Flag(help: "Print a JSON object with order and expires.")
        var json = false

        func run() async throws {
            let request = OrderRequest(node: node, kind: kind, from: from, serial: serial, lifetime: expires)
            guard
                case .order(let id, let expires) =
                    try await CentralCommands.perform(.addOrder(request), in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            if json { return try Terminal.answer(json: ["order": id, "expires": expires]) }
            Terminal.answer(id)
            Terminal.explain("Order \(id) for \(node), until \(expires).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show orders, newest first, and what became of them.",
            discussion: """
                Reads the database and changes nothing. An order is open, cancelled or expired, or what its node \
                said: done, refused, failed or expired.

                EXAMPLES
                  hadir-central order list --state DIR
                  hadir-central order list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        @Option(help: ArgumentHelp("At most this many.", valueName: "N"))
        var limit = 100

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is from 1 to 10000.") }
        }

        func run() async throws {
            let orders = try await CentralCommands.orders(in: state.directory, limit: limit)
            if json { return try Terminal.answer(json: OrdersAnswer(orders, at: Date())) }
            Terminal.answer(OrderTable.text(orders, at: Date()))
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an order no longer.",
            discussion: """
                A node that has the order already may still execute it, and what it says then is shown.

                EXAMPLES
                  hadir-central order cancel --state DIR 8d1f0e2ac4b65937
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The order's id, from `order list`.", valueName: "ID"))
        var order: String

        func run() async throws {
            guard
                case .cancelled(let id, let outcome) =
                    try await CentralCommands.perform(.cancelOrder(id: order), in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer("\(id) is \(outcome)")
        }
    }
}
