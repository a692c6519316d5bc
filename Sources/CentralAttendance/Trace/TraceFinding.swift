import AttendanceRules
import Foundation

/// What one device, or the way from it to the centre, has to do with a scan that is not there. In the order in which it
/// is worth telling: what somebody can do something about comes first.
package enum TraceFinding: Hashable, Sendable {
    /// The centre has a scan of the person in quarantine.
    case quarantined(count: Int, reason: String)
    /// Two people have the user id on the device.
    case disputed
    /// The office's computer is shut out.
    case officeRevoked
    /// No computer reads the device, or it never sent anything.
    case neverHeard
    /// The office's computer is not heard, and had so many entries to send.
    case officeSilent(since: Date, waiting: Int64)
    /// The device was not read since; `nil` for never.
    case unread(since: Date?, problem: String?)
    /// The office's computer is connected and still sends what came before.
    case officeWaiting(count: Int64, seconds: Int64?)
    /// The record is not complete there, for a reason that the office told; `nil` where it told none.
    case gap(Range<Moment>, why: String?)
    /// Nobody knows the zone of its clock.
    case zoneUnknown
    /// Its clock is off by so many seconds now.
    case clockOff(seconds: Int)
    /// Nobody has said who the person is on it.
    case notLinked
    /// Nothing is wrong: what was asked is complete up to there, and shows no scan of the person.
    case complete(until: Moment)

    var rank: Int {
        switch self {
        case .quarantined: 0
        case .disputed: 1
        case .officeRevoked: 2
        case .neverHeard: 3
        case .officeSilent: 4
        case .unread: 5
        case .officeWaiting: 6
        case .gap: 7
        case .zoneUnknown: 8
        case .clockOff: 9
        case .notLinked: 10
        case .complete: 11
        }
    }
}

extension TraceFinding {
    /// A node sends at least one batch a minute; after three that did not come it is not heard.
    package static let silence: TimeInterval = 180
    /// A device is polled every minute and told of every fifteen; what is younger is on its way.
    package static let fresh: Int64 = 20 * 60
    /// Whole minutes are what bands are made of: less is not worth telling.
    package static let clockTolerance = 60

    /// What is to be said of a device about scans in `span`, most telling first; never empty.
    ///
    /// - Parameter span: of time that is over.
    package static func findings(of device: TracedDevice, in span: Range<Moment>, now: Moment) -> [TraceFinding] {
        var found: [TraceFinding] = []
        for (reason, group) in Dictionary(grouping: device.quarantined, by: { $0 }) {
            found.append(.quarantined(count: group.count, reason: reason))
        }
        guard !device.userIDs.isEmpty else { return (found + [.notLinked]).sorted { $0.rank < $1.rank } }
        let gaps = device.record.missing(of: span.lowerBound.seconds..<span.upperBound.seconds)
        found += told(gaps)
        let unclaimed = gaps.filter { $0.why == nil }
        if let last = unclaimed.last {
            if last.span.upperBound == span.upperBound, isFresh(last.span, device, now) {
                // The newest minutes are always on their way.
                if unclaimed.count == 1, found.isEmpty { found.append(.complete(until: last.span.lowerBound)) }
                found += unclaimed.dropLast().map { .gap($0.span, why: nil) }
            } else {
                found += causes(unclaimed, device, now)
            }
        }
        if gaps.isEmpty { found.append(.complete(until: span.upperBound)) }
        if let offset = device.clockOffset, abs(offset) > clockTolerance { found.append(.clockOff(seconds: offset)) }
        if found.isEmpty { found.append(.complete(until: span.lowerBound)) }
        return found.sorted { $0.rank < $1.rank }
    }

    private static func told(_ gaps: [DeviceRecord.Gap]) -> [TraceFinding] {
        var found: [TraceFinding] = []
        for gap in gaps {
            let finding: TraceFinding? =
                switch gap.why {
                case nil: nil
                case DeviceRecord.Gap.disputed: .disputed
                case DeviceRecord.Gap.notLinked: .notLinked
                case DeviceRecord.Gap.zoneUnknown: .zoneUnknown
                case let why: .gap(gap.span, why: why)
                }
            if let finding, !found.contains(finding) { found.append(finding) }
        }
        return found
    }

    private static func isFresh(_ tail: Range<Moment>, _ device: TracedDevice, _ now: Moment) -> Bool {
        guard isHeard(device.office, now), device.problem == nil, let readAt = device.readAt else { return false }
        return now.seconds - tail.lowerBound.seconds <= fresh
            && abs(Double(now.seconds) - readAt.timeIntervalSince1970) <= Double(fresh)
    }

    /// A time in the future was noted while the centre's clock was wrong, and says nothing of now.
    private static func isHeard(_ office: TracedDevice.Office?, _ now: Moment) -> Bool {
        guard let office, !office.isRevoked, let contact = office.contactAt else { return false }
        return abs(Double(now.seconds) - contact.timeIntervalSince1970) <= silence
    }

    /// Why nobody has told anything of these times.
    private static func causes(
        _ unclaimed: [DeviceRecord.Gap], _ device: TracedDevice, _ now: Moment
    ) -> [TraceFinding] {
        let gaps = unclaimed.map { TraceFinding.gap($0.span, why: nil) }
        guard let office = device.office else { return [.neverHeard] + gaps }
        if office.isRevoked { return [.officeRevoked] + gaps }
        guard let contact = office.contactAt else { return [.neverHeard] + gaps }
        var found: [TraceFinding] = []
        if !isHeard(office, now) {
            found.append(.officeSilent(since: contact, waiting: office.backlog))
        } else if office.backlog > 0 {
            found.append(.officeWaiting(count: office.backlog, seconds: office.backlogAge))
        }
        let last = unclaimed.last?.span.upperBound ?? now
        // Read about when the gap ended, it is not the reading that is missing.
        let isRead = device.readAt.map { $0.timeIntervalSince1970 >= Double(last.seconds - fresh) } ?? false
        if isHeard(office, now), device.problem != nil || !isRead {
            found.append(.unread(since: device.readAt, problem: device.problem))
        }
        return found + gaps
    }
}
