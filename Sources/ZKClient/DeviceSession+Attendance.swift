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
        let sizes = try await freeSizes()
        let count = sizes.map { Int($0.attendance) }
        if let cursor, let sizes, let count, !options.everything, !options.distrustCounters, cursor.count == count,
            // A full log drops its oldest record with every scan, and its counter stands still.
            sizes.attendanceFree > 0
        {
            return AttendanceRead(
                extent: .nothingNew, records: [], newCount: 0, cursor: cursor, sizes: sizes,
                reason: "the device still counts \(count)")
        }
        return try await read(since: options.everything ? nil : cursor, sizes: sizes, options: options)
    }

    private static let operation = "read attendance"

    private func read(
        since cursor: AttendanceCursor?, sizes: FreeSizes?, options: AttendanceOptions
    ) async throws -> AttendanceRead {
        let count = sizes.map { Int($0.attendance) }
        // A direct read is what firmware without buffers is for; over TCP some colour devices answer it with
        // unrelated memory (field note 3.4), which layout detection then refuses.
        let prepared = try await prepare(
            .attendance, legacy: (.attendanceRead, []), knownEmpty: count == 0, operation: Self.operation,
            progress: options.progress)
        switch prepared {
        case .empty:
            return AttendanceRead(
                extent: .complete, records: [], newCount: 0, cursor: nil, sizes: sizes, reason: "the log is empty")
        case .whole(let bytes):
            return try complete(
                bytes, sizes: sizes, options: options, reason: "it came at once",
                ignoresOffset: cursor?.ignoresOffset ?? false)
        case .ready(let size):
            var probe: Probe?
            var why = cursor == nil ? "no cursor" : "the cursor is too short"
            if let cursor, cursor.isUsable {
                if cursor.ignoresOffset {
                    why = "this firmware ignores offsets"
                } else {
                    switch try await tail(since: cursor, size: size, sizes: sizes) {
                    case .read(let read):
                        try await freePrepared()
                        return read
                    case .notFound(let reason, let seen):
                        why = reason
                        probe = seen
                    }
                }
            }
            let bytes = try await readPrepared(
                offset: 0, size: size, operation: Self.operation, progress: options.progress)
            try await freePrepared()
            let ignoresOffset = cursor?.ignoresOffset ?? false || probe?.showsOffsetIgnored(in: bytes) ?? false
            return try complete(
                bytes, sizes: sizes, options: options, reason: why, ignoresOffset: ignoresOffset)
        }
    }

    // MARK: Tail

    private enum TailOutcome {
        case read(AttendanceRead)
        case notFound(String, Probe?)
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

    private func tail(since cursor: AttendanceCursor, size: Int, sizes: FreeSizes?) async throws -> TailOutcome {
        let record = cursor.layout.size
        let body = size - Dataset.headerSize
        guard body > 0, body.isMultiple(of: record) else {
            return .notFound("\(body) bytes are no multiple of \(record)", nil)
        }
        let total = body / record
        let grown = max(0, (sizes.map { Int($0.attendance) } ?? total) - cursor.count)
        var window = grown + AttendanceCursor.overlap
        var probe: Probe?
        while window < total {
            let bytes = try await readPrepared(
                offset: size - window * record, size: window * record, operation: Self.operation)
            probe = Probe(offset: size - window * record, head: Array(bytes.prefix(256)))
            switch TailSearch.find(cursor.anchor, in: bytes) {
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
        let size = cursor.layout.size
        let fresh = bytes.count - knownEnd
        guard fresh.isMultiple(of: size) else { return nil }
        let records = try parse(Array(bytes.dropFirst(knownEnd % size)), cursor.layout)
        let firstNew = records.count - fresh / size
        var start = firstNew
        // An occurrence is counted within a second, so a reading never begins inside one.
        if start < records.count {
            while start > 0, records[start - 1].time == records[start].time { start -= 1 }
            if start == 0 { return nil }
        }
        let count = sizes.map { Int($0.attendance) } ?? total
        return AttendanceRead(
            extent: .tail, records: Array(records[start...]), newCount: records.count - firstNew,
            cursor: AttendanceCursor(
                layout: cursor.layout, count: count, anchor: anchor(of: records, cursor.layout),
                ignoresOffset: cursor.ignoresOffset),
            sizes: sizes, reason: "known records found in the last \(records.count) of \(total)")
    }

    // MARK: Everything

    private func complete(
        _ bytes: [UInt8], sizes: FreeSizes?, options: AttendanceOptions, reason: String, ignoresOffset: Bool
    ) throws -> AttendanceRead {
        let dataset = try Self.complete(bytes, Self.operation)
        guard !dataset.body.isEmpty else {
            return AttendanceRead(
                extent: .complete, records: [], newCount: 0, cursor: nil, sizes: sizes, reason: "the log is empty")
        }
        let count = sizes.map { Int($0.attendance) }
        let verdict: LayoutDetection.Verdict<AttendanceLayout>
        do {
            verdict = try LayoutDetection.attendance(
                total: dataset.body.count, sample: dataset.body, count: count, latest: options.latest,
                sixteenVerifyFirst: options.sixteenVerifyFirst)
        } catch {
            throw DeviceError(.layoutUnknown, Self.operation, error.description)
        }
        let records = try parse(dataset.body, verdict.layout)
        return AttendanceRead(
            extent: .complete, records: records, newCount: records.count,
            cursor: AttendanceCursor(
                layout: verdict.layout, count: count ?? records.count, anchor: anchor(of: records, verdict.layout),
                ignoresOffset: ignoresOffset),
            sizes: sizes, reason: "\(reason); \(verdict.layout.rawValue): \(verdict.reason)")
    }

    private func parse(_ bytes: [UInt8], _ layout: AttendanceLayout) throws -> [AttendanceRecord] {
        do {
            return try AttendanceRecord.all(in: bytes, layout: layout)
        } catch {
            throw DeviceError(.incomplete, Self.operation, "\(error)")
        }
    }

    private func anchor(of records: [AttendanceRecord], _ layout: AttendanceLayout) -> [UInt8] {
        records.suffix(AttendanceCursor.anchorRecords).flatMap(\.raw)
    }
}
