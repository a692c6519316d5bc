/// Bytes that are not what they should be: which field, where, and what is wrong with it.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        /// `needed` bytes from the offset on; only `got` are there.
        case tooShort(needed: Int, got: Int)
        case outOfRange(value: Int, allowed: String)
        case wrongMark(String)
        case notAscii
    }

    /// Dotted name: `envelope.length`, `attendance40.time`.
    package let field: String
    /// Bytes from the start of the structure that was parsed.
    package let offset: Int
    package let problem: Problem

    package init(_ field: String, at offset: Int, _ problem: Problem) {
        self.field = field
        self.offset = offset
        self.problem = problem
    }

    package var description: String {
        switch problem {
        case .tooShort(let needed, let got): "\(field) at offset \(offset): needs \(needed) bytes, has \(got)"
        case .outOfRange(let value, let allowed): "\(field) at offset \(offset): \(value) is not \(allowed)"
        case .wrongMark(let found): "\(field) at offset \(offset): found \(found)"
        case .notAscii: "\(field) at offset \(offset): is not text"
        }
    }
}
