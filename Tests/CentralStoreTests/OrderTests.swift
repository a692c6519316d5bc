import Attendance
import CentralStore
import Foundation
import Testing

@Suite("Orders")
struct OrderTests {
    private let week: TimeInterval = 7 * 86_400

    private func order(_ id: String, _ node: String = "n1", _ argument: NewOrder.Argument = .from(seq: 3)) -> NewOrder {
        let kind: OrderKind = if case .from = argument { .resend } else { .users }
        return NewOrder(
            id: id, node: node, kind: kind, argument: argument, createdAt: monday,
            expiresAt: monday.addingTimeInterval(week))
    }

    private func result(_ id: String, _ result: OrderResult.Result = .done, text: String = "5 entries") -> EntryBody {
        .order(OrderResult(id: id, kind: "resend", result: result, text: text))
    }

    @Test("an order is carried until its node's entry says what became of it", arguments: StoreKind.allCases)
    func life(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Dinas Contoh")
            #expect(try await store.addOrder(order("a")) == nil)
            let carried = Receipt.Order(
                id: "a", kind: "resend", args: ["from": "3"], expires: "2026-03-09T00:00:00.000Z")
            #expect(try await store.openOrders(ofNode: "n1", at: monday) == [carried])
            #expect(try await store.openOrders(ofNode: "n2", at: monday).isEmpty)
            // Nobody else's word ends it, nor one that cannot be read.
            var other = Journal(node: "n2")
            other.write(result("a"))
            _ = try await store.append(other.run(), receivedAt: monday)
            var journal = Journal(node: "n1")
            journal.write(
                raw: Array(#"{"kind":"order","at":"2026-03-02T00:00:00.000Z","id":"a","order":"resend"}"#.utf8))
            journal.write(result("never given"))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await store.openOrders(ofNode: "n1", at: monday) == [carried])
            let later = monday.addingTimeInterval(60)
            journal.write(result("a", .failed, text: "disk"), result("a", .done))
            for _ in 0..<2 { _ = try await store.append(journal.run(), receivedAt: later) }
            #expect(try await store.openOrders(ofNode: "n1", at: later).isEmpty)
            let told = try #require(try await store.orders(limit: 9).first)
            #expect(told.state(at: later) == "failed" && told.unit == "Dinas Contoh" && told.args == ["from": "3"])
            let place = EntryPlace(node: "n1", epoch: journal.epoch.text, seq: 3)
            #expect(told.answer == .init(result: .failed, text: "disk", place: place, receivedAt: later))
        }
    }

    @Test(
        "an order that expired or was cancelled is carried no more; what its node says of it is still shown",
        arguments: StoreKind.allCases)
    func ended(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            for id in ["a", "b"] { #expect(try await store.addOrder(order(id)) == nil) }
            let cancelled = try await store.cancelOrder("a", at: monday)
            #expect(cancelled?.state(at: monday) == "cancelled")
            #expect(try await store.cancelOrder("nobody", at: monday) == nil)
            #expect(try await store.openOrders(ofNode: "n1", at: monday).map(\.id) == ["b"])
            let end = monday.addingTimeInterval(week)
            #expect(try await store.openOrders(ofNode: "n1", at: end.addingTimeInterval(-1)).map(\.id) == ["b"])
            #expect(try await store.openOrders(ofNode: "n1", at: end).isEmpty)
            #expect(try await store.orders(limit: 9).map { $0.state(at: end) } == ["cancelled", "expired"])
            var journal = Journal(node: "n1")
            journal.write(result("a"), result("b", .expired, text: String(repeating: "x", count: 9000)))
            _ = try await store.append(journal.run(), receivedAt: end)
            let orders = try await store.orders(limit: 9)
            #expect(orders.map { $0.state(at: end) } == ["done", "expired"])
            #expect(orders.last?.answer?.text.utf8.count == OrderSummary.longestText)
            // Done stays done.
            #expect(try await store.cancelOrder("a", at: end)?.state(at: end) == "done")
        }
    }

    @Test(
        "orders only for nodes that speak, for devices of their unit, and no more than a receipt carries",
        arguments: StoreKind.allCases)
    func refused(kind: StoreKind) async throws {
        try await kind.withStore { store in
            for (node, unit) in [("n1", "Dinas Contoh"), ("n2", "Kecamatan Misal"), ("n3", "Dinas Contoh")] {
                try await store.enrolNode(node, unit: unit)
            }
            #expect(try await store.addOrder(order("a", "nobody")) == .unknownNode)
            _ = try await store.revoke(node: "n3", from: monday, at: monday)
            #expect(try await store.addOrder(order("b", "n3")) == .revokedNode)
            let serial = try #require(DeviceSerial("CJ9L170560001"))
            #expect(try await store.addOrder(order("c", "n1", .serial(serial))) == .unknownDevice)
            var journal = Journal(node: "n1")
            journal.write(try device())
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await store.addOrder(order("d", "n1", .serial(serial))) == nil)
            #expect(try await store.addOrder(order("e", "n2", .serial(serial))) == .unknownDevice)
            for number in 1..<OrderSummary.mostOpen { #expect(try await store.addOrder(order("o\(number)")) == nil) }
            #expect(try await store.addOrder(order("p")) == .tooMany)
            #expect(try await store.openOrders(ofNode: "n1", at: monday).count == OrderSummary.mostOpen)
            _ = try await store.cancelOrder("o3", at: monday)
            #expect(try await store.addOrder(order("p")) == nil)
        }
    }
}
