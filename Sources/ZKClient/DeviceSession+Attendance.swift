import FailPoints
import ZKWire

extension DeviceSession {
    package struct AttendanceOptions: Sendable {
        /// The newest device time that is believable when a layout is looked for.
        package var latest: PackedTime
        /// 16-byte records with verify before state: a switch per device.
        package var sixteenVerifyFirst = false
        /// Read everything, whatever the cursor says.
        package var everything = false
        /// Read the end of the log even where the counters say nothing is new.
        package var distrustCounters = false
        /// Try an offset also on a firmware that was seen to ignore them: it may have been replaced.
        package var retryOffsets = false
        package var progress: (@Sendable (Int) -> Void)?

        package init(latest: PackedTime) { self.latest = latest }
    }

    /// Reads what is new in the attendance log (design, section 5): counters first, then the end of the log
    /// with known records before it, a window eight times larger while they are not found, at last everything.
    ///
    /// Nothing half-read is returned: a reading is whole, or an error.
    ///
    /// - Throws: `DeviceError`, `CancellationError`.
    package func readAttendance(
        since cursor: AttendanceCursor?, options: AttendanceOptions
    ) async throws -> AttendanceRead {
        var cursor = cursor
        if options.retryOffsets { cursor?.ignoresOffset = false }
        let sizes = try await freeSizes()
        let count = sizes.map { Int($0.attendance) }
        if let cursor, let sizes, let count, !options.everything, !options.distrustCounters, cursor.count == count,
            // A counter that was wrong about what was then read says nothing now.
            cursor.total == count,
            // A full log drops its oldest record with every scan, and its counter stands still.
            sizes.attendanceFree > 0
        {
            return AttendanceRead(
                extent: .nothingNew, records: [], newCount: 0, cursor: cursor, sizes: sizes,
                reason: "the device still counts \(count)")
        }
        return try await read(since: cursor, sizes: sizes, options: options)
    }

    private static let operation = "read attendance"

    private func read(
        since cursor: AttendanceCursor?, sizes: FreeSizes?, options: AttendanceOptions
    ) async throws -> AttendanceRead {
        let count = sizes.map { Int($0.attendance) }
        // A direct read is what firmware without buffers is for; over TCP some colour devices answer it with
        // unrelated memory (field note 3.4), which layout detection then refuses.
        let prepared = try await prepare(
            .attendance, legacy: transport.traits.readsDirectly ? (.attendanceRead, []) : nil, count: count,
            operation: Self.operation,
            progress: options.progress)
        switch prepared {
        case .empty:
            return AttendanceRead(
                extent: .complete, records: [], newCount: 0, cursor: nil, sizes: sizes, reason: "the log is empty")
        case .whole(let bytes):
            return try await complete(
                bytes, since: cursor, sizes: sizes, options: options, reason: "it came at once",
                ignoresOffset: cursor?.ignoresOffset ?? false)
        case .ready(let size):
            return try await readReady(size, since: cursor, sizes: sizes, options: options)
        }
    }

    private func readReady(
        _ size: Int, since cursor: AttendanceCursor?, sizes: FreeSizes?, options: AttendanceOptions
    ) async throws -> AttendanceRead {
        var ignoresOffset = cursor?.ignoresOffset ?? false
        var probe: Probe?
        var why = "no cursor"
        var size = size
        if let cursor {
            switch try await tail(since: cursor, size: size, sizes: sizes, options: options) {
            case .read(let read):
                try await freePrepared()
                return read
            case .refused(let reason):
                ignoresOffset = true
                why = reason
            case .notFound(let reason, let seen):
                why = reason
                probe = seen
            }
        }
        if probe != nil || (ignoresOffset && cursor?.ignoresOffset == false) {
            // A firmware that knows no offsets may go on from where the tail left off: from the start, then.
            try await freePrepared()
            let again = try await prepare(.attendance, legacy: nil, count: nil, operation: Self.operation)
            guard case .ready(let newSize) = again else {
                throw DeviceError(.incomplete, Self.operation, "the log changed while it was read")
            }
            size = newSize
        }
        let bytes = try await readPrepared(
            offset: 0, size: size, operation: Self.operation, progress: options.progress)
        try await freePrepared()
        ignoresOffset = ignoresOffset || probe?.showsOffsetIgnored(in: bytes) ?? false
        return try await complete(
            bytes, since: cursor, sizes: sizes, options: options, reason: why, ignoresOffset: ignoresOffset)
    }

    // MARK: Tail

    private enum TailOutcome {
        case read(AttendanceRead)
        case notFound(String, Probe?)
        /// This firmware does not read from an offset.
        case refused(String)
    }

    /// The beginning of what the device sent for an offset.
    private struct Probe {
        let offset: Int
        let head: [UInt8]

        /// It sent the dataset's beginning instead.
        func showsOffsetIgnored(in dataset: [UInt8]) -> Bool {
            head.count >= 16 && dataset.starts(with: head) && !dataset.dropFirst(offset).starts(with: head)
        }
    }

    private func tail(
        since cursor: AttendanceCursor, size: Int, sizes: FreeSizes?, options: AttendanceOptions
    ) async throws -> TailOutcome {
        guard !options.everything else { return .notFound("everything was asked for", nil) }
        guard !cursor.ignoresOffset else { return .notFound("this firmware ignores offsets", nil) }
        guard cursor.isUsable else { return .notFound("the cursor is too short", nil) }
        var cursor = cursor
        // The switch may have been turned since; the bytes are the same.
        if cursor.layout.size == 16 { cursor.layout = options.sixteenVerifyFirst ? .a16VerifyFirst : .a16 }
        let record = cursor.layout.size
        let body = size - Dataset.headerSize
        guard body > 0, body.isMultiple(of: record) else {
            return .notFound("\(body) bytes are no multiple of \(record)", nil)
        }
        let total = body / record
        // What was prepared, not the counter, says how much there is to look through.
        var window = max(0, total - cursor.total) + AttendanceCursor.overlap
        var probe: Probe?
        while window < total {
            let start = size - window * record
            let bytes: [UInt8]
            do {
                bytes = try await readPrepared(offset: start, size: window * record, operation: Self.operation)
            } catch let error as DeviceError where error.code == .commandRefused {
                return .refused("this firmware refuses offsets")
            } catch let error as DeviceError where error.code == .incomplete {
                return .notFound("the end of the log came incomplete (\(error.detail))", probe)
            }
            probe = Probe(offset: start, head: Array(bytes.prefix(256)))
            let believed = Sabotage.isOn("tail_by_count") ? AttendanceCursor.overlap * record : nil
            switch believed.map({ .after($0) }) ?? TailSearch.find(cursor.anchor, in: bytes, step: record) {
            case .ambiguous: return .notFound("the last known records stand there twice", probe)
            case .missing: break
            case .after(let end):
                if let read = try tail(bytes, knownEnd: end, cursor: cursor, total: total, sizes: sizes) {
                    return .read(read)
                }
            }
            window *= 8
        }
        return .notFound("the last known records were not found", probe)
    }

    /// The new records in `bytes`, begun at the start of a second; `nil` where a second begins before `bytes`.
    private func tail(
        _ bytes: [UInt8], knownEnd: Int, cursor: AttendanceCursor, total: Int, sizes: FreeSizes?
    ) throws -> AttendanceRead? {
        let records = try parse(bytes, cursor.layout)
        let firstNew = knownEnd / cursor.layout.size
        var start = firstNew
        // An occurrence is counted within a second, so a reading never begins inside one.
        if start < records.count {
            while start > 0, records[start - 1].time == records[start].time { start -= 1 }
            if start == 0 { return nil }
        }
        return AttendanceRead(
            extent: .tail, records: Array(records[start...]), newCount: records.count - firstNew,
            cursor: AttendanceCursor(
                layout: cursor.layout, count: sizes.map { Int($0.attendance) } ?? total, total: total,
                anchor: anchor(of: records)),
            sizes: sizes, reason: "known records found in the last \(records.count) of \(total)")
    }

    // MARK: Everything

    private func complete(
        _ bytes: [UInt8], since cursor: AttendanceCursor?, sizes: FreeSizes?, options: AttendanceOptions,
        reason: String, ignoresOffset: Bool
    ) async throws -> AttendanceRead {
        let dataset = try complete(bytes, Self.operation)
        guard !dataset.body.isEmpty else {
            // Somebody may have cleared the log between the two questions. If not, one of the answers is wrong, and
            // an empty log must not be believed: people would be marked absent for it.
            if let sizes, sizes.attendance > 0, let again = try await freeSizes(), again.attendance > 0 {
                throw DeviceError(
                    .incomplete, Self.operation, "the device counts \(again.attendance) records and sends none")
            }
            return AttendanceRead(
                extent: .complete, records: [], newCount: 0, cursor: nil, sizes: sizes, reason: "the log is empty")
        }
        let count = sizes.map { Int($0.attendance) }
        let verdict: LayoutDetection.Verdict<AttendanceLayout>
        do {
            verdict = try LayoutDetection.attendance(
                total: dataset.body.count, sample: dataset.body, count: count, latest: options.latest,
                sixteenVerifyFirst: options.sixteenVerifyFirst, known: cursor?.layout)
        } catch {
            throw DeviceError(.layoutUnknown, Self.operation, error.description, dataset: dataset.bytes)
        }
        let records = try parse(dataset.body, verdict.layout)
        return AttendanceRead(
            extent: .complete, records: records, newCount: records.count,
            cursor: AttendanceCursor(
                layout: verdict.layout, count: count ?? records.count, total: records.count,
                anchor: anchor(of: records), ignoresOffset: ignoresOffset),
            sizes: sizes, reason: "\(reason); \(verdict.layout.rawValue): \(verdict.reason)")
    }

    private func parse(_ bytes: [UInt8], _ layout: AttendanceLayout) throws -> [AttendanceRecord] {
        do {
            return try AttendanceRecord.all(in: bytes, layout: layout)
        } catch {
            throw DeviceError(.incomplete, Self.operation, "\(error)")
        }
    }

    private func anchor(of records: [AttendanceRecord]) -> [UInt8] {
        records.suffix(AttendanceCursor.anchorRecords).flatMap(\.raw)
    }
}
