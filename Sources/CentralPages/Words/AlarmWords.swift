/// What an alarm means and what a person should do, in Indonesian. Codes: docs/names.md, "Alarms".
struct AlarmWords: Equatable {
    let title: String
    let advice: String

    init(code: String) {
        if let known = Self.known[code] {
            self = known
        } else if let problem = code.suffix(behind: "device_").flatMap({ ProblemWords(code: $0) }) {
            self.init(problem.title, problem.advice)
        } else if code.hasPrefix("journal_") {
            self.init(
                "Jurnal di kantor tidak dapat ditulis",
                "Presensi tetap tersimpan di perangkat. Kosongkan atau ganti disk komputer kantor, lalu jalankan "
                    + "`hadir journal verify`.")
        } else if code.hasPrefix("centre_") {
            self.init(
                "Kantor tidak dapat mengirim ke pusat",
                "Presensi menunggu di kantor dan tidak hilang. Periksa jaringan, tanggal komputer, dan keterangan teknis di bawah."
            )
        } else {
            self.init("Peringatan lain", "Baca keterangan teknis di bawah.")
        }
    }

    private init(_ title: String, _ advice: String) {
        self.title = title
        self.advice = advice
    }

    private static let known: [String: AlarmWords] = log.merging(clock) { $1 }.merging(node) { $1 }
        .merging(centre) { $1 }.merging(push) { $1 }

    private static let push = [
        "push_not_served": AlarmWords(
            "Perangkat tidak dapat melapor ke komputer absen",
            "Presensi tetap di perangkat. Periksa bagian [push] di devices.conf: alamat, port, dan sertifikatnya."),
        "push_silent": AlarmWords(
            "Perangkat tidak melapor lagi",
            "Presensi tetap di perangkat. Periksa listrik, jaringan, dan alamat server di menu perangkat (Cloud Server)."
        ),
        "push_security": AlarmWords(
            "Perangkat melapor sebagai kontrol akses",
            "Ubah perangkat ke mode presensi (T&A PUSH), atau baca perangkat lewat jaringan."),
        "push_line_unreadable": AlarmWords(
            "Perangkat mengirim baris yang tidak terbaca",
            "Bandingkan catatan di perangkat dengan presensi di pusat."),
    ]

    private static let log = [
        "log_cleared": AlarmWords(
            "Catatan presensi di perangkat dihapus",
            "Tanyakan siapa yang menghapus dan kapan. Presensi sejak pembacaan terakhir mungkin hilang."),
        "log_rolled_over": AlarmWords(
            "Perangkat penuh dan menimpa presensi yang belum dibaca",
            "Persingkat waktu tanpa jaringan, lalu hapus catatan lama di perangkat setelah pembacaan penuh."),
        "log_not_reconciled": AlarmWords(
            "Isi perangkat tidak cocok dengan yang sudah dibaca",
            "Bandingkan catatan di perangkat dengan presensi di pusat."),
        "log_nearly_full": AlarmWords(
            "Memori perangkat hampir penuh",
            "Rencanakan penghapusan catatan lama di perangkat, setelah satu pembacaan penuh."),
        "log_full": AlarmWords(
            "Memori perangkat penuh",
            "Baca perangkat sekarang (`hadir device sync`), lalu hapus catatan lamanya."),
        "log_almost_full": AlarmWords(
            "Memori perangkat 95 % penuh",
            "Hapus catatan lamanya sekarang: `hadir device clear-log` membaca dan memeriksa semuanya dahulu."),
        "log_touched": AlarmWords(
            "Seseorang menghapus data di perangkat",
            "Tanyakan siapa yang membuka menu perangkat dan apa yang dihapus. Yang sudah terbaca tetap tersimpan."),
        "admin_added": AlarmWords(
            "Ada pengelola baru di perangkat",
            "Orang ini dapat membuka menu perangkat. Bila tidak dikenal, cabut haknya di perangkat."),
        "serial_twice": AlarmWords(
            "Dua perangkat memakai nomor seri yang sama",
            "Hapus bagian yang berlebih di devices.conf, atau minta nomor seri perangkat diperbaiki."),
        "device_crashes_us": AlarmWords(
            "Membaca perangkat ini menghentikan layanan",
            "Presensi tetap di perangkat. Kirim log layanan kepada pengelola hadir."),
        "entry_too_long": AlarmWords(
            "Perangkat mengirim data yang terlalu besar",
            "Periksa perangkat: mungkin rusak, atau ada yang meniru."),
    ]

    private static let clock = [
        "clock_unknown": AlarmWords(
            "Jam perangkat menunjukkan tanggal yang tidak ada", "Setel tanggal dan jam di perangkat."),
        "clock_off": AlarmWords(
            "Jam perangkat terlalu jauh meleset",
            "Periksa perangkat, lalu setel jamnya. Presensi pada masa itu perlu diperiksa."),
        "clock_touched": AlarmWords(
            "Jam perangkat disetel dengan tangan",
            "Tanyakan siapa yang menyetel. Presensi di sekitar waktu itu perlu diperiksa."),
        "clock_set": AlarmWords("Jam perangkat telah disetel ulang", "Periksa presensi sebelum jam disetel."),
        "clock_not_set": AlarmWords("Perangkat menolak penyetelan jam", "Setel jam langsung di perangkat."),
    ]

    private static let node = [
        "config_refused": AlarmWords(
            "Pengaturan baru ditolak",
            "Pengaturan lama tetap dipakai. Perbaiki baris yang disebut pada keterangan teknis, lalu jalankan `hadir config reload`."
        ),
        "node_key": AlarmWords(
            "Kunci node tidak dapat dipakai",
            "Presensi disimpan dan belum dikirim. Ikuti keterangan teknis di bawah, lalu mulai ulang hadird."),
        "status_not_served": AlarmWords(
            "Halaman status kantor tidak dapat dibuka", "Pilih port yang bebas untuk status_listen di devices.conf."),
        "journal_failed": AlarmWords(
            "Jurnal di kantor tidak dapat dibaca atau ditulis",
            "Kosongkan disk komputer kantor, lalu jalankan `hadir journal verify`."),
        "journal_damaged": AlarmWords(
            "Disk mengubah isi jurnal",
            "Ganti disk komputer kantor. Bagian yang utuh dilanjutkan dan semua perangkat dibaca ulang."),
        "journal_full": AlarmWords(
            "Disk komputer kantor penuh", "Presensi tetap di perangkat. Kosongkan atau ganti disk komputer kantor."),
    ]

    private static let centre = [
        "centre_busy": AlarmWords("Pusat meminta kantor menunggu", "Periksa server pusat: disk dan bebannya."),
        "centre_certificate_expired": AlarmWords(
            "Sertifikat pusat sudah kedaluwarsa", "Perbarui sertifikat pusat, atau setel tanggal komputer kantor."),
        "centre_wrong_key": AlarmWords(
            "Server yang menjawab bukan pusat yang dikenal",
            "Pastikan alamat pusat benar dan tidak ada yang menyadap di antaranya."),
        "centre_proxy_refused": AlarmWords(
            "Proxy menolak sambungan ke pusat", "Periksa proxy dan proxy_auth_file pada bagian [centre]."),
        "unclear_answer": AlarmWords(
            "Yang menjawab bukan pusat",
            "Cari halaman masuk (captive portal) atau proxy di antara kantor dan pusat."),
        "entry_too_large": AlarmWords(
            "Satu data ditolak karena ukurannya", "Naikkan batas ukuran pada proxy di antara kantor dan pusat."),
        "no_progress": AlarmWords("Pusat meminta data yang sama berulang kali", "Periksa log server pusat."),
        "audit_went_back": AlarmWords(
            "Catatan audit tidak cocok",
            "Apakah pusat dipulihkan dari cadangan? Jika tidak, catatan audit pusat telah diubah: buka Catatan audit."),
        "fork": AlarmWords(
            "Dua jurnal memakai identitas yang sama",
            "Apakah disk disalin atau dipulihkan? Hanya satu yang boleh berjalan."),
        "revoked": AlarmWords(
            "Node ini sudah dicabut",
            "Bila masih dipakai, daftarkan lagi: `hadir-central node add`, lalu `hadir node enroll`."),
        "refused": AlarmWords("Pusat menolak kiriman", "Periksa log server pusat."),
    ]
}

extension String {
    /// What stands behind the prefix, or `nil` where it does not begin so.
    func suffix(behind prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
