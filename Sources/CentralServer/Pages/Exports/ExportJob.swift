import CentralAttendance
import CentralStore
import Foundation

/// A file that somebody asked for, from the question to its end.
struct ExportJob: Sendable, Identifiable {
    enum State: Equatable, Sendable {
        case waiting
        case running
        case done(bytes: Int, hasNotes: Bool)
        /// In Indonesian.
        case failed(String)
        case cancelled
    }

    /// Random: it cannot be guessed, and says nothing.
    let id: String
    let account: String
    let by: Actor
    let request: ExportRequest
    /// What was asked for; `nil` for all that the account may see.
    let unit: OrgUnit?
    /// Every unit that may stand in the file: whoever downloads it must still have all of them.
    let scope: UnitScope
    let at: Date
    var state = State.waiting
    var progress = ExportProgress()
    var endedAt: Date?

    var isOpen: Bool { state == .waiting || state == .running }
    var fileName: String { request.fileName(unit: unit?.id) }
}

/// How much of the machine exports may take: it is the nodes' before it is anybody's.
package struct ExportLimits: Sendable {
    /// Of one account, waiting or running.
    package var openOfOneAccount = 3
    /// Of one account, finished.
    package var filesOfOneAccount = 10
    package var open = 30
    package var bytesOfFile = 2 << 30
    package var bytesOfAll = 6 << 30
    /// Of the disk that the database is on.
    package var freeBytes = 2 << 30
    package var keptFor: TimeInterval = 24 * 3600
    /// After each piece it rests as long as the piece took, up to this.
    package var longestRest = Duration.milliseconds(250)

    package init() {}
}

/// Where exports live, and what they read.
package struct ExportPlace: Sendable {
    /// A folder of its own, made where it is missing, and emptied at the start.
    package let folder: String
    /// The centre's database, opened once more for reading: one who exports takes no reader from the pages.
    package let database: String?
    package var limits: ExportLimits

    package init(folder: String, database: String?, limits: ExportLimits = ExportLimits()) {
        self.folder = folder
        self.database = database
        self.limits = limits
    }
}

/// Why no file is made.
enum ExportRefusal: Error, Equatable {
    case off
    case request(ExportRequest.Refusal)
    case tooManyOpen(most: Int)
    case tooManyFiles(most: Int)
    case full

    /// What to do next.
    var text: String {
        switch self {
        case .off: "Unduhan belum diaktifkan di server ini. Hubungi pengelola hadir."
        case .request(let refusal): refusal.text
        case .tooManyOpen(let most):
            "Sudah ada \(most) permintaan yang belum selesai. Tunggu sampai selesai, atau batalkan salah satu."
        case .tooManyFiles(let most): "Sudah ada \(most) berkas. Hapus yang tidak diperlukan lagi."
        case .full: "Ruang untuk unduhan di server sedang penuh. Coba lagi nanti, atau pilih periode yang lebih pendek."
        }
    }
}
