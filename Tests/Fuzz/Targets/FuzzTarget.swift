/// A parser of bytes from outside, and what holds of it whatever the bytes are.
struct FuzzTarget: Sendable {
    let name: String
    /// No input is longer: what is to be found shows in so many bytes, and short ones are fast.
    let longest: Int
    /// Returns, or stops the process: by a trap of the parser or through `hold`.
    let run: @Sendable ([UInt8]) -> Void

    init(_ name: String, longest: Int = 512, _ run: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.longest = longest
        self.run = run
    }

    static let all: [FuzzTarget] = wire + formats + journal + texts + edge + centre
}

/// A property that must hold; the fuzzer keeps the bytes where it does not.
@inline(__always)
func hold(_ condition: @autoclosure () -> Bool, _ promise: StaticString) {
    if !condition() { broken(promise) }
}

func broken(_ promise: StaticString) -> Never {
    // safe: a property that does not hold must stop the fuzzer, in a release build too
    fatalError("does not hold: \(promise)")
}

/// Takes an input apart; behind its end everything is 0.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }
    var rest: [UInt8] { Array(bytes) }

    mutating func u8() -> UInt8 { bytes.popFirst() ?? 0 }
    mutating func u16() -> UInt16 { UInt16(u8()) | UInt16(u8()) << 8 }
    mutating func u32() -> UInt32 { UInt32(u16()) | UInt32(u16()) << 16 }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    mutating func one<Value>(of values: [Value]) -> Value { values[Int(u8()) % values.count] }
}
