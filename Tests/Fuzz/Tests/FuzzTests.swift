import Foundation
import Testing

/// What `hadir-fuzz` does for hours (docs/fuzzing.md), for a moment in every `make test`: the whole corpus, and inputs
/// made of it by chance.
@Suite struct FuzzTests {
    private static let folder = Bundle.module.bundleURL.appendingPathComponent("Corpus")

    @Test("D5 D17 H5 A parser takes its corpus and what chance makes of it", arguments: FuzzTarget.all.map(\.name))
    func corpusAndChance(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let corpus = try Self.corpus(name)
        #expect(!corpus.isEmpty)
        for input in corpus { target.run(input) }
        var random = Chance(seed: UInt64(truncatingIfNeeded: name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }))
        for _ in 0..<Self.rounds { target.run(random.input(from: corpus, longest: target.longest)) }
    }

    /// As many as a debug build does in a blink.
    private static let rounds = 500

    @Test("The corpus has a folder for each target and no other, and stays small")
    func corpusIsWhole() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            !$0.hasPrefix(".")
        }
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
        for name in folders {
            let corpus = try Self.corpus(name)
            #expect(corpus.count <= 60)
            #expect(corpus.allSatisfy { $0.count <= 4096 })
        }
    }

    private static func corpus(_ name: String) throws -> [[UInt8]] {
        let folder = folder.appendingPathComponent(name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }
}

/// Inputs by chance, the same for the same seed: splitmix64.
private struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(max(1, bound)))
    }

    /// A file of the corpus with one to four places changed, doubled, taken out or joined with another file.
    mutating func input(from corpus: [[UInt8]], longest: Int) -> [UInt8] {
        var bytes = corpus.isEmpty ? [] : corpus[below(corpus.count)]
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            switch below(5) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes.insert(UInt8(below(256)), at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + below(8)))
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + below(32))], at: place)
            default: bytes = Array(bytes[..<place]) + corpus[below(corpus.count)].suffix(below(64))
            }
        }
        return Array(bytes.prefix(longest))
    }
}
