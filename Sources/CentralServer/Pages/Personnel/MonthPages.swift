import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// Months of units: what stands in the way, what will be fixed, and what changed since.
extension PersonnelPages {
    var monthRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/bulan", .readClosings) { call in try await months(call) },
            PageRoute(.get, "kepegawaian/bulan/{month}/{unit}", .readRecap) { call in
                try await month(call, try Self.month(call), try call.unit(), [])
            },
            PageRoute(.post, "kepegawaian/bulan/{month}/{unit}", .closeMonth) { call in try await close(call) },
        ]
    }

    private static var shownMonths: Int { 6 }

    private static func month(_ call: PageCall) throws -> CivilMonth {
        guard let month = call.parameters["month"].flatMap({ CivilMonth(text: $0) }),
            (2000...2199).contains(month.year)
        else { throw PageCall.absent }
        return month
    }

    private func months(_ call: PageCall) async throws -> Response {
        let source = call.source
        let running = call.today.month
        let shown = (0..<Self.shownMonths).map { running.adding(months: -$0) }
        let closings = try await store.closings()
        let closed = shown.map { Self.closedUnits(closings, $0, source.tree) }
        let undecided = [
            try await sums.facts(running).undecided(source.scope),
            try await sums.facts(running.adding(months: -1)).undecided(source.scope),
        ]
        let rows = Self.tree(source).map { unit, depth in
            let below = source.tree.subtree(of: unit.id)
            return [WorkPage.Cell(unit.name, depth: depth)]
                + zip(shown, closed).enumerated().map { index, pair in
                    let (month, closed) = pair
                    let link = Self.path(month, unit.id)
                    let waiting =
                        undecided.indices.contains(index)
                        ? below.reduce(0) { $0 + (undecided[index][$1] ?? 0) } : 0  // safe: one of its indices
                    let note = waiting > 0 ? "\(waiting) hari belum pasti" : ""
                    if closed.contains(unit.id) { return WorkPage.Cell.pill(.ok, "ditutup", link: link) }
                    return month == running
                        ? .pill(.idle, "berjalan", note: note, link: link)
                        : .pill(.warn, "belum ditutup", note: note, link: link)
                }
        }
        let table = WorkPage.Table(
            "Bulan per unit", lead: "Menutup unit induk menutup semua unit di bawahnya.",
            columns: ["Unit"] + shown.map { WorkPage.Column(Self.words($0)) }, rows: rows, empty: "Belum ada unit.")
        return answer(
            .months, title: "Tutup bulan", lead: "Angka yang dipakai untuk pembayaran adalah angka bulan yang ditutup.",
            [.table(table)], call)
    }

    // MARK: One month of one unit

    private struct Undecided: Sendable {
        let day: StoredWorkday
        let name: String
        let why: String
    }

    private struct Facts: Sendable {
        var recap = Recap()
        var undecided: [StoredWorkday] = []
        var count = 0
    }

    private static var mostUndecided: Int { 200 }
    /// Of so many the very reason is looked up; each reads a day's scans.
    private static var mostExplained: Int { 25 }

    private func month(
        _ call: PageCall, _ month: CivilMonth, _ unit: OrgUnit, _ news: [WorkPage.Block],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let source = call.source.narrowed(to: unit)
        try await parts.noteList("month", of: unit.id, call)
        let (facts, undecided, adjustments) = try await heavy.run(call) {
            let facts = try await self.facts(month, source)
            let undecided = try await explained(facts.undecided, source)
            return (facts, undecided, try await source.adjustments(in: month.dates))
        }
        let closings = try await store.closings()
        let closing = closings.first { closing in
            closing.month == month && source.tree.subtree(of: closing.unit).contains(unit.id)
        }
        var blocks = news
        if let closing {
            blocks.append(.notice(.init(.ok, "Ditutup \(call.frame.words.date(closing.at)) oleh \(closing.by.name).")))
        }
        blocks.append(.table(undecidedTable(undecided, facts.count)))
        blocks.append(.table(Self.sumsTable(facts.recap.total)))
        if closing == nil, call.may(.closeMonth, in: unit.id) {
            blocks.append(Self.closingBlock(month, unit, facts.recap, facts.count))
        }
        if closing != nil || !adjustments.isEmpty { blocks.append(.table(adjustmentTable(adjustments, source))) }
        return answer(
            .months, title: "\(unit.name), \(Self.words(month))", lead: "Dengan semua unit di bawahnya.", blocks, call,
            status: status)
    }

    private func facts(_ month: CivilMonth, _ source: RecapSource) async throws -> Facts {
        let people = source.people.employees.filter { source.scope.touches($0, in: month.dates) }.map(\.id).sorted()
        var facts = Facts()
        for start in stride(from: 0, to: people.count, by: 500) {
            let group = Array(people[start..<min(start + 500, people.count)])
            for day in try await source.days(of: group, in: month.dates) {
                facts.recap.add(day)
                guard !day.workday.status.isDecided else { continue }
                facts.count += 1
                if facts.undecided.count < Self.mostUndecided { facts.undecided.append(day) }
            }
        }
        return facts
    }

    private func explained(_ days: [StoredWorkday], _ source: RecapSource) async throws -> [Undecided] {
        var found: [Undecided] = []
        for day in days {
            let account =
                found.count < Self.mostExplained
                ? try await parts.attendance.account(day.employee, day.workday.date) : nil
            found.append(
                Undecided(
                    day: day, name: source.employee(id: day.employee)?.name ?? "",
                    why: account.flatMap(Self.reason) ?? Self.reason(day.workday)))
        }
        return found
    }

    /// The first line that says what is missing.
    private static func reason(_ account: DayAccount) -> String? {
        let words = DayWords(date: account.evidence.date, offset: account.evidence.offset)
        return account.explanation.first { line in
            switch line {
            case .notEmployed, .noSchedule, .notLinked, .noDevice, .incomplete: true
            default: false
            }
        }.map(words.text)
    }

    private static func reason(_ workday: Workday) -> String {
        if workday.status == .tanpaJadwal { return "Belum ada jadwal yang mengikat kelompok pegawai ini." }
        if workday.flags.contains(.notLinked) { return "PIN pegawai ini di mesin absen belum ditautkan." }
        return "Catatan mesin absen belum lengkap untuk tanggal ini."
    }

    private func undecidedTable(_ days: [Undecided], _ count: Int) -> WorkPage.Table {
        WorkPage.Table(
            "Hari yang belum pasti: \(count)",
            lead: count > days.count ? "\(days.count) yang pertama ditampilkan." : "",
            columns: ["Pegawai", "Tanggal", "Keadaan", "Sebabnya"],
            rows: days.map { item in
                let date = item.day.workday.date
                return [
                    WorkPage.Cell(item.name),
                    WorkPage.Cell(Self.words(date), link: Self.path(item.day.employee, date)),
                    .pill(.warn, DayWords.text(item.day.workday.status)), WorkPage.Cell(item.why),
                ]
            }, empty: "Semua hari sudah pasti.")
    }

    static func sumsTable(_ sums: WorkdaySums) -> WorkPage.Table {
        WorkPage.Table(
            "Jumlah", columns: RecapColumns.all,
            rows: [RecapColumns.cells(WorkPage.Cell("Semua pegawai"), sums)], empty: "Belum ada hari yang dihitung.")
    }

    /// The form, or what has to be done before there is one.
    private static func closingBlock(
        _ month: CivilMonth, _ unit: OrgUnit, _ recap: Recap, _ undecided: Int
    ) -> WorkPage.Block {
        guard undecided == 0 else {
            return .notice(
                .init(.warn, "Belum dapat ditutup: \(undecided) hari belum pasti. Selesaikan dulu hari-hari di atas."))
        }
        let total = recap.total
        let people = recap.byEmployee.count
        return .form(
            WorkPage.Form(
                "Tutup bulan",
                lead: "Yang dikunci: \(total.allDays) hari dari \(people) pegawai \(unit.name) dan unit di bawahnya, "
                    + "\(words(month)). Sesudah ini angka rekapnya tetap; perubahan hanya menjadi penyesuaian.",
                path: path(month, unit.id),
                fields: [
                    .init("setuju", "Saya sudah memeriksa hari dan jumlah di atas", kind: .check, isNeeded: true)
                ], buttons: [.init("Tutup bulan")]))
    }

    private func adjustmentTable(_ adjustments: [Adjustment], _ source: RecapSource) -> WorkPage.Table {
        WorkPage.Table(
            "Penyesuaian sesudah ditutup: \(adjustments.count)",
            lead: adjustments.count > Self.mostUndecided ? "\(Self.mostUndecided) yang pertama ditampilkan." : "",
            columns: ["Pegawai", "Tanggal", "Waktu ditutup", "Sekarang"],
            rows: adjustments.prefix(Self.mostUndecided).map { item in
                [
                    WorkPage.Cell(source.employee(id: item.employee)?.name ?? ""),
                    WorkPage.Cell(Self.words(item.now.date), link: Self.path(item.employee, item.now.date)),
                    WorkPage.Cell(Self.summary(item.closed)), WorkPage.Cell(Self.summary(item.now)),
                ]
            }, empty: "Tidak ada yang berubah sesudah ditutup.")
    }

    private static func summary(_ workday: Workday) -> String {
        let minutes = workday.arrival.minutes + workday.departure.minutes
        return DayWords.text(workday.status) + (minutes > 0 ? ", \(minutes) menit" : "")
            + (workday.deduction > 0 ? ", potongan \(DayWords.percent(workday.deduction))" : "")
    }

    // MARK: Closing

    private func close(_ call: PageCall) async throws -> Response {
        let (month, unit) = (try Self.month(call), try call.unit())
        guard call.fields["setuju"] == "ya" else {
            let news = WorkPage.Notice(.bad, "Centang dulu bahwa hari dan jumlahnya sudah diperiksa.")
            return try await self.month(call, month, unit, [.notice(news)], status: .unprocessableContent)
        }
        let refused: String
        do {
            let left = try await heavy.run(call) {
                try await call.source.close(month, of: unit, by: call.actor, at: parts.now())
            }
            if left.isEmpty {
                return redirect(Self.path(month, unit.id), .closed)
            }
            refused = "Belum ditutup: \(left.count) hari belum pasti."
        } catch let refusal as CloseRefusal {
            refused = "Belum ditutup. " + RefusalSentence.text(refusal)
        }
        return try await self.month(call, month, unit, [.notice(.init(.bad, refused))], status: .conflict)
    }
}
