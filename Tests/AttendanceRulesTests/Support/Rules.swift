import AttendanceRules

/// The three sets of section 3.2 of the domain, and the thresholds of PP 94/2021.
enum Rules {
    static let asn: Set<EmployeeKind> = [.pns, .cpns, .pppk]

    /// A regional TPP application (source C3): TL counts from the official start.
    static let setA = set(
        "A", late: [500, 1000, 1250, 1500], early: [500, 1000, 1250, 1500], absence: 3000, base: .full)
    /// Permentan 68/2012 (source T4).
    static let setB = set(
        "B", late: [500, 1000, 1500, 2000], early: [500, 1000, 1500, 2000], absence: 4000,
        base: .part(40_000, isCapped: true))
    /// PMK 221/2021 (source D5): TL counts from the end of the flexible window and ends with TL3. PSW4 was not read: it
    /// has no rate here.
    static let setC = RuleSet(
        version: version("C"), title: "Contoh C", citation: "PMK 221/2021", span: always, kinds: asn, seconds: .floor,
        lateFrom: .window,
        late: [
            .init(code: "TL1", from: 1, to: 31, rate: 1000), .init(code: "TL2", from: 31, to: 61, rate: 1250),
            .init(code: "TL3", from: 61, to: nil, rate: 2500),
        ],
        early: bands("PSW", [500, 1000, 1250, 0]), missingArrival: .band("TL3"), missingDeparture: .band("PSW4"),
        absenceRate: 0, base: .full)

    static let always = DateSpan(from: .first)

    static func version(_ name: String) -> RuleSetVersion { RuleSetVersion(name: name, digest: "000000000000") }

    static func bands(_ prefix: String, _ rates: [Int]) -> [RuleSet.Band] {
        zip([(1, 31), (31, 61), (61, 91), (91, nil as Int?)], rates).enumerated().map { number, band in
            RuleSet.Band(code: "\(prefix)\(number + 1)", from: band.0.0, to: band.0.1, rate: band.1)
        }
    }

    static func set(
        _ name: String, late: [Int], early: [Int], absence: Int, base: RuleSet.Base, seconds: RuleSet.Seconds = .floor,
        leave: [LeaveKind: Int] = [:], kinds: Set<EmployeeKind> = asn, missingCheck: RuleSet.MissingScan = .nothing
    ) -> RuleSet {
        RuleSet(
            version: version(name), title: "Contoh \(name)", citation: "contoh", span: always, kinds: kinds,
            seconds: seconds, lateFrom: .start, late: bands("TL", late), early: bands("PSW", early),
            missingArrival: .band("TL4"), missingDeparture: .band("PSW4"), missingCheck: missingCheck,
            absenceRate: absence, leaveRates: leave, base: base, thresholds: thresholds)
    }

    /// PP 94/2021, articles 9 to 11 (domain, section 2.1).
    static let thresholds: [RuleSet.Threshold] = [
        threshold(3, "ringan", "teguran lisan", "9(2)"), threshold(4, "ringan", "teguran tertulis", "9(2)"),
        threshold(7, "ringan", "pernyataan tidak puas secara tertulis", "9(2)"),
        threshold(11, "sedang", "pemotongan tunjangan kinerja 25% selama 6 bulan", "10(2)"),
        threshold(14, "sedang", "pemotongan tunjangan kinerja 25% selama 9 bulan", "10(2)"),
        threshold(17, "sedang", "pemotongan tunjangan kinerja 25% selama 12 bulan", "10(2)"),
        threshold(21, "berat", "penurunan jabatan setingkat lebih rendah selama 12 bulan", "11(2)d.1"),
        threshold(25, "berat", "pembebasan dari jabatan menjadi jabatan pelaksana selama 12 bulan", "11(2)d.2"),
        threshold(28, "berat", "pemberhentian dengan hormat tidak atas permintaan sendiri", "11(2)d.3"),
        threshold(
            10, "berat", "pemberhentian dengan hormat tidak atas permintaan sendiri", "11(2)d.4", inARow: true),
    ]

    private static func threshold(_ days: Int, _ level: String, _ text: String, _ article: String, inARow: Bool = false)
        -> RuleSet.Threshold
    { RuleSet.Threshold(days: days, isConsecutive: inARow, level: level, text: text, article: article) }
}

/// Hours of section 1 of the domain, with windows that offices use.
enum Hours {
    static func hours(
        _ work: String, rest: Int = 60, tolerance: Int = 0, flexible: Int = 0, in arrival: String = "05:00-12:00",
        out departure: String = "12:01-23:00", checks: [ScanCheck] = []
    ) -> DayHours {
        let span = Clock.span(work)
        return DayHours(
            start: span.lowerBound, end: span.upperBound, breakMinutes: rest, tolerance: tolerance, flexible: flexible,
            arrival: Clock.span(arrival), departure: Clock.span(departure), checks: checks)
    }

    static func plan(_ hours: DayHours) -> DayPlan { .work(hours, schedule: "uji", shift: nil) }

    /// 07.30–16.00, the national Monday to Thursday.
    static let monday = plan(hours("07:30-16:00"))
}
