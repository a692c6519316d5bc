import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// Files to take along: asked for, watched, downloaded, ended; and the daftar hadir for paper.
struct ExportPages: Sendable {
    let parts: PageParts
    let service: ExportService
    /// Every file asked for and every download goes to the audit log.
    let note: @Sendable (_ object: String, _ detail: String, PageCall) async throws -> Void

    var routes: [PageRoute] {
        [
            PageRoute(.get, "unduhan", .export) { call in try await page(call) },
            PageRoute(.post, "unduhan", .export) { call in try await ask(call) },
            PageRoute(.get, "unduhan/langsung", .export) { call in try await stream(call) },
            PageRoute(.get, "unduhan/berkas/{job}", .export) { call in try await download(call, notes: false) },
            PageRoute(.get, "unduhan/keterangan/{job}", .export) { call in try await download(call, notes: true) },
            PageRoute(.post, "unduhan/hapus/{job}", .export) { call in
                // Also of a unit that is no longer theirs: there is nothing to see, and less to keep.
                await service.end(call.parameters["job"] ?? "", of: call.visitor.account)
                return .redirect(to: "/unduhan", type: .normal)
            },
            PageRoute(.get, "unduhan/daftar-hadir/{unit}/{month}", .export) { call in try await paper(call) },
        ]
    }

    // MARK: Asking

    private func page(_ call: PageCall, problem: String? = nil) async throws -> Response {
        var model = ExportsModel(files: await files(call.visitor.account, call.source.scope))
        model.problem = problem
        model.kinds = ExportKind.allCases.map {
            ExportsModel.Kind(word: $0.rawValue, title: $0.title, purpose: $0.purpose)
        }
        model.units = units(call.source)
        let month = call.today.month
        model.kind = Self.chosen(call, "jenis") ?? ExportKind.recap.rawValue
        model.unit = Self.chosen(call, "unit") ?? ""
        model.first = Self.chosen(call, "dari") ?? month.text
        model.last = Self.chosen(call, "sampai") ?? month.text
        model.format = Self.chosen(call, "bentuk") ?? ExportFormat.xlsx.rawValue
        model.hoursKept = Int(await service.limits.keptFor / 3600)
        model.month = month.text
        return PageAnswers.html(
            parts.pages.exports(model, call.frame), status: problem == nil ? .ok : .unprocessableContent)
    }

    /// What was chosen: also in the address, so that other pages can link here with their unit and month.
    private static func chosen(_ call: PageCall, _ name: String) -> String? {
        let text = call.fields[name].isEmpty ? call.query[name] ?? "" : call.fields[name]
        return text.isEmpty ? nil : text
    }

    private func units(_ source: RecapSource) -> [ExportsModel.Unit] {
        var units: [ExportsModel.Unit] = []
        var left = source.roots.reversed().map { (id: $0, depth: 0) }
        while let next = left.popLast() {
            guard units.count < 5000, let unit = source.tree[next.id] else { continue }
            units.append(ExportsModel.Unit(id: unit.id, name: unit.name, depth: next.depth))
            left += source.tree.children(of: unit.id).reversed().map { (id: $0, depth: next.depth + 1) }
        }
        return units
    }

    private func ask(_ call: PageCall) async throws -> Response {
        let fields = call.fields
        guard let kind = ExportKind(rawValue: fields["jenis"]), let first = CivilMonth(text: fields["dari"]),
            let format = ExportFormat(rawValue: fields["bentuk"])
        else { return try await page(call, problem: "Pilih jenis, bulan, dan bentuk berkas.") }
        let last = fields["sampai"].isEmpty ? first : CivilMonth(text: fields["sampai"])
        guard let last else { return try await page(call, problem: "Bulan akhir bukan bulan seperti 2026-03.") }
        var source = call.source
        var unit: OrgUnit?
        if !fields["unit"].isEmpty {
            guard let id = Int64(fields["unit"]), source.scope.contains(id), let found = source.tree[id] else {
                throw PageCall.absent
            }
            unit = found
            source = source.narrowed(to: found)
        }
        let request = ExportRequest(kind: kind, first: first, last: last, format: format)
        do {
            let job = try await service.ask(
                request, unit: unit, scope: source.scope, account: call.visitor.account, by: call.actor)
            try await note(job.fileName, "diminta", call)
        } catch let refusal as ExportRefusal {
            return try await page(call, problem: refusal.text)
        }
        return .redirect(to: "/unduhan", type: .normal)
    }

    // MARK: Watching

    private func files(_ account: String, _ scope: UnitScope) async -> [ExportsModel.File] {
        var files: [ExportsModel.File] = []
        for job in await service.jobs(of: account, in: scope) {
            files.append(file(job, waiting: await service.place(of: job.id)))
        }
        return files
    }

    private func file(_ job: ExportJob, waiting: Int?) -> ExportsModel.File {
        let state: ExportsModel.File.State =
            switch job.state {
            case .waiting: .waiting(before: waiting ?? 0)
            case .running: .running(done: job.progress.done, all: job.progress.all, rows: job.progress.rows)
            case .done(let bytes, let hasNotes): .done(bytes: bytes, rows: job.progress.rows, hasNotes: hasNotes)
            case .failed(let text): .failed(text)
            case .cancelled: .cancelled
            }
        return ExportsModel.File(
            id: job.id, title: job.request.kind.title, unit: job.unit?.name, period: job.request.period,
            name: job.fileName, at: job.at, state: state)
    }

    private func stream(_ call: PageCall) async throws -> Response {
        if call.query["coba"] != nil { return Response(status: .noContent) }
        guard let place = parts.places.take(for: call) else {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "30"], message: "too many pages are open; close some")
        }
        let stream = ExportStream(
            rings: await service.listen(of: call.visitor.account),
            section: { [parts] in
                let files = await self.files(call.visitor.account, call.source.scope)
                return parts.pages.exportFiles(files, call.frame)
            },
            end: { await end(call) },
            place: place, channel: call.channel, now: parts.now)
        var headers: HTTPFields = [.contentType: "text/event-stream; charset=utf-8"]
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok, headers: headers, body: ResponseBody { writer in try await stream.write(&writer) })
    }

    /// A duty can end while the page is open; files of the units that were lost are not theirs to see.
    private func end(_ call: PageCall) async -> LiveEnd? {
        if let end = await parts.sessions.life(of: call.visitor, touching: true).end { return end }
        // A store that does not say ends nothing.
        guard let whole = try? await parts.people.source() else { return nil }
        let today = parts.settings.value.date(of: parts.now())
        let authority = Authority(call.visitor, whole.people, today: today)
        guard authority.may(.export) else { return .scope }
        guard let now = try? await parts.people.source(of: authority.roots(for: .export)) else { return nil }
        return now.scope == call.source.scope ? nil : .scope
    }

    // MARK: Taking

    /// The scope is asked again now: a head who no longer leads the unit has no such file.
    private func download(_ call: PageCall, notes: Bool) async throws -> Response {
        guard
            let job = await service.job(
                call.parameters["job"] ?? "", of: call.visitor.account, in: call.source.scope),
            let path = await service.path(of: job, notes: notes), let file = ExportDownload(path)
        else { throw PageCall.absent }
        try await note(job.fileName, notes ? "keterangan diunduh" : "diunduh", call)
        let name = notes ? job.fileName + ".keterangan.csv" : job.fileName
        let isCSV = notes || job.request.format == .csv
        return Response(
            status: .ok,
            headers: [
                .contentType: isCSV
                    ? "text/csv; charset=utf-8"
                    : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                // Made of words of ours and digits only.
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ], body: file.body(over: call.channel))
    }

    // MARK: Paper

    /// People on one page: more are printed unit by unit, or as a workbook.
    private static let mostPeople = 400

    private func paper(_ call: PageCall) async throws -> Response {
        let unit = try call.unit()
        guard let month = call.parameters["month"].flatMap({ CivilMonth(text: $0) }) else { throw PageCall.absent }
        let paper = ExportWriter.paper(parts.settings.value)
        let maker = try await GridMaker(call.source.narrowed(to: unit), paper, at: call.moment)
        let units = maker.units(in: month)
        let isWhole = units.reduce(0) { $0 + $1.people } <= Self.mostPeople
        var grids: [AttendanceGrid] = []
        for (below, people) in units where isWhole || (below.id == unit.id && people <= Self.mostPeople) {
            let grid = try await maker.grid(of: below, month)
            if !grid.rows.isEmpty { grids.append(grid) }
        }
        try await note("daftar-hadir_\(month.text)_unit-\(unit.id)", "dicetak", call)
        return PageAnswers.html(
            parts.pages.gridPaper(
                GridPaper.model(
                    unit, month, grids, isWhole: isWhole, paper, heads: try await parts.store.journalHeads()),
                call.frame))
    }
}
