/// Why a command ends without having done its work: a sentence for the operator and the exit code.
package struct CentralError: Error, Equatable, CustomStringConvertible {
    /// The numbers are those of sysexits.h.
    package enum Kind: Int32, Sendable, Codable {
        case usage = 64
        /// A list has mistakes.
        case data = 65
        case unavailable = 69
        case io = 74
        /// Another process holds the state directory.
        case alreadyRunning = 75
        case permission = 77
        case configuration = 78
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    package var exitCode: Int32 { kind.rawValue }
}
