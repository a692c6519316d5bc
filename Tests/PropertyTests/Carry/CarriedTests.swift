import Attendance
import Foundation
import Testing

/// Bundles and the network in any interleaving: imported before, after, between, twice, out of order; receipts late,
/// twice or never; with the daemon running or not; answers lost; the centre put back to an older copy. The rows at the
/// centre are those of one network that never failed, and the edge never takes for acknowledged what was not stored.
@Suite("Carried by hand, or by the network", .timeLimit(.minutes(10)))
struct CarriedTests {
    private static let rounds = 12
    private static let steps = 60

    private static func withFolder(_ work: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await work(folder)
    }

    private static func withOffice(_ work: (CarriedCentre, CarriedOffice, URL) async throws -> Void) async throws {
        try await withFolder { folder in
            let centre = try CarriedCentre(in: folder)
            let office = try await CarriedOffice(in: folder, code: centre.code()) { try await centre.answer($0, $1) }
            try await work(centre, office, folder)
            try await centre.close()
        }
    }

    @Test("Any interleaving of stick and network: the same rows, and a right cursor", arguments: [false, true])
    func interleavings(restores: Bool) async throws {
        let seed = UInt64.random(in: 1...UInt64.max / 2)
        for round in [1, 2, 3].map({ UInt64($0) }) + (0..<UInt64(Self.rounds)).map({ seed + $0 }) {
            print("carried property: seed \(round), restores \(restores)")
            try await Self.withOffice { centre, office, folder in
                try await Self.play(seed: round, restores, centre, office, folder)
            }
        }
    }

    private static func play(
        seed: UInt64, _ restores: Bool, _ centre: CarriedCentre, _ office: CarriedOffice, _ folder: URL
    ) async throws {
        var random = SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        _ = random.next()
        var files: [[UInt8]] = []
        var receipts: [[UInt8]] = []
        var wasRestored = false
        for _ in 0..<steps {
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1: try office.scan(Int.random(in: 1...25, using: &random))
            case 2, 3:
                office.line.weather = [.fine, .down, .answerLost][Int.random(in: 0..<3, using: &random)]
                _ = try await office.send()
            case 4: files += try office.export()
            case 5:
                let last = try office.last
                files += try office.export(from: Int64.random(in: 1...last, using: &random))
            case 6, 7:
                guard let file = files.randomElement(using: &random) else { continue }
                receipts.append(try await centre.bring(file).receipts)
            case 8, 9:
                guard let text = receipts.randomElement(using: &random) else { continue }
                // After a restore an old receipt may begin a new epoch no more than a new one: all are of one chain.
                _ = try? await office.take(text, isRunning: Bool.random(using: &random))
            case 10:
                office.restart()
                if Int.random(in: 0..<4, using: &random) == 0 { try await office.resend(from: 1) }
            default:
                guard restores else { continue }
                if Bool.random(using: &random) {
                    try await centre.backUp()
                } else {
                    try await centre.restore()
                    wasRestored = true
                }
            }
            if !wasRestored {
                let known = try await centre.highWater(office.epoch)
                #expect(try office.acked <= known, "acknowledged, and not stored")
            }
        }
        try await drain(centre, office)
        #expect(try office.isWhole)
        #expect(try await centre.isWhole())
        // What is still on sticks changes nothing any more.
        let rows = try await centre.rows()
        for file in files { _ = try await centre.bring(file) }
        #expect(try await centre.rows() == rows)
        for text in receipts { _ = try? await office.take(text, isRunning: true) }
        // Of a centre that lost entries and got them back by hand, an edge cannot know the second from the first.
        let isAtEnd = try office.acked == office.last
        #expect(wasRestored || isAtEnd)
        try await drain(centre, office)
        #expect(try await Self.ideal(office, centre, folder) == centre.rows(), "seed \(seed)")
    }

    /// The link is back for good.
    private static func drain(_ centre: CarriedCentre, _ office: CarriedOffice) async throws {
        office.restart()
        office.line.weather = .fine
        for _ in 0..<400 {
            _ = try await office.send()
            let known = try await centre.highWater(office.epoch)
            if try office.acked == office.last, known == (try office.last) { return }
        }
        Issue.record("the edge is at \(try office.acked) of \(try office.last)")
    }

    /// The rows of a centre that got the same journal in order, over a network that never failed.
    private static func ideal(_ office: CarriedOffice, _ centre: CarriedCentre, _ folder: URL) async throws -> [String]
    {
        let other = folder.appending(path: "other")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        // The same nodes, nothing else: the copy made before the first entry.
        let twin = try await centre.twin(in: other)
        for batch in try office.everything() { _ = try await twin.answer("/v1/batches", batch) }
        let rows = try await twin.rows()
        try await twin.close()
        return rows
    }

    @Test("Bundles out of order: the second waits for the first, and its receipt says so and moves nothing")
    func gap() async throws {
        try await Self.withOffice { centre, office, _ in
            try office.scan(8000)
            let files = try office.export()
            #expect(files.count >= 2)
            let (answers, early) = try await centre.bring(files[1])
            #expect(answers.allSatisfy { $0 == .gap })
            let told = try await office.take(early, isRunning: true)
            #expect(told.allSatisfy { $0.result == .missing && $0.needed == 1 } && !told.isEmpty)
            #expect(try office.acked == 0)
            for file in files {
                let (answers, receipts) = try await centre.bring(file)
                #expect(answers.allSatisfy { $0 == .ok })
                #expect(try await office.take(receipts, isRunning: false).allSatisfy { $0.result == .acknowledged })
            }
            #expect(try office.acked == office.last)
            // The early one comes once more: something newer is known.
            #expect(try await office.take(early, isRunning: true).allSatisfy { $0.result == .older })
            #expect(try office.acked == office.last)
        }
    }

    @Test("A centre that lost entries: its receipt rewinds the edge once, older receipts do not move it forth again")
    func restored() async throws {
        try await Self.withOffice { centre, office, _ in
            try await centre.backUp()
            try office.scan(20)
            let first = try await centre.bring(try #require(office.export().first)).receipts
            _ = try await office.take(first, isRunning: true)
            let acked = try office.acked
            #expect(acked > 20)
            try await centre.restore()
            try office.scan(5)
            let gap = try await centre.bring(try #require(office.export().first)).receipts
            #expect(try await office.take(gap, isRunning: true).map(\.result) == [.rewound])
            #expect(try office.acked == 0)
            #expect(try await office.take(first, isRunning: true).map(\.result) == [.older])
            #expect(try await office.take(gap, isRunning: true).map(\.result) == [.older])
            #expect(try office.acked == 0)
            let all = try await centre.bring(try #require(office.export().first)).receipts
            #expect(try await office.take(all, isRunning: true).map(\.result) == [.acknowledged])
            #expect(try office.acked == office.last)
        }
    }

    @Test("A receipt of another centre, of another office, for a batch of the network, altered: nothing changes")
    func forged() async throws {
        try await Self.withOffice { centre, office, _ in
            try office.scan(20)
            let file = try #require(office.export().first)
            let (_, receipts) = try await centre.bring(file)
            for place in stride(from: 0, to: receipts.count - 1, by: 7) {
                var altered = receipts
                altered[place] ^= 1
                await #expect(throws: (any Error).self, "byte \(place)") {
                    _ = try await office.take(altered, isRunning: true)
                }
            }
            // Signed by the centre, for a batch that the network carried.
            let wire = try await centre.answer("/v1/batches", try #require(office.everything().first)).body
            await #expect(throws: (any Error).self) { _ = try await office.take(wire, isRunning: true) }
            #expect(try office.acked == 0)
            // Another office of the same centre.
            try await Self.withFolder { folder in
                let neighbour = try await CarriedOffice(in: folder, code: centre.code()) {
                    try await centre.answer($0, $1)
                }
                try neighbour.scan(3)
                await #expect(throws: (any Error).self) { _ = try await neighbour.take(receipts, isRunning: true) }
                #expect(try neighbour.acked == 0)
                // Its bundle at another centre.
                let elsewhere = folder.appending(path: "elsewhere")
                try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
                let other = try CarriedCentre(in: elsewhere)
                await #expect(throws: (any Error).self) { _ = try await other.bring(file) }
                #expect(try await other.rows().isEmpty)
                try await other.close()
            }
            #expect(try await office.take(receipts, isRunning: true).map(\.result) == [.acknowledged])
        }
    }
}
