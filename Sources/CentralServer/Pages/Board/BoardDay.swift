import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// People of one unit itself, today.
struct UnitSums: Equatable, Sendable {
    var counts = StandingCounts()
    /// By quarter of an hour from midnight.
    var arrivals: [Int: Arrivals] = [:]

    struct Arrivals: Equatable, Sendable {
        var present = 0
        var late = 0
    }

    static func += (left: inout Self, right: Self) {
        left.counts += right.counts
        for (quarter, number) in right.arrivals {
            left.arrivals[quarter, default: Arrivals()].present += number.present
            left.arrivals[quarter, default: Arrivals()].late += number.late
        }
    }
}

/// Everybody who is employed and has a place on one date, each with a standing, and the sums of units.
///
/// Sums follow by differences; `recounted` makes them anew, for whoever doubts.
struct BoardDay: Sendable {
    struct Member: Sendable {
        let expectation: DayExpectation
        /// Its place among the lists of devices.
        fileprivate let devices: Int
        fileprivate(set) var workday: Workday?
        fileprivate(set) var standing: Standing
    }

    let date: CivilDate
    let expectations: DayExpectations
    private(set) var members: [Member] = []
    private(set) var sums: [Int64: UnitSums] = [:]
    /// Places in `members` of the people of a unit itself.
    private(set) var places: [Int64: [Int]] = [:]
    /// Serials that could show anybody of a unit itself; empty where nothing could.
    private(set) var devices: [Int64: Set<String>] = [:]
    private var byEmployee: [Int64: Int] = [:]
    /// Lists of devices that people have in common, and whether all of each are heard.
    private var lists: [[String]] = []
    private var isHeard: [Bool] = []
    private var moment = Moment(seconds: .min)

    /// Nobody is heard, and nothing is known.
    init(_ expectations: DayExpectations) {
        self.expectations = expectations
        date = expectations.date
        var known: [[String]: Int] = [:]
        for expectation in expectations.people {
            let list = known[expectation.devices] ?? lists.count
            if list == lists.count {
                known[expectation.devices] = list
                lists.append(expectation.devices)
            }
            byEmployee[expectation.employee] = members.count
            places[expectation.unit, default: []].append(members.count)
            members.append(Member(expectation: expectation, devices: list, workday: nil, standing: .unsynced))
            devices[expectation.unit, default: []].formUnion(expectation.devices)
            sums[expectation.unit, default: UnitSums()].counts.add(.unsynced)
        }
        isHeard = [Bool](repeating: false, count: lists.count)
    }

    var employees: [Int64] { expectations.people.map(\.employee) }

    func workday(of employee: Int64) -> Workday? { byEmployee[employee].flatMap { members[$0].workday } }

    func contains(_ employee: Int64) -> Bool { byEmployee[employee] != nil }

    /// Takes the workdays of these people as they are stored now; whoever is asked and has none loses it.
    ///
    /// - Returns: whether anything is another.
    mutating func take(_ stored: [StoredWorkday], of asked: some Sequence<Int64>) -> Bool {
        let byID = Dictionary(stored.filter { $0.workday.date == date }.map { ($0.employee, $0.workday) }) { $1 }
        var isChanged = false
        for employee in asked {
            guard let place = byEmployee[employee] else { continue }
            let workday = byID[employee]
            guard members[place].workday != workday else { continue }
            isChanged = true
            change(place) { $0.workday = workday }
            judge(place)
        }
        return isChanged
    }

    /// Where everybody stands at a moment.
    ///
    /// - Returns: whether anything is another.
    mutating func judge(_ hearing: Hearing, at now: Date) -> Bool {
        moment = Moment(seconds: Int64(now.timeIntervalSince1970.rounded(.down)))
        isHeard = lists.map(hearing.isHeard(all:))
        var isChanged = false
        for place in members.indices where judge(place) { isChanged = true }
        return isChanged
    }

    @discardableResult
    private mutating func judge(_ place: Int) -> Bool {
        let standing = standing(of: members[place])
        guard members[place].standing != standing else { return false }
        change(place) { $0.standing = standing }
        return true
    }

    private func standing(of member: Member) -> Standing {
        .today(
            member.workday, hasBegun: member.expectation.begins.map { $0 <= moment } ?? true,
            isHeard: isHeard[member.devices])
    }

    private mutating func change(_ place: Int, _ work: (inout Member) -> Void) {
        let unit = members[place].expectation.unit
        sums[unit]?.count(members[place], -1)
        work(&members[place])
        sums[unit]?.count(members[place], 1)
    }

    /// The sums, each person counted once more.
    var recounted: [Int64: UnitSums] {
        var sums: [Int64: UnitSums] = [:]
        for member in members {
            sums[member.expectation.unit, default: UnitSums()].count(member, 1)
        }
        return sums
    }
}

extension BoardDay.Member {
    /// As judged, or from the beginning of the hours where that waits for coverage.
    var minutesLate: Int {
        guard standing == .late, let arrival = workday?.arrival else { return 0 }
        guard arrival.state == .undecided, let at = arrival.at, let begins = expectation.begins else {
            return arrival.minutes
        }
        return Int(max(0, at.seconds - begins.seconds) / 60)
    }

    /// The quarter of an hour of the first arrival; one of the evening before is of the first, one of the next
    /// morning of the last.
    fileprivate var arrived: (quarter: Int, isLate: Bool)? {
        guard standing.isThere, let workday, let at = workday.arrival.at else { return nil }
        let second = at.seconds - Moment(workday.date, minute: 0, offset: expectation.offset).seconds
        return (Int(min(max(second / 900, 0), 95)), standing == .late)
    }
}

extension UnitSums {
    fileprivate mutating func count(_ member: BoardDay.Member, _ number: Int) {
        counts.add(member.standing, number)
        guard let (quarter, isLate) = member.arrived else { return }
        var sum = arrivals[quarter] ?? Arrivals()
        if isLate { sum.late += number } else { sum.present += number }
        arrivals[quarter] = sum == Arrivals() ? nil : sum
    }
}
