import DeviceFormats
import Testing

/// The same bytes give the same rows however they arrive; other bytes give rows or an error, never a crash.
@Suite struct SOAPFuzzTests {
    /// Repeatable.
    private struct Dice {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
    }

    private func same(_ bytes: [UInt8], _ command: SOAPRequest.Command, cut: Int) -> Bool {
        Taken([bytes[..<cut], bytes[cut...]], command) == Taken([bytes[...]], command)
    }

    @Test("a reply cut in two at any byte gives the same rows", arguments: SOAPVectors.replies.map(\.0))
    func boundaries(file: String) throws {
        let bytes = try SOAPVectors.bytes(file)
        let command = try #require(SOAPVectors.replies.first { $0.0 == file }).1
        for cut in bytes.indices { #expect(same(bytes, command, cut: cut), "cut at \(cut)") }
        let drip = Taken(bytes.indices.map { bytes[$0...$0] }, command)
        #expect(drip == Taken([bytes[...]], command))
        #expect(drip.error == nil)
    }

    @Test("mutated replies end in rows or an error, the same for every cut", arguments: 1...6)
    func mutations(seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        let spices = [
            "<", ">", "</", "<Row>", "</Row>", "</GetAttLogResponse>", "\0", "\r\n\r\n", "&", "<PIN>", "HTTP/",
        ]
        for (file, command) in SOAPVectors.replies {
            let original = try SOAPVectors.bytes(file)
            for _ in 0..<60 {
                var bytes = original
                for _ in 0...dice.below(4) {
                    let at = dice.below(bytes.count)
                    switch dice.below(4) {
                    case 0: bytes[at] = UInt8(dice.below(256))
                    case 1: bytes.remove(at: at)
                    case 2: bytes.insert(contentsOf: Array(spices[dice.below(spices.count)].utf8), at: at)
                    default: bytes.replaceSubrange(at..<min(bytes.count, at + dice.below(40)), with: [])
                    }
                    if bytes.isEmpty { bytes = original }
                }
                let cut = dice.below(bytes.count)
                #expect(same(bytes, command, cut: cut), "seed \(seed), \(file), cut at \(cut)")
                let drip = Taken(bytes.indices.map { bytes[$0...$0] }, command)
                #expect(drip == Taken([bytes[...]], command), "seed \(seed), \(file), dripped")
                for row in drip.rows { #expect(row.count <= 64) }
                _ = FormDownloadLine.all(in: bytes)
                _ = try? EasyLinkScanLog(bytes)
            }
        }
    }
}
