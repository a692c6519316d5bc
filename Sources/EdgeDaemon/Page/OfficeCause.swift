import EdgeStore
import PageSupport
import ZKClient

/// One thing that is wrong, in words for the people of an office.
struct OfficeCause: Equatable, Sendable {
    /// As an alarm has it (docs/names.md), or one of the page's own: docs/names.md lists them, too.
    let code: String
    /// What is wrong: one sentence.
    let what: String
    /// What to do about it: one or two sentences.
    let advice: String
}

// MARK: This computer

extension OfficeCause {
    static func isOfJournal(_ code: String) -> Bool { code.hasPrefix("journal_") }

    /// The journal cannot be read or written.
    static func journal(_ code: String) -> OfficeCause {
        let kept = "Absen tetap tersimpan di perangkat dan dibaca sendiri setelah ini beres."
        return switch code {
        case "journal_\(EdgeStoreError.Code.full.rawValue)":
            OfficeCause(
                code: code, what: "Penyimpanan komputer ini penuh.",
                advice: "Hapus berkas besar yang tidak dipakai, lalu tunggu satu menit. \(kept)")
        case "journal_hangs":
            OfficeCause(
                code: code, what: "Penyimpanan komputer ini tidak menjawab.",
                advice: "Tunggu lima menit. Kalau tetap begini, nyalakan ulang komputer ini. \(kept)")
        default:
            OfficeCause(
                code: code, what: "Catatan absen di komputer ini tidak dapat dibaca atau ditulis.",
                advice: "Jangan menghapus apa pun. \(kept)")
        }
    }

    static let stuck = OfficeCause(
        code: "stuck", what: "Program absen di komputer ini macet.",
        advice:
            "Program memulai ulang dirinya sendiri. Kalau lima menit lagi masih begini, nyalakan ulang komputer ini.")

    static let clock = OfficeCause(
        code: "clock_not_trusted", what: "Jam komputer ini salah.",
        advice: "Cocokkan tanggal dan jam komputer ini. Absen tetap dibaca dan dikirim dengan jam perangkat.")

    static let configuration = OfficeCause(
        code: "config_refused", what: "Pengaturan yang baru ditolak karena ada kesalahan.",
        advice: "Pengaturan yang lama tetap dipakai. Berkas devices.conf perlu diperbaiki.")

    static let noDevices = OfficeCause(
        code: "no_devices", what: "Belum ada perangkat absen yang didaftarkan di komputer ini.",
        advice: "Minta petugas mendaftarkan perangkat kantor ini.")
}

// MARK: The centre

extension OfficeCause {
    static let notEnrolled = OfficeCause(
        code: "node_not_enrolled", what: "Komputer ini belum didaftarkan ke pusat.",
        advice: "Absen dibaca dan aman tersimpan di sini, tetapi belum dikirim. Minta kode pendaftaran.")

    /// What stands between the journal and the centre, by the forwarder's code.
    static func centre(_ code: String) -> OfficeCause {
        if let link = CentreLinkError.Code(rawValue: suffix(of: code, behind: "centre_")) { return centre(link, code) }
        return switch code {
        case "unclear_answer":
            OfficeCause(
                code: code, what: "Jaringan ini meminta login, atau ada proxy di tengah jalan.",
                advice: "Buka situs lain di komputer ini; kalau muncul halaman login jaringan, masuklah. \(Self.safe)")
        case "centre_busy":
            OfficeCause(
                code: code, what: "Pusat sedang sibuk dan meminta kami menunggu.",
                advice: "Tidak ada yang perlu dilakukan di sini. \(Self.safe)")
        case "revoked":
            OfficeCause(
                code: code, what: "Pusat sudah mencabut izin komputer ini.",
                advice: "Kalau itu keliru, minta kode pendaftaran baru. \(Self.kept)")
        case "node_key":
            OfficeCause(
                code: code, what: "Kunci komputer ini untuk pusat tidak dapat dipakai.",
                advice: "Komputer ini perlu didaftarkan ulang ke pusat. \(Self.kept)")
        case "journal_failed", "journal_damaged": journal(code)
        case "fork":
            OfficeCause(
                code: code, what: "Pusat menyimpan catatan lain atas nama komputer ini.",
                advice: "Apakah isi komputer ini pernah disalin ke komputer lain atau dipulihkan? \(Self.kept)")
        case Self.silent:
            OfficeCause(
                code: code, what: "Pusat belum menjawab.",
                advice: "Periksa kabel jaringan atau Wi-Fi komputer ini. \(Self.safe)")
        default:
            OfficeCause(
                code: code, what: "Pusat menolak kiriman dari komputer ini.",
                advice: "Ini perlu diperiksa di pusat. \(Self.kept)")
        }
    }

    /// Nothing failed, and no receipt came.
    static let silent = "centre_silent"
    private static let safe = "Absen aman tersimpan di sini dan dikirim sendiri begitu tersambung lagi."
    private static let kept = "Absen aman tersimpan di sini."
    private static let elsewhere =
        "Kalau situs lain terbuka, gangguannya di pusat; tidak ada yang perlu dilakukan di sini."

    private static func centre(_ link: CentreLinkError.Code, _ code: String) -> OfficeCause {
        switch link {
        case .unreachable, .nameNotFound, .timedOut, .lost:
            OfficeCause(
                code: code, what: "Pusat tidak dapat dihubungi.",
                advice: "Periksa kabel jaringan atau Wi-Fi komputer ini. \(elsewhere) \(safe)")
        case .proxyRefused:
            OfficeCause(
                code: code, what: "Proxy jaringan menolak menyambungkan komputer ini ke pusat.",
                advice: "Nama dan kata sandi proxy di devices.conf perlu diperiksa. \(safe)")
        case .certificateExpired, .certificateNotYetValid:
            OfficeCause(
                code: code, what: "Jam komputer ini salah, atau sertifikat pusat sudah tidak berlaku.",
                advice: "Cocokkan tanggal dan jam komputer ini. \(safe)")
        case .tls, .certificateOtherName, .certificateUntrusted, .wrongKey:
            OfficeCause(
                code: code, what: "Yang menjawab bukan pusat, atau ada yang menyadap di tengah jalan.",
                advice: "Absen tidak dikirim ke yang bukan pusat. Cocokkan tanggal dan jam komputer ini. \(kept)")
        case .badAddress:
            OfficeCause(
                code: code, what: "Alamat pusat tidak dapat dipakai.",
                advice: "Komputer ini perlu didaftarkan ulang ke pusat. \(kept)")
        case .answerTooLarge:
            OfficeCause(
                code: code, what: "Jawaban pusat tidak dapat dibaca.",
                advice: "Ini perlu diperiksa di pusat. \(kept)")
        }
    }

    static func suffix(of code: String, behind prefix: String) -> String {
        code.hasPrefix(prefix) ? String(code.dropFirst(prefix.count)) : ""
    }
}
