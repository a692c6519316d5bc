import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

extension PersonPages {
    // MARK: Corrections

    func correct(_ subject: PersonSubject, _ call: PageCall) async throws -> Response {
        let date = try call.pathDate()
        guard subject.isSeen(date) else { throw PageCall.absent }
        var form = CorrectionForm(call.fields)
        // The page says so in place of the form.
        guard call.authority.employee != subject.employee.id else { return try await refused(subject, call, form) }
        let account = try await parts.attendance.account(subject.employee.id, date)
        guard let kind = form.correction(on: date, account, now: parts.now()) else {
            return try await refused(subject, call, form)
        }
        let hasSeen = call.fields["aksi"] == "simpan" && call.fields["periksa"] == form.digest
        guard hasSeen else {
            form.preview = account?.with { evidence in
                evidence.corrections.append(Correction(id: .max, kind: kind, document: form.document))
            }
            return try await day(subject, call, form: form)
        }
        let new = NewAttestation(
            content: .correction(employee: subject.employee.id, date, kind), document: form.document,
            reason: form.reason)
        if let refusal = try await add(new, call) {
            form.problems["kind"] = refusal
            return try await refused(subject, call, form)
        }
        return .redirect(to: subject.path(of: date), type: .normal)
    }

    private func refused(_ subject: PersonSubject, _ call: PageCall, _ form: CorrectionForm) async throws -> Response {
        try await day(subject, call, form: form, status: .unprocessableContent)
    }

    /// - Returns: why it was not taken, in Indonesian; `nil` where it was.
    private func add(_ new: NewAttestation, _ call: PageCall) async throws -> String? {
        do {
            _ = try await parts.attendance.store.add([new], by: call.actor, at: parts.now())
            return nil
        } catch let refusal as ChangeRefusal {
            return PersonWords.refusal(refusal.reason)
        }
    }

    func withdraw(_ subject: PersonSubject, _ call: PageCall) async throws -> Response {
        let date = try call.pathDate()
        guard subject.isSeen(date) else { throw PageCall.absent }
        guard call.authority.employee != subject.employee.id else {
            throw HTTPError(.forbidden, message: "nobody withdraws what is said of the own days")
        }
        guard let id = Int64(call.fields["id"]) else {
            throw HTTPError(.badRequest, message: "id is not a number")
        }
        var query = AttestationQuery()
        query.id = id
        let found = try await parts.attendance.store.attestations(query).first { $0.id == id }
        guard let found, found.content.isAbout(subject.employee.id), found.content.kind != .sheet,
            call.may(found.content.permission), subject.source.isWritable(found.content)
        else { throw PageCall.absent }
        guard let reason = APIBody.plain(call.fields["reason"], upTo: 1000) else {
            throw HTTPError(.badRequest, message: "reason is not a text of 1 to 1000 bytes")
        }
        guard
            try await parts.attendance.store.withdraw(
                attestation: id, reason: reason, by: call.actor, at: parts.now())
        else { throw PageCall.absent }
        return .redirect(to: subject.path(of: date), type: .normal)
    }

    // MARK: Leave

    func leave(
        _ subject: PersonSubject, _ call: PageCall, _ form: LeaveForm, status: HTTPResponse.Status
    ) async throws -> Response {
        let dates = call.today.adding(days: -180)...call.today.adding(days: 180)
        var blocks: [WorkPage.Block] = []
        if !form.preview.isEmpty { blocks.append(.table(PreviewTable.table(form.preview, more: form.more))) }
        if call.authority.employee == subject.employee.id {
            blocks.append(
                .notice(WorkPage.Notice(.idle, "Cuti sendiri dicatat oleh petugas lain, bukan oleh diri sendiri.")))
        } else {
            blocks.append(.form(form.form(path: subject.path + "/cuti")))
        }
        blocks.append(.table(try await attestations(in: dates, subject, call)))
        let place = PagePlace(
            area: .people, path: subject.path + "/cuti", title: "Cuti, izin, dan dinas",
            lead: "Dicatat dengan suratnya.", style: "orang", neighbours: subject.neighbours(call))
        let page = PersonPage(
            place, [.who(subject.who(on: call.today, links: links(subject, call)))], work: blocks)
        return PageAnswers.html(parts.pages.person(page, call.frame), status: status)
    }

    func addLeave(_ subject: PersonSubject, _ call: PageCall) async throws -> Response {
        var form = LeaveForm(call.fields)
        guard call.authority.employee != subject.employee.id else {
            return try await leave(subject, call, form, status: .unprocessableContent)
        }
        guard let (kind, dates) = form.leave() else {
            return try await leave(subject, call, form, status: .unprocessableContent)
        }
        guard subject.source.isInScope(subject.employee, on: dates) else {
            form.problems["to"] = "Pada sebagian hari itu pegawai ini tidak di unit Anda."
            return try await leave(subject, call, form, status: .unprocessableContent)
        }
        guard call.fields["aksi"] == "simpan", call.fields["periksa"] == form.digest else {
            try await look(subject, kind, dates, &form)
            return try await leave(subject, call, form, status: .ok)
        }
        let new = NewAttestation(
            content: .leave(employee: subject.employee.id, kind, DateSpan(dates)), document: form.document,
            reason: form.reason)
        if let refusal = try await add(new, call) {
            form.problems["from"] = refusal
            return try await leave(subject, call, form, status: .unprocessableContent)
        }
        return .redirect(to: subject.path + "/cuti", type: .normal)
    }

    /// Days that a preview shows.
    private static let previewed = 14

    private func look(
        _ subject: PersonSubject, _ kind: LeaveKind, _ dates: ClosedRange<CivilDate>, _ form: inout LeaveForm
    ) async throws {
        for date in dates.prefix(Self.previewed) {
            guard let now = try await parts.attendance.account(subject.employee.id, date) else { continue }
            let leave = ApprovedLeave(id: .max, kind: kind, span: DateSpan(dates), document: form.document)
            if let then = now.with({ $0.leave.append(leave) }) { form.preview.append((now, then)) }
        }
        form.more = max(0, dates.count - Self.previewed)
        form.isSeen = true
    }
}

/// Leave as it is typed.
struct LeaveForm: Sendable {
    var kind = ""
    var from = ""
    var to = ""
    var document = ""
    var reason = ""
    var problems: [String: String] = [:]
    var preview: [(now: DayAccount, then: DayAccount)] = []
    /// Days behind those of the preview.
    var more = 0
    var isSeen = false

    init() {}

    init(_ fields: FormFields) {
        kind = fields["kind"]
        from = fields["from"]
        to = fields["to"]
        document = fields["document"]
        reason = fields["reason"]
    }

    var digest: String {
        var form = CorrectionForm()
        (form.kind, form.time, form.key, form.document, form.reason) = (kind, from, to, document, reason)
        return form.digest
    }

    mutating func leave() -> (LeaveKind, ClosedRange<CivilDate>)? {
        (document, reason) = FormText.checked(document, reason, &problems)
        let word = LeaveKind(rawValue: kind)
        let dates = (CivilDate(text: from), CivilDate(text: to.isEmpty ? from : to))
        if word == nil { problems["kind"] = "Pilih jenisnya." }
        if dates.0 == nil { problems["from"] = "Pilih tanggal pertama." }
        if dates.1 == nil { problems["to"] = "Pilih tanggal terakhir." }
        guard let word, let first = dates.0, let last = dates.1 else { return nil }
        do throws(AttestationCheck.Refusal) { try AttestationCheck.leave(from: first, to: last) } catch {
            problems["to"] = error.words
            return nil
        }
        return problems.isEmpty ? (word, first...last) : nil
    }

    func form(path: String) -> WorkPage.Form {
        let kinds = LeaveKind.allCases.map { WorkPage.Field.Option($0.rawValue, DayWords.text($0)) }
        var fields = [
            WorkPage.Field("kind", "Jenis", kind, kind: .select([.init("", "Pilih…")] + kinds), isNeeded: true),
            WorkPage.Field("from", "Dari tanggal", from, kind: .date, isNeeded: true),
            WorkPage.Field("to", "Sampai tanggal", to, kind: .date, hint: "Kosong: satu hari saja."),
            WorkPage.Field("document", "Nomor surat", document, isNeeded: true, longest: 200),
            WorkPage.Field("reason", "Alasan", reason, isNeeded: true, longest: 1000),
        ]
        if isSeen { fields.append(WorkPage.Field("periksa", "", digest, kind: .hidden)) }
        for index in fields.indices { fields[index].problem = problems[fields[index].name] ?? "" }
        let look = WorkPage.Button("Lihat pratinjau", action: "pratinjau", isMain: !isSeen)
        let save = WorkPage.Button("Simpan", action: "simpan")
        return WorkPage.Form(
            "Catat cuti, izin, atau dinas", path: path, fields: fields, buttons: isSeen ? [save, look] : [look])
    }
}
