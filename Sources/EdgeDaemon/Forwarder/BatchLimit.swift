/// How many entries a batch may have, as the line to the centre has shown. Pure.
///
/// Halved where something in between refuses the size or the line is too slow for it, and larger again a step at a
/// time: the limit may have been of one path only.
struct BatchLimit: Equatable, Sendable {
    private(set) var entries: Int
    private let most: Int
    /// How often the batch under way ran into the time-out.
    private var timeouts = 0
    /// Batches acknowledged since `entries` was last changed.
    private var easyBatches = 0

    /// A line too slow for this many tries gets smaller batches.
    private static let mostTimeouts = 2
    private static let batchesBeforeGrowing = 16

    init(most: Int) {
        self.most = most
        entries = most
    }

    /// Something in between refused a batch of `count` entries by its size.
    mutating func refused(_ count: Int) { shrink(count) }

    /// - Returns: whether smaller batches are tried from now on.
    mutating func timedOut(_ count: Int) -> Bool {
        timeouts += 1
        guard timeouts >= Self.mostTimeouts, count > 1 else { return false }
        timeouts = 0
        shrink(count)
        return true
    }

    /// The centre itself answered.
    mutating func answered() { timeouts = 0 }

    mutating func acknowledged(_ count: Int) {
        if count > 0 { easyBatches += 1 }
        guard easyBatches >= Self.batchesBeforeGrowing, entries < most else { return }
        entries = min(most, entries * 2)
        easyBatches = 0
    }

    private mutating func shrink(_ count: Int) {
        entries = max(1, count / 2)
        easyBatches = 0
    }
}
