import Attendance
import CentralServer
import CentralStore
import Foundation
import Testing

@Suite("Orders over HTTP and at the shell")
struct OrderTests {
    @Test("receipts carry an order until the node has journaled its result, and only receipts that store")
    func carried() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            let other = try await centre.enrolledEdge()
            edge.write(try device(), try punch())
            _ = try await client.send(try edge.batch())
            let request = OrderRequest(node: edge.node, kind: "resend", from: 1, lifetime: "12h")
            guard
                case .order(let id, "2026-03-02T12:00:00.000Z") = await centre.administration.perform(
                    .addOrder(request))
            else { throw FixtureError(what: "no order") }
            func orders(_ batch: Batch) async throws -> [Receipt.Order] {
                try centre.receipt(try await client.send(batch), to: batch).orders
            }
            let order = Receipt.Order(id: id, kind: "resend", args: ["from": "1"], expires: "2026-03-02T12:00:00.000Z")
            #expect(try await orders(edge.batch(after: 2)) == [order])
            #expect(try await orders(edge.batch()) == [order])
            #expect(try await orders(other.batch()) == [])
            edge.write(try punch(UserID("8")), try punch(UserID("9")))
            #expect(try await orders(edge.batch(after: 3)) == [])
            edge.write(.order(OrderResult(id: id, kind: "resend", result: .done, text: "from 1")))
            #expect(try await orders(edge.batch(after: 2)) == [])
            let stored = try await centre.store.orders(limit: 9)
            #expect(stored.map { $0.state(at: monday) } == ["done"])
            let table = OrderTable.text(stored, at: monday).split(separator: "\n")
            #expect(table.last?.hasPrefix("\(id)  \(edge.node)  Dinas Contoh  resend  from=1  done ") == true)
        }
    }

    @Test("orders are given, listed and cancelled at the shell; what is mistyped is refused with what was expected")
    func shell() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let wrong: [(OrderRequest, String)] = [
                (OrderRequest(node: "n", kind: "reboot"), "resend, time_set, users"),
                (OrderRequest(node: "n", kind: "resend"), "--from"),
                (OrderRequest(node: "n", kind: "resend", from: 0), "begin at 1"),
                (OrderRequest(node: "n", kind: "resend", from: 1, serial: "A"), "nothing else"),
                (OrderRequest(node: "n", kind: "users", from: 1), "--serial"),
                (OrderRequest(node: "n", kind: "time_set", serial: " "), "--serial"),
                (OrderRequest(node: "n", kind: "users", serial: "A", lifetime: "61d"), "--expires"),
                (OrderRequest(node: "n", kind: "users", serial: "A", lifetime: "-1h"), "--expires"),
                (OrderRequest(node: "n", kind: "users", serial: "A", lifetime: "9999999999999999999d"), "--expires"),
                (OrderRequest(node: "n", kind: "users", serial: "A"), "no node n"),
            ]
            for (request, part) in wrong {
                let error = await #expect(throws: CentralError.self) {
                    try await CentralCommands.perform(.addOrder(request), in: state)
                }
                #expect(
                    error?.exitCode == 64 && error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
            let none = await #expect(throws: CentralError.self) {
                try await CentralCommands.perform(.cancelOrder(id: "x"), in: state)
            }
            #expect(none?.description.contains("order list") == true)
            #expect(try await CentralCommands.orders(in: state, limit: 5).isEmpty)
        }
    }
}
