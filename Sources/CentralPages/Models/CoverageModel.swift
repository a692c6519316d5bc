import Foundation

/// For which times each device's record is known to be complete, over one span.
package struct CoverageModel: Equatable, Sendable {
    package struct Device: Equatable, Sendable {
        package var serial: String
        package var unit: String
        package var name: String
        /// When the centre first heard of it; before, nothing could be complete. `nil` where that is not known.
        package var since: Date?
        /// In order, without overlap, within the span; what is between is not covered (yet).
        package var covered: [Range<Date>]
        /// In order; times that were claimed but cannot be complete or dated, and why.
        package var holes: [Hole]

        package init(
            serial: String, unit: String, name: String, since: Date? = nil, covered: [Range<Date>], holes: [Hole]
        ) {
            self.serial = serial
            self.unit = unit
            self.name = name
            self.since = since
            self.covered = covered
            self.holes = holes
        }
    }

    package struct Hole: Equatable, Sendable {
        package var span: Range<Date>
        /// docs/names.md, "Holes of coverage".
        package var why: String

        package init(span: Range<Date>, why: String) {
            self.span = span
            self.why = why
        }
    }

    package var span: Range<Date>
    package var devices: [Device]

    package init(span: Range<Date>, devices: [Device]) {
        self.span = span
        self.devices = devices
    }
}
