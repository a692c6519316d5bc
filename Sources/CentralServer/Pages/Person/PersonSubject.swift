import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// Whom a page is about, and the part of the person's days that the visitor may see.
struct PersonSubject: Sendable {
    let employee: Employee
    /// Of this person alone: whatever is asked of it, nobody else comes out.
    let source: RecapSource
    let isOwn: Bool
    /// Whether the visitor may see where a scan is.
    let mayTrace: Bool
    let government: TimeZone

    /// The visitor.
    ///
    /// - Throws: `HTTPError` 404 for one who is nobody in the records.
    init(own call: PageCall, _ parts: PageParts) throws {
        self.init(try call.own(), .government, isOwn: true, call, parts)
    }

    /// Whom the path names.
    ///
    /// - Throws: `HTTPError` 404, also for somebody who never was in the scope.
    init(named call: PageCall, _ parts: PageParts) throws {
        self.init(try call.employee(), call.source.scope, isOwn: false, call, parts)
    }

    private init(_ employee: Employee, _ scope: UnitScope, isOwn: Bool, _ call: PageCall, _ parts: PageParts) {
        self.employee = employee
        self.isOwn = isOwn
        mayTrace = isOwn || call.may(.trace)
        area = isOwn ? .own : Self.area(call)
        government = parts.settings.value.zone
        let people = call.whole.people
        let own = People(
            revision: people.revision, units: people.units, heads: people.heads, employees: [employee],
            links: people.links.filter { $0.employee == employee.id }, devices: people.devices)
        source = RecapSource(parts.attendance.store, own, tree: call.whole.tree, scope: scope)
    }

    /// Of this person, where another permission than the route's holds; `nil` where it holds nowhere. Of oneself all.
    func part(where permission: Permission, _ call: PageCall, _ parts: PageParts) async throws -> RecapSource? {
        if isOwn { return source }
        guard call.may(permission) else { return nil }
        let scope = try await parts.people.source(of: call.authority.roots(for: permission)).scope
        return RecapSource(source.store, source.people, tree: source.tree, scope: scope)
    }

    var path: String { isOwn ? "/saya" : "/pegawai/\(employee.id)" }
    let area: PageArea

    func path(of date: CivilDate) -> String { isOwn ? "/saya/\(date.text)" : "\(path)/hari/\(date.text)" }

    func trace(on date: CivilDate? = nil) -> String { path + "/jejak" + (date.map { "?date=\($0.text)" } ?? "") }

    /// Whether the visitor may see this date: as the records are now.
    func isSeen(_ date: CivilDate) -> Bool { source.isPlaced(employee.id, on: date) }

    func unit(on date: CivilDate) -> Int64? { employee.placement(on: date)?.unit }

    /// How far the clocks of the person's unit are ahead of UTC on the date, in seconds.
    func offset(on date: CivilDate) -> Int {
        let noon = Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 43_200)
        return source.tree.zone(of: unit(on: date), government: government).secondsFromGMT(for: noon)
    }

    /// As of a date: only the number, the post and the unit of then, and those only where they are in the scope.
    func who(on date: CivilDate, links: [WorkPage.Link]) -> PersonPage.Who {
        let seen = source.scope.placements(of: employee)
        let place = seen.first { $0.span.contains(date) } ?? seen.last { $0.span.from <= date } ?? seen.last
        let numbers = source.scope.employments(of: employee)
        let number = numbers.first { $0.span.contains(date) } ?? numbers.last { $0.span.from <= date } ?? numbers.last
        return PersonPage.Who(
            name: employee.name, number: number?.number ?? "", post: place?.post ?? "",
            unit: place.flatMap { source.tree[$0.unit]?.name } ?? "", links: links)
    }

    /// The closing of the person's unit in that month; `nil` while it is open.
    func closing(of month: CivilMonth, on date: CivilDate) async throws -> Closing? {
        guard let unit = unit(on: date) else { return nil }
        return try await source.store.closings().filter { closing in
            closing.month == month && source.tree.subtree(of: closing.unit).contains(unit)
        }.min { $0.at < $1.at }
    }

    /// The pages beside each other.
    func neighbours(_ call: PageCall) -> [PagePlace.Neighbour] {
        if isOwn {
            return [
                .init(path: "/saya", label: "Bulan saya", icon: "coverage"),
                .init(path: "/saya/jejak", label: "Di mana absen saya?", icon: "scan"),
            ]
        }
        return Self.peopleNeighbours(call)
    }

    /// The help desk of the network finds scans and no people: its search is among the network's pages.
    static func area(_ call: PageCall) -> PageArea { call.may(.readPeople) ? .people : .network }

    static func peopleNeighbours(_ call: PageCall) -> [PagePlace.Neighbour] {
        guard call.may(.readPeople) else { return PageName.neighbours(call.frame) }
        var pages: [PagePlace.Neighbour] = []
        pages.append(.init(path: "/pegawai", label: "Cari pegawai", icon: "people"))
        if call.may(.trace) { pages.append(.init(path: "/jejak", label: "Lacak absen", icon: "scan")) }
        return pages
    }
}

/// Dates and statuses as these pages write them.
enum PersonWords {
    /// `Senin, 2 Maret 2026`
    static func long(_ date: CivilDate) -> String { utc.longDate(noon(date)) }

    /// `2 Maret 2026`
    static func text(_ date: CivilDate) -> String { utc.date(noon(date)) }

    /// `Maret 2026`
    static func text(_ month: CivilMonth) -> String { "\(Indonesian.month(month.month) ?? "") \(month.year)" }

    private static let utc = Indonesian(zone: .gmt)

    private static func noon(_ date: CivilDate) -> Date {
        Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 43_200)
    }

    static func tone(_ status: DayStatus) -> PersonPage.Tone {
        switch status {
        case .hadir: .ok
        case .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang: .warn
        case .tanpaKeterangan: .bad
        case .libur, .cutiBersama, .tanpaJadwal: .off
        default: .idle
        }
    }

    /// With a capital in front.
    static func status(_ status: DayStatus) -> String { capital(DayWords.text(status)) }

    static func capital(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// `17 menit terlambat, 5 menit lebih awal`
    static func minutes(_ workday: Workday) -> String {
        var parts: [String] = []
        for (side, word) in [(workday.arrival, "terlambat"), (workday.departure, "lebih awal")] where side.minutes > 0 {
            parts.append("\(side.minutes) menit \(word)\(side.isExcused ? ", dimaafkan" : "")")
        }
        return parts.joined(separator: "; ")
    }

    static func tone(_ tone: TraceWords.Tone) -> PersonPage.Tone {
        switch tone {
        case .ok: .ok
        case .warn: .warn
        case .bad: .bad
        case .idle: .idle
        }
    }

    static func why(_ why: RecomputeItem.Why) -> String { ExplainText.why(why) }

    static func kind(_ content: Attestation.Content) -> String {
        switch content {
        case .leave(_, let kind, _): DayWords.text(kind)
        case .correction: "Koreksi"
        case .sheet: "Daftar hadir manual"
        case .coverage: "Pernyataan kelengkapan"
        case .file: "Berkas diterima"
        }
    }

    static func refusal(_ reason: ChangeRefusal.Reason) -> String {
        switch reason {
        case .changedMeanwhile: "Data berubah pada saat yang sama; coba sekali lagi."
        case .leaveOverlaps(_, let span):
            "Sudah ada cuti, izin, atau dinas \(text(span.from))\(span.to.map { " s.d. \(text($0))" } ?? ""); cabut dahulu."
        case .malformed: "Isian tidak dapat diterima; periksa lagi."
        default: "Tidak dapat disimpan: datanya sudah tidak ada."
        }
    }
}

extension PageCall {
    /// - Throws: `HTTPError` 400 for what is no month.
    func month(_ name: String = "month") throws -> CivilMonth {
        guard let text = query[name], !text.isEmpty else { return today.month }
        guard let month = CivilMonth(text: text) else { throw HTTPError(.badRequest, message: "no such month") }
        return month
    }

    /// - Throws: `HTTPError` 400 for what is no date.
    func date(_ name: String = "date") throws -> CivilDate? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let date = CivilDate(text: text) else { throw HTTPError(.badRequest, message: "no such date") }
        return date
    }

    /// Of the path.
    ///
    /// - Throws: `HTTPError` 404.
    func pathDate() throws -> CivilDate {
        guard let date = parameters["date"].flatMap({ CivilDate(text: $0) }) else { throw Self.absent }
        return date
    }
}
