import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Crypto
import Foundation
import Hummingbird
import PageSupport

extension PersonPages {
    /// - Parameters:
    ///   - form: as it was sent, with what is wrong; `nil` for an empty one.
    func day(
        _ subject: PersonSubject, _ call: PageCall, form: CorrectionForm? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let date = try call.pathDate()
        let kept = try await subject.source.days(of: [subject.employee.id], in: date...date).first
        let isSeen = subject.isSeen(date)
        guard isSeen || kept != nil else { throw PageCall.absent }
        let account = isSeen ? try await parts.attendance.account(subject.employee.id, date) : nil
        let closing = try await subject.closing(of: date.month, on: date)
        let workday = closing == nil ? account?.workday ?? kept?.workday : kept?.workday ?? account?.workday
        var blocks: [PersonPage.Block] = []
        if !subject.isOwn { blocks.append(.who(subject.who(on: date, links: links(subject, call)))) }
        blocks.append(.stepper(dayStepper(date, subject)))
        if let workday { blocks += summary(workday, date, subject) }
        if let account { blocks.append(why(account, date)) }
        var work: [WorkPage.Block] = []
        if let closing { work.append(.notice(Self.closed(closing, call))) }
        if let account, let kept, kept.workday != account.workday { work.append(.notice(other(account, closing))) }
        if isSeen {
            if let account { work.append(.table(try await scanTable(account, subject, date))) }
            work.append(.table(try await attestations(in: date...date, subject, call, withdrawFrom: date)))
            if subject.isOwn || call.may(.readAttestations, in: subject.unit(on: date)) {
                work.append(.table(try await changes(subject, date, call)))
            }
            work += correction(form, account, date, subject, call)
        }
        let place = PagePlace(
            area: subject.area, path: subject.path(of: date), title: PersonWords.long(date), style: "orang",
            neighbours: subject.neighbours(call))
        return PageAnswers.html(parts.pages.person(PersonPage(place, blocks, work: work), call.frame), status: status)
    }

    private func dayStepper(_ date: CivilDate, _ subject: PersonSubject) -> PersonPage.Stepper {
        let (before, after) = (date.adding(days: -1), date.adding(days: 1))
        return PersonPage.Stepper(
            earlier: subject.isSeen(before) ? .init(PersonWords.text(before), subject.path(of: before)) : nil,
            later: subject.isSeen(after) ? .init(PersonWords.text(after), subject.path(of: after)) : nil,
            path: subject.path, field: "month", value: date.month.text, isMonth: true)
    }

    private func summary(
        _ workday: Workday, _ date: CivilDate, _ subject: PersonSubject
    ) -> [PersonPage.Block] {
        let words = DayWords(date: date, offset: subject.offset(on: date))
        func figure(_ label: String, _ side: Workday.Side, _ word: String) -> PersonPage.Figure {
            let value: String =
                switch side.state {
                case .notAsked: side.at.map(words.time) ?? "–"
                case .known: side.at.map(words.time) ?? "tercatat"
                case .missing: "tidak ada"
                case .undecided: "belum pasti"
                }
            let minutes = side.minutes > 0 ? "\(side.minutes) menit \(word)" : ""
            return .init(
                label, value, note: minutes + (side.isExcused ? ", dimaafkan" : ""),
                tone: side.state == .missing ? .bad : side.minutes > 0 && !side.isExcused ? .warn : .idle)
        }
        return [
            .answer(
                .init(
                    tone: PersonWords.tone(workday.status), title: "Hasil tanggal ini",
                    text: PersonWords.status(workday.status),
                    advice: ExplainText.flags(workday.flags).map(PersonWords.capital).joined(separator: "; "),
                    link: subject.mayTrace
                        ? .init(subject.isOwn ? "Di mana absen saya?" : "Di mana absennya?", subject.trace(on: date))
                        : nil)),
            .figures([
                figure("Masuk", workday.arrival, "terlambat"), figure("Pulang", workday.departure, "lebih awal"),
                .init("Potongan", DayWords.percent(workday.deduction), tone: workday.deduction > 0 ? .warn : .idle),
            ]),
        ]
    }

    private func why(_ account: DayAccount, _ date: CivilDate) -> PersonPage.Block {
        let words = DayWords(date: date, offset: account.evidence.offset)
        return .lines(
            PersonPage.Lines(
                "Mengapa begini", lead: "dihitung dari bukti yang ada sekarang",
                lines: account.explanation.map(words.text)))
    }

    private func other(_ account: DayAccount, _ closing: Closing?) -> WorkPage.Notice {
        let result =
            "\(PersonWords.status(account.workday.status)), potongan \(DayWords.percent(account.workday.deduction))"
        return closing == nil
            ? WorkPage.Notice(.idle, "Hasil baru: \(result). Rekap mengikutinya dalam beberapa saat.")
            : WorkPage.Notice(
                .warn, "Dihitung sekarang: \(result). Karena bulan sudah ditutup, ini menjadi penyesuaian.")
    }

    private func scanTable(
        _ account: DayAccount, _ subject: PersonSubject, _ date: CivilDate
    ) async throws -> WorkPage.Table {
        let names = Dictionary(
            try await parts.store.devices().map { ($0.serial, $0.name.isEmpty ? $0.serial : $0.name) }
        ) { first, _ in first }
        let words = DayWords(date: date, offset: account.evidence.offset)
        let rows = account.explanation.compactMap { line -> [WorkPage.Cell]? in
            guard case .scan(let scan, let use) = line, use != .otherDay else { return nil }
            return [
                WorkPage.Cell(words.time(scan.at)), WorkPage.Cell(names[scan.serial] ?? scan.serial, note: scan.serial),
                WorkPage.Cell(PersonWords.capital(DayWords.text(use))),
            ]
        }
        return WorkPage.Table(
            "Absen tanggal ini", columns: ["Jam", "Perangkat", "Menjadi"], rows: rows,
            empty: "Tidak ada absen yang sampai.",
            links: subject.mayTrace ? [.init("Jejak absen dan perangkatnya", subject.trace(on: date))] : [])
    }

    private func changes(
        _ subject: PersonSubject, _ date: CivilDate, _ call: PageCall
    ) async throws -> WorkPage.Table {
        let changes = try await parts.attendance.store.changes(of: subject.employee.id, on: date)
        return WorkPage.Table(
            "Riwayat hitungan", columns: ["Kapan", "Sebelum", "Sesudah", "Karena"],
            rows: changes.suffix(50).reversed().map { change in
                [
                    WorkPage.Cell(call.frame.words.near(change.at, to: call.moment)),
                    WorkPage.Cell(change.before.map { PersonWords.status($0.status) } ?? "–"),
                    WorkPage.Cell(
                        PersonWords.status(change.after.status),
                        note: [
                            PersonWords.minutes(change.after), "potongan \(DayWords.percent(change.after.deduction))",
                        ]
                        .filter { !$0.isEmpty }.joined(separator: "; ")),
                    WorkPage.Cell(change.why.map(PersonWords.why).joined(separator: ", ")),
                ]
            }, empty: "Belum pernah dihitung.")
    }

    private func correction(
        _ form: CorrectionForm?, _ account: DayAccount?, _ date: CivilDate, _ subject: PersonSubject, _ call: PageCall
    ) -> [WorkPage.Block] {
        guard let account, call.may(.writeCorrection, in: subject.unit(on: date)) else { return [] }
        guard call.authority.employee != subject.employee.id else {
            return [
                .notice(WorkPage.Notice(.idle, "Hari sendiri dikoreksi oleh petugas lain, bukan oleh diri sendiri."))
            ]
        }
        return (form ?? CorrectionForm()).blocks(account, path: subject.path(of: date) + "/koreksi")
    }
}
