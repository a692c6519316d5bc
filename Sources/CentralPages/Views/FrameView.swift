import Foundation
import PageSupport

/// What is around a page: header, navigation, and where it is in the browser's window.
struct FrameView {
    let page: String
    let title: String
    let government: String
    let account: String
    let initial: String
    let role: String
    let token: String
    let now: String
    let clock: String
    /// "11.42 WIB, 22 November 2026": of the data, for a printed page.
    let asOf: String
    let zone: String
    let zoneID: String
    let hasChart: Bool

    init(_ page: PageName, _ frame: PageFrame) {
        self.page = page.rawValue
        title = page.title
        government = name(frame.government)
        account = name(frame.account)
        initial = PageText.shown(String(String.UnicodeScalarView(frame.account.unicodeScalars.prefix(1)))).uppercased()
        role = name(frame.role)
        token = PageText.shown(frame.formToken, longest: 512)
        now = Indonesian.machine(frame.moment)
        clock = frame.words.time(frame.moment)
        asOf = "\(clock.prefix(5)) \(PageText.shown(frame.words.zoneName)), \(frame.words.date(frame.moment))"
        zoneID = frame.words.zone.identifier
        zone = PageText.shown(frame.words.zoneName)
        hasChart = page == .summary
    }
}

/// The links between pages, with what waits behind them.
struct NavigationView {
    struct Item {
        let path: String
        let label: String
        let icon: String
        let isCurrent: Bool
        let count: String
        let hasCount: Bool
        let tone: String
        let countWord: String
    }

    let items: [Item]

    init(_ current: PageName, _ frame: PageFrame) {
        items = PageName.allCases.map { page in
            let count = page == .alarms ? frame.activeAlarms : page == .quarantine ? frame.quarantined : 0
            return Item(
                path: "/" + page.rawValue, label: page.title, icon: page.icon, isCurrent: page == current,
                count: count > 999 ? "999+" : plural(count), hasCount: count > 0,
                tone: page == .alarms ? "bad" : "warn", countWord: page == .alarms ? "aktif" : "data")
        }
    }
}

/// The heading of a page: what it shows, and of which day.
struct HeadView {
    let title: String
    let text: String

    init(_ page: PageName, _ context: ViewContext) {
        title = page.title
        text = page == .summary ? context.words.longDate(context.now) : page.purpose
    }
}

extension PageName {
    var title: String {
        switch self {
        case .summary: "Ringkasan"
        case .offices: "Kantor"
        case .devices: "Perangkat"
        case .coverage: "Kelengkapan"
        case .alarms: "Peringatan"
        case .quarantine: "Karantina"
        }
    }

    fileprivate var purpose: String {
        switch self {
        case .summary: ""
        case .offices: "Komputer absen di setiap kantor: sambungan ke pusat dan data yang masih menunggu."
        case .devices: "Mesin absen di setiap kantor: pembacaan, isi memori, dan ketepatan jam."
        case .coverage: "Rentang waktu yang catatannya pasti lengkap, dan yang belum."
        case .alarms: "Hal yang perlu ditangani, dan caranya."
        case .quarantine: "Data yang disimpan pusat tetapi belum dihitung, beserta alasannya."
        }
    }

    fileprivate var icon: String {
        switch self {
        case .summary: "summary"
        case .offices: "office"
        case .devices: "device"
        case .coverage: "coverage"
        case .alarms: "alarm"
        case .quarantine: "quarantine"
        }
    }
}
