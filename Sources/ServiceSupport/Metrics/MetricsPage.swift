import Foundation

/// What `/metrics` answers: the text of both forms that scrapers read.
package struct MetricsPage {
    /// The two forms a scraper may ask for.
    package enum Form: Sendable {
        case prometheus
        case openMetrics

        /// - Parameter accept: the request's header, `nil` where it has none.
        package init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") ?? false ? .openMetrics : .prometheus
        }

        package var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    private let form: Form
    private let prefix: String
    private let families: [String: MetricFamily]
    private var lines: [String] = []

    /// - Parameters:
    ///   - prefix: before every name, such as `hadir_edge_`.
    ///   - families: all there are; what is not among them is not written.
    package init(form: Form, prefix: String, families: [MetricFamily]) {
        self.form = form
        self.prefix = prefix
        self.families = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
    }

    /// - Parameter value: `nil` where it is not known: the metric is left out then.
    package mutating func add(_ name: String, _ value: Double?) {
        if let value { add(name, [MetricSample(value)]) }
    }

    package mutating func add(_ name: String, isTrue: Bool) { add(name, isTrue ? 1 : 0) }

    package mutating func add(_ name: String, _ moment: Date?) { add(name, moment?.timeIntervalSince1970) }

    /// Seconds of `count` doings together.
    package mutating func add(_ name: String, seconds: Duration, count: Int) {
        add(
            name,
            [
                MetricSample(Self.seconds(seconds), suffix: "_sum"),
                MetricSample(Double(count), suffix: "_count"),
            ])
    }

    /// Each combination of labels once; values that are no number are left out.
    package mutating func add(_ name: String, _ samples: [MetricSample]) {
        let samples = samples.filter(\.value.isFinite)
        guard let family = families[name], !samples.isEmpty else { return }
        let name = prefix + family.name
        // OpenMetrics names a counter's family without `_total`.
        let title = form == .openMetrics && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        lines.append("# TYPE \(title) \(family.kind.rawValue)")
        lines.append("# HELP \(title) \(Self.escaped(family.help))")
        for sample in samples {
            let labels = zip(family.labels, sample.labels).map { "\($0)=\"\(Self.escaped($1))\"" }
            let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            lines.append("\(name)\(sample.suffix)\(braces) \(Self.number(sample.value))")
        }
    }

    package func text() -> String {
        (lines + (form == .openMetrics ? ["# EOF"] : [])).map { $0 + "\n" }.joined()
    }

    package static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// Whole numbers without a fraction; up to 2^53 they are exact.
    private static func number(_ value: Double) -> String {
        if value == value.rounded(), let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }

    /// A line end would begin a line of its own, which could be a sample that nobody measured.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            case "\r", "\u{0}": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
