import Attendance
import AttendanceRules
import CentralStore

/// Whose each user id is, and whose it would be: two people never have one at a time.
struct LinkClaims {
    enum Owner: Hashable {
        case known(Int64)
        /// By number, of somebody the same list makes.
        case new(String)
    }

    struct Claim {
        let scope: IdentityLink.Scope
        let userID: UserID
        let owner: Owner
        let span: DateSpan
        /// `nil` where the centre has it already.
        let line: Int?
    }

    enum Verdict: Equatable {
        case new
        /// There is such a link already.
        case known
        case claimed(String)
    }

    private let people: People
    private let unitOfDevice: [String: Int64]
    private let names: [Int64: String]
    /// By the unit the claim is for or the device stands in, and user id.
    private var claims: [Key: [Claim]] = [:]

    private struct Key: Hashable {
        let unit: Int64?
        let userID: UserID
    }

    init(_ people: People) {
        self.people = people
        unitOfDevice = Dictionary(people.devices.map { ($0.serial, $0.unit) }) { first, _ in first }
        names = Dictionary(people.employees.map { ($0.id, $0.name) }) { first, _ in first }
        for link in people.links {
            let claim = Claim(
                scope: link.scope, userID: link.userID, owner: .known(link.employee), span: link.span, line: nil)
            claims[key(claim), default: []].append(claim)
        }
    }

    /// Notes the claim where nobody else has the user id in its days.
    mutating func add(_ claim: Claim) -> Verdict {
        let key = key(claim)
        for other in claims[key] ?? [] where meet(claim, other) && other.span.overlaps(claim.span) {
            if other.owner != claim.owner { return .claimed(text(other, claim)) }
            if other.scope == claim.scope, other.span.from <= claim.span.from, endsLater(other.span, claim.span) {
                return .known
            }
        }
        claims[key, default: []].append(claim)
        return .new
    }

    /// What is wrong with a user id in a list.
    static func problem(_ pin: String) -> String? {
        let id = UserID(pin)
        let looksDamaged = pin.utf8.count > 24 || pin.contains { !$0.isASCII || $0 == "+" || $0 == "," }
        if id.isNobody { return "PIN kosong atau 0 tidak menunjuk siapa pun; isi PIN di mesin absen" }
        return looksDamaged ? "bukan PIN mesin absen (1 sampai 24 huruf atau angka); format kolom sebagai teks" : nil
    }

    private func key(_ claim: Claim) -> Key {
        switch claim.scope {
        case .unit(let unit): Key(unit: unit, userID: claim.userID)
        case .device(let serial): Key(unit: unitOfDevice[serial], userID: claim.userID)
        }
    }

    /// Whether one scan could be both's: a unit link counts on every device of its unit.
    private func meet(_ one: Claim, _ other: Claim) -> Bool {
        switch (one.scope, other.scope) {
        case (.device(let first), .device(let second)): first == second
        default: true
        }
    }

    private func endsLater(_ span: DateSpan, _ other: DateSpan) -> Bool {
        guard let to = span.to else { return true }
        return other.to.map { $0 <= to } ?? false
    }

    private func text(_ other: Claim, _ claim: Claim) -> String {
        let who =
            switch other.owner {
            case .known(let id): names[id] ?? "orang lain"
            case .new(let number): "NIP \(number)"
            }
        let place = other.line.map { " (baris \($0))" } ?? ""
        let until = other.span.to.map { " sampai \($0)" } ?? ""
        return
            "PIN \(ImportText.shown(claim.userID.text)) sudah milik \(who)\(place) sejak \(other.span.from)\(until); "
            + "akhiri tautan itu dulu, atau perbaiki PIN"
    }
}
