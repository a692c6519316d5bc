import AttendanceRules

/// Texts that come with the program: schedules, rule sets, calendars.
package enum Examples {
    package static let schedules: [(name: String, text: String)] = [
        ("nasional-5-hari", text(PackageResources.nasional_5_hari_toml)),
        ("nasional-ramadan", text(PackageResources.nasional_ramadan_toml)),
        ("enam-hari", text(PackageResources.enam_hari_toml)),
        ("fleksibel-pmk-221", text(PackageResources.fleksibel_pmk_221_toml)),
        ("lampung-2026-ramadan-5-hari", text(PackageResources.lampung_2026_ramadan_5_hari_toml)),
        ("lampung-2026-ramadan-6-hari", text(PackageResources.lampung_2026_ramadan_6_hari_toml)),
        ("piket-3-sif", text(PackageResources.piket_3_sif_toml)),
        ("ppu-2018-5-hari", text(PackageResources.ppu_2018_5_hari_toml)),
        ("ppu-2018-6-hari", text(PackageResources.ppu_2018_6_hari_toml)),
        ("tanggamus-2017", text(PackageResources.tanggamus_2017_toml)),
        ("tulang-bawang-barat-2022", text(PackageResources.tulang_bawang_barat_2022_toml)),
    ]

    package static let rules: [(name: String, text: String)] = [
        ("set-a", text(PackageResources.set_a_toml)),
        ("set-b", text(PackageResources.set_b_toml)),
        ("set-c", text(PackageResources.set_c_toml)),
    ]

    /// Official holidays and cuti bersama of 2025 and 2026 with their sources, as a file of `import calendar`.
    package static let calendar = (
        name: "kalender-2025-2026", text: text(PackageResources.kalender_2025_2026_csv)
    )

    package static let names = schedules.map(\.name) + rules.map(\.name) + [calendar.name]
    package static let scheduleNames = schedules.map(\.name)

    /// `nil` where none of that name comes with the program.
    package static func schedule(named name: String) -> Schedule? {
        guard let text = schedules.first(where: { $0.name == name })?.text else { return nil }
        return try? ScheduleFile.parse(text, path: name)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
