import AttendanceRules
import Foundation
import PageSupport

/// Today in one number, one bar and six more numbers; or, where there is nothing to count, in words.
struct TotalsView {
    /// `90,9`; `nil` where words say it.
    let share: String?
    let isPartial: Bool
    /// Instead of a share.
    let title: String?
    let text: String?
    let there: String
    let known: String
    let unknown: String?
    let off: String?
    let bar: StandingBar?
    let tiles: [StandingTile]
    let hasTiles: Bool
    let connection: KnownView
    let without: String?
    let outages: [OutageView]
    let hasOutages: Bool
    let moreOutages: String?

    init(_ model: BoardModel, _ context: ViewContext, outages most: Int = 3) {
        let counts = model.counts
        let state = BoardState(model)
        share = state == .counting ? counts.share.map { StandingWords.digits($0) } : nil
        isPartial = counts[.unsynced] > 0
        (title, text) = Self.words(state, model)
        there = plural(counts.there)
        known = plural(counts.known)
        unknown = state == .counting && isPartial ? plural(counts[.unsynced]) : nil
        off = counts[.off] > 0 && state != .free ? "\(plural(counts[.off])) orang libur hari ini" : nil
        bar = counts.asked > 0 ? StandingBar(counts) : nil
        let all = StandingPart.allCases.map { StandingTile($0, counts, out: model.connection.out) }
        switch state {
        case .nobody, .free: tiles = []
        case .waiting, .unknown: tiles = all.filter { !$0.isZero }
        case .counting: tiles = all
        }
        hasTiles = !tiles.isEmpty
        connection = KnownView(model.connection, context)
        without =
            model.connection.without > 0 && model.connection.total > 0
            ? "\(plural(model.connection.without)) unit tanpa mesin absen, dari lembar" : nil
        let out = OutageView.all(model, context)
        self.outages = Array(out.prefix(most))
        hasOutages = !out.isEmpty
        moreOutages = out.count > most ? "dan \(plural(out.count - most)) lagi" : nil
    }

    private static func words(_ state: BoardState, _ model: BoardModel) -> (String?, String?) {
        let counts = model.counts
        switch state {
        case .counting: return (nil, nil)
        case .nobody:
            return ("Belum ada pegawai", "Angka tampil di sini sesudah daftar pegawai dimasukkan di Kepegawaian.")
        case .free:
            return ("Hari libur", "Tidak ada yang wajib masuk hari ini; \(plural(counts[.off])) orang libur.")
        case .waiting:
            return (
                "Belum ada yang tiba",
                "\(plural(counts.asked)) orang wajib masuk hari ini. Angka mulai terisi pada absen pertama."
            )
        case .unknown:
            return (
                "Belum diketahui",
                "Dari \(plural(counts.asked)) orang yang wajib masuk belum ada data: mesin absennya tidak terhubung, "
                    + "atau PIN-nya belum dikenali."
            )
        }
    }
}

/// What can be said of a day; of the model alone, so that no page changes because a minute has passed.
enum BoardState {
    /// No people.
    case nobody
    /// Work is asked of nobody.
    case free
    /// Nobody came yet, and nothing is decided.
    case waiting
    /// Of nobody it is known where they stand.
    case unknown
    case counting

    init(_ model: BoardModel) {
        let counts = model.counts
        if counts.all <= 0 {
            self = .nobody
        } else if counts.asked <= 0 {
            self = .free
        } else if counts.known <= 0 {
            self = .unknown
        } else if counts.there == 0, counts[.notYet] > 0, counts[.absent] == 0 {
            self = .waiting
        } else {
            self = .counting
        }
    }
}
