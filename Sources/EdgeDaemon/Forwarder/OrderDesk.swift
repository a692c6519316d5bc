import Attendance
import EdgeStore
import FailPoints
import Foundation
import Logging
import Synchronization

/// Why an order was not executed.
struct OrderError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Executes orders, once each, one after the other, and journals what came of them.
package final class OrderDesk: Sendable {
    /// - Returns: what was done, for a person.
    /// - Throws: what stood in the way.
    package typealias Execute = @Sendable (OrderKind, [String: String]) async throws -> String

    private struct State {
        /// By id, in the order of arrival.
        var waiting: [(order: Receipt.Order, serverTime: Date)] = []
        /// Taken and not yet journaled: the centre repeats them meanwhile.
        var known: Set<String> = []
    }

    /// More are told again with the next receipt.
    private static let mostWaiting = 16

    private let store: EdgeStore
    private let environment: EdgeEnvironment
    private let allowed: @Sendable () -> Set<OrderKind>
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let sink: AsyncStream<Void>.Continuation

    /// - Parameter allowed: asked at each order, because the configuration may change.
    package init(store: EdgeStore, environment: EdgeEnvironment, allowed: @escaping @Sendable () -> Set<OrderKind>) {
        self.store = store
        self.environment = environment
        self.allowed = allowed
        (signals, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes the orders of a signed receipt; those known or executed before are left out.
    package func take(_ orders: [Receipt.Order], serverTime: Date) {
        guard !orders.isEmpty else { return }
        state.withLock { state in
            for order in orders where state.waiting.count < Self.mostWaiting {
                guard (1...64).contains(order.id.utf8.count), state.known.insert(order.id).inserted else { continue }
                state.waiting.append((order, serverTime))
            }
        }
        sink.yield()
    }

    /// Runs until cancelled.
    ///
    /// - Parameter journaled: called after a result was journaled, so that it is forwarded soon.
    package func run(journaled: @Sendable () -> Void, _ execute: Execute) async {
        for await _ in signals {
            while let (order, serverTime) = next() {
                await settle(order, serverTime, execute)
                journaled()
            }
        }
    }

    private func next() -> (order: Receipt.Order, serverTime: Date)? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private func settle(_ order: Receipt.Order, _ serverTime: Date, _ execute: Execute) async {
        defer { state.withLock { _ = $0.known.remove(order.id) } }
        do {
            // Noted first: where that fails, as on a full disk, nothing is done either.
            let (result, text): (OrderResult.Result, String)
            switch try store.begin(order: order.id, at: environment.now()) {
            case .told: return
            case .begun: (result, text) = (.failed, "the program ended in the middle of it: ask again")
            case .new: (result, text) = await self.result(of: order, serverTime, execute)
            }
            FailPoint.reach("edge.order.executed")
            try store.append(
                OrderResult(id: order.id, kind: order.kind, result: result, text: text), at: environment.now())
            environment.logger.notice(
                "order.settled", metadata: ["id": "\(order.id)", "kind": "\(order.kind)", "result": "\(result)"])
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }

    private func result(
        of order: Receipt.Order, _ serverTime: Date, _ execute: Execute
    ) async -> (OrderResult.Result, String) {
        guard let kind = OrderKind(rawValue: order.kind) else { return (.refused, "this version knows no such order") }
        guard allowed().contains(kind) || Sabotage.isOn("any_order_done") else {
            return (.refused, "orders in [centre] of devices.conf does not name it")
        }
        guard let expires = UTC.date(order.expires) else { return (.refused, "expires is not a UTC time") }
        guard serverTime < expires || Sabotage.isOn("expired_order_done") else {
            return (.expired, "it was due until \(order.expires)")
        }
        do {
            return (.done, try await execute(kind, order.args))
        } catch {
            return (.failed, "\(error)")
        }
    }
}
