import Attendance
import EdgeStore
import Foundation
import Synchronization
import Testing

@testable import EdgeDaemon

@Suite("Orders of the centre", .timeLimit(.minutes(2)))
struct OrderTests {
    private let later = UTC.text(monday.addingTimeInterval(86_400))

    private func results(_ rig: ForwarderRig) throws -> [OrderResult] {
        try rig.store.run(after: 0, most: .max, mostBytes: .max).entries.compactMap {
            if case .order(let result) = try EntryBody.decode($0.body).body { result } else { nil }
        }
    }

    /// Runs a desk over `orders` until `count` results are journaled.
    private func settle(
        _ orders: [Receipt.Order], _ rig: ForwarderRig, allowed: Set<OrderKind> = Set(OrderKind.allCases),
        times: Int = 1, expecting count: Int, _ execute: @escaping OrderDesk.Execute = { kind, _ in "did \(kind)" }
    ) async throws -> [OrderResult] {
        let desk = OrderDesk(store: rig.store, environment: rig.environment, allowed: { allowed })
        let (journaled, sink) = AsyncStream<Void>.makeStream()
        let running = Task { await desk.run(journaled: { sink.yield() }, execute) }
        var settled = journaled.makeAsyncIterator()
        for _ in 0..<times { desk.take(orders, serverTime: monday) }
        for _ in 0..<count { await settled.next() }
        running.cancel()
        await running.value
        return try results(rig)
    }

    private func order(_ id: String, _ kind: String = "resend", expires: String? = nil) -> Receipt.Order {
        Receipt.Order(id: id, kind: kind, args: ["from": "1"], expires: expires ?? later)
    }

    @Test("each is executed once, however often the centre repeats it, and its result is journaled")
    func once() async throws {
        try await ForwarderRig.with { rig in
            let done = Mutex(0)
            let settled = try await settle([order("a"), order("a"), order("b", "users")], rig, times: 3, expecting: 2) {
                kind, arguments in
                done.withLock { $0 += 1 }
                return "\(kind) \(arguments)"
            }
            #expect(settled.map(\.id) == ["a", "b"])
            #expect(settled.allSatisfy { $0.result == .done })
            #expect(done.withLock { $0 } == 2)
            // After a restart the centre still repeats them.
            #expect(try await settle([order("a"), order("b")], rig, expecting: 2) { _, _ in "again" } == settled)
        }
    }

    @Test("what is not allowed, unknown, late or fails is told, and not done")
    func refused() async throws {
        try await ForwarderRig.with { rig in
            let settled = try await settle(
                [
                    order("a", "time_set"), order("b", "clear_log"), order("c", expires: UTC.text(monday)),
                    order("d", expires: "tomorrow"), order("e"), order(""), order(String(repeating: "x", count: 65)),
                ], rig, allowed: [.resend], expecting: 5
            ) { _, _ in throw OrderError("no such device") }
            #expect(settled.map(\.result) == [.refused, .refused, .expired, .refused, .failed])
            #expect(settled.last?.text == "no such device")
        }
    }

    @Test("a signed receipt brings an order, an unsigned one does not; resend sends again from there")
    func resend() async throws {
        try await ForwarderRig.with { rig in
            let desk = OrderDesk(store: rig.store, environment: rig.environment, allowed: { [.resend] })
            let forwarder = rig.forwarder(orders: desk) { $0.mostEntries = 10 }
            let (journaled, sink) = AsyncStream<Void>.makeStream()
            let running = Task {
                await desk.run(journaled: { sink.yield() }) { _, arguments in
                    "from \(try await forwarder.resend(from: Int64(arguments["from"] ?? "") ?? 1))"
                }
            }
            var settled = journaled.makeAsyncIterator()
            try rig.journal(30)
            #expect(try await forwarder.drain() == nil)
            await rig.centre.order(Receipt.Order(id: "r", kind: "resend", args: ["from": "11"], expires: later))
            await rig.centre.script(.otherKey)
            _ = try await forwarder.sendNext()
            #expect(try results(rig).isEmpty && rig.store.head().ackedSeq == 31)
            _ = try await forwarder.sendNext()
            await settled.next()
            #expect(try results(rig).map(\.text) == ["from 11"])
            #expect(try rig.store.head().ackedSeq == 10)
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
            #expect(await rig.centre.headers.filter { $0.first == 11 }.count >= 2)
            running.cancel()
            await running.value
        }
    }

    @Test("a receipt under way when resend comes does not undo it, nor does a restart in its middle")
    func overtaken() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(60)
            #expect(try await rig.forwarder().drain() == nil)
            try rig.journal(5)
            let hook = HookedLink(rig.centre)
            let forwarder = rig.forwarder(link: hook) { $0.mostEntries = 10 }
            hook.hook.value = {
                hook.hook.value = nil
                _ = try? await forwarder.resend(from: 11)
            }
            #expect(try await forwarder.sendNext() == .rewound(10))
            #expect(try await forwarder.sendNext() == .acknowledged(20))
            // Another process: what is left of it is in the journal.
            let restarted = rig.forwarder { $0.mostEntries = 10 }
            #expect(try await restarted.sendNext() == .acknowledged(30))
            #expect(try await restarted.drain() == nil)
            #expect(try await rig.everythingArrived())
            #expect(await rig.centre.headers.suffix(6).map(\.first) == [11, 21, 31, 41, 51, 61])
        }
    }
}

/// Does something while a batch is under way.
private final class HookedLink: CentreLink {
    let hook = Mutexed<(@Sendable () async -> Void)?>(nil)
    private let link: any CentreLink

    init(_ link: any CentreLink) { self.link = link }

    func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        let answer = try await link.post(path, body: body, contentType: contentType)
        await hook.value?()
        return answer
    }

    func close() async { await link.close() }
}
