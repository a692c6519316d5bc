import Attendance
import AttendanceRules
import CentralStore

/// A user id that devices know, and whose it is by the links there are.
package struct LinkedUserID: Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// Scans are kept and count for nobody.
        case unknown
        case linked
        /// Links give it to different people in the same days: it counts for nobody there.
        case claimed
    }

    package let seen: SeenUserID
    package let unit: String
    package let state: State
    package let links: [IdentityLink]

    /// - Parameter below: only devices of this unit and those below it; `nil` for all.
    package static func all(_ seen: [SeenUserID], _ people: People, below: OrgUnit? = nil) -> [LinkedUserID] {
        let within = below.map { UnitTree(people.units).subtree(of: $0.id) }
        let names = Dictionary(people.units.map { ($0.id, $0.name) }) { first, _ in first }
        let links = Dictionary(grouping: people.links, by: \.userID)
        return (seen + unseen(seen, people)).compactMap { seen in
            if let within, !within.contains(seen.unit) { return nil }
            let own = (links[seen.userID] ?? []).filter {
                $0.scope == .unit(seen.unit) || $0.scope == .device(seen.serial)
            }
            let isClaimed = own.contains { one in
                own.contains { $0.employee != one.employee && $0.span.overlaps(one.span) }
            }
            return LinkedUserID(
                seen: seen, unit: names[seen.unit] ?? "",
                state: own.isEmpty ? .unknown : isClaimed ? .claimed : .linked,
                links: own)
        }
    }

    /// What links name and no device has told of yet: a link of a whole unit stands under `-`.
    private static func unseen(_ seen: [SeenUserID], _ people: People) -> [SeenUserID] {
        let units = Dictionary(people.devices.map { ($0.serial, $0.unit) }) { first, _ in first }
        let devices = Set(seen.map { Place(scope: .device($0.serial), userID: $0.userID) })
        let all = devices.union(seen.map { Place(scope: .unit($0.unit), userID: $0.userID) })
        var found: Set<Place> = []
        return people.links.compactMap { link in
            let place = Place(scope: link.scope, userID: link.userID)
            guard !all.contains(place), found.insert(place).inserted else { return nil }
            let (serial, unit): (String, Int64) =
                switch link.scope {
                case .unit(let unit): ("-", unit)
                case .device(let serial): (serial, units[serial] ?? 0)
                }
            return SeenUserID(
                serial: serial, unit: unit, userID: link.userID, deviceName: nil, first: nil, last: nil, scans: 0)
        }
    }

    private struct Place: Hashable {
        let scope: IdentityLink.Scope
        let userID: UserID
    }
}

/// Whose a user id may be, by what the device calls it. A hint for a person, never a link.
package struct LinkProposal: Equatable, Sendable {
    package enum Certainty: String, Sendable, CaseIterable {
        /// The whole name, and nobody else's.
        case exact
        case likely
        /// Several people fit, or one person fits several user ids.
        case ambiguous
        case none
    }

    package struct Candidate: Equatable, Sendable {
        package let employee: Employee
        /// Of 100.
        package let score: Int
        /// Indonesian.
        package let reason: String
    }

    package let seen: SeenUserID
    package let unit: String
    package let certainty: Certainty
    /// Best first; at most five.
    package let candidates: [Candidate]

    /// The day before which nothing was scanned, or on which the person began.
    package var from: CivilDate? {
        guard let began = candidates.first?.employee.employments.first?.span.from else { return nil }
        let scanned = seen.first.flatMap { CivilDate(text: String($0.prefix(10))) }
        return max(began, scanned ?? began)
    }

    /// For every user id without a link.
    package static func all(_ seen: [SeenUserID], _ people: People, below: OrgUnit? = nil) -> [LinkProposal] {
        let tree = UnitTree(people.units)
        var staff: [Int64: [NamedEmployee]] = [:]
        let named = people.employees.compactMap(NamedEmployee.init)
        let unknown = LinkedUserID.all(seen, people, below: below).filter {
            $0.state == .unknown && !$0.seen.userID.isNobody
        }
        let linked = Set(people.links.map { LinkedPlace(scope: $0.scope, employee: $0.employee) })
        let found = unknown.map { id in
            if staff[id.seen.unit] == nil {
                let within = tree.subtree(of: id.seen.unit)
                staff[id.seen.unit] = named.filter { within.contains($0.unit) }
            }
            let candidates = (staff[id.seen.unit] ?? []).compactMap { $0.candidate(id.seen) }
                .sorted { ($1.score, $0.employee.id) < ($0.score, $1.employee.id) }
            return (id: id, candidates: Array(candidates.prefix(5)))
        }
        var wanted: [LinkedPlace: Int] = [:]
        for (id, candidates) in found {
            guard let best = candidates.first else { continue }
            wanted[LinkedPlace(scope: .device(id.seen.serial), employee: best.employee.id), default: 0] += 1
        }
        return found.map { id, candidates in
            LinkProposal(
                seen: id.seen, unit: id.unit, certainty: certainty(id.seen, candidates, wanted, linked),
                candidates: candidates)
        }
    }

    private struct LinkedPlace: Hashable {
        let scope: IdentityLink.Scope
        let employee: Int64
    }

    private static func certainty(
        _ seen: SeenUserID, _ candidates: [Candidate], _ wanted: [LinkedPlace: Int], _ linked: Set<LinkedPlace>
    ) -> Certainty {
        guard let best = candidates.first else { return .none }
        let here = LinkedPlace(scope: .device(seen.serial), employee: best.employee.id)
        let inUnit = LinkedPlace(scope: .unit(seen.unit), employee: best.employee.id)
        let isRepeated = wanted[here, default: 0] > 1 || linked.contains(here) || linked.contains(inUnit)
        let hasRival = candidates.dropFirst().first.map { best.score - $0.score < 10 } ?? false
        if isRepeated || hasRival { return .ambiguous }
        return best.score >= 100 ? .exact : .likely
    }
}

/// An employee with a present place, and the name as devices may have it.
private struct NamedEmployee {
    let employee: Employee
    let unit: Int64
    private let words: [String]
    private let folded: String

    init?(_ employee: Employee) {
        guard let place = employee.placements.last, place.span.to == nil else { return nil }
        self.employee = employee
        unit = place.unit
        words = Self.words(employee.name)
        folded = words.joined()
    }

    /// Without titles: what stands behind a comma, and words before the name that end in a dot (dr., Drs., H.).
    private static func words(_ name: String) -> [String] {
        let plain = name.split(separator: ",").first ?? ""
        let words = plain.split(whereSeparator: \.isWhitespace)
        let begin = words.firstIndex { !$0.hasSuffix(".") || $0.count > 5 } ?? words.startIndex
        return words[begin...].map { ImportText.folded(String($0)) }.filter { !$0.isEmpty }
    }

    func candidate(_ seen: SeenUserID) -> LinkProposal.Candidate? {
        var score = 0
        var reasons: [String] = []
        let shown = seen.deviceName.map(Self.words) ?? []
        let name = shown.joined()
        if !name.isEmpty {
            if name == folded {
                score = 100
                reasons.append("nama sama")
            } else if name.count >= 6, folded.hasPrefix(name) {
                score = 80
                reasons.append("nama terpotong")
            } else if isShortened(shown) {
                score = 70
                reasons.append("nama disingkat")
            }
        }
        let pin = seen.userID.text
        if (4...9).contains(pin.utf8.count), pin.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            employee.number.hasSuffix(pin)
        {
            score = score == 0 ? 50 : min(100, score + 15)
            reasons.append("PIN sama dengan akhir NIP")
        }
        return score == 0
            ? nil : LinkProposal.Candidate(employee: employee, score: score, reason: reasons.joined(separator: ", "))
    }

    /// `Agus S` for Agus Setiawan: as many words, the first one whole.
    private func isShortened(_ shown: [String]) -> Bool {
        shown.count > 1 && shown.count <= words.count && shown.first == words.first
            && zip(shown, words).allSatisfy { $1.hasPrefix($0) }
    }
}
