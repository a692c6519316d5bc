import ZKWire

/// Knows when the terminal has nothing more to say to one command, so that it is not asked again.
///
/// A reply is one frame; or `prepareData`, then data, then any other. Frames under other numbers are late ones of an
/// earlier command: they end nothing.
struct AnswerWatch: Hashable, Sendable {
    private let number: UInt16
    private var isSeries = false
    private(set) var isWhole: Bool
    /// Anything intact came since the command.
    private(set) var hasHeard = false

    init(to command: Frame) {
        number = command.reply
        // An acknowledgement of ours is not answered.
        isWhole = command.command == .ackOK
    }

    mutating func saw(_ frame: Frame) {
        hasHeard = true
        guard frame.reply == number, frame.command != .registerEvent else { return }
        switch frame.command {
        case .prepareData: isSeries = true
        case .data, .ackData: isWhole = !isSeries
        default: isWhole = true
        }
    }
}
