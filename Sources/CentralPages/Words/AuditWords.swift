/// Words of the audit log in Indonesian: docs/names.md, "Acts".
enum AuditWords {
    static func text(_ word: String) -> String { known[word] ?? word }

    /// What the page's list of words is ordered by.
    static let groups: [(title: String, words: [String])] = [
        ("Melihat dan mengambil", ["view_person", "export"]),
        ("Masuk dan keluar", ["sign_in", "sign_in_refused", "sign_out"]),
        (
            "Akun dan token",
            [
                "account_added", "account_changed", "account_disabled", "account_enabled", "password_changed",
                "account_slips", "sessions_ended", "token_added", "token_revoked",
            ]
        ),
        (
            "Pegawai dan unit",
            [
                "employee_added", "employee_renamed", "employment_changed", "employee_left", "placement_changed",
                "unit_changed", "head_changed", "link_made", "link_ended", "import",
            ]
        ),
        (
            "Presensi",
            [
                "attestation_added", "attestation_withdrawn", "month_closed", "recompute", "text_added",
                "group_changed", "calendar_changed", "roster_changed",
            ]
        ),
        (
            "Jaringan",
            [
                "node_invited", "node_enrolled", "node_revoked", "device_moved", "service_changed", "order_added",
                "order_cancelled", "key_announced", "key_changed", "centre_restored",
            ]
        ),
        ("Catatan audit", ["witness_accepted"]),
    ]

    private static let known: [String: String] = [
        "view_person": "Melihat data pegawai",
        "export": "Mengunduh data",
        "sign_in": "Masuk",
        "sign_in_refused": "Gagal masuk",
        "sign_out": "Keluar",
        "password_changed": "Mengganti kata sandi",
        "account_added": "Membuat akun",
        "account_changed": "Mengubah akun",
        "account_disabled": "Menonaktifkan akun",
        "account_enabled": "Mengaktifkan akun",
        "account_slips": "Mencetak kata sandi awal",
        "sessions_ended": "Mengakhiri sesi",
        "token_added": "Membuat token",
        "token_revoked": "Mencabut token",
        "node_invited": "Membuat kode pendaftaran",
        "node_enrolled": "Komputer absen terdaftar",
        "node_revoked": "Mencabut komputer absen",
        "device_moved": "Memindahkan mesin absen",
        "order_added": "Memberi perintah",
        "order_cancelled": "Membatalkan perintah",
        "key_announced": "Mengumumkan kunci baru",
        "key_changed": "Mengganti kunci pusat",
        "centre_restored": "Memulihkan pusat dari kit pemulihan",
        "witness_accepted": "Menerima perbedaan catatan",
        "import": "Mengimpor daftar",
        "month_closed": "Menutup bulan",
        "recompute": "Menghitung ulang",
        "unit_changed": "Mengubah unit",
        "head_changed": "Menetapkan kepala unit",
        "employee_added": "Menambah pegawai",
        "employee_renamed": "Mengubah nama pegawai",
        "employment_changed": "Mengubah status pegawai",
        "employee_left": "Pegawai berhenti",
        "placement_changed": "Mengubah penempatan",
        "link_made": "Menghubungkan PIN",
        "link_ended": "Mengakhiri hubungan PIN",
        "service_changed": "Mengubah masa pakai mesin",
        "text_added": "Menambah aturan atau jadwal",
        "group_changed": "Mengubah jadwal kelompok",
        "calendar_changed": "Mengubah kalender",
        "roster_changed": "Mengubah jadwal jaga",
        "attestation_added": "Mencatat izin, koreksi, atau daftar",
        "attestation_withdrawn": "Mencabut catatan",
    ]

    /// Of a word about whose kind there are few.
    static func tone(_ word: String) -> String? {
        switch word {
        case "sign_in_refused", "node_revoked", "token_revoked", "account_disabled", "witness_accepted": "warn"
        case "export", "view_person": "idle"
        default: nil
        }
    }

    static func role(_ role: String) -> String {
        switch role {
        case "operator": "lewat server"
        case "system": "sistem"
        case "node": "komputer absen"
        case "admin": "pengelola"
        case "viewer": "pemantau"
        case "executive": "pimpinan"
        case "personnel": "kepegawaian"
        case "auditor": "pemeriksa"
        case "clerk": "petugas unit"
        case "head": "kepala unit"
        case "employee": "pegawai"
        case "reader": "token pembaca"
        default: role
        }
    }
}
