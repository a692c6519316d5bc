import Attendance
import AttendanceRules
import CentralStore
import Foundation

/// Puts together what decides the days of a group of employees, from one reading of the store.
struct EvidenceMaker {
    private let directory: Directory
    private let book: HoursBook
    private let dates: ClosedRange<CivilDate>
    private var scans: [Int64: [Scan]] = [:]
    /// Scans of the morning after a link's last day: of the night that began on that day, and of no other.
    private var mornings: [PunchKey: CivilDate] = [:]
    private var leave: [Int64: [ApprovedLeave]] = [:]
    private var corrections: [EmployeeDate: [Correction]] = [:]
    private var sheets: [EmployeeDate: [SheetLine]] = [:]
    private var roster: [EmployeeDate: RosterDay] = [:]
    private let records: [DeviceSerial: DeviceRecord]
    private var clipped: [DeviceDate: DeviceRecord] = [:]
    private var plans: [GroupDate: DayPlan] = [:]
    private var serving: [UnitDate: [DeviceSerial]] = [:]
    private var offsets: [UnitDate: Int] = [:]

    private struct EmployeeDate: Hashable {
        let employee: Int64
        let date: CivilDate
    }

    private struct DeviceDate: Hashable {
        let serial: DeviceSerial
        let date: CivilDate
    }

    private struct GroupDate: Hashable {
        let group: String
        let date: CivilDate
    }

    private struct UnitDate: Hashable {
        let unit: Int64?
        let date: CivilDate
    }

    init(_ directory: Directory, _ book: HoursBook, dates: ClosedRange<CivilDate>, _ material: WorkdayMaterial) {
        self.directory = directory
        self.book = book
        self.dates = dates
        var records: [DeviceSerial: DeviceRecord] = [:]
        for (serial, record) in material.records {
            if let serial = DeviceSerial(serial) { records[serial] = record }
        }
        self.records = records
        take(material.scans)
        for attestation in material.attestations { take(attestation) }
        for day in material.roster { roster[EmployeeDate(employee: day.employee, date: day.date)] = day }
    }

    private struct SerialUser: Hashable {
        let serial: DeviceSerial
        let user: UserID
    }

    private mutating func take(_ raw: [RawScan]) {
        // Scans come device by device: a serial is read once for all of a device.
        var last: (text: String, serial: DeviceSerial?) = ("", nil)
        let groups = Dictionary(grouping: raw) { scan in
            if last.text != scan.serial { last = (scan.serial, DeviceSerial(scan.serial)) }
            return last.serial.map { SerialUser(serial: $0, user: scan.userID) }
        }
        for (key, own) in groups {
            guard let key, let device = directory.devices[key.serial] else { continue }
            let links = directory.links(for: key.user, on: key.serial)
            guard !links.isEmpty else { continue }
            for scan in own {
                let date = scan.scan.at.date(offset: offset(of: device.unit, on: scan.scan.at.date(offset: 0)))
                guard let owner = Directory.owner(links, on: date) else { continue }
                scans[owner, default: []].append(scan.scan)
                if !links.contains(where: { $0.employee == owner && $0.span.contains(date) }) {
                    mornings[scan.scan.key] = date.adding(days: -1)
                }
            }
        }
        for employee in scans.keys {
            // By key where two are of one second: the order of arrival decides nothing.
            scans[employee]?.sort { left, right in
                left.at == right.at
                    ? left.key.bytes.lexicographicallyPrecedes(right.key.bytes) : left.at < right.at
            }
        }
    }

    private mutating func take(_ attestation: Attestation) {
        switch attestation.content {
        case .leave(let employee, let kind, let span):
            leave[employee, default: []].append(
                ApprovedLeave(id: attestation.id, kind: kind, span: span, document: attestation.document))
        case .correction(let employee, let date, let kind):
            corrections[EmployeeDate(employee: employee, date: date), default: []].append(
                Correction(id: attestation.id, kind: kind, document: attestation.document))
        case .sheet(_, let date, let lines):
            for line in lines {
                sheets[EmployeeDate(employee: line.employee, date: date), default: []].append(
                    SheetLine(
                        sheet: attestation.id, arrival: line.arrival, departure: line.departure,
                        document: attestation.document))
            }
        case .coverage, .file: break
        }
    }

    // MARK: One day

    /// `nil` for a date on which the employee is not employed.
    mutating func evidence(of employee: Employee, on date: CivilDate) -> WorkdayEvidence? {
        guard let employment = employee.employment(on: date) else { return nil }
        let placement = employee.placement(on: date)
        let links = directory.links(of: employee.id).filter { $0.span.contains(date) }
        let offset = offset(of: placement?.unit, on: date)
        var serials = placement.map { servingDevices(of: $0.unit, on: date) } ?? []
        var reached: [DeviceSerial: [DeviceRecord.Gap]] = [:]
        for link in links {
            for device in directory.devices(of: link, on: date) {
                guard let serial = DeviceSerial(device.serial) else { continue }
                reached[serial, default: []] += disputes(link, on: serial, of: device.unit, around: date)
                if !serials.contains(serial) { serials.append(serial) }
            }
        }
        let day = EmployeeDate(employee: employee.id, date: date)
        return WorkdayEvidence(
            date: date, offset: offset, plan: plan(of: employee, on: date),
            before: plan(of: employee, on: date.adding(days: -1)), after: plan(of: employee, on: date.adding(days: 1)),
            kind: employment.kind, scans: scans(of: employee.id, around: date, offset: offset),
            records: serials.map { serial in
                reached[serial].map { record(of: serial, around: date).without($0) } ?? unlinked(serial, around: date)
            },
            isLinked: !links.isEmpty,
            leave: (leave[employee.id] ?? []).filter { $0.span.contains(date) }, corrections: corrections[day] ?? [],
            sheets: sheets[day] ?? [])
    }

    private mutating func plan(of employee: Employee, on date: CivilDate) -> DayPlan {
        guard employee.employment(on: date) != nil else { return .notEmployed }
        guard let placement = employee.placement(on: date) else { return .none }
        if let rostered = roster[EmployeeDate(employee: employee.id, date: date)] {
            return book.plan(group: placement.group, on: date, roster: rostered)
        }
        let key = GroupDate(group: placement.group, date: date)
        if let known = plans[key] { return known }
        let plan = book.plan(group: placement.group, on: date, roster: nil)
        plans[key] = plan
        return plan
    }

    private mutating func servingDevices(of unit: Int64, on date: CivilDate) -> [DeviceSerial] {
        let key = UnitDate(unit: unit, date: date)
        if let known = serving[key] { return known }
        let found = directory.servingDevices(of: unit, on: date).compactMap { DeviceSerial($0.serial) }.sorted()
        serving[key] = found
        return found
    }

    /// At noon of the date: governments with clocks that change do not do it by day.
    private mutating func offset(of unit: Int64?, on date: CivilDate) -> Int {
        let key = UnitDate(unit: unit, date: date)
        if let known = offsets[key] { return known }
        let noon = Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 43_200)
        let zone = directory.zone(of: unit)
        let found = zone.secondsFromGMT(for: noon.addingTimeInterval(-Double(zone.secondsFromGMT(for: noon))))
        offsets[key] = found
        return found
    }

    /// From the day before to the end of the day after.
    private func scans(of employee: Int64, around date: CivilDate, offset: Int) -> [Scan] {
        guard let all = scans[employee] else { return [] }
        let first = Moment(date.adding(days: -1), minute: 0, offset: offset)
        let end = Moment(date.adding(days: 2), minute: 0, offset: offset)
        return all.filter { first <= $0.at && $0.at < end && mornings[$0.key, default: date] == date }
    }

    /// The dates beside it too, in every zone.
    private static func span(around date: CivilDate) -> Range<Moment> {
        Moment(
            date.adding(days: -1), minute: 0, offset: 15 * 3600)..<Moment(
                date.adding(days: 3), minute: 0, offset: -15 * 3600)
    }

    /// Scans of somebody with no link there are an unknown user id's: such a record says nothing about the person.
    private func unlinked(_ serial: DeviceSerial, around date: CivilDate) -> DeviceRecord {
        DeviceRecord(
            serial: serial.text, complete: [],
            gaps: [DeviceRecord.Gap(span: Self.span(around: date), why: DeviceRecord.Gap.notLinked)])
    }

    /// Times at which scans of the link's user id would be somebody else's, or nobody's: of the date and, because a
    /// night ends there, of the one after.
    private mutating func disputes(
        _ link: IdentityLink, on serial: DeviceSerial, of unit: Int64, around date: CivilDate
    )
        -> [DeviceRecord.Gap]
    {
        let links = directory.links(for: link.userID, on: serial)
        guard links.contains(where: { $0.employee != link.employee }) else { return [] }
        let whole = Self.span(around: date)
        let next = date.adding(days: 1)
        let midnight = Moment(next, minute: 0, offset: offset(of: unit, on: next))
        return [(date, whole.lowerBound..<midnight), (next, midnight..<whole.upperBound)].compactMap { day, span in
            Directory.owner(links, on: day) == link.employee
                ? nil : DeviceRecord.Gap(span: span, why: DeviceRecord.Gap.disputed)
        }
    }

    private mutating func record(of serial: DeviceSerial, around date: CivilDate) -> DeviceRecord {
        let key = DeviceDate(serial: serial, date: date)
        if let known = clipped[key] { return known }
        let span = Self.span(around: date)
        let whole = records[serial]
        let record = DeviceRecord(
            serial: serial.text,
            complete: (whole?.complete ?? []).compactMap { $0.overlaps(span) ? $0.clamped(to: span) : nil },
            gaps: (whole?.gaps ?? []).filter { $0.span.overlaps(span) }.map {
                DeviceRecord.Gap(span: $0.span.clamped(to: span), why: $0.why)
            })
        clipped[key] = record
        return record
    }
}
