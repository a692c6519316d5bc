import Attendance
import AttendanceRules
import CentralAttendance
import Foundation
import Testing

/// What the sample's edges journal could have been journaled by real ones.
@Suite("Sample: journals")
struct SampleJournalTests {
    private struct Line {
        let seq: Int64
        let at: Date
        let body: EntryBody
    }

    private static func government(months: Int = 1) throws -> SampleGovernment {
        let last = try #require(CivilDate(text: "2026-10-31"))
        return SampleGovernment(
            try #require(SampleOptions(employees: 400, units: 12, months: months, seed: 5, until: last)))
    }

    /// All entries of an office, decoded by the reader the centre uses.
    private static func lines(_ government: SampleGovernment, _ place: Int) throws -> [Line] {
        var journal = try SampleJournal(government, place: place)
        let made = [journal.begin()] + government.options.periods.map { journal.make($0) }
        return try made.flatMap(\.entries).map { entry in
            let (body, at) = try EntryBody.decode(entry.body)
            return Line(seq: entry.seq, at: at, body: body)
        }
    }

    @Test("Entries are numbered without a gap, chained, in the order of the edge's clock, and begin with the epoch")
    func chain() throws {
        let government = try Self.government()
        for place in government.places {
            var journal = try SampleJournal(government, place: place)
            var hash = ChainHash.start(of: journal.epoch)
            var seq: Int64 = 0
            var moment = Int64.min
            for made in [journal.begin()] + government.options.periods.map({ journal.make($0) }) {
                #expect(made.entries.count == made.moments.count)
                for (entry, at) in zip(made.entries, made.moments) {
                    seq += 1
                    hash = hash.next(seq: seq, body: entry.body)
                    #expect(entry.seq == seq && entry.hash == hash)
                    #expect(at >= moment)
                    moment = at
                }
            }
            #expect(journal.end.seq == seq && journal.end.hash == hash)
            let first = try #require(try Self.lines(government, place).first)
            guard case .epoch = first.body else {
                Issue.record("the first entry is no epoch")
                continue
            }
        }
    }

    @Test("No punch is journaled twice: each has a key of its own")
    func keys() throws {
        let government = try Self.government(months: 3)
        var keys: Set<PunchKey> = []
        var punches = 0
        for place in government.places {
            for line in try Self.lines(government, place) {
                guard case .punch(let punch) = line.body else { continue }
                punches += 1
                keys.insert(punch.key)
            }
        }
        #expect(punches > 20_000)
        #expect(keys.count == punches)
    }

    @Test("Coverage never claims a time before all scans of that time are journaled, and joins on to what was claimed")
    func coverage() throws {
        let government = try Self.government(months: 2)
        var claims = 0
        var holes: Set<String> = []
        for place in government.places {
            let lines = try Self.lines(government, place)
            var until: [DeviceSerial: Date] = [:]
            var complete: [DeviceSerial: [Range<Date>]] = [:]
            for line in lines {
                switch line.body {
                case .coverage(let coverage):
                    claims += 1
                    #expect(until[coverage.serial].map { $0 == coverage.from } ?? true)
                    #expect(coverage.from <= coverage.to && coverage.to <= line.at)
                    until[coverage.serial] = coverage.to
                    holes.formUnion(coverage.holes.map(\.why))
                    if coverage.holes.isEmpty {
                        complete[coverage.serial, default: []].append(coverage.from..<coverage.to)
                    }
                case .punch(let punch) where punch.source != .stick:
                    // By the device's clock, which may be off by its drift: a minute and a half.
                    guard let shown = UTC.date(punch.deviceTime.text + ".000Z")?.addingTimeInterval(-7 * 3600) else {
                        continue
                    }
                    let span = shown.addingTimeInterval(91)..<shown.addingTimeInterval(92)
                    let isClaimed = (complete[punch.serial] ?? []).contains { $0.contains(span.lowerBound) }
                    #expect(
                        !isClaimed || abs(line.at.timeIntervalSince(shown)) < 300,
                        "\(punch.deviceTime.text) at \(line.at)")
                default: break
                }
            }
        }
        #expect(claims > 1000)
        #expect(holes == ["clock_off", "device_off", "log_cleared"])
    }

    @Test("A clock that began anew shows 2000, inside a hole; a stick's punches have a file and no coverage")
    func oddities() throws {
        let government = try Self.government(months: 2)
        var reset = 0
        var carried = 0
        for place in government.places {
            let lines = try Self.lines(government, place)
            let holes = lines.flatMap { line -> [Coverage.Hole] in
                if case .coverage(let coverage) = line.body { coverage.holes } else { [] }
            }
            for line in lines {
                guard case .punch(let punch) = line.body else { continue }
                if punch.deviceTime.text.hasPrefix("2000-") {
                    reset += 1
                    #expect(holes.contains { $0.why == "clock_off" && $0.from <= line.at && line.at <= $0.to })
                }
                if punch.source == .stick {
                    carried += 1
                    #expect(punch.file != nil)
                }
            }
            if government.units[place].isStickOnly {
                #expect(!lines.contains { if case .coverage = $0.body { true } else { false } })
            }
        }
        #expect(reset > 0 && carried > 0)
    }
}
