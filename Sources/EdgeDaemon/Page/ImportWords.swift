import DeviceFormats
import EdgeStore

/// Why a file is not taken, for a clerk: what it is, and what to do.
enum ImportWords {
    static func sentence(_ error: any Error, help: String) -> String {
        switch error {
        case let error as StickRefusal: sentence(error.code)
        case let error as ImportError where error.isOtherDevice:
            "Nama berkas ini menyebut nomor seri mesin absen lain. Pilih mesin yang benar, atau hubungi \(help)."
        case let error as ImportError where error.isUnknownDevice:
            "Mesin absen itu tidak dikenal di sini. Pilih dari daftar, atau tulis nomor serinya lengkap seperti di menu "
                + "mesin (Info Sistem)."
        case let error as ImportError where !error.isDisk:
            "Berkasnya tidak lagi ada di komputer ini. Pilih berkasnya sekali lagi."
        default:
            "Komputer ini tidak dapat menyimpannya sekarang. Jangan hapus apa pun di flash disk dan di mesin absen. "
                + "Hubungi \(help)."
        }
    }

    static func sentence(_ code: StickRefusal.Code) -> String {
        switch code {
        case .empty: "Berkas ini kosong. Di mesin absen, unduh sekali lagi data absen ke flash disk."
        case .tooLarge: "Berkas ini terlalu besar: ini bukan data absen satu mesin. Pilih berkas attlog.dat."
        case .biometric:
            "Ini berkas sidik jari, wajah atau foto: data pribadi yang dilindungi (UU 27/2022). Berkas ini tidak diterima "
                + "dan tidak disalin. Hapus dari flash disk, lalu pilih berkas attlog.dat."
        case .messages: "Ini berkas pesan singkat mesin absen, bukan data absen. Pilih berkas attlog.dat."
        case .users: "Ini daftar pengguna mesin absen (user.dat), bukan data absen. Pilih berkas attlog.dat."
        case .otherMaker:
            "Ini berkas dari mesin absen merek lain, yang tidak dapat dibaca di sini. Simpan flash disk itu, jangan hapus "
                + "isinya dan isi mesinnya, lalu minta bagian kepegawaian mencatat absennya dari aplikasi merek itu."
        case .spreadsheet:
            "Ini lembar Excel, bukan berkas asli dari mesin. Di mesin absen, unduh data absen (attlog.dat) ke flash disk."
        case .utf16, .unreadable:
            "Tidak ada satu baris pun yang berupa data absen. Pilih berkas attlog.dat asli dari mesin, jangan yang pernah "
                + "dibuka dan disimpan ulang."
        case .pushLines, .separator:
            "Susunan isinya bukan dari flash disk mesin absen ini. Di mesin absen, unduh data absen (attlog.dat)."
        case .dayFirst:
            "Tanggalnya tertulis seperti 04/05/2026 tanpa detik: mana hari dan mana bulan tidak pasti. Di mesin absen, unduh "
                + "data absen (attlog.dat) ke flash disk."
        case .binary:
            "Berkas ini terkunci (terenkripsi) atau rusak. Di menu mesin absen, matikan enkripsi unduhan, lalu unduh sekali "
                + "lagi."
        }
    }
}
