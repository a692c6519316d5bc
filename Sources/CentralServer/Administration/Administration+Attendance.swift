import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Glibc
import PageSupport

/// What an operator asks about people, hours and what persons attest.
package enum AttendanceRequest: Codable, Equatable, Sendable {
    /// - revision: of the `People` the changes were planned on.
    case people([PeopleChange], revision: Int64?)
    case hours([HoursChange])
    case attest([NewAttestation])
    case withdraw(attestation: Int64, reason: String)
    case recompute(RecomputeTarget, DateSpan)
    /// - month: `YYYY-MM`; of the unit and all below it.
    case close(month: String, unit: String)
}

package enum RecomputeTarget: Codable, Equatable, Sendable {
    case everyone
    case unit(String)
    case employee(number: String)
}

package enum AttendanceAnswer: Codable, Equatable, Sendable {
    case done
    case attested(ids: [Int64])
    /// The month is closed, unless there are days that are not decided.
    case closed(undecided: [UndecidedDay])
    /// - change: its place among those asked for.
    case refused(change: Int?, text: String)
}

package struct UndecidedDay: Codable, Equatable, Sendable {
    package let name: String
    package let date: CivilDate
    package let status: String
}

extension Administration {
    /// Each change has a note of its own, in one transaction with it; which list it was stands behind them, only where it
    /// was written.
    func importList(
        _ request: AttendanceRequest, _ kind: String, _ detail: String, by person: Actor
    ) async throws -> AttendanceAnswer {
        let answer = try await perform(request, by: person)
        if case .refused = answer { return answer }
        try await store.note(
            .import, object: "list:\(kind)", detail: detail, by: person, from: person.address, at: now())
        return answer
    }

    func perform(_ request: AttendanceRequest, by person: Actor) async throws -> AttendanceAnswer {
        do {
            switch request {
            case .people(let changes, let revision):
                try await store.change(people: changes, revision: revision, by: person, at: now())
                return .done
            case .hours(let changes):
                try await store.change(hours: changes, by: person, at: now())
                return .done
            case .attest(let attestations):
                return .attested(ids: try await store.add(attestations, by: person, at: now()))
            case .withdraw(let id, let reason):
                guard try await store.withdraw(attestation: id, reason: reason, by: person, at: now()) else {
                    throw CentralError(.usage, "there is no attestation \(id) that could be withdrawn")
                }
                return .done
            case .recompute(let target, let span): return try await recompute(target, span, by: person)
            case .close(let month, let unit): return try await close(month, unit, by: person)
            }
        } catch let refusal as ChangeRefusal {
            return .refused(change: refusal.index, text: "\(refusal.reason)")
        } catch let refusal as CloseRefusal {
            return .refused(change: nil, text: "\(refusal)")
        }
    }
}

extension Administration {
    private func recompute(
        _ target: RecomputeTarget, _ span: DateSpan, by person: Actor
    ) async throws -> AttendanceAnswer {
        let source = try await RecapSource(store)
        let scope: RecomputeItem.Scope =
            switch target {
            case .everyone: .everyone
            case .unit(let name): .unit(try CentralCommands.unit(name, source).id)
            case .employee(let number): .employee(try CentralCommands.employee(number, source).id)
            }
        guard span.isSane else { throw CentralError(.usage, "--from is after --to") }
        try await store.queue(
            [RecomputeItem(id: 0, scope: scope, span: span, why: .recompute)], by: person, at: now())
        return .done
    }

    private func close(_ text: String, _ unit: String, by person: Actor) async throws -> AttendanceAnswer {
        guard let month = CivilMonth(text: text) else {
            throw CentralError(.usage, "\(PageText.shown(text)): not a month such as 2026-03")
        }
        let whole = try await RecapSource(store)
        let unit = try CentralCommands.unit(unit, whole)
        let left = try await whole.close(month, of: unit, by: person, at: now())
        let names = Dictionary(whole.people.employees.map { ($0.id, $0.name) }) { first, _ in first }
        return .closed(
            undecided: left.map { day in
                UndecidedDay(
                    name: names[day.employee] ?? "", date: day.workday.date, status: day.workday.status.rawValue)
            })
    }
}

extension Actor {
    /// Somebody with a shell on the server's machine: may do what its files allow.
    package static func operatorOfMachine(_ user: uid_t) -> Actor {
        Actor(name: name(user) ?? "uid \(user)", role: "operator")
    }

    private static func name(_ user: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(user, &entry, &room, room.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return nil
        }
        return String(cString: name)
    }
}
