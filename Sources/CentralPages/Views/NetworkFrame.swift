import PageSupport

extension NetworkPage {
    var title: String {
        switch self {
        case .enrolment: "Pendaftaran"
        case .files: "Berkas flash disk"
        case .bundles: "Berkas kiriman"
        case .trace: "Lacak absen"
        }
    }

    var purpose: String {
        switch self {
        case .enrolment: "Kode untuk komputer absen yang baru, dan pencabutan yang lama."
        case .files: "Presensi yang hanya diketahui dari berkas: belum dihitung sampai diterima di sini."
        case .bundles: "Catatan dari kantor tanpa jaringan, dibawa dengan flash disk: dilihat dulu, baru diterima."
        case .trace: "Cari dengan nama, NIP, atau PIN."
        }
    }

    var icon: String {
        switch self {
        case .enrolment: "key"
        case .files: "waiting"
        case .bundles: "table"
        case .trace: "scan"
        }
    }

    func place(_ frame: PageFrame, title: String? = nil, lead: String? = nil) -> PagePlace {
        PagePlace(
            area: frame.readsNetwork ? .network : .personnel, path: "/" + rawValue, title: title ?? self.title,
            lead: lead ?? purpose,
            style: self == .enrolment ? "pendaftaran" : self == .bundles ? "kepegawaian" : "berkas",
            neighbours: PageName.neighbours(frame))
    }
}

extension PageName {
    /// The pages of the network that the visitor may open.
    package static func neighbours(_ frame: PageFrame) -> [PagePlace.Neighbour] {
        let pages =
            !frame.readsNetwork
            ? [PagePlace.Neighbour(path: "/kepegawaian", label: "Kepegawaian", icon: "sheet")]
            : allCases.map { page in
                PagePlace.Neighbour(
                    path: "/" + page.rawValue, label: page.title, icon: page.icon,
                    count: page == .alarms ? frame.activeAlarms : page == .quarantine ? frame.quarantined : 0,
                    countWord: page == .alarms ? "aktif" : "data", tone: page == .alarms ? "bad" : "warn")
            }
        return pages
            + NetworkPage.allCases.filter(frame.networkPages.contains).map { page in
                PagePlace.Neighbour(path: "/" + page.rawValue, label: page.title, icon: page.icon)
            }
    }
}

/// Text that rows are chosen by, as it was typed into a field above them.
struct RowSearch {
    private let words: [String]

    static let longest = 80

    init(_ text: String) {
        words = PageText.shown(String(text.prefix(Self.longest)), longest: Self.longest).lowercased()
            .split(separator: " ").prefix(8).map(String.init)
    }

    /// Every word stands in one of the texts.
    func finds(_ texts: [String]) -> Bool {
        guard !words.isEmpty else { return true }
        let texts = texts.map { $0.lowercased() }
        return words.allSatisfy { word in texts.contains { $0.contains(word) } }
    }
}

/// The field above a list; it works without JavaScript and filters at once with it.
struct SearchView {
    let path: String
    let label: String
    let hint: String
    let text: String

    init(_ name: PageName, _ text: String) {
        path = "/" + name.rawValue
        label = name == .offices ? "Cari kantor" : "Cari perangkat"
        hint = name == .offices ? "nama kantor" : "kantor, nama, atau nomor seri"
        self.text = PageText.shown(text, longest: RowSearch.longest)
    }
}
