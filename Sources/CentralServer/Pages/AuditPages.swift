import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// `/audit`: read-only; looking at it is no note of its own.
struct AuditPages: Sendable {
    let parts: PageParts

    /// Notes of one page.
    static let pageLength = 50

    var routes: [PageRoute] {
        [PageRoute(.get, "audit", .readActs) { call in try await page(call) }]
    }

    private func page(_ call: PageCall) async throws -> Response {
        let asked = filter(call)
        var query = asked.query
        query.before = call.query["sebelum"].flatMap { Int64($0) }
        query.limit = Self.pageLength + 1
        let found = asked.filter.problem == nil ? try await parts.store.auditNotes(query) : []
        let shown = found.prefix(Self.pageLength)
        let head = try await parts.store.auditHead()
        let doubts = try await parts.store.auditDoubts(limit: 200).filter { !$0.isAccepted }
        let nodes = try await parts.store.nodes().filter { $0.state(at: call.moment) == "active" }
        var witnesses = 0
        for node in nodes {
            guard let told = node.status?.audit else { continue }
            if try await parts.store.auditHash(at: told.seq) == told.hash { witnesses += 1 }
        }
        let path = Self.path(call.query)
        var model = AuditModel(
            rows: shown.map { row($0, call.whole) }, filter: asked.filter, words: AuditWord.allCases.map(\.rawValue),
            headSeq: head.seq, headHash: head.hash.hex, witnesses: witnesses, nodes: nodes.count,
            doubts: doubts.map { doubt in
                AuditModel.Doubt(
                    unit: doubt.unit, node: doubt.node, at: doubt.notedAt, seq: doubt.witness.seq, isCut: doubt.isCut)
            })
        if found.count > shown.count, let last = shown.last { model.older = path + "sebelum=\(last.seq)" }
        if query.before != nil { model.newest = String(path.dropLast()) }
        if let check = try await parts.store.lastAuditCheck() {
            model.check = (at: check.at, seq: check.head.seq, firstBad: check.firstBad)
        }
        return PageAnswers.html(parts.pages.auditPage(model, call.frame))
    }

    // MARK: What is asked

    private func filter(_ call: PageCall) -> (filter: AuditModel.Filter, query: AuditQuery) {
        var filter = AuditModel.Filter()
        var query = AuditQuery()
        func text(_ name: String) -> String {
            String((call.query[name] ?? "").trimmingCharacters(in: .whitespaces).prefix(200))
        }
        filter.by = text("oleh")
        if !filter.by.isEmpty { query.by = filter.by }
        filter.what = text("apa")
        if AuditWord(rawValue: filter.what) != nil { query.what = [filter.what] } else { filter.what = "" }
        filter.object = text("tentang")
        if !filter.object.isEmpty {
            query.object = Self.object(filter.object, call.whole)
            if query.object == nil { filter.problem = "Tidak ada NIP atau unit seperti ini." }
        }
        filter.from = text("dari")
        filter.to = text("sampai")
        let zone = parts.settings.value.zone
        if let from = CivilDate(text: filter.from) { query.from = Self.midnight(from, zone) } else { filter.from = "" }
        if let to = CivilDate(text: filter.to) {
            query.until = Self.midnight(CivilDate(dayNumber: to.dayNumber + 1), zone)
        } else {
            filter.to = ""
        }
        return (filter, query)
    }

    /// Kind and id as they stand, a number of an employee, the name of a unit, or one of an account.
    private static func object(_ text: String, _ source: RecapSource) -> String? {
        if text.contains(":") { return text }
        if let employee = source.employee(text) { return "employee:\(employee.id)" }
        if let unit = source.unit(named: text) { return "unit:\(unit.id)" }
        return AccountName.isValid(text) && !text.allSatisfy(\.isNumber) ? "account:\(text)" : nil
    }

    private static func midnight(_ date: CivilDate, _ zone: TimeZone) -> Date {
        let guess = Moment(date, minute: 0, offset: 0).date
        return Moment(date, minute: 0, offset: zone.secondsFromGMT(for: guess)).date
    }

    /// The present question, to be gone on with.
    private static func path(_ query: [String: String]) -> String {
        var components = URLComponents()
        components.queryItems = ["oleh", "apa", "tentang", "dari", "sampai"].compactMap { name in
            query[name].flatMap { $0.isEmpty ? nil : URLQueryItem(name: name, value: String($0.prefix(200))) }
        }
        let asked = (components.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        return "/audit?" + (asked.isEmpty ? "" : asked + "&")
    }

    // MARK: What is shown

    private func row(_ note: AuditNote, _ source: RecapSource) -> AuditModel.Row {
        AuditModel.Row(
            seq: note.seq, at: note.at, by: note.by.name, role: note.by.role, address: note.by.address,
            what: note.what, about: Self.about(note.object, source), object: note.object, detail: note.detail)
    }

    /// As people call it.
    private static func about(_ object: String, _ source: RecapSource) -> String {
        let parts = object.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return object }
        switch (parts[0], Int64(parts[1])) {
        case ("employee", let id?): return source.employee(id: id)?.name ?? "pegawai \(id)"
        case ("unit", let id?): return source.tree[id]?.name ?? "unit \(id)"
        case ("account", _): return "akun \(parts[1])"
        case ("node", _): return "komputer absen \(parts[1])"
        case ("device", _): return "mesin absen \(parts[1])"
        case ("token", _): return "token \(parts[1])"
        case ("order", _): return "perintah \(parts[1])"
        case ("code", _): return "kode \(parts[1])"
        case ("date", _): return "tanggal \(parts[1])"
        case ("group", _): return "kelompok \(parts[1])"
        default: return object
        }
    }
}
