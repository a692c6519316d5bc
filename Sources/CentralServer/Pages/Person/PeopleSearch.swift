import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// Names, numbers and PINs of everybody, ready to be searched; made once of a `People`.
struct PeopleIndex: Sendable {
    struct Entry: Sendable {
        let employee: Employee
        /// Lower case, with a space in front: words begin behind one.
        let name: [UInt8]
        /// With the days on which it was the person's.
        let userIDs: [(text: String, scope: IdentityLink.Scope, span: DateSpan)]
    }

    let revision: Int64
    /// By name.
    let entries: [Entry]
    private let deviceUnits: [String: Int64]

    init(_ people: People) {
        revision = people.revision
        let links = Dictionary(grouping: people.links, by: \.employee)
        entries = people.employees.map { employee in
            Entry(
                employee: employee, name: Array(" \(employee.name.lowercased())".utf8),
                userIDs: (links[employee.id] ?? []).map { ($0.userID.text, $0.scope, $0.span) })
        }.sorted { ($0.name.lexicographicallyPrecedes($1.name)) }
        deviceUnits = Dictionary(people.devices.map { ($0.serial, $0.unit) }) { first, _ in first }
    }

    /// Those in the scope who fit, by name; first those with a word of the name that begins so.
    ///
    /// - Parameter text: words of a name, or digits of a NIP or PIN.
    func found(_ text: String, in scope: UnitScope) -> [Employee] {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).prefix(6).map { Array($0.utf8) }
        guard !words.isEmpty else { return entries.filter { scope.contains($0.employee) }.map(\.employee) }
        let number = String(decoding: words.joined(), as: UTF8.self)
        let isNumber = number.utf8.allSatisfy { (48...57).contains($0) }
        var first: [Employee] = []
        var rest: [Employee] = []
        for entry in entries {
            if isNumber {
                if has(entry, number: number, scope) { first.append(entry.employee) }
                continue
            }
            guard
                words.allSatisfy({ Self.contains(entry.name, $0) }) || hasUserID(entry, text, scope)
                    || hasNumber(entry, text, scope),
                scope.contains(entry.employee)
            else { continue }
            if words.allSatisfy({ Self.contains(entry.name, [32] + $0) }) {
                first.append(entry.employee)
            } else {
                rest.append(entry.employee)
            }
        }
        return first + rest
    }

    /// Only by a number and a PIN that the person had while in the scope: others tell of what is not to be seen.
    private func has(_ entry: Entry, number: String, _ scope: UnitScope) -> Bool {
        let couldBe =
            entry.employee.employments.contains { $0.number.contains(number) }
            || entry.userIDs.contains { $0.text == number }
        guard couldBe, scope.contains(entry.employee) else { return false }
        return scope.employments(of: entry.employee).contains { $0.number.contains(number) }
            || hasUserID(entry, number, scope)
    }

    /// Such as THL-000042, which whoever has no NIP has.
    private func hasNumber(_ entry: Entry, _ text: String, _ scope: UnitScope) -> Bool {
        guard text.utf8.contains(where: { (48...57).contains($0) }) else { return false }
        let wanted = text.lowercased()
        return scope.employments(of: entry.employee).contains { $0.number.lowercased().contains(wanted) }
    }

    private func hasUserID(_ entry: Entry, _ text: String, _ scope: UnitScope) -> Bool {
        entry.userIDs.contains { userID in
            guard userID.text == text else { return false }
            if scope.isGovernment { return true }
            return scope.placements(of: entry.employee).contains { $0.span.overlaps(userID.span) }
        }
    }

    private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard let first = word.first, word.count <= text.count else { return word.isEmpty }
        return text.withUnsafeBufferPointer { text in
            word.withUnsafeBufferPointer { word in
                for start in 0...(text.count - word.count) where text[start] == first {
                    if text[start..<start + word.count].elementsEqual(word) { return true }
                }
                return false
            }
        }
    }
}

/// The index of people as they are now.
actor PeopleIndexCache {
    private var known: PeopleIndex?

    func index(_ people: People) -> PeopleIndex {
        if let known, known.revision == people.revision { return known }
        let index = PeopleIndex(people)
        known = index
        return index
    }
}

extension PersonPages {
    static let rowsOfPage = 50

    /// - Parameter isTrace: rows lead to where the person's scans are.
    func search(_ call: PageCall, isTrace: Bool) async throws -> Response {
        let text = APIBody.plain(call.query["q"] ?? "", upTo: 100) ?? ""
        var scope = call.source.scope
        var unit: OrgUnit?
        if let asked = call.query["unit"], !asked.isEmpty {
            guard let id = Int64(asked), scope.contains(id), let found = call.source.tree[id] else {
                throw PageCall.absent
            }
            scope = scope.narrowed(to: UnitScope(unit: id, in: call.source.tree))
            unit = found
        }
        let path = isTrace ? "/jejak" : "/pegawai"
        // Who only wants to find a scan has no use for a list of everybody.
        let found = isTrace && text.isEmpty ? [] : await index.index(call.whole.people).found(text, in: scope)
        let pages = max(1, (found.count + Self.rowsOfPage - 1) / Self.rowsOfPage)
        let number = min(max(1, call.query["hal"].flatMap { Int($0) } ?? 1), pages)
        let rows = found.dropFirst((number - 1) * Self.rowsOfPage).prefix(Self.rowsOfPage)
        let place = PagePlace(
            area: PersonSubject.area(call), path: path, title: isTrace ? "Di mana absennya?" : "Pegawai",
            lead: unit.map { "\($0.name) dan unit di bawahnya" } ?? "Cari dengan nama, NIP, atau PIN.",
            style: "pegawai",
            neighbours: PersonSubject.peopleNeighbours(call))
        var fields = [WorkPage.Field("q", "Nama, NIP, atau PIN", text, isNeeded: isTrace, longest: 100)]
        if let unit { fields.append(WorkPage.Field("unit", "", "\(unit.id)", kind: .hidden)) }
        let form = WorkPage.Form(
            "", path: path, method: .ask, fields: fields, buttons: [WorkPage.Button("Cari")])
        let table = WorkPage.Table(
            text.isEmpty ? "Semua pegawai" : "Hasil",
            lead: "\(found.count) orang\(pages > 1 ? ", halaman \(number) dari \(pages)" : "")",
            columns: ["Nama", "NIP", "Jabatan", "Unit"], rows: rows.map { row($0, call, scope, isTrace) },
            empty: "Tidak ada pegawai yang cocok. Coba sebagian nama saja.",
            links: pageLinks(path, text, unit, number, pages))
        let isAsked = !isTrace || !text.isEmpty
        return PageAnswers.html(
            parts.pages.work(WorkPage(place, [.form(form)] + (isAsked ? [.table(table)] : [])), call.frame))
    }

    private func row(
        _ employee: Employee, _ call: PageCall, _ scope: UnitScope, _ isTrace: Bool
    ) -> [WorkPage.Cell] {
        let seen = call.source.scope.placements(of: employee)
        let place = seen.first { $0.span.contains(call.today) } ?? seen.last
        let numbers = call.source.scope.employments(of: employee)
        let number = numbers.first { $0.span.contains(call.today) } ?? numbers.last
        let isHere = place?.span.contains(call.today) ?? false
        let until = isHere ? "" : place?.span.to.map { "sampai \(PersonWords.text($0))" } ?? ""
        return [
            WorkPage.Cell(employee.name, link: "/pegawai/\(employee.id)\(isTrace ? "/jejak" : "")"),
            WorkPage.Cell(number?.number ?? "–"), WorkPage.Cell(place?.post ?? "–"),
            WorkPage.Cell(place.flatMap { call.source.tree[$0.unit]?.name } ?? "–", note: until),
        ]
    }

    private func pageLinks(
        _ path: String, _ text: String, _ unit: OrgUnit?, _ number: Int, _ pages: Int
    ) -> [WorkPage.Link] {
        func link(_ word: String, _ page: Int) -> WorkPage.Link {
            let query = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return WorkPage.Link(
                word, "\(path)?q=\(query)\(unit.map { "&unit=\($0.id)" } ?? "")&hal=\(page)")
        }
        return (number > 1 ? [link("Sebelumnya", number - 1)] : [])
            + (number < pages ? [link("Berikutnya", number + 1)] : [])
    }
}
