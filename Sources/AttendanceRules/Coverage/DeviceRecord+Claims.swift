/// What a node said of one device's record: complete from–to, but for the holes.
package struct DeviceClaim: Hashable, Sendable {
    package let span: Range<Moment>
    package let holes: [DeviceRecord.Gap]

    package init(span: Range<Moment>, holes: [DeviceRecord.Gap] = []) {
        self.span = span
        self.holes = holes
    }
}

extension DeviceRecord.Gap {
    /// The centre's own word: the employee has no user id on the device that day.
    package static let notLinked = "not_linked"
    /// Two people have the same user id on the device: its scans are nobody's.
    package static let disputed = "disputed"
    /// Nobody knows the zone of the device's clock: its scans have no date.
    package static let zoneUnknown = "zone_unknown"

    /// Reasons that mean: when scans were made is not known (the edge's `clock_unknown`, `clock_off`). No statement of a
    /// person fills such a gap, and no scan in it counts. The edge's own clock (`edge_clock_set_back`) dates no scan.
    package static func isAboutClock(_ why: String) -> Bool { why.hasPrefix("clock_") }

    package var isAboutClock: Bool { why.map(Self.isAboutClock) ?? false }
}

extension DeviceRecord {
    /// Makes one record of all that was claimed and stated about a device.
    ///
    /// - Within one node the later claim counts, as in its journal.
    /// - Between nodes what one knows is known: complete wins over a hole that another could not see into, as after
    ///   the computer of an office was replaced.
    /// - A person's statement fills holes and what nobody claimed.
    /// - A hole about a clock wins over all of it, whoever told it.
    ///
    /// - Parameters:
    ///   - nodes: the claims of each node, in the order of its journal.
    ///   - stated: what a person with a document said is complete.
    ///   - bounds: what lies outside is left away; `nil` for no bounds.
    package init(
        serial: String, nodes: some Sequence<[DeviceClaim]>, stated: [Range<Moment>] = [],
        within bounds: Range<Moment>? = nil
    ) {
        typealias Line = ClaimTimeline<Moment>
        let lines = nodes.map { claims in
            Line(
                claims.lazy.flatMap { claim in
                    CollectionOfOne(Line.Piece(claim.span, nil)) + claim.holes.map { Line.Piece($0.span, $0.why ?? "") }
                }, within: bounds)
        }
        let gaps = lines.flatMap { $0.gaps.map { Gap(span: $0.span, why: $0.why.isEmpty ? nil : $0.why) } }
            .sorted { ($0.why ?? "") < ($1.why ?? "") }
        var layers = gaps.filter { !$0.isAboutClock }.map { Line.Piece($0.span, $0.why ?? "") }
        layers += lines.flatMap { $0.complete.map { Line.Piece($0, nil) } }
        layers += stated.map { Line.Piece($0, nil) }
        layers += gaps.filter(\.isAboutClock).map { Line.Piece($0.span, $0.why) }
        let whole = Line(layers, within: bounds)
        self.init(
            serial: serial, complete: whole.complete,
            gaps: whole.gaps.map { Gap(span: $0.span, why: $0.why.isEmpty ? nil : $0.why) })
    }
}

extension DeviceRecord {
    /// The same record without these spans, whatever was claimed or stated of them.
    package func without(_ taken: [Gap]) -> DeviceRecord {
        if taken.isEmpty { return self }
        typealias Line = ClaimTimeline<Moment>
        let layers =
            complete.map { Line.Piece($0, nil) } + gaps.map { Line.Piece($0.span, $0.why ?? "") }
            + taken.map { Line.Piece($0.span, $0.why ?? "") }
        let whole = Line(layers)
        return DeviceRecord(
            serial: serial, complete: whole.complete,
            gaps: whole.gaps.map { Gap(span: $0.span, why: $0.why.isEmpty ? nil : $0.why) })
    }
}

extension ClaimTimeline.Piece where Point == Moment {
    fileprivate init(_ span: Range<Moment>, _ why: String?) {
        self.init(from: span.lowerBound, to: span.upperBound, why: why)
    }
}
