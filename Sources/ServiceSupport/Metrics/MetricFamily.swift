/// One metric of a program: what it is called, and what stands in its line of `docs/metrics.md`.
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case gauge, counter
        /// A sum and a count, without quantiles.
        case summary
    }

    /// Without the program's prefix.
    package let name: String
    package let kind: Kind
    /// One line; it goes out with every answer.
    package let help: String
    /// Names of its labels, in the order in which samples give their values.
    package let labels: [String]

    package init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }

    /// In words; the name says it already.
    package var unit: String {
        if name.hasSuffix("_timestamp_seconds") { return "seconds since 1970" }
        if name.hasSuffix("_seconds") { return "seconds" }
        if name.hasSuffix("_bytes") { return "bytes" }
        if name.hasSuffix("_ratio") { return "0 to 1" }
        return "number"
    }

    /// Its line of the table in `docs/metrics.md`.
    package func tableRow(prefix: String) -> String {
        let labels = labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(prefix)\(name)` | \(kind.rawValue) | \(unit) | \(labels) | \(help) |"
    }
}

/// One value of a metric.
package struct MetricSample: Equatable, Sendable {
    /// In the order of the family's labels.
    let labels: [String]
    let value: Double
    /// Behind the family's name: `_sum` and `_count` of a summary.
    let suffix: String

    package init(_ value: Double, labels: [String] = [], suffix: String = "") {
        self.labels = labels
        self.value = value
        self.suffix = suffix
    }
}
