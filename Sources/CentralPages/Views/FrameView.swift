import Foundation
import PageSupport

/// What is around a page: header, areas, and where it is in the browser's window.
struct FrameView {
    struct Area {
        let path: String
        let label: String
        let icon: String
        let isCurrent: Bool
    }

    let style: String
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
    let stream: String
    let isLive: Bool
    let scripts: [String]
    let areas: [Area]
    let hasNeighbours: Bool

    init(_ place: PagePlace, _ frame: PageFrame) {
        style = place.style
        title = PageText.shown(place.title)
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
        stream = place.stream ?? ""
        isLive = place.stream != nil
        scripts = place.scripts
        areas = frame.areas.map { area in
            Area(
                path: "/" + area.rawValue, label: area.title, icon: area.icon, isCurrent: area == place.area)
        }
        hasNeighbours = !place.neighbours.isEmpty
    }
}

/// The links between the pages of one area, with what waits behind them.
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

    init(_ place: PagePlace) {
        items = place.neighbours.map { page in
            Item(
                path: page.path, label: PageText.shown(page.label), icon: page.icon, isCurrent: page.path == place.path,
                count: page.count > 999 ? "999+" : plural(page.count), hasCount: page.count > 0, tone: page.tone,
                countWord: page.countWord)
        }
    }
}

/// The heading of a page: what it shows, and of which day.
struct HeadView {
    struct Crumb {
        let path: String
        let label: String
    }

    struct Action {
        let path: String
        let label: String
        let icon: String
    }

    let title: String
    let text: String
    let crumbs: [Crumb]
    let hasCrumbs: Bool
    let action: Action?

    init(_ place: PagePlace) {
        title = PageText.shown(place.title)
        text = PageText.shown(place.lead, longest: 300)
        crumbs = place.crumbs.map { Crumb(path: $0.path, label: name($0.label)) }
        hasCrumbs = !crumbs.isEmpty
        action = place.action.map { Action(path: $0.path, label: $0.label, icon: $0.icon) }
    }
}

extension PageArea {
    var title: String {
        switch self {
        case .board: "Dasbor"
        case .own: "Saya"
        case .people: "Pegawai"
        case .personnel: "Kepegawaian"
        case .downloads: "Unduhan"
        case .network: "Jaringan"
        case .accounts: "Akun"
        case .audit: "Catatan audit"
        }
    }

    var icon: String {
        switch self {
        case .board: "summary"
        case .own: "person"
        case .people: "people"
        case .personnel: "sheet"
        case .downloads: "download"
        case .network: "network"
        case .accounts: "key"
        case .audit: "audit"
        }
    }
}

extension PageName {
    func place(_ frame: PageFrame, _ context: ViewContext) -> PagePlace {
        PagePlace(
            area: .network, path: "/" + rawValue, title: title,
            lead: self == .summary ? context.words.longDate(context.now) : purpose, style: rawValue,
            neighbours: Self.neighbours(frame),
            stream: "/langsung?halaman=" + rawValue,
            scripts: scripts)
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

    private var scripts: [String] {
        switch self {
        case .summary: ["chart.min.js", "chart-hours.js"]
        case .offices, .devices: ["find.js"]
        case .coverage, .alarms, .quarantine: []
        }
    }

    var icon: String {
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
