import AttendanceRules
import Foundation

/// Today of the government, or of one unit with all below it: what `/` and `/unit/…` show.
package struct BoardModel: Sendable {
    /// Whether what could be scanned is known at the centre.
    package struct Connection: Sendable, Equatable {
        /// Units with devices of their own that are all heard, and units with devices.
        package var connected: Int
        package var total: Int
        /// Units with people and no device that could show them: theirs come on paper.
        package var without: Int
        /// When the device that was read longest ago was read; `nil` where one never was, or there is none.
        package var oldestRead: Date?

        package init(connected: Int, total: Int, without: Int = 0, oldestRead: Date? = nil) {
            self.connected = connected
            self.total = total
            self.without = without
            self.oldestRead = oldestRead
        }
    }

    /// One unit with all below it.
    package struct Row: Sendable {
        package var unit: Int64
        package var name: String
        package var counts: StandingCounts
        package var connection: Connection
        /// People of the unit itself; of units that have others below, a row of its own in their list.
        package var isOwn: Bool

        package init(unit: Int64, name: String, counts: StandingCounts, connection: Connection, isOwn: Bool = false) {
            self.unit = unit
            self.name = name
            self.counts = counts
            self.connection = connection
            self.isOwn = isOwn
        }
    }

    package struct Device: Sendable {
        package var name: String
        package var unit: String
        /// When the centre last knew that it was read; `nil` for never.
        package var lastRead: Date?
        package var isHeard: Bool
        /// What is wrong, as nodes tell it; `nil` where nothing is.
        package var problem: String?

        package init(name: String, unit: String, lastRead: Date?, isHeard: Bool, problem: String?) {
            self.name = name
            self.unit = unit
            self.lastRead = lastRead
            self.isHeard = isHeard
            self.problem = problem
        }
    }

    /// First arrivals in a quarter of an hour.
    package struct Arrivals: Sendable {
        /// Minute of the day at which it begins.
        package var minute: Int
        package var present: Int
        package var late: Int

        package init(minute: Int, present: Int, late: Int) {
            self.minute = minute
            self.present = present
            self.late = late
        }
    }

    package struct Day: Sendable {
        package var date: CivilDate
        package var counts: StandingCounts

        package init(date: CivilDate, counts: StandingCounts) {
            self.date = date
            self.counts = counts
        }
    }

    /// One person today; only where the visitor may see people.
    package struct Person: Sendable {
        package var employee: Int64
        package var name: String
        package var post: String
        package var standing: Standing
        /// Arrival and departure, where known.
        package var arrival: Date?
        package var departure: Date?
        /// Minutes late.
        package var late: Int

        package init(
            employee: Int64, name: String, post: String, standing: Standing, arrival: Date?, departure: Date?, late: Int
        ) {
            self.employee = employee
            self.name = name
            self.post = post
            self.standing = standing
            self.arrival = arrival
            self.departure = departure
            self.late = late
        }
    }

    package var moment: Date
    package var date: CivilDate
    /// `nil` for the whole government.
    package var unit: Int64?
    package var name: String
    /// Units above that the visitor may see, from the top.
    package var above: [(unit: Int64, name: String)]
    package var counts: StandingCounts
    package var connection: Connection
    /// Units right below, each with all below it, and the unit's own people: together they are `counts`.
    package var rows: [Row]
    /// Of the devices that show these people.
    package var devices: [Device]
    package var arrivals: [Arrivals]
    /// Days of the last weeks, oldest first, without today; free days of everybody are left out.
    package var trend: [Day]
    /// Units by this month's share of people there, best first; only days that are known count.
    package var ranking: [Row]
    /// Of the unit itself; `nil` where the visitor may not see people.
    package var people: [Person]?

    package init(
        moment: Date, date: CivilDate, unit: Int64?, name: String, above: [(unit: Int64, name: String)] = [],
        counts: StandingCounts, connection: Connection, rows: [Row] = [], devices: [Device] = [],
        arrivals: [Arrivals] = [], trend: [Day] = [], ranking: [Row] = [], people: [Person]? = nil
    ) {
        self.moment = moment
        self.date = date
        self.unit = unit
        self.name = name
        self.above = above
        self.counts = counts
        self.connection = connection
        self.rows = rows
        self.devices = devices
        self.arrivals = arrivals
        self.trend = trend
        self.ranking = ranking
        self.people = people
    }
}
