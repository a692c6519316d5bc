import EdgeStore
import Foundation
import PageSupport

/// The sentences of the page for carrying, for a clerk: what it is, and what to do.
enum CarryWords {
    static let nothing = "Tidak ada yang menunggu: pusat sudah menerima semua catatan dari komputer ini."
    static let notEnrolled =
        "Komputer ini belum terdaftar di pusat. Minta kode pendaftaran ke Diskominfo; untuk mendaftar perlu jaringan sekali."
    static let noFile = "Belum ada berkas yang dipilih. Pilih berkas tanda terima (.receipts) di flash disk."
    static let incomplete = "Formulir ini tidak lengkap. Coba sekali lagi."
    static let foreign = "Halaman ini sudah lama terbuka, atau tidak dibuka dari komputer ini. Coba sekali lagi."
    static let tooLarge = "Berkas ini terlalu besar: ini bukan tanda terima dari pusat."
    static let busy = "Berkas lain sedang diperiksa. Tunggu sebentar, lalu coba sekali lagi."

    static func applied(_ outcomes: [CarriedReceipts.Outcome]) -> String {
        guard let worst = outcomes.first(where: { !$0.isGood }) else {
            let acked = outcomes.map(\.acked).max() ?? 0
            return "Tanda terima masuk. Pusat sudah menerima sampai catatan \(Indonesian.number(acked))."
        }
        return sentence(worst)
    }

    static func sentence(_ outcome: CarriedReceipts.Outcome) -> String {
        let needed = Indonesian.number(outcome.needed ?? 0)
        return switch outcome.result {
        case .acknowledged: "diterima pusat"
        case .known: "sudah diketahui sebelumnya"
        case .older: "tanda terima lama; dilewati"
        case .rewound:
            "Pusat kehilangan catatan mulai nomor \(needed). Unduh berkas kiriman lagi dan serahkan ke Diskominfo."
        case .missing:
            "Pusat belum menerima catatan mulai nomor \(needed). Serahkan juga berkas kiriman yang memuatnya."
        case .forked:
            "Pusat menyimpan catatan lain atas nama komputer ini. Semua mesin dibaca ulang; unduh berkas kiriman lagi nanti."
        case .revoked: "Komputer ini sudah dicabut di pusat. Hubungi Diskominfo untuk mendaftarkannya lagi."
        case .refused: "Ditolak pusat. Hubungi Diskominfo."
        }
    }

    static func sentence(_ error: any Error, help: String) -> String {
        switch error {
        case CarriedReceipts.Refusal.notAReceipt:
            "Berkas ini bukan tanda terima dari pusat, atau tersalin sebagian. Salin sekali lagi."
        case CarriedReceipts.Refusal.notSigned:
            "Tanda terima ini bukan dari pusat kita, atau sudah diubah. Tidak ada yang berubah. Hubungi \(help)."
        case CarriedReceipts.Refusal.otherNode:
            "Tanda terima ini untuk kantor lain. Tidak ada yang berubah. Serahkan ke kantor itu."
        case CarriedReceipts.Refusal.otherEpoch, CarriedReceipts.Refusal.otherBatch:
            "Tanda terima ini bukan untuk berkas kiriman yang sekarang. Tidak ada yang berubah. Unduh berkas kiriman lagi."
        case is BundleExport.Failure:
            "Bagian itu tidak ada lagi di sini. Buka halaman ini sekali lagi dari awal."
        default:
            "Komputer ini tidak dapat melakukannya sekarang. Jangan hapus apa pun di flash disk dan di mesin absen. "
                + "Hubungi \(help)."
        }
    }
}
