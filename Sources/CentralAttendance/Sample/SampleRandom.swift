/// SplitMix64 (Steele, Lea, Flood, 2014): the same numbers from the same seed on every machine, for invented data only.
///
/// A stream is named by what it decides (`purpose`, and up to two numbers), so that one decision never moves another.
package struct SampleRandom: Sendable {
    /// What a stream decides.
    package enum Purpose: UInt64, Sendable {
        case name = 1
        case birth, kind, post, habit, transfer, leave, day, outage, device, node, epoch, batch, code, boot
        case head, correction, sheet, stick, roster
    }

    private var state: UInt64

    package init(seed: UInt64, _ purpose: Purpose, _ first: Int = 0, _ second: Int = 0) {
        state = Self.mix(seed &+ purpose.rawValue &* 0x9E37_79B9_7F4A_7C15)
        state = Self.mix(state ^ UInt64(bitPattern: Int64(first)))
        state = Self.mix(state &+ UInt64(bitPattern: Int64(second)) &* 0xD1B5_4A32_D192_ED03)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// 0 to `count` - 1; 0 where `count` is not positive.
    package mutating func below(_ count: Int) -> Int {
        count > 0 ? Int(next().multipliedFullWidth(by: UInt64(count)).high) : 0
    }

    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// In most cases near the middle of the range.
    package mutating func middling(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound
            + (below(range.upperBound - range.lowerBound + 1) + below(range.upperBound - range.lowerBound + 1)) / 2
    }

    /// - Parameter share: of 10,000.
    package mutating func chance(_ share: Int) -> Bool { below(10_000) < share }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 56) }
    }

    /// `otherwise` where there is nothing to choose from.
    package mutating func pick<Element>(_ elements: [Element], otherwise: Element) -> Element {
        let place = below(elements.count)
        return elements.indices.contains(place) ? elements[place] : otherwise
    }
}
