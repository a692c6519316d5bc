import Foundation

/// One act of getting records from one device: a dataset, a tail, a push body, a file, a live event.
///
/// Every source of punches ends in the journal's `append(_:)` of one of these.
package struct Reading: Sendable {
    /// What the records are of the device's whole log.
    package enum Extent: Equatable, Sendable {
        /// Everything the device has: what is not in it, the device no longer has.
        case complete
        /// Its end, from the start of a second on; the last `new` punches lie behind the old cursor.
        case tail(new: Int)
        /// Some records; says nothing of others.
        case some
    }

    package let serial: DeviceSerial
    package let source: Punch.Source
    package let extent: Extent
    /// When the reading began, by the edge's clock.
    package let startedAt: Date
    /// In the device's order; occurrences are counted within the reading.
    package let punches: [Punch]
    /// Entries to journal with it: what the device said of itself, its clock, alarms.
    package let notes: [EntryBody]
    /// The device's cursor after this reading, as the source understands it; `nil` leaves the old one.
    package let cursor: String?
    /// Records that named an index, joined with a user id for the first time.
    package let joins: [IndexJoin]

    package init(
        serial: DeviceSerial, source: Punch.Source, extent: Extent, startedAt: Date, punches: [Punch],
        notes: [EntryBody] = [], cursor: String? = nil, joins: [IndexJoin] = []
    ) {
        self.serial = serial
        self.source = source
        self.extent = extent
        self.startedAt = startedAt
        self.punches = punches
        self.notes = notes
        self.cursor = cursor
        self.joins = joins
    }
}

/// A record that named a device-internal index, and the user id it stands for. Kept for ever: the index may be
/// given to another person, and the punch's key must not change with that.
package struct IndexJoin: Hashable, Sendable {
    package let index: UInt16
    /// The record's packed time.
    package let time: UInt32
    package let userID: UserID

    package init(index: UInt16, time: UInt32, userID: UserID) {
        self.index = index
        self.time = time
        self.userID = userID
    }
}
