import Foundation

/// The faults of one device, how often each has happened, and whose turn it is.
package struct FaultPlan: Sendable {
    private var faults: [Fault]
    private var happened: [Int]
    private var commands = 0
    private let startedAt: Date
    var random: SeededRandom

    init(_ faults: [Fault], seed: UInt64, startingAt now: Date) {
        self.faults = faults
        happened = Array(repeating: 0, count: faults.count)
        startedAt = now
        random = SeededRandom(seed: seed ^ 0x6661_756C_74)
    }

    mutating func commandReceived() { commands += 1 }

    mutating func replace(with faults: [Fault]) {
        self.faults = faults
        happened = Array(repeating: 0, count: faults.count)
        commands = 0
    }

    /// The fault, if it is due; does not use it up.
    func active(_ name: Fault.Name, at now: Date) -> Fault? {
        position(name, at: now).map { faults[$0] }
    }

    /// The fault, if it is due, and one of its times is used up.
    mutating func fire(_ name: Fault.Name, at now: Date) -> Fault? {
        guard let position = position(name, at: now) else { return nil }
        happened[position] += 1
        return faults[position]
    }

    /// Whether a fault with a probability happens now.
    mutating func roll(_ name: Fault.Name, at now: Date) -> Bool {
        guard let fault = active(name, at: now), random.happens(fault.value) else { return false }
        return fire(name, at: now) != nil
    }

    /// Seconds after the start at which an event falls due without any command.
    var timedEvents: [Int] {
        faults.compactMap { fault in
            guard fault.name.happensOnce, case .seconds(let seconds) = fault.start else { return nil }
            return seconds
        }
    }

    private func position(_ name: Fault.Name, at now: Date) -> Int? {
        faults.indices.first { position in
            let fault = faults[position]
            guard fault.name == name, happened[position] < fault.times ?? .max else { return false }
            switch fault.start {
            case .commands(let number): return commands > number || number == 0
            case .seconds(let seconds): return now.timeIntervalSince(startedAt) >= Double(seconds)
            }
        }
    }
}
