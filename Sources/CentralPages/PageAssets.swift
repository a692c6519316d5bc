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

    /// One file for browsers, several for people: one for each kind of page.
    private static let styles = [
        PackageResources.hadir_css,
        PackageResources.board_css,
        PackageResources.export_css,
        PackageResources.forms_css,
        PackageResources.network_css,
        PackageResources.person_css,
        PackageResources.slips_css,
        PackageResources.wall_css,
        PackageResources.audit_css,
    ].flatMap(\.self)

    /// Files that pages ask for, by their name under `/aset/`.
    package static let assets: [PageAsset] = [
        PageAsset(name: "hadir.css", type: css, bytes: styles),
        PageAsset(name: "hadir.js", type: script, bytes: PackageResources.hadir_js),
        PageAsset(name: "theme.js", type: script, bytes: PackageResources.theme_js),
        PageAsset(name: "login.js", type: script, bytes: PackageResources.login_js),
        PageAsset(name: "chart-hours.js", type: script, bytes: PackageResources.chart_hours_js),
        PageAsset(name: "chart-arrivals.js", type: script, bytes: PackageResources.chart_arrivals_js),
        PageAsset(name: "find.js", type: script, bytes: PackageResources.find_js),
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
        "audit": PackageResources.audit_mustache,
        "arrivals": PackageResources.arrivals_mustache,
        "board-devices": PackageResources.board_devices_mustache,
        "board-people": PackageResources.board_people_mustache,
        "board-unit": PackageResources.board_unit_mustache,
        "board-units": PackageResources.board_units_mustache,
        "coverage": PackageResources.coverage_mustache,
        "devices": PackageResources.devices_mustache,
        "enrolment": PackageResources.enrolment_mustache,
        "files": PackageResources.files_mustache,
        "export-files": PackageResources.export_files_mustache,
        "export-form": PackageResources.export_form_mustache,
        "grid-paper": PackageResources.grid_paper_mustache,
        "head": PackageResources.head_mustache,
        "hours": PackageResources.hours_mustache,
        "icons": PackageResources.icons_mustache,
        "known": PackageResources.known_mustache,
        "layout": PackageResources.layout_mustache,
        "login": PackageResources.login_mustache,
        "mark": PackageResources.mark_mustache,
        "message": PackageResources.message_mustache,
        "nav": PackageResources.nav_mustache,
        "office-list": PackageResources.office_list_mustache,
        "offices": PackageResources.offices_mustache,
        "outages": PackageResources.outages_mustache,
        "page-audit": PackageResources.page_audit_mustache,
        "page-alarms": PackageResources.page_alarms_mustache,
        "page-board": PackageResources.page_board_mustache,
        "page-coverage": PackageResources.page_coverage_mustache,
        "page-devices": PackageResources.page_devices_mustache,
        "page-enrolment": PackageResources.page_enrolment_mustache,
        "page-files": PackageResources.page_files_mustache,
        "page-exports": PackageResources.page_exports_mustache,
        "page-grid-paper": PackageResources.page_grid_paper_mustache,
        "page-head": PackageResources.page_head_mustache,
        "page-offices": PackageResources.page_offices_mustache,
        "page-quarantine": PackageResources.page_quarantine_mustache,
        "page-revocation": PackageResources.page_revocation_mustache,
        "page-work": PackageResources.page_work_mustache,
        "page-person": PackageResources.page_person_mustache,
        "page-unit": PackageResources.page_unit_mustache,
        "page-wall": PackageResources.page_wall_mustache,
        "person": PackageResources.person_mustache,
        "pill": PackageResources.pill_mustache,
        "plus": PackageResources.plus_mustache,
        "quarantine": PackageResources.quarantine_mustache,
        "ranking": PackageResources.ranking_mustache,
        "ranking-list": PackageResources.ranking_list_mustache,
        "revocation": PackageResources.revocation_mustache,
        "scans": PackageResources.scans_mustache,
        "search": PackageResources.search_mustache,
        "sentence": PackageResources.sentence_mustache,
        "slip": PackageResources.slip_mustache,
        "slips": PackageResources.slips_mustache,
        "standing-bar": PackageResources.standing_bar_mustache,
        "standing-tiles": PackageResources.standing_tiles_mustache,
        "summary": PackageResources.summary_mustache,
        "tiles": PackageResources.tiles_mustache,
        "time": PackageResources.time_mustache,
        "work": PackageResources.work_mustache,
        "work-cell": PackageResources.work_cell_mustache,
        "work-cell-inside": PackageResources.work_cell_inside_mustache,
        "work-field": PackageResources.work_field_mustache,
        "work-form": PackageResources.work_form_mustache,
        "work-table": PackageResources.work_table_mustache,
        "totals": PackageResources.totals_mustache,
        "trend": PackageResources.trend_mustache,
        "wall-arrivals": PackageResources.wall_arrivals_mustache,
        "wall-head": PackageResources.wall_head_mustache,
        "wall-totals": PackageResources.wall_totals_mustache,
    ]
}
