import Attendance
import AttendanceRules
import Foundation

/// Who did something, as it is kept beside what was done.
package struct Actor: Equatable, Sendable, Codable {
    /// An account, a token's label, or a user of the server's machine.
    package let name: String
    package let role: String
    /// Where it came from, for the audit log, as far as it is believed; empty for this machine.
    package let address: String

    package init(name: String, role: String, address: String = "") {
        self.name = name
        self.role = role
        self.address = address
    }

    /// What the centre does of itself.
    package static let centre = Actor(name: "hadir-central", role: "system")
}

package enum UnitKind: String, Sendable, Codable, CaseIterable {
    case pemda, opd, bagian, kecamatan, kelurahan, uptd, puskesmas, sekolah, lainnya
}

/// An organisational unit; units form a tree.
package struct OrgUnit: Equatable, Sendable {
    package let id: Int64
    package let name: String
    /// Of budget systems; free text, unique where given (domain, section 7).
    package let code: String?
    package let kind: UnitKind
    package let parent: Int64?
    /// IANA name; `nil` takes the parent's, and at the root the government's.
    package let timezone: String?

    package init(id: Int64, name: String, code: String?, kind: UnitKind, parent: Int64?, timezone: String?) {
        self.id = id
        self.name = name
        self.code = code
        self.kind = kind
        self.parent = parent
        self.timezone = timezone
    }
}

/// Who leads a unit, and as what.
package struct UnitHead: Equatable, Sendable {
    package enum Capacity: String, Sendable, Codable, CaseIterable {
        case definitif
        /// Acts where the post is vacant.
        case plt
        /// Acts while the holder is away.
        case plh
    }

    package let unit: Int64
    package let employee: Int64
    package let capacity: Capacity
    package let span: DateSpan
    package let document: String

    package init(unit: Int64, employee: Int64, capacity: Capacity, span: DateSpan, document: String) {
        self.unit = unit
        self.employee = employee
        self.capacity = capacity
        self.span = span
        self.document = document
    }
}

/// A person at the centre, under an id of its own: a NIP changes when a PPPK becomes a PNS (domain, section 5).
package struct Employee: Equatable, Sendable {
    package let id: Int64
    package let name: String
    /// In the order of their dates, apart from each other.
    package let employments: [Employment]
    package let placements: [Placement]

    package init(id: Int64, name: String, employments: [Employment], placements: [Placement]) {
        self.id = id
        self.name = name
        self.employments = employments
        self.placements = placements
    }

    package func employment(on date: CivilDate) -> Employment? { employments.first { $0.span.contains(date) } }
    package func placement(on date: CivilDate) -> Placement? { placements.first { $0.span.contains(date) } }
    /// The newest number: what the person is called by.
    package var number: String { employments.last?.number ?? "" }
}

package struct Employment: Equatable, Sendable {
    /// NIP, NI PPPK, or a number of the government's own; text, and one person's for good.
    package let number: String
    package let kind: EmployeeKind
    package let span: DateSpan

    package init(number: String, kind: EmployeeKind, span: DateSpan) {
        self.number = number
        self.kind = kind
        self.span = span
    }
}

package struct Placement: Equatable, Sendable {
    package let unit: Int64
    package let post: String
    package let superior: Int64?
    /// Of the schedule: `group` of `GroupSchedule`.
    package let group: String
    package let span: DateSpan

    package init(unit: Int64, post: String, superior: Int64?, group: String, span: DateSpan) {
        self.unit = unit
        self.post = post
        self.superior = superior
        self.group = group
        self.span = span
    }
}

/// Whose a user id is: on one device, or on every device of one unit (not of units below it).
package struct IdentityLink: Equatable, Sendable {
    package enum Scope: Hashable, Sendable, Codable {
        case unit(Int64)
        /// A device's serial.
        case device(String)
    }

    package let id: Int64
    package let scope: Scope
    package let userID: UserID
    package let employee: Int64
    package let span: DateSpan

    package init(id: Int64, scope: Scope, userID: UserID, employee: Int64, span: DateSpan) {
        self.id = id
        self.scope = scope
        self.userID = userID
        self.employee = employee
        self.span = span
    }
}

/// A device, and when a scan on it could have been expected at all.
package struct ServedDevice: Equatable, Sendable {
    package let serial: String
    package let unit: Int64
    /// The IANA zone its clock is set to now; `nil` before its first `device` entry.
    package let timezone: String?
    /// From its first coverage or claim, or as a person said; `to` only as a person said.
    package let service: DateSpan

    package init(serial: String, unit: Int64, timezone: String?, service: DateSpan) {
        self.serial = serial
        self.unit = unit
        self.timezone = timezone
        self.service = service
    }
}

/// Everybody and everything that has a place in the government, at one moment.
package struct People: Equatable, Sendable {
    /// Grows with every change: what was planned on an earlier one is not applied.
    package let revision: Int64
    package let units: [OrgUnit]
    package let heads: [UnitHead]
    package let employees: [Employee]
    package let links: [IdentityLink]
    package let devices: [ServedDevice]

    package init(
        revision: Int64, units: [OrgUnit], heads: [UnitHead], employees: [Employee], links: [IdentityLink],
        devices: [ServedDevice]
    ) {
        self.revision = revision
        self.units = units
        self.heads = heads
        self.employees = employees
        self.links = links
        self.devices = devices
    }
}

/// One thing to change. Units are named by name, people by a number they have or had, so that a file can say it.
package enum PeopleChange: Equatable, Sendable, Codable {
    /// Makes the unit or gives it these facts. A parent has come before.
    case unit(name: String, code: String?, kind: UnitKind, parent: String?, timezone: String?)
    /// A later head of the same capacity ends the one before on the day before.
    case head(unit: String, number: String, capacity: UnitHead.Capacity, span: DateSpan, document: String)
    /// Makes the employee who has the number, or gives a new name; kind and date count only where they are made.
    case employee(number: String, kind: EmployeeKind, name: String, from: CivilDate)
    /// The same person under another number or kind from a date on; the one before ends on the day before. Where
    /// another one follows already, this one ends on the day before it.
    case employment(number: String, newNumber: String, kind: EmployeeKind, from: CivilDate)
    /// The last day of work: ends number and placement. Links stay: scans of whoever is not employed count for nobody.
    case leaves(number: String, last: CivilDate)
    /// A place from a date on; the one before ends on the day before. On the same date it is replaced. Where another
    /// one follows already, this one ends on the day before it; where the person is in that very place, nothing changes.
    case placement(number: String, unit: String, post: String, superior: String?, group: String, from: CivilDate)
    /// A link of the same person and scope that touches these days takes them in.
    case link(IdentityLink.Scope, UserID, number: String, span: DateSpan, document: String)
    /// Ends a link with this last day, or earlier than it ended; before its first day it never was.
    case endLink(id: Int64, last: CivilDate)
    /// When scans could be expected of a device.
    case service(serial: String, span: DateSpan, document: String)
}

/// Why nothing was changed.
package struct ChangeRefusal: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// Somebody else changed something since the plan was made.
        case changedMeanwhile
        case unknownUnit(String)
        case unknownEmployee(String)
        case unknownDevice(String)
        case unknownLink(Int64)
        /// No scan came from a file with this SHA-256.
        case unknownFile(String)
        /// The unit would be above itself.
        case circle(unit: String)
        case codeTaken(String)
        /// The number is another person's.
        case numberTaken(String)
        /// The user id is linked to another person in these days.
        case claimed(userID: String, by: String, span: DateSpan)
        /// The employee has leave already in some of these days: which one, and when.
        case leaveOverlaps(id: Int64, span: DateSpan)
        /// A text that is empty, too long, or has control characters; a span without days.
        case malformed(String)
    }

    /// Of the change, in the order given; `nil` for all.
    package let index: Int?
    package let reason: Reason

    package init(index: Int?, reason: Reason) {
        self.index = index
        self.reason = reason
    }
}

/// A user id that scans or a device's user list have, and whose it is.
package struct SeenUserID: Equatable, Sendable {
    package let serial: String
    package let unit: Int64
    package let userID: UserID
    /// As the device has it: up to 24 bytes, typed by anybody. A hint, never an identity.
    package let deviceName: String?
    /// Device times of the first and last punch, and how many; unconfirmed ones included.
    package let first: String?
    package let last: String?
    package let scans: Int

    package init(
        serial: String, unit: Int64, userID: UserID, deviceName: String?, first: String?, last: String?, scans: Int
    ) {
        self.serial = serial
        self.unit = unit
        self.userID = userID
        self.deviceName = deviceName
        self.first = first
        self.last = last
        self.scans = scans
    }
}

/// People, units, and whose which user id is; a part of `CentralStore`.
package protocol PeopleStore: Sendable {
    func people() async throws -> People

    /// Of what `people()` would give now; cheap.
    func peopleRevision() async throws -> Int64

    /// All changes or none, in one transaction, in this order; with each, what must be computed again is queued and an
    /// act is kept.
    ///
    /// - Parameter revision: of the `People` the changes were planned on; `nil` takes the present one.
    /// - Throws: `ChangeRefusal`.
    func change(people changes: [PeopleChange], revision: Int64?, by actor: Actor, at moment: Date) async throws

    /// Every user id known of any device, linked or not, by unit, serial and user id.
    func seenUserIDs() async throws -> [SeenUserID]
}
