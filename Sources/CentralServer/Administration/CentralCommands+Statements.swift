import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What an operator states, by number and name, made into what the one process that writes takes.
extension CentralCommands {
    // MARK: Words of the command line

    package static func month(_ text: String) throws -> CivilMonth {
        guard let month = CivilMonth(text: text) else {
            throw CentralError(.usage, "\(shown(text)): not a month such as 2026-03")
        }
        return month
    }

    package static func date(_ text: String) throws -> CivilDate {
        guard let date = CivilDate(text: text) else {
            throw CentralError(.usage, "\(shown(text)): not a date such as 2026-03-02")
        }
        return date
    }

    package static func timezone(_ text: String) throws -> TimeZone {
        guard let zone = Indonesian.zone(named: text) else {
            throw CentralError(.usage, "\(shown(text)): not WIB, WITA, WIT or an IANA name such as Asia/Jakarta")
        }
        return zone
    }

    package static func kind(_ text: String) throws -> AttestationQuery.Kind { try word(text, "kind") }

    private static func word<Word: RawRepresentable & CaseIterable>(_ text: String, _ option: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "--\(option) \(shown(text)): not one of \(known)")
        }
        return word
    }

    private static func minute(_ text: String) throws -> Int {
        guard let minute = MinuteOfDay.parse(text) else {
            throw CentralError(.usage, "--time \(shown(text)): not a time from 00:00 to 47:59")
        }
        return minute
    }

    /// UTC, or the time of clocks in the zone.
    package static func moment(_ text: String, _ option: String, _ zone: TimeZone) throws -> Date {
        if let moment = UTC.operatorsDate(text) { return moment }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let date = parts.first.flatMap({ CivilDate(text: String($0)) }),
            let minute = parts.last.flatMap({ MinuteOfDay.parse(String($0)) }), minute <= 1440
        else {
            throw CentralError(
                .usage,
                "--\(option) \(shown(text)): neither a time such as \"2026-03-02 07:00\" in --timezone "
                    + "nor UTC such as 2026-03-02T00:00:00Z")
        }
        let offset = zone.secondsFromGMT(for: Moment(date, minute: minute, offset: 0).date)
        return Moment(date, minute: minute, offset: offset).date
    }

    /// - Parameter path: `-` for standard input.
    package static func sheetText(_ path: String) throws -> String {
        let bytes: Data?
        do {
            let file = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            bytes = try file.read(upToCount: SheetFile.mostBytes + 1)
        } catch {
            throw CentralError(.io, "cannot read \(shown(path, 200))")
        }
        guard let text = String(bytes: bytes ?? Data(), encoding: .utf8) else {
            throw CentralError(.usage, "\(shown(path, 200)): not UTF-8; save it as CSV UTF-8")
        }
        return text
    }

    package static func text(_ days: [UndecidedDay]) -> String {
        TextTable.text(
            head: ["NAMA", "TANGGAL", "STATUS"], rows: days.map { [shown($0.name), $0.date.text, $0.status] })
    }

    // MARK: Statements

    package static func addLeave(
        in state: StateDirectory, number: String, kind: String, from: String, to: String, document: String,
        reason: String
    ) async throws -> Int64 {
        let kind: LeaveKind = try word(kind, "kind")
        let span = DateSpan(from: try date(from), to: try date(to))
        guard span.isSane else { throw CentralError(.usage, "--from is after --to") }
        let id = try await employeeID(number, state)
        return try await attest(.leave(employee: id, kind, span), document, reason, state)
    }

    package static func addCorrection(
        in state: StateDirectory, number: String, on day: String, kind: String, time: String?, key: String?,
        document: String, reason: String, timezone: TimeZone, now: @escaping @Sendable () -> Date = { Date() }
    ) async throws -> Int64 {
        let kind: CorrectionWord = try word(kind, "kind")
        guard let correction = kind.correction(minute: try time.map(minute), key: key) else {
            throw CentralError(.usage, "arrival and departure need --time, not_theirs needs --key")
        }
        let day = try date(day)
        let id = try await read(state) { store in
            let id = try employee(number, try await RecapSource(store)).id
            let account = try await AttendanceParts(store, timezone: timezone, now: now).account(id, day)
            do throws(AttestationCheck.Refusal) {
                try AttestationCheck.correction(correction, on: day, account, now: now())
            } catch {
                throw CentralError(.usage, error.text)
            }
            return id
        }
        return try await attest(.correction(employee: id, day, correction), document, reason, state)
    }

    /// - Parameter file: text of `nip,masuk,pulang`.
    package static func addSheet(
        in state: StateDirectory, unit name: String, on day: String, file: String, document: String, reason: String,
        now: @Sendable () -> Date = { Date() }
    ) async throws -> (id: Int64, lines: Int) {
        let day = try date(day)
        do throws(AttestationCheck.Refusal) { try AttestationCheck.isOver(day, now()) } catch {
            throw CentralError(.usage, error.text)
        }
        let sheet: SheetFile
        do { sheet = try SheetFile(file) } catch {
            throw CentralError(.usage, error.texts.prefix(50).joined(separator: "\n"))
        }
        let (id, entries) = try await read(state) { store in
            let source = try await RecapSource(store)
            let unit = try unit(name, source).id
            var unknown: [String] = []
            let entries = sheet.lines.compactMap { line -> Attestation.SheetEntry? in
                guard let employee = source.employee(line.number) else {
                    unknown.append("baris \(line.line): NIP tidak dikenal")
                    return nil
                }
                let entry = Attestation.SheetEntry(
                    employee: employee.id, arrival: line.arrival, departure: line.departure)
                if let wrong = AttestationCheck.line(entry, of: employee, unit: unit, on: day, source.tree) {
                    unknown.append("baris \(line.line): \(wrong.text)")
                }
                return entry
            }
            guard unknown.isEmpty else {
                throw CentralError(.usage, unknown.prefix(50).joined(separator: "\n"))
            }
            return (unit, entries)
        }
        return (try await attest(.sheet(unit: id, day, entries), document, reason, state), entries.count)
    }

    package static func addCoverage(
        in state: StateDirectory, serial: String, from: String, to: String, document: String, reason: String,
        timezone: TimeZone = .gmt
    ) async throws -> Int64 {
        let (from, to) = (try moment(from, "from", timezone), try moment(to, "to", timezone))
        guard from < to else { throw CentralError(.usage, "--from is not before --to") }
        return try await attest(.coverage(serial: serial, from: from, to: to), document, reason, state)
    }

    package static func acceptFile(
        in state: StateDirectory, sha256: String, document: String, reason: String
    ) async throws -> Int64 {
        let digest = sha256.lowercased()
        guard digest.count == 64, digest.allSatisfy(\.isHexDigit) else {
            throw CentralError(.usage, "\(shown(sha256)): not a SHA-256 of 64 hex digits")
        }
        return try await attest(.file(sha256: digest), document, reason, state)
    }

    package static func withdraw(in state: StateDirectory, attestation id: Int64, reason: String) async throws {
        _ = try await answer(.withdraw(attestation: id, reason: reason), state)
    }

    // MARK: Months

    /// - Returns: days that stand in the way; empty where the month is closed.
    package static func close(
        in state: StateDirectory, month: String, unit: String
    ) async throws -> [UndecidedDay] {
        let answer = try await answer(.close(month: try self.month(month).text, unit: unit), state)
        guard case .closed(let undecided) = answer else { throw otherAnswer }
        return undecided
    }

    package static func recompute(
        in state: StateDirectory, unit: String?, number: String?, from: String, to: String
    ) async throws {
        let target: RecomputeTarget =
            switch (unit, number) {
            case (let unit?, nil): .unit(unit)
            case (nil, let number?): .employee(number: number)
            case (nil, nil): .everyone
            case (.some, .some): throw CentralError(.usage, "give --unit or --nip, not both")
            }
        _ = try await answer(.recompute(target, DateSpan(from: try date(from), to: try date(to))), state)
    }

    // MARK: Asking

    private static func employeeID(_ number: String, _ state: StateDirectory) async throws -> Int64 {
        try await read(state) { store in try employee(number, try await RecapSource(store)).id }
    }

    private static func attest(
        _ content: Attestation.Content, _ document: String, _ reason: String, _ state: StateDirectory
    ) async throws -> Int64 {
        for (name, text) in [("document", document), ("reason", reason)] {
            guard !text.isEmpty, text.utf8.count <= 1000, APIBody.isPlain(text) else {
                throw CentralError(.usage, "--\(name): not a text of 1 to 1000 bytes without control characters")
            }
        }
        let new = NewAttestation(content: content, document: document, reason: reason)
        guard case .attested(let ids) = try await answer(.attest([new]), state), let id = ids.first else {
            throw otherAnswer
        }
        return id
    }

    private static func answer(_ request: AttendanceRequest, _ state: StateDirectory) async throws -> AttendanceAnswer {
        guard case .attendance(let answer) = try await perform(.attendance(request), in: state) else {
            throw otherAnswer
        }
        if case .refused(_, let text) = answer { throw CentralError(.usage, text) }
        return answer
    }

    private static var otherAnswer: CentralError {
        CentralError(.unavailable, "the server gave another kind of answer; are both of one version?")
    }
}
