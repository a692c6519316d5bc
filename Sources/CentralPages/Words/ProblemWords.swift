/// Why a device cannot be read, in Indonesian.
///
/// A node says it in English, as its `DeviceError` does: `connect: the device does not answer (…). …`. What it begins
/// with is known by kind; anything else is shown as it came.
struct ProblemWords: Equatable {
    let title: String
    let advice: String

    /// - Parameter text: of `NodeStatus.Device.problem`.
    init?(text: String) {
        guard let kind = Self.kinds.first(where: { text.contains($0.english) }) else { return nil }
        title = kind.title
        advice = kind.advice
    }

    /// - Parameter code: of `DeviceError.Code`.
    init?(code: String) {
        guard let kind = Self.kinds.first(where: { $0.code == code }) else { return nil }
        title = kind.title
        advice = kind.advice
    }

    private struct Kind {
        let code: String
        let english: String
        let title: String
        let advice: String

        init(_ code: String, _ english: String, _ title: String, _ advice: String) {
            self.code = code
            self.english = english
            self.title = title
            self.advice = advice
        }
    }

    private static let again = "Tidak ada yang hilang: pembacaan berikut mengambil sisanya."

    private static let kinds = [
        Kind(
            "name_not_found", "the device's name has no address", "Nama perangkat tidak punya alamat",
            "Tulis alamat IP perangkat di devices.conf."),
        Kind(
            "connection_refused", "the address refuses connections on this port", "Alamat menolak sambungan",
            "Periksa port; coba udp:// sebagai ganti tcp://, atau sebaliknya."),
        Kind(
            "unreachable", "the address cannot be reached", "Perangkat tidak terjangkau",
            "Periksa listrik, kabel jaringan, dan alamat IP di menu perangkat."),
        Kind(
            "no_answer", "the device does not answer", "Perangkat tidak menjawab",
            "Periksa listrik dan kabel jaringan perangkat. Kalau keduanya baik, tutup program lain yang membacanya, "
                + "atau mulai ulang perangkat."),
        Kind(
            "new_handshake", "its firmware wants a newer handshake", "Firmware perangkat memakai cara sambung baru",
            "Gunakan mode push (ADMS) untuk model ini."),
        Kind(
            "access_panel", "this is an access-control panel", "Ini panel akses pintu, bukan mesin absen",
            "Perangkat ini tidak didukung."),
        Kind(
            "key_refused", "the device refuses the comm key", "Kunci komunikasi (comm key) ditolak",
            "Samakan comm key di devices.conf dengan menu perangkat."),
        Kind(
            "session_taken", "the device ended the session", "Perangkat memutus sambungan",
            "Perangkat dimulai ulang, atau program lain menyambung. " + again),
        Kind(
            "no_web_service", "what answers there is not a device's web service",
            "Layanan web perangkat tidak menjawab",
            "Nyalakan web server di menu komunikasi perangkat dan periksa port-nya."),
        Kind(
            "log_doubtful", "the log is not the one that was read before",
            "Isi perangkat berkurang dari pembacaan lalu",
            "Tanyakan apakah catatannya dihapus. Kelengkapan baru dinyatakan lagi bila pembacaan berikut sama."),
        Kind("link_lost", "the connection was lost", "Sambungan ke perangkat terputus", again),
        Kind("timed_out", "the device stopped answering", "Perangkat berhenti menjawab", again),
        Kind(
            "busy", "another command of this session is not done", "Perangkat sedang dipakai", "Tunggu sampai selesai."),
        Kind(
            "framing_lost", "the device sent bytes that are no frame", "Perangkat mengirim data yang tidak dikenal",
            "Bila tetap begitu, catat model dan firmware-nya."),
        Kind(
            "command_refused", "the device refuses the command", "Perangkat menolak perintah",
            "Periksa di menu perangkat bahwa jenisnya mesin absen."),
        Kind(
            "incomplete", "the device sent less or more than it announced", "Data dari perangkat tidak lengkap",
            "Tidak ada yang diambil setengah; pembacaan berikut mencoba lagi."),
        Kind(
            "layout_unknown", "the record layout is not known", "Bentuk data perangkat belum dikenal",
            "Catat model dan firmware, lalu hubungi pengelola hadir."),
        Kind(
            "other_device", "another device answers at this address", "Perangkat lain menjawab di alamat ini",
            "Bila perangkat diganti, daftarkan yang baru: `hadir device enroll`."),
        Kind(
            "no_serial", "the device does not tell its serial number", "Perangkat tidak menyebut nomor serinya",
            "Tanpa nomor seri, hadir tidak dapat membedakan perangkat."),
        Kind(
            "write_failed", "the device did not keep what was written", "Perangkat tidak menyimpan yang ditulis",
            "Baca lagi, lalu bandingkan."),
        Kind(
            "not_plugged_in", "the device is not on this computer's USB", "Perangkat tidak tersambung ke USB",
            "Periksa listrik dan kabel USB perangkat. Begitu tersambung, ia langsung dibaca."),
        Kind(
            "not_permitted", "this program may not open the USB device", "Program tidak boleh membuka perangkat USB",
            "Di komputer absen, pasang systemd/60-hadir-usb.rules dan systemd/hadird-usb.conf, lalu cabut dan pasang "
                + "kabelnya."),
        Kind(
            "held_by_other", "another program holds the USB device", "Perangkat USB dipakai program lain",
            "Tutup program absen lain di komputer itu."),
        Kind(
            "stalled", "the device's USB side has stopped", "Sisi USB perangkat macet",
            "Matikan lalu nyalakan perangkat dari listriknya."),
        Kind(
            "unstable", "the device leaves the USB again and again", "Perangkat berulang kali terputus dari USB",
            "Pasang adaptor listrik perangkat; di Raspberry Pi, gunakan hub USB 2.0. " + again),
        Kind(
            "unsupported", "this USB device is not one hadir can read", "Perangkat USB ini tidak didukung",
            "Catat model dan nomor USB-nya, lalu hubungi pengelola hadir."),
    ]
}
