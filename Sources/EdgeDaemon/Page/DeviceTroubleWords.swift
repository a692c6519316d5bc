import ZKClient

/// What is wrong with a device, for the people of its office.
struct DeviceTroubleWords: Hashable, Sendable {
    /// For the list of devices.
    let short: String
    /// Goes on behind "Perangkat lobby ".
    let what: String
    let advice: String

    private static let kept = "Absen yang sudah masuk tersimpan di perangkat."

    /// - Parameter code: as an alarm has it, `stale` or `lent`.
    init(code: String) {
        if let error = DeviceError.Code(rawValue: OfficeCause.suffix(of: code, behind: "device_")) {
            self.init(error)
            return
        }
        switch code {
        case "serial_twice":
            self.init(
                "Nomor seri ganda", "mengaku bernomor seri sama dengan perangkat lain.",
                "Satu perangkat tertulis dua kali di devices.conf, atau nomor serinya salinan.")
        case CrashGuard.alarm:
            self.init(
                "Diistirahatkan", "membuat program ini berhenti, maka diistirahatkan.",
                "Ini perlu diperiksa petugas. \(Self.kept)")
        case "push_silent":
            self.init(
                "Tidak melapor", "tidak melapor lagi.",
                "Periksa listrik, jaringan, dan alamat server di menu perangkat. \(Self.kept)")
        case "push_security":
            self.init(
                "Belum didukung", "melapor sebagai kontrol akses.",
                "Perangkat perlu diubah ke mode presensi (T&A PUSH). \(Self.kept)")
        case Self.stale:
            self.init("Lama tidak terbaca", "sudah lama tidak terbaca.", "Periksa listrik dan kabel jaringannya.")
        default:
            self.init("Tidak terbaca", "tidak dapat dibaca.", "Matikan lalu nyalakan perangkatnya. \(Self.kept)")
        }
    }

    /// No failure, and no reading for three intervals.
    static let stale = "stale"

    private init(_ short: String, _ what: String, _ advice: String) {
        self.short = short
        self.what = what
        self.advice = advice
    }

    private init(_ code: DeviceError.Code) {
        switch code {
        case .unreachable, .noAnswer, .timedOut, .linkLost:
            self.init(
                "Tidak menjawab", "tidak menjawab.",
                "Periksa listrik dan kabel jaringan perangkat. \(Self.kept)")
        case .refused:
            self.init(
                "Menolak sambungan", "menolak sambungan.", "Matikan lalu nyalakan perangkatnya. \(Self.kept)")
        case .notPluggedIn:
            self.init(
                "Tidak tersambung", "tidak tersambung ke USB komputer ini.",
                "Periksa listrik perangkat dan kabel USB-nya. \(Self.kept)")
        case .notPermitted:
            self.init(
                "Tidak diizinkan", "tidak boleh dibuka program ini.",
                "Izin USB di komputer ini perlu dipasang petugas. \(Self.kept)")
        case .stalled:
            self.init(
                "Macet", "macet sambungan USB-nya.", "Matikan lalu nyalakan perangkatnya. \(Self.kept)")
        case .unstable:
            self.init(
                "Sering terputus", "berulang kali terputus dari USB.",
                "Pasang adaptor listrik perangkatnya. \(Self.kept)")
        case .sessionTaken, .busy, .heldByOther:
            self.init(
                "Dipakai program lain", "sedang dipakai program lain.",
                "Tutup program absen lain yang membaca perangkat ini. \(Self.kept)")
        case .nameNotFound:
            self.init(
                "Alamat tidak ditemukan", "tidak ditemukan alamatnya.",
                "Alamat IP perangkat perlu ditulis di devices.conf. \(Self.kept)")
        case .keyRefused:
            self.init(
                "Comm Key salah", "menolak kunci kami (Comm Key).",
                "Comm Key di menu perangkat dan di devices.conf harus sama. \(Self.kept)")
        case .otherDevice:
            self.init(
                "Bukan perangkat ini", "bukan yang terdaftar: nomor serinya lain.",
                "Kalau perangkat memang diganti, minta perangkat yang baru didaftarkan.")
        case .noSerial:
            self.init(
                "Tanpa nomor seri", "tidak menyebutkan nomor serinya.", "Ini perlu diperiksa petugas. \(Self.kept)")
        case .newHandshake, .accessPanel, .layoutUnknown, .unsupported:
            self.init(
                "Belum didukung", "berjenis yang belum dikenal program ini.",
                "Catat merek dan model perangkat, lalu laporkan. \(Self.kept)")
        case .logDoubtful:
            self.init(
                "Isinya berkurang", "menunjukkan catatan yang lebih sedikit dari sebelumnya.",
                "Tanyakan apakah catatannya baru dihapus; kalau tidak, ini perlu diperiksa petugas.")
        case .noWebService:
            self.init(
                "Layanan web mati", "tidak membuka layanan web-nya.",
                "Nyalakan Web Server di menu komunikasi perangkat. \(Self.kept)")
        case .framingLost, .incomplete, .commandRefused, .writeFailed:
            self.init(
                "Jawaban rusak", "memberi jawaban yang tidak utuh.",
                "Matikan lalu nyalakan perangkatnya. \(Self.kept)")
        }
    }
}
