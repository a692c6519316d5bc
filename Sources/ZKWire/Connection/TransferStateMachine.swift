/// Collects the answer to one bulk command: `prepareBuffer`, `readBuffer` or a legacy read.
///
/// Pure: frames in, actions out. It counts bytes, never frames; over datagrams it puts fragments in place by
/// their index, so loss, duplicates and reorder cannot misplace one (zk-protocol, sections 9 and 10).
package struct TransferStateMachine: Sendable {
    package enum Purpose: Hashable, Sendable {
        /// `prepareBuffer`: inline data, an announcement, or a refusal.
        case prepare
        /// `readBuffer` of exactly so many bytes.
        case chunk(Int)
        /// A legacy read: the device announces how much comes.
        case burst
    }

    package enum Action: Hashable, Sendable {
        case wait
        /// Datagrams only: the end came before all data; late fragments may still arrive.
        case waitBriefly
        case finished([UInt8])
        /// So many bytes lie ready to be read in chunks.
        case announced(Int)
        case refused(Command)
        case fail(TransferFailure)
    }

    /// No dataset of a device is larger: a million records of 49 bytes are 47 MiB.
    package static let mostBytes = 64 << 20
    /// Frames that bring nothing: doubles, empty data, a second announcement. A device that goes on with them
    /// would hold us for ever.
    package static let mostUselessFrames = 4096

    private let purpose: Purpose
    private let isDatagram: Bool
    private var announcement: TransferAnnouncement?
    private var bytes: [UInt8] = []
    /// Datagrams: fragments by index.
    private var fragments: [Int: [UInt8]] = [:]
    private var received = 0
    private var ended = false
    private var useless = 0

    package init(_ purpose: Purpose, isDatagram: Bool) {
        self.purpose = purpose
        self.isDatagram = isDatagram
    }

    /// Bytes that have come, for progress.
    package var count: Int { received }

    package mutating func received(_ frame: Frame) -> Action {
        switch frame.command {
        case .prepareData: return prepared(frame)
        case .data, .ackData: return data(frame)
        case .ackOK: return acknowledged(frame)
        case .ackUnauthorised: return .fail(.unauthorised)
        default: return .refused(frame.command)
        }
    }

    /// What is wrong when nothing more comes: after `waitBriefly`, or for too long.
    package var fragmentsMissing: TransferFailure { .short(got: received, expected: expected ?? received) }

    private var expected: Int? { announcement?.size }

    /// The most bytes that may come.
    private var limit: Int { if case .chunk(let size) = purpose { size } else { Self.mostBytes } }

    private mutating func nothingNew() -> Action {
        useless += 1
        guard useless <= Self.mostUselessFrames else { return .fail(.endless) }
        return isDatagram ? completion() : .wait
    }

    private mutating func prepared(_ frame: Frame) -> Action {
        guard announcement == nil else { return nothingNew() }
        guard let announced = try? TransferAnnouncement(frame.data) else { return .fail(.malformed) }
        guard announced.size <= limit else { return .fail(.tooLarge(announced.size)) }
        announcement = announced
        bytes.reserveCapacity(min(announced.size, 1 << 20))
        // A fragment may have overtaken the announcement.
        return isDatagram ? completion() : .wait
    }

    private mutating func data(_ frame: Frame) -> Action {
        if announcement == nil, !isDatagram || purpose == .prepare { return inline(frame.data) }
        if isDatagram { return fragment(frame) }
        guard !frame.data.isEmpty else { return nothingNew() }
        received += frame.data.count
        guard let expected, received <= expected else { return .fail(.tooLarge(received)) }
        bytes += frame.data
        return .wait
    }

    /// Data without an announcement: the whole of a small dataset, or of a small chunk.
    private mutating func inline(_ data: [UInt8]) -> Action {
        switch purpose {
        case .prepare, .burst: return .finished(data)
        case .chunk(let size):
            return data.count == size ? .finished(data) : .fail(.short(got: data.count, expected: size))
        }
    }

    private mutating func fragment(_ frame: Frame) -> Action {
        let index = Int(frame.session)
        // A small chunk may come as one frame without an announcement, its session field then no fragment index.
        if announcement == nil, case .chunk(let size) = purpose, frame.data.count == size {
            received = size
            return .finished(frame.data)
        }
        guard fragments[index] == nil, !frame.data.isEmpty else { return nothingNew() }
        received += frame.data.count
        guard received <= limit else { return .fail(.tooLarge(received)) }
        fragments[index] = frame.data
        return completion()
    }

    private mutating func acknowledged(_ frame: Frame) -> Action {
        if case .prepare = purpose, announcement == nil {
            guard !frame.data.isEmpty else { return .finished([]) }
            guard let announced = try? BufferAnnouncement(frame.data) else { return .fail(.malformed) }
            guard announced.size <= Self.mostBytes else { return .fail(.tooLarge(announced.size)) }
            return .announced(announced.size)
        }
        if ended { return nothingNew() }
        ended = true
        if isDatagram { return completion() }
        guard let expected else { return .fail(.malformed) }
        return received == expected ? .finished(bytes) : .fail(.short(got: received, expected: expected))
    }

    /// Datagrams: whole as soon as every byte is there, in whatever order things came.
    private mutating func completion() -> Action {
        guard let announcement, received >= announcement.size else { return ended ? .waitBriefly : .wait }
        var whole: [UInt8] = []
        whole.reserveCapacity(announcement.size)
        // As many bytes as announced, in fragments numbered without a gap: then each lies where it belongs,
        // whatever packet size was announced.
        for (position, index) in fragments.keys.sorted().enumerated() {
            guard index == position else { return .fail(.misplaced(index)) }
            whole += fragments[index] ?? []
        }
        guard whole.count == announcement.size else { return .fail(.tooLarge(whole.count)) }
        return .finished(whole)
    }
}

package enum TransferFailure: Error, Hashable, Sendable {
    /// The transfer ended, and bytes are missing.
    case short(got: Int, expected: Int)
    /// More came than was announced, or more was announced than may be.
    case tooLarge(Int)
    /// A fragment lies where none can be.
    case misplaced(Int)
    case malformed
    /// Frames go on that bring nothing.
    case endless
    case unauthorised
}
