import CentralStore
import Foundation
import Glibc

/// What an operator asks about people, hours and what persons attest.
package enum AttendanceRequest: Codable, Equatable, Sendable {
    /// - revision: of the `People` the changes were planned on.
    case people([PeopleChange], revision: Int64?)
    case hours([HoursChange])
    case attest([NewAttestation])
    case withdraw(attestation: Int64, reason: String)
}

package enum AttendanceAnswer: Codable, Equatable, Sendable {
    case done
    case attested(ids: [Int64])
    /// - change: its place among those asked for.
    case refused(change: Int?, text: String)
}

extension Administration {
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
            }
        } catch let refusal as ChangeRefusal {
            return .refused(change: refusal.index, text: "\(refusal.reason)")
        }
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
