import Foundation
import ServiceSupport
import Testing

@Suite("Text of /metrics")
struct MetricsPageTests {
    private let families = [
        MetricFamily("things_total", .counter, "Things; a \\ and\na line end.", labels: ["kind"]),
        MetricFamily("age_seconds", .gauge, "Age."),
        MetricFamily("work_duration_seconds", .summary, "Work."),
    ]

    private func page(_ form: MetricsPage.Form = .prometheus) -> MetricsPage {
        MetricsPage(form: form, prefix: "x_", families: families)
    }

    @Test("What stands in a label or a help never ends its line or its quotes")
    func escaped() {
        var page = page()
        page.add("things_total", [MetricSample(1, labels: ["a\"} 5\nx_evil 1\r\ny\\"])])
        #expect(
            page.text() == #"""
                # TYPE x_things_total counter
                # HELP x_things_total Things; a \\ and\na line end.
                x_things_total{kind="a\"} 5\nx_evil 1 \ny\\"} 1

                """#)
    }

    @Test("What is not known, is no number or has no family is left out")
    func leftOut() {
        var page = page()
        page.add("age_seconds", nil as Double?)
        page.add("age_seconds", .nan)
        page.add("age_seconds", .infinity)
        page.add("other", 1)
        page.add("things_total", [])
        #expect(page.text() == "")
        page.add("age_seconds", 0.5)
        #expect(page.text().hasSuffix("\nx_age_seconds 0.5\n"))
    }

    @Test("OpenMetrics: a counter's family has no _total, and the text has an end")
    func openMetrics() {
        var page = page(.openMetrics)
        page.add("things_total", [MetricSample(3, labels: ["a"])])
        page.add("work_duration_seconds", seconds: .milliseconds(2500), count: 2)
        #expect(
            page.text() == """
                # TYPE x_things counter
                # HELP x_things Things; a \\\\ and\\na line end.
                x_things_total{kind="a"} 3
                # TYPE x_work_duration_seconds summary
                # HELP x_work_duration_seconds Work.
                x_work_duration_seconds_sum 2.5
                x_work_duration_seconds_count 2
                # EOF

                """)
    }

    @Test("A family's line of the documentation says its unit by its name")
    func tableRow() {
        #expect(
            families[0].tableRow(prefix: "x_").hasPrefix("| `x_things_total` | counter | number | `kind` | Things; a"))
        #expect(families[1].tableRow(prefix: "x_") == "| `x_age_seconds` | gauge | seconds |  | Age. |")
        #expect(MetricFamily("a_timestamp_seconds", .gauge, "").unit == "seconds since 1970")
    }
}
