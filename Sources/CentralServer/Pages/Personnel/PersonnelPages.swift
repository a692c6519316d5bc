import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// The pages of BKPSDM, and of units for their own part of it: what waits, and what is done about it.
struct PersonnelPages: Sendable {
    let parts: PageParts
    let heavy = HeavyPages()
    let sums: MonthSums
    let desk: ImportDesk

    init(parts: PageParts) {
        self.parts = parts
        sums = MonthSums(parts.people, now: parts.now)
        desk = ImportDesk(now: parts.now)
    }

    var store: any AttendanceStore { parts.attendance.store }

    var routes: [PageRoute] {
        [PageRoute(.get, "kepegawaian", .readAttestations) { call in try await overview(call) }] + monthRoutes
            + sheetRoutes + linkRoutes + attestationRoutes + recapRoutes + importRoutes
    }

    // MARK: Around a page

    enum Place: String, CaseIterable {
        case overview = ""
        case links = "pin"
        case attestations = "pernyataan"
        case sheets = "lembar"
        case months = "bulan"
        case recap = "rekap"
        case thresholds = "ambang"
        case imports = "impor"

        var path: String { "/kepegawaian" + (rawValue.isEmpty ? "" : "/" + rawValue) }

        var label: String {
            switch self {
            case .overview: "Ringkasan"
            case .links: "PIN belum dikenal"
            case .attestations: "Pernyataan"
            case .sheets: "Lembar manual"
            case .months: "Tutup bulan"
            case .recap: "Rekap"
            case .thresholds: "Ambang"
            case .imports: "Impor"
            }
        }

        var icon: String {
            switch self {
            case .overview: "summary"
            case .links: "scan"
            case .attestations: "seal"
            case .sheets: "sheet"
            case .months: "coverage"
            case .recap: "chart"
            case .thresholds: "alarm"
            case .imports: "table"
            }
        }

        var permission: Permission {
            switch self {
            case .overview, .attestations, .sheets: .readAttestations
            case .links: .readUnlinked
            case .months: .readClosings
            case .recap, .thresholds: .readRecap
            case .imports: .importFiles
            }
        }
    }

    func answer(
        _ place: Place, title: String, lead: String = "", _ blocks: [WorkPage.Block], _ call: PageCall,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let neighbours = Place.allCases.filter { call.may($0.permission) }.map { place in
            PagePlace.Neighbour(path: place.path, label: place.label, icon: place.icon)
        }
        let files = [PagePlace.Neighbour(path: "/jaringan/berkas", label: "Berkas flash disk", icon: "waiting")]
        let bundles = [PagePlace.Neighbour(path: "/jaringan/kiriman", label: "Berkas kiriman", icon: "table")]
        let place = PagePlace(
            area: .personnel, path: place.path, title: title, lead: lead, style: "kepegawaian",
            neighbours: neighbours + (call.may(.acceptFile) ? files : [])
                + (call.may(.importBundles) ? bundles : []))
        let news = News(rawValue: call.query["kabar"] ?? "").map { [WorkPage.Block.notice(.init(.ok, $0.text))] } ?? []
        return PageAnswers.html(parts.pages.work(WorkPage(place, news + blocks), call.frame), status: status)
    }

    /// What was done, said on the page that follows.
    enum News: String {
        case stored = "tersimpan"
        case withdrawn = "dicabut"
        case closed = "ditutup"
        case linked = "tertaut"
        case ended = "diakhiri"
        case imported = "diimpor"

        var text: String {
            switch self {
            case .stored: "Tersimpan. Hari yang bersangkutan dihitung ulang sebentar lagi."
            case .withdrawn: "Dicabut. Hari yang bersangkutan dihitung ulang sebentar lagi."
            case .closed: "Bulan ditutup. Angkanya tidak berubah lagi; perubahan sesudahnya tampil sebagai penyesuaian."
            case .linked: "Tautan disimpan. Scan lama dengan PIN itu ikut dihitung sebentar lagi."
            case .ended: "Tautan diakhiri. Hari yang bersangkutan dihitung ulang sebentar lagi."
            case .imported: "Daftar ditulis seluruhnya."
            }
        }
    }

    func redirect(_ path: String, _ news: News) -> Response {
        .redirect(to: "\(path)\(path.contains("?") ? "&" : "?")kabar=\(news.rawValue)", type: .normal)
    }

    // MARK: What pages share

    /// Where another permission than the route's holds; nothing where it holds nowhere.
    func source(_ call: PageCall, _ permission: Permission) async throws -> RecapSource? {
        guard call.may(permission) else { return nil }
        return try await parts.people.source(of: call.authority.roots(for: permission))
    }

    /// Units of the scope as a tree, parents before their children.
    static func tree(_ source: RecapSource) -> [(unit: OrgUnit, depth: Int)] {
        var found: [(OrgUnit, Int)] = []
        var seen: Set<Int64> = []
        func walk(_ id: Int64, _ depth: Int) {
            guard seen.insert(id).inserted, let unit = source.tree[id] else { return }
            found.append((unit, depth))
            for child in source.tree.children(of: id) where source.scope.contains(child) { walk(child, depth + 1) }
        }
        for root in source.roots { walk(root, 0) }
        return found
    }

    /// For a list to choose from.
    static func unitField(
        _ source: RecapSource, _ chosen: Int64?, name: String = "unit", label: String = "Unit", all: String? = nil
    ) -> WorkPage.Field {
        let options = tree(source).map { unit, depth in
            WorkPage.Field.Option(String(unit.id), String(repeating: "– ", count: min(depth, 6)) + unit.name)
        }
        let first = all.map { [WorkPage.Field.Option("", $0)] } ?? []
        return WorkPage.Field(name, label, chosen.map { String($0) } ?? "", kind: .select(first + options))
    }

    /// The unit asked for; `nil` where none is.
    ///
    /// - Throws: `HTTPError` 404, also for one outside of the scope.
    static func unit(_ text: String, _ source: RecapSource) throws -> OrgUnit? {
        guard !text.isEmpty else { return nil }
        guard let id = Int64(text), source.scope.contains(id), let unit = source.tree[id] else {
            throw PageCall.absent
        }
        return unit
    }

    static func words(_ month: CivilMonth) -> String {
        "\(Indonesian.month(month.month) ?? "") \(month.year)"
    }

    static func words(_ date: CivilDate) -> String {
        let (year, month, day) = date.parts
        return "\(day) \(Indonesian.month(month) ?? "") \(year)"
    }

    static func words(_ span: DateSpan) -> String {
        guard let to = span.to else { return "sejak \(words(span.from))" }
        return to == span.from ? words(to) : "\(words(span.from)) – \(words(to))"
    }

    /// What a person typed as document or reason; `nil` where it cannot be taken.
    static func text(_ text: String, upTo most: Int) -> String? {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        return !trimmed.isEmpty && trimmed.utf8.count <= most && APIBody.isPlain(trimmed) ? trimmed : nil
    }

    static let documentField = WorkPage.Field(
        "dokumen", "Nomor dokumen", hint: "Surat atau lembar yang menjadi dasar", isNeeded: true, longest: 200)
    static let reasonField = WorkPage.Field(
        "alasan", "Alasan", hint: "Hanya dibaca kepegawaian dan pemeriksa", isNeeded: true, longest: 1000)

    /// Of somebody's day.
    static func path(_ employee: Int64, _ date: CivilDate) -> String { "/pegawai/\(employee)/hari/\(date.text)" }
}

extension CivilMonth {
    func adding(months: Int) -> CivilMonth { CivilMonth(number: number + months) }
}

/// Why nothing was changed, for people at pages.
enum RefusalSentence {
    static func text(_ reason: ChangeRefusal.Reason) -> String {
        switch reason {
        case .changedMeanwhile: "Ada perubahan lain di saat yang sama. Muat ulang halaman, periksa, lalu coba lagi."
        case .unknownUnit: "Unit itu tidak ada."
        case .unknownEmployee: "Pegawai itu tidak ada."
        case .unknownDevice: "Mesin absen itu tidak ada."
        case .unknownLink: "Tautan itu tidak ada."
        case .unknownFile: "Tidak ada scan dari berkas itu."
        case .circle: "Unit itu akan berada di atas dirinya sendiri."
        case .codeTaken: "Kode itu sudah dipakai unit lain."
        case .numberTaken: "NIP itu sudah milik orang lain."
        case .claimed: "PIN itu sudah milik orang lain pada hari-hari tersebut. Akhiri tautan itu dulu."
        case .leaveOverlaps: "Pegawai itu sudah punya izin atau cuti pada sebagian hari tersebut."
        case .malformed: "Isian tidak dapat diterima: kosong, terlalu panjang, atau memuat karakter kendali."
        }
    }

    static func text(_ refusal: CloseRefusal) -> String {
        switch refusal {
        case .notOver: "Bulan ini belum selesai, atau hari terakhirnya belum dihitung. Tutuplah sesudah bulan berganti."
        case .notComputed(let date):
            "Masih ada hari yang belum dihitung, mulai \(PersonnelPages.words(date)). Tunggu penghitungan selesai; "
                + "bila tetap begini, hubungi pengelola."
        case .waiting: "Masih ada scan atau perubahan yang menunggu dihitung. Coba lagi beberapa menit lagi."
        }
    }
}
