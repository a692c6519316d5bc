/// A file of ours that pages ask for under `/aset/`.
package struct PageAsset: Sendable {
    package let name: String
    package let type: String
    package let bytes: [UInt8]
}

/// A file of a Debian package that pages ask for under `/aset/`.
package struct SystemAsset: Sendable {
    package let name: String
    package let type: String
    /// Under the folder of JavaScript packages, `/usr/share/javascript` on Debian.
    package let path: String
    package let package: String
}

extension CentralPages {
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"

    /// Files that pages ask for, by their name under `/aset/`.
    package static let assets: [PageAsset] = [
        PageAsset(
            name: "hadir.css", type: css,
            bytes: PackageResources.hadir_css + PackageResources.forms_css + PackageResources.slips_css),
        PageAsset(name: "hadir.js", type: script, bytes: PackageResources.hadir_js),
        PageAsset(name: "theme.js", type: script, bytes: PackageResources.theme_js),
        PageAsset(name: "login.js", type: script, bytes: PackageResources.login_js),
        PageAsset(name: "chart-hours.js", type: script, bytes: PackageResources.chart_hours_js),
        PageAsset(name: "hadir.svg", type: "image/svg+xml", bytes: PackageResources.hadir_svg),
    ]

    /// Files of Debian packages that pages ask for: their name under `/aset/`, and where the package puts them.
    package static let systemAssets: [SystemAsset] = [
        SystemAsset(
            name: "bootstrap.min.css", type: css, path: "bootstrap5/css/bootstrap.min.css",
            package: "libjs-bootstrap5"),
        SystemAsset(
            name: "chart.min.js", type: script, path: "chart.js/chart.min.js", package: "libjs-chart.js"),
    ]

    /// Templates by the name others include them with.
    static let sources: [String: [UInt8]] = [
        "alarm": PackageResources.alarm_mustache,
        "alarms": PackageResources.alarms_mustache,
        "coverage": PackageResources.coverage_mustache,
        "devices": PackageResources.devices_mustache,
        "head": PackageResources.head_mustache,
        "hours": PackageResources.hours_mustache,
        "icons": PackageResources.icons_mustache,
        "layout": PackageResources.layout_mustache,
        "login": PackageResources.login_mustache,
        "mark": PackageResources.mark_mustache,
        "message": PackageResources.message_mustache,
        "nav": PackageResources.nav_mustache,
        "office-list": PackageResources.office_list_mustache,
        "offices": PackageResources.offices_mustache,
        "page-alarms": PackageResources.page_alarms_mustache,
        "page-board": PackageResources.page_board_mustache,
        "page-coverage": PackageResources.page_coverage_mustache,
        "page-devices": PackageResources.page_devices_mustache,
        "page-head": PackageResources.page_head_mustache,
        "page-offices": PackageResources.page_offices_mustache,
        "page-quarantine": PackageResources.page_quarantine_mustache,
        "page-work": PackageResources.page_work_mustache,
        "pill": PackageResources.pill_mustache,
        "quarantine": PackageResources.quarantine_mustache,
        "scans": PackageResources.scans_mustache,
        "sentence": PackageResources.sentence_mustache,
        "slip": PackageResources.slip_mustache,
        "slips": PackageResources.slips_mustache,
        "summary": PackageResources.summary_mustache,
        "tiles": PackageResources.tiles_mustache,
        "time": PackageResources.time_mustache,
        "work": PackageResources.work_mustache,
        "work-cell": PackageResources.work_cell_mustache,
        "work-cell-inside": PackageResources.work_cell_inside_mustache,
        "work-field": PackageResources.work_field_mustache,
        "work-form": PackageResources.work_form_mustache,
        "work-table": PackageResources.work_table_mustache,
    ]
}
