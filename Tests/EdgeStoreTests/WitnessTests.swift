import Attendance
import EdgeStore
import Foundation
import Testing

@Suite("Ends of the centre's audit log at the edge")
struct WitnessTests {
    private func head(_ seq: Int64, _ mark: UInt8 = 0) throws -> AuditHead {
        var bytes = [UInt8](repeating: mark, count: 32)
        bytes[31] = UInt8(truncatingIfNeeded: seq)
        bytes[30] = UInt8(truncatingIfNeeded: seq >> 8)
        return AuditHead(seq: seq, hash: try #require(ChainHash(bytes: bytes)))
    }

    private func time(day: Int, minute: Int = 0) -> Date {
        monday.addingTimeInterval(Double(day * 86_400 + minute * 60))
    }

    @Test("the first, the newest of each day and the last are kept, and nothing is written where nothing changed")
    func days() throws {
        try withStore { store, _ in
            #expect(try store.lastWitness() == nil)
            for day in 0..<3 {
                for minute in 0..<5 {
                    let seq = Int64(day * 10 + minute + 1)
                    #expect(try store.keep(witness: head(seq), at: time(day: day, minute: minute)) == nil)
                }
            }
            #expect(try store.witnesses().map(\.head.seq) == [1, 5, 15, 25])
            let before = try store.witnesses()
            #expect(try store.keep(witness: head(25), at: time(day: 9)) == nil)
            #expect(try store.witnesses() == before, "the same end is no news")
            #expect(try store.keep(witness: head(26), at: time(day: 2, minute: 4).addingTimeInterval(30)) == nil)
            #expect(try store.lastWitness()?.head.seq == 25, "at most one in a minute")
        }
    }

    @Test("a log that went back, or became another one, is told once, and both sides stay")
    func wentBack() throws {
        try withStore { store, _ in
            _ = try store.keep(witness: head(5), at: time(day: 0))
            _ = try store.keep(witness: head(50), at: time(day: 1))
            let (fifty, forty) = (try head(50), try head(40))
            #expect(try store.keep(witness: head(40), at: time(day: 1, minute: 1)) == fifty)
            #expect(try store.keep(witness: head(40), at: time(day: 1, minute: 2)) == nil)
            #expect(try store.keep(witness: head(40, 7), at: time(day: 1, minute: 3)) == forty)
            #expect(try store.keep(witness: head(41, 7), at: time(day: 1, minute: 5)) == nil)
            #expect(try store.keep(witness: head(42, 7), at: time(day: 1, minute: 7)) == nil)
            let kept = try store.witnesses()
            let all = [try head(5), try head(50), try head(40), try head(40, 7), try head(42, 7)]
            #expect(kept.map(\.head) == all)
            #expect(kept.map(\.wentBack) == [false, false, true, true, false])
        }
    }

    @Test("more than a year of days are kept, then the oldest go; never the first, nor the evidence of a step back")
    func bounded() throws {
        try withStore { store, path in
            for day in 0..<700 {
                _ = try store.keep(witness: head(Int64(day + 1)), at: time(day: day))
                if day == 10 { _ = try store.keep(witness: head(3, 9), at: time(day: day, minute: 2)) }
            }
            let kept = try store.witnesses()
            #expect(kept.count == EdgeStore.mostWitnesses)
            let (first, last, back) = (try head(1), try head(700), try head(3, 9))
            #expect(kept.first?.head == first && kept.last?.head == last)
            #expect(kept.filter(\.wentBack).map(\.head) == [back])
            #expect(kept.contains { $0.head.seq == 11 }, "what stood before the step back")
            let again = try EdgeStore(path: path, now: monday).witnesses()
            #expect(again == kept)
        }
    }
}
