import ZKWire

/// A dataset that lies ready in the device, or came at once.
enum PreparedDataset {
    /// All of it, with its leading total.
    case whole([UInt8])
    /// Its size in bytes, leading total included; to be read in chunks.
    case ready(size: Int)
    /// The device says there is nothing.
    case empty
}

extension DeviceSession {
    /// Asks the device to prepare a dataset, or reads it the legacy way where it cannot.
    ///
    /// - Parameters:
    ///   - legacy: the direct command for firmware that knows no `prepareBuffer`; `nil` where that is unsafe.
    ///   - count: what the counters say; where it is 0, a refusal means "nothing there".
    func prepare(
        _ wanted: BufferRequest, legacy: (Command, [UInt8])?, count: Int?, operation: String,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> PreparedDataset {
        let knownEmpty = count == 0
        let outcome = try await transfer(
            .prepareBuffer, data: wanted.bytes, purpose: .prepare, operation: operation, progress: progress)
        switch outcome {
        case .bytes(let bytes) where !bytes.isEmpty: return .whole(bytes)
        case .announced(let size) where size >= Dataset.headerSize: return .ready(size: size)
        case .bytes, .announced:
            // No dataset, not even an empty one: believed only where the counters say the same.
            if knownEmpty { return .empty }
            throw DeviceError(.incomplete, operation, "\(Command.prepareBuffer) answered without a dataset")
        case .refused(let code):
            // "Unknown command" is firmware without buffers. Any other refusal may just mean an empty log, but
            // only if the counters agree (zk-protocol, section 6.7).
            if code == .ackUnknown, let legacy {
                return try await readLegacy(legacy, count: count, operation: operation, progress: progress)
            }
            if knownEmpty { return .empty }
            throw DeviceError(.commandRefused, operation, "\(Command.prepareBuffer) answered \(code)")
        }
    }

    private func readLegacy(
        _ legacy: (Command, [UInt8]), count: Int?, operation: String, progress: (@Sendable (Int) -> Void)?
    ) async throws -> PreparedDataset {
        let outcome = try await repeatingLostFragments(alsoSilence: true) {
            try await self.transfer(legacy.0, data: legacy.1, purpose: .burst, operation: operation, progress: progress)
        }
        switch outcome {
        case .bytes(let bytes): return bytes.isEmpty && count == 0 ? .empty : .whole(bytes)
        case .announced: throw DeviceError(.incomplete, operation, "\(legacy.0) answered with an announcement")
        case .refused(let code):
            // The old way to say that the log is empty (zk-protocol, section 9.5), unless the counters know better.
            if count == 0 || (code == .ackError && count == nil) { return .empty }
            throw DeviceError(.commandRefused, operation, "\(legacy.0) answered \(code)")
        }
    }

    /// A dataset begins with its own size, so as many bytes do not come again in the middle of it by chance.
    private static let headCompared = 64

    /// Reads a piece of the prepared dataset in chunks, one at a time.
    func readPrepared(
        offset: Int, size: Int, operation: String, progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size, 1 << 22))
        while bytes.count < size {
            let done = bytes.count
            let chunk = BufferRange(offset: offset + done, size: min(transport.longestChunk, size - done))
            let report: (@Sendable (Int) -> Void)? = if let progress { { progress(done + $0) } } else { nil }
            let outcome = try await repeatingLostFragments {
                try await self.transfer(
                    .readBuffer, data: chunk.bytes, purpose: .chunk(chunk.size), operation: operation,
                    progress: report)
            }
            switch outcome {
            case .bytes(let part) where part.count == chunk.size:
                guard done == 0 || offset > 0 || !part.starts(with: bytes.prefix(Self.headCompared)) else {
                    throw DeviceError(
                        .incomplete, operation, "the device ignores offsets and sent the beginning again at \(done)")
                }
                bytes += part
            case .bytes(let part):
                throw DeviceError(.incomplete, operation, "\(part.count) of \(chunk.size) bytes at \(chunk.offset)")
            case .announced: throw DeviceError(.incomplete, operation, "a chunk was answered with an announcement")
            case .refused(let code):
                throw DeviceError(.commandRefused, operation, "\(Command.readBuffer) answered \(code)")
            }
        }
        return bytes
    }

    /// Lets the device forget the prepared dataset. Its answer does not matter.
    func freePrepared() async throws {
        _ = try await request(.freeData, operation: "free buffer")
    }

    /// Over datagrams a lost fragment costs its chunk, which is asked for again.
    ///
    /// - Parameter alsoSilence: the command is one that is not resent under its old number.
    private func repeatingLostFragments(
        alsoSilence: Bool = false, _ read: () async throws -> TransferOutcome
    ) async throws -> TransferOutcome {
        var left = transport.isDatagram ? configuration.datagramAttempts : 1
        while true {
            left -= 1
            let start = elapsed()
            do {
                return try await read()
            } catch let error as DeviceError
                where left > 0 && (error.code == .incomplete || alsoSilence && error.code == .timedOut)
                && elapsed() - start < configuration.transferTimeout
            {
                logger.debug("device.transfer_repeated", metadata: ["reason": "\(error.detail)"])
            }
        }
    }

    /// The whole of a dataset: prepared or not, freed afterwards, complete or an error.
    func wholeDataset(
        _ wanted: BufferRequest, legacy: (Command, [UInt8])?, count: Int?, operation: String,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> Dataset {
        switch try await prepare(wanted, legacy: legacy, count: count, operation: operation, progress: progress) {
        case .empty: return Dataset(body: [])
        case .whole(let bytes): return try complete(bytes, operation)
        case .ready(let size):
            let bytes = try await readPrepared(offset: 0, size: size, operation: operation, progress: progress)
            try await freePrepared()
            return try complete(bytes, operation)
        }
    }

    nonisolated func complete(_ bytes: [UInt8], _ operation: String) throws -> Dataset {
        do {
            let dataset = try Dataset(bytes)
            guard dataset.isComplete else {
                throw DeviceError(.incomplete, operation, "\(dataset.body.count) of \(dataset.promised) bytes")
            }
            let rest = bytes.count - Dataset.headerSize - dataset.body.count
            if rest > 0 { logger.notice("device.bytes_ignored", metadata: ["bytes": "\(rest)"]) }
            return dataset
        } catch let error as WireError {
            throw DeviceError(.incomplete, operation, "\(error)")
        }
    }

    // MARK: Operations

    /// The device's own list of what was done to it: switched on, users changed, clock set, oldest first.
    ///
    /// - Throws: `DeviceError`; code `layoutUnknown` where what came is not made of such records.
    package func operations(count: Int? = nil) async throws -> [OperationRecord] {
        let operation = "read operations"
        // Over TCP some firmware answers a direct read with unrelated memory (field note 3.4).
        let legacy: (Command, [UInt8])? = transport.isDatagram ? (.operationsRead, []) : nil
        let dataset = try await wholeDataset(.operations, legacy: legacy, count: count, operation: operation)
        guard dataset.body.count.isMultiple(of: OperationRecord.size),
            let records = try? OperationRecord.all(in: dataset.body)
        else { throw DeviceError(.layoutUnknown, operation, "\(dataset.body.count) bytes") }
        let odd = records.count { !$0.time.parts.isCalendarDate }
        guard odd * 10 <= records.count else {
            throw DeviceError(.layoutUnknown, operation, "\(odd) of \(records.count) records have no date")
        }
        return records
    }

    // MARK: Users

    /// The device's user list, and the layout it came in.
    package func users(count: Int? = nil) async throws -> (users: [UserRecord], layout: UserLayout?) {
        let operation = "read users"
        let dataset = try await wholeDataset(
            .users, legacy: transport.traits.readsDirectly ? (.userTemplateRead, [5]) : nil, count: count,
            operation: operation)
        guard !dataset.body.isEmpty else { return ([], nil) }
        do {
            // Where deleted users stay as zeros, the counter says nothing of the size.
            let expected = transport.traits.users
            let counted = expected == nil ? count : nil
            let verdict = try LayoutDetection.users(total: dataset.body.count, sample: dataset.body, count: counted)
            guard expected == nil || expected == verdict.layout else {
                throw DeviceError(
                    .layoutUnknown, operation, "\(verdict.layout) was not expected", dataset: dataset.bytes)
            }
            logger.debug(
                "device.user_layout", metadata: ["layout": "\(verdict.layout)", "reason": "\(verdict.reason)"])
            return (try dataset.users(verdict.layout).filter { !$0.isBlank }, verdict.layout)
        } catch let error as LayoutDetection.Undecided {
            throw DeviceError(.layoutUnknown, operation, error.description, dataset: dataset.bytes)
        }
    }
}
