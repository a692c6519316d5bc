import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

extension PersonPages {
    func month(_ subject: PersonSubject, _ call: PageCall) async throws -> Response {
        let month = try call.month()
        let dates = month.dates
        let source = subject.source
        let days = try await source.days(of: [subject.employee.id], in: dates)
        let adjusted = try await source.adjustments(in: dates).filter { $0.employee == subject.employee.id }
        var recap = Recap()
        for day in days { recap.add(day) }
        let asOf = dates.contains(call.today) ? call.today : dates.lowerBound
        let closing = try await subject.closing(of: month, on: asOf)
        var blocks: [PersonPage.Block] = []
        if !subject.isOwn { blocks.append(.who(subject.who(on: asOf, links: links(subject, call)))) }
        blocks.append(.stepper(stepper(month, subject)))
        if subject.isOwn, month == call.today.month, let today = try await todayAnswer(subject, call) {
            blocks.append(.answer(today))
        }
        blocks.append(.figures(try await figures(recap, subject)))
        blocks.append(.month(grid(month, days, subject, call)))
        blocks += try await indications(month.year, subject)
        var work: [WorkPage.Block] = []
        if let closing { work.append(.notice(Self.closed(closing, call))) }
        if !adjusted.isEmpty { work.append(.table(adjustments(adjusted, subject))) }
        work.append(.table(try await attestations(in: dates, subject, call)))
        let place = PagePlace(
            area: subject.area, path: subject.path, title: subject.isOwn ? "Bulan saya" : subject.employee.name,
            lead: PersonWords.text(month), style: "orang", neighbours: subject.neighbours(call))
        return PageAnswers.html(parts.pages.person(PersonPage(place, blocks, work: work), call.frame))
    }

    func links(_ subject: PersonSubject, _ call: PageCall) -> [WorkPage.Link] {
        var links: [WorkPage.Link] = []
        if call.may(.readWorkdays) { links.append(.init("Bulan", subject.path)) }
        if call.may(.trace) { links.append(.init("Di mana absennya?", subject.trace())) }
        if mayWrite(.writeLeave, about: subject, on: call.today, call) {
            links.append(.init("Cuti, izin, dinas", subject.path + "/cuti"))
        }
        return links
    }

    /// Nobody states anything about the own days.
    func mayWrite(_ permission: Permission, about subject: PersonSubject, on date: CivilDate, _ call: PageCall) -> Bool
    {
        call.may(permission, in: subject.unit(on: date)) && call.authority.employee != subject.employee.id
    }

    static func closed(_ closing: Closing, _ call: PageCall) -> WorkPage.Notice {
        WorkPage.Notice(
            .idle,
            "\(PersonWords.text(closing.month)) sudah ditutup pada \(call.frame.words.date(closing.at)). "
                + "Yang berubah sesudah itu menjadi penyesuaian.")
    }

    private func stepper(_ month: CivilMonth, _ subject: PersonSubject) -> PersonPage.Stepper {
        let (before, after) = (CivilMonth(number: month.number - 1), CivilMonth(number: month.number + 1))
        return PersonPage.Stepper(
            earlier: .init(PersonWords.text(before), "\(subject.path)?month=\(before.text)"),
            later: .init(PersonWords.text(after), "\(subject.path)?month=\(after.text)"), path: subject.path,
            field: "month", value: month.text, isMonth: true)
    }

    /// What of today is known, with the way to more.
    private func todayAnswer(_ subject: PersonSubject, _ call: PageCall) async throws -> PersonPage.Answer? {
        let day = try await traced(subject, call.today, call, facts: try await DeviceFacts(parts.store))
        guard day.judgement.demand != .notEmployed else { return nil }
        return PersonPage.Answer(
            tone: PersonWords.tone(day.answer.tone), title: "Hari ini", text: day.answer.text,
            advice: day.answer.advice,
            link: .init("Di mana absen saya?", subject.trace(on: call.today)))
    }

    private func figures(_ recap: Recap, _ subject: PersonSubject) async throws -> [PersonPage.Figure] {
        let sums = recap.total
        let rules = try await subject.source.ruleSets()
        let leave = LeaveKind.allCases.reduce(0) { $0 + sums.count(leave: $1) }
        let missing = sums.late.missing + sums.early.missing
        var figures = [
            PersonPage.Figure(
                "Hadir", "\(sums.present) hari", note: "dari \(sums.workingDays) hari kerja", tone: .ok),
            .init(
                "Terlambat", "\(sums.late.minutes) menit", note: Self.times(sums.late),
                tone: sums.late.minutes > 0 ? .warn : .idle),
            .init(
                "Pulang cepat", "\(sums.early.minutes) menit", note: Self.times(sums.early),
                tone: sums.early.minutes > 0 ? .warn : .idle),
            .init("Tidak ada scan", "\(missing) kali", note: "masuk atau pulang", tone: missing > 0 ? .warn : .idle),
            .init("Tanpa keterangan", "\(sums.absent) hari", tone: sums.absent > 0 ? .bad : .idle),
            .init("Cuti, izin, dinas", "\(leave) hari"),
            .init("Belum sinkron", "\(sums.count(.belumSinkron)) hari", note: "belum diputuskan"),
        ]
        if let share = recap.deduction(of: subject.employee.id, by: rules) {
            figures.append(.init("Potongan", DayWords.percent(share), note: "dari tunjangan bulan ini"))
        }
        return figures
    }

    /// A missing scan counts as a time too, without minutes.
    private static func times(_ side: WorkdaySums.Side) -> String {
        "\(side.days) kali" + (side.days > 0 && side.missing > 0 ? ", termasuk tanpa scan" : "")
    }

    private func grid(
        _ month: CivilMonth, _ days: [StoredWorkday], _ subject: PersonSubject, _ call: PageCall
    ) -> PersonPage.Month {
        let byDate = Dictionary(days.map { ($0.workday.date, $0.workday) }) { first, _ in first }
        return PersonPage.Month(
            days: month.dates.map { date in
                let workday = byDate[date]
                let isSeen = workday != nil || subject.isSeen(date) && date <= call.today
                let words = DayWords(date: date, offset: subject.offset(on: date))
                return PersonPage.Month.Day(
                    date: date, tone: workday.map { PersonWords.tone($0.status) } ?? .off,
                    status: workday.map { PersonWords.status($0.status) } ?? (isSeen ? "Belum dihitung" : ""),
                    arrival: workday?.arrival.at.map { String(words.clock($0).prefix(5)) } ?? "",
                    departure: workday?.departure.at.map { String(words.clock($0).prefix(5)) } ?? "",
                    note: workday.map(PersonWords.minutes) ?? "", link: isSeen ? subject.path(of: date) : nil,
                    isToday: date == call.today)
            })
    }

    private func indications(_ year: Int, _ subject: PersonSubject) async throws -> [PersonPage.Block] {
        let found = try await subject.source.thresholds(of: year, limit: 1).people.first?.indications ?? []
        guard !found.isEmpty else { return [] }
        return [
            .lines(
                PersonPage.Lines(
                    "Ambang ketidakhadiran \(year)", lead: "Indikasi untuk diperiksa, bukan hukuman.",
                    lines: found.map { indication in
                        "\(PersonWords.text(indication.on)): \(indication.days) hari tanpa keterangan, ambang "
                            + "\(indication.threshold.days) hari (\(indication.threshold.article))."
                    }))
        ]
    }

    private func adjustments(_ adjusted: [Adjustment], _ subject: PersonSubject) -> WorkPage.Table {
        WorkPage.Table(
            "Penyesuaian sesudah ditutup", columns: ["Tanggal", "Waktu ditutup", "Sekarang"],
            rows: adjusted.map { adjustment in
                [
                    WorkPage.Cell(
                        PersonWords.text(adjustment.closed.date), link: subject.path(of: adjustment.closed.date)),
                    WorkPage.Cell(
                        PersonWords.status(adjustment.closed.status),
                        note: DayWords.percent(adjustment.closed.deduction)),
                    WorkPage.Cell(
                        PersonWords.status(adjustment.now.status), note: DayWords.percent(adjustment.now.deduction)),
                ]
            }, empty: "")
    }

    /// What persons stated of these dates, as far as the visitor may see it.
    ///
    /// - Parameter withdrawFrom: the date whose page withdraws; `nil` shows no such forms.
    func attestations(
        in dates: ClosedRange<CivilDate>, _ subject: PersonSubject, _ call: PageCall, withdrawFrom: CivilDate? = nil
    ) async throws -> WorkPage.Table {
        var query = AttestationQuery()
        query.employees = [subject.employee.id]
        query.dates = dates
        query.kinds = [.leave, .correction, .sheet]
        let source = subject.source
        // Who sees the days by one duty may read what is stated by another, which holds elsewhere.
        let readable = try await subject.part(where: .readAttestations, call, parts)
        let found = readable == nil ? [] : try await parts.attendance.store.attestations(query)
        let rows = found.filter { attestation in
            attestation.content.isAbout(subject.employee.id) && source.isVisible(attestation.content)
                && readable?.isVisible(attestation.content) ?? false
        }
        .map { attestation in
            row(
                attestation, subject, call, withdrawFrom: withdrawFrom,
                mayChange: source.isWritable(attestation.content))
        }
        return WorkPage.Table(
            "Surat, koreksi, dan daftar hadir", columns: ["Apa", "Surat", "Alasan", "Dicatat", ""], rows: rows,
            empty: "Tidak ada.")
    }

    private func row(
        _ attestation: Attestation, _ subject: PersonSubject, _ call: PageCall, withdrawFrom: CivilDate?,
        mayChange: Bool
    ) -> [WorkPage.Cell] {
        let maySeeReason = subject.isOwn || mayReadReason(of: attestation.content, subject, call)
        var last = WorkPage.Cell("")
        let isSheet = attestation.content.kind == .sheet
        if let date = withdrawFrom, mayChange, !isSheet, call.may(attestation.content.permission),
            mayWrite(.withdraw, about: subject, on: date, call)
        {
            last = .form(
                WorkPage.Form(
                    "", path: subject.path(of: date) + "/batal",
                    fields: [
                        WorkPage.Field("id", "", "\(attestation.id)", kind: .hidden),
                        WorkPage.Field("reason", "Alasan mencabut", isNeeded: true, longest: 300),
                    ], buttons: [WorkPage.Button("Cabut", isMain: false)]))
        }
        return [
            WorkPage.Cell(PersonWords.kind(attestation.content), note: detail(attestation.content, subject)),
            WorkPage.Cell(attestation.document),
            WorkPage.Cell(maySeeReason ? attestation.reason : "–"),
            WorkPage.Cell(attestation.by.name, note: call.frame.words.near(attestation.at, to: call.moment)), last,
        ]
    }

    /// On every day of it: a reason may tell of health.
    private func mayReadReason(of content: Attestation.Content, _ subject: PersonSubject, _ call: PageCall) -> Bool {
        switch content {
        case .leave(_, _, let span):
            subject.source.scope.placements(of: subject.employee).filter { $0.span.overlaps(span) }
                .allSatisfy { call.may(.readReasons, in: $0.unit) } && call.may(.readReasons)
        case .correction(_, let date, _): call.may(.readReasons, in: subject.unit(on: date))
        case .sheet(let unit, _, _): call.may(.readReasons, in: unit)
        case .coverage, .file: false
        }
    }

    static func text(_ span: DateSpan) -> String {
        PersonWords.text(span.from) + (span.to.map { $0 == span.from ? "" : " s.d. \(PersonWords.text($0))" } ?? "")
    }

    private func detail(_ content: Attestation.Content, _ subject: PersonSubject) -> String {
        switch content {
        case .leave(let id, _, let whole):
            // Days elsewhere are not this visitor's to see.
            Self.text(Shapes.seen(whole, of: id, subject.source))
        case .correction(_, let date, let kind): "\(PersonWords.text(date)): \(DayWords.text(kind))"
        case .sheet(_, let date, let lines):
            PersonWords.text(date) + ": "
                + (lines.first { $0.employee == subject.employee.id }.map { line in
                    [
                        line.arrival.map { "masuk \(MinuteOfDay.text($0))" },
                        line.departure.map { "pulang \(MinuteOfDay.text($0))" },
                    ]
                    .compactMap { $0 }.joined(separator: ", ")
                } ?? "")
        case .coverage, .file: ""
        }
    }
}

extension Attestation.Content {
    /// Whether it says something of this person.
    func isAbout(_ id: Int64) -> Bool {
        switch self {
        case .leave(let employee, _, _), .correction(let employee, _, _): employee == id
        case .sheet(_, _, let lines): lines.contains { $0.employee == id }
        case .coverage, .file: false
        }
    }
}
