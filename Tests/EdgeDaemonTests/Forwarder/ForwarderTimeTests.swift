import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing

/// When the forwarder sends: heartbeats, wakes, back-off.
@Suite(.timeLimit(.minutes(2))) struct ForwarderTimeTests {
    @Test("E1 Back-off doubles to a minute, after ten minutes to five, and begins anew after a success")
    func backOff() async throws {
        try await ForwarderRig.with { rig in
            rig.random.value = 0.999_999
            let forwarder = rig.forwarder()
            func fail() async throws -> Double {
                await rig.centre.script(.lineDown(.unreachable))
                guard case .retry(let wait, _) = try await forwarder.sendNext() else { return -1 }
                return wait / .seconds(1)
            }
            var waits: [Double] = []
            for _ in 0..<40 { waits.append(try await fail()) }
            #expect(waits.prefix(6).map { $0.rounded() } == [1, 2, 4, 8, 16, 32])
            #expect(waits[6..<24].allSatisfy { $0 <= 60 && $0 > 59 })
            #expect(waits[24...].allSatisfy { $0 <= 300 && $0 > 299 })
            // Half of it on average: about ten minutes pass before waits become longer than one.
            #expect((480...1200).contains(waits[..<24].reduce(0, +) / 2))
            #expect(try await forwarder.drain() == nil)
            #expect(try await fail().rounded() == 1)
            rig.random.value = 0
            #expect(try await fail() == 0.2)
        }
    }

    @Test("a problem that changes its face and back is alarmed once per face, and again after a success")
    func alarms() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            for _ in 0..<10 {
                await rig.centre.script(.lineDown(.unreachable), .lineDown(.nameNotFound))
                for _ in 0..<2 { _ = try await forwarder.sendNext() }
            }
            #expect(try rig.alarmCodes() == ["centre_unreachable", "centre_name_not_found"])
            #expect(try await forwarder.drain() == nil)
            await rig.centre.script(.lineDown(.unreachable))
            _ = try await forwarder.sendNext()
            #expect(try rig.alarmCodes().count == 3)
        }
    }

    @Test("an idle forwarder sends a heartbeat, waits its time, and sends the next")
    func heartbeats() async throws {
        try await running { rig, _, posts, sleeps in
            for number in 1...5 {
                #expect(await posts.next() == number)
                #expect(await sleeps.next() == .seconds(60))
                rig.clock.advance(by: .seconds(59))
                #expect(await rig.centre.posted.count == number)
                rig.clock.advance(by: .seconds(1))
            }
            #expect(await posts.next() == 6)
            #expect(await rig.centre.headers.dropFirst().allSatisfy { $0.count == 0 })
        }
    }

    @Test("a wake sends what was journaled at once, also after many heartbeats")
    func wake() async throws {
        try await running { rig, forwarder, posts, sleeps in
            #expect(await posts.next() == 1)
            for number in 2...4 {
                #expect(await sleeps.next() == .seconds(60))
                rig.clock.advance(by: .seconds(60))
                #expect(await posts.next() == number)
            }
            for number in 5...8 {
                #expect(await sleeps.next() == .seconds(60))
                try rig.journal(2)
                for _ in 0..<3 { forwarder.wake() }
                #expect(await posts.next() == number)
                #expect(await rig.centre.headers.last?.count == 2)
            }
            // It pauses when the receipt is kept.
            #expect(await sleeps.next() == .seconds(60))
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("a wake without news sends nothing")
    func idleWake() async throws {
        try await running { rig, forwarder, posts, sleeps in
            #expect(await posts.next() == 1)
            #expect(await sleeps.next() == .seconds(60))
            for _ in 0..<5 { forwarder.wake() }
            // The next thing that happens is the heartbeat.
            rig.clock.advance(by: .seconds(60))
            #expect(await posts.next() == 2)
            #expect(await sleeps.next() == .seconds(60))
            #expect(await rig.centre.posted.count == 2)
            #expect(await rig.centre.headers.map(\.count) == [1, 0])
        }
    }

    @Test("a wake does not cut a back-off short, and what was journaled goes after it")
    func wakeInBackOff() async throws {
        try await running { rig, forwarder, posts, sleeps in
            #expect(await posts.next() == 1)
            #expect(await sleeps.next() == .seconds(60))
            await rig.centre.script(.inBetween(503, retryAfter: 600))
            rig.clock.advance(by: .seconds(60))
            #expect(await posts.next() == 2)
            #expect(await sleeps.next() == .seconds(600))
            try rig.journal(2)
            forwarder.wake()
            rig.clock.advance(by: .seconds(599))
            #expect(await rig.centre.posted.count == 2)
            rig.clock.advance(by: .seconds(1))
            // The same bytes first, then at once what came meanwhile.
            #expect(await posts.next() == 3)
            #expect(await posts.next() == 4)
            let posted = await rig.centre.posted
            #expect(posted[1] == posted[2])
            // Waiting ten minutes is an alarm, too.
            #expect(await rig.centre.headers.last?.count == 3)
        }
    }

    @Test("a backlog goes without pauses between its batches")
    func backlog() async throws {
        try await running(journaled: 1000, mostEntries: 100) { rig, _, posts, sleeps throws in
            for number in 1...11 { #expect(await posts.next() == number) }
            #expect(await sleeps.next() == .seconds(60))
            #expect(try await rig.everythingArrived())
        }
    }

    /// Runs a forwarder beside `work` and cancels it afterwards.
    private func running(
        journaled: Int = 0, mostEntries: Int = Batch.mostEntries,
        _ work: (
            ForwarderRig, Forwarder, inout AsyncStream<Int>.Iterator, inout AsyncStream<Duration>.Iterator
        ) async throws -> Void
    ) async throws {
        try await ForwarderRig.with { rig in
            if journaled > 0 { try rig.journal(journaled) }
            let forwarder = rig.forwarder { $0.mostEntries = mostEntries }
            let task = Task { await forwarder.run() }
            var posts = rig.centre.posts.makeAsyncIterator()
            var sleeps = rig.clock.sleeps.makeAsyncIterator()
            do {
                try await work(rig, forwarder, &posts, &sleeps)
            } catch {
                task.cancel()
                throw error
            }
            task.cancel()
            await task.value
            #expect(await rig.centre.isClosed)
        }
    }
}

/// Batches stay within the contract's limits, whatever the status and the entries are.
@Suite(.timeLimit(.minutes(2))) struct BatchSizeTests {
    @Test("a status of 1,000 devices and large entries fit together", arguments: [0, 100, 5000, 100_000])
    func manyDevices(problemBytes: Int) async throws {
        try await ForwarderRig.with { rig in
            var status = NodeStatus(version: String(repeating: "v", count: 5000), backlog: .max)
            status.devices = (0..<1000).map {
                NodeStatus.Device(
                    serial: "CJ9L17056\($0 + 1000)", name: "device-\($0)", lastRead: UTC.text(monday), count: .max,
                    capacity: .max, clockOffset: .min,
                    problem: $0.isMultiple(of: 3) && problemBytes > 0
                        ? String(repeating: "\"é", count: problemBytes / 3) : nil)
            }
            rig.status.value = status
            // An alarm's text is cut, so entries near the limit are holes of a coverage.
            let serial = try #require(DeviceSerial("CJ9L170561000"))
            let hole = Coverage.Hole(from: monday, to: monday, why: String(repeating: "\u{1}", count: 64))
            let coverage = Coverage(
                serial: serial, from: monday, to: monday, source: .poll, holes: Array(repeating: hole, count: 100))
            try rig.store.append((0..<60).map { _ in .coverage(coverage) }, at: monday)
            #expect(try await rig.forwarder().drain() == nil)
            #expect(try await rig.everythingArrived())
            let posted = await rig.centre.posted
            #expect(posted.allSatisfy { $0.count <= Batch.mostBytes })
            let devices = try #require(await rig.centre.headers.last?.status?.devices)
            // Those with a problem are never left out for those without.
            #expect(devices.count { $0.problem != nil } == (problemBytes > 0 ? 334 : 0))
            #expect(devices.count > 600, "\(devices.count)")
        }
    }

    @Test("50,000 entries are drained in batches of 5,000, in reasonable time")
    func largeBacklog() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(49_999, bytes: 40)
            let began = ContinuousClock.now
            #expect(try await rig.forwarder().drain() == nil)
            let took = ContinuousClock.now - began
            #expect(await rig.centre.headers.map(\.count) == Array(repeating: 5000, count: 10))
            #expect(try await rig.everythingArrived())
            // A debug build on a shared machine; a release build drains a million in less.
            #expect(took < .seconds(60), "\(took)")
            print("50,000 entries drained in \(took)")
        }
    }
}
