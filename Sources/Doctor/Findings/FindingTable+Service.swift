extension FindingTable {
    /// The service of an office, its journal, and who it is at the centre.
    static let service: [FindingRow] = [
        FindingRow(
            .daemonNotRunning, .fault, "A1 B8 B18 F3 F5",
            en: .init(
                "The service hadird is not running.",
                "No device is read and nothing is sent; scans stay on the devices.",
                "sudo systemctl start hadird; if it ends again: sudo journalctl -u hadird -n 20"),
            id: .init(
                "Layanan hadird tidak berjalan.",
                "Mesin absen tidak dibaca dan tidak ada yang dikirim; absen tetap tersimpan di mesin.",
                "sudo systemctl start hadird; kalau mati lagi: sudo journalctl -u hadird -n 20")),
        FindingRow(
            .daemonNoAnswer, .fault, "A13",
            en: .init(
                "The service hadird runs and does not answer.", "It hangs, most often because the disk does.",
                "Wait a minute; if it stays so: sudo systemctl restart hadird"),
            id: .init(
                "Layanan hadird berjalan tetapi tidak menjawab.", "Layanan macet, biasanya karena penyimpanan macet.",
                "Tunggu satu menit; kalau tetap begini: sudo systemctl restart hadird")),
        FindingRow(
            .daemonStuck, .fault, "A13",
            en: .init(
                "A part of the service is stuck: {parts}.", "It restarts itself when this lasts.",
                "Wait a minute; if it comes again, look at the disk and at the device it names."),
            id: .init(
                "Sebagian layanan macet: {parts}.", "Layanan memulai ulang dirinya kalau ini berlanjut.",
                "Tunggu satu menit; kalau terulang, periksa penyimpanan dan mesin yang disebut.")),
        FindingRow(
            .daemonOtherVersion, .warning, "",
            en: .init(
                "The service that runs is of another version ({running}) than this command ({ours}).",
                "After an upgrade the old one runs until it is restarted.", "sudo systemctl restart hadird"),
            id: .init(
                "Layanan yang berjalan berversi lain ({running}) dari perintah ini ({ours}).",
                "Setelah pembaruan, yang lama tetap berjalan sampai dimulai ulang.", "sudo systemctl restart hadird")),
        FindingRow(
            .daemonRestarts, .warning, "A1 A12 A13 G2",
            en: .init(
                "The service was restarted {count} times because it ended.",
                "Nothing is lost by that, but something ends it.", "sudo journalctl -u hadird -p warning -n 50"),
            id: .init(
                "Layanan sudah {count} kali dimulai ulang karena berhenti sendiri.",
                "Tidak ada absen yang hilang, tetapi ada yang menghentikannya.",
                "sudo journalctl -u hadird -p warning -n 50")),
        FindingRow(
            .daemonNotReady, .fault, "B6 B9 B10 B12 B16 B22",
            en: .init(
                "The running service cannot keep what it reads: {problem}.",
                "Scans stay on the devices until it can.",
                "Mend what the disk's lines above say; then it goes on by itself."),
            id: .init(
                "Layanan yang berjalan tidak dapat menyimpan hasil bacaannya: {problem}.",
                "Absen tetap di mesin sampai bisa disimpan.",
                "Bereskan yang disebut tentang penyimpanan; layanan lalu melanjutkan sendiri.")),
        FindingRow(
            .statusNotServed, .warning, "",
            en: .init(
                "The page of this office at {address} does not answer.", "Scans are read all the same.",
                "Choose another port for status_listen in devices.conf, then: sudo hadir config reload"),
            id: .init(
                "Halaman kantor di {address} tidak terbuka.", "Absen tetap dibaca.",
                "Pilih port lain untuk status_listen di devices.conf, lalu: sudo hadir config reload")),
        FindingRow(
            .journalMissing, .fault, "B13",
            en: .init(
                "There is no journal in {path}.", "The service has never run here, or somebody removed it.",
                "sudo systemctl start hadird"),
            id: .init(
                "Belum ada catatan absen di {path}.",
                "Layanan belum pernah berjalan di sini, atau ada yang menghapusnya.",
                "sudo systemctl start hadird")),
        FindingRow(
            .journalDamaged, .fault, "B4 B11 B12 B13 B14",
            en: .init(
                "The disk has altered the journal.",
                "What is whole is kept and goes on; the rest is read again from the devices.",
                "Delete nothing. sudo systemctl restart hadird mends it; then replace the disk."),
            id: .init(
                "Penyimpanan mengubah isi catatan absen.",
                "Yang utuh tetap dipakai; sisanya dibaca ulang dari mesin absen.",
                "Jangan menghapus apa pun. sudo systemctl restart hadird memulihkannya; lalu ganti penyimpanannya.")),
        FindingRow(
            .journalOtherVersion, .fault, "F3",
            en: .init(
                "The journal was made by another version of hadir.",
                "This version leaves it as it is and does not start.",
                "Install the newest version again."),
            id: .init(
                "Catatan absen dibuat oleh versi hadir yang lain.", "Versi ini membiarkannya dan tidak mau berjalan.",
                "Pasang lagi versi yang terbaru.")),
        FindingRow(
            .journalHeld, .fault, "B16",
            en: .init(
                "Another program holds the journal.", "Nothing can be kept meanwhile; devices are read later.",
                "Find it and end it: sudo fuser -v {path}"),
            id: .init(
                "Program lain sedang memegang catatan absen.",
                "Sementara itu absen tidak dapat disimpan; mesin dibaca nanti.",
                "Cari dan tutup programnya: sudo fuser -v {path}")),
        FindingRow(
            .journalUnreadable, .fault, "B9 B11",
            en: .init(
                "The journal cannot be read.", "Nobody can say what waits in it.",
                "Delete nothing. Look at: sudo dmesg | tail"),
            id: .init(
                "Catatan absen tidak dapat dibaca.", "Isinya yang menunggu tidak diketahui.",
                "Jangan menghapus apa pun. Lihat: sudo dmesg | tail")),
        FindingRow(
            .journalMovedAside, .warning, "B11 B12 B13",
            en: .init(
                "A damaged journal was put aside: {path}.",
                "What was whole was taken over; a disk that did it once does it again.",
                "Keep the file until all days are decided, and replace the disk."),
            id: .init(
                "Catatan absen yang rusak disimpan terpisah: {path}.",
                "Yang utuh sudah diambil alih; penyimpanan yang pernah merusak akan merusak lagi.",
                "Simpan berkas itu sampai semua hari jelas, dan ganti penyimpanannya.")),
        FindingRow(
            .journalForked, .fault, "B14 B20 F9 H9",
            en: .init(
                "The centre has other entries under this computer's name (since {when}).",
                "Either this computer's disk was copied or restored, or somebody else speaks as this office.",
                "Make sure that only one computer runs with this identity; enrol the other as a node of its own."),
            id: .init(
                "Pusat menyimpan catatan lain atas nama komputer ini (sejak {when}).",
                "Isi komputer ini pernah disalin atau dipulihkan, atau ada yang mengaku sebagai kantor ini.",
                "Pastikan hanya satu komputer memakai identitas ini; daftarkan yang lain tersendiri.")),
        FindingRow(
            .journalQuarantined, .warning, "T4 H8",
            en: .init(
                "{count} entries are held back at the centre.", "Their scans do not count until somebody decides.",
                "Ask the centre to look at its page Karantina."),
            id: .init(
                "{count} catatan ditahan di pusat.", "Absennya belum dihitung sampai ada yang memutuskan.",
                "Minta pusat melihat halaman Karantina.")),
        FindingRow(
            .backlogWaiting, .warning, "E17 E19 T3",
            en: .init(
                "{count} entries wait to be sent, the oldest for {age}.",
                "They are safe here; at the centre these days are not decided yet.",
                "Mend what the lines about the network and the centre say."),
            id: .init(
                "{count} catatan belum terkirim, yang tertua sudah {age}.",
                "Catatan aman di sini; di pusat hari-hari itu masih belum sinkron.",
                "Bereskan yang disebut tentang jaringan dan pusat.")),
        FindingRow(
            .backlogOld, .fault, "E1 E19 T3",
            en: .init(
                "{count} entries wait to be sent, the oldest for {age}.",
                "They are safe here; at the centre these days are not decided, and soon they decide about pay.",
                "Mend what the lines about the network and the centre say."),
            id: .init(
                "{count} catatan belum terkirim, yang tertua sudah {age}.",
                "Catatan aman di sini, tetapi di pusat hari-hari itu belum sinkron dan bisa memengaruhi tunjangan.",
                "Bereskan yang disebut tentang jaringan dan pusat.")),
        FindingRow(
            .nodeNotEnrolled, .fault, "B2 F10",
            en: .init(
                "This computer is not enrolled at a centre.", "Scans are read and kept here, and not sent.",
                "Ask the centre for a code, stop hadird, then: sudo hadir node enroll CODE"),
            id: .init(
                "Komputer ini belum didaftarkan ke pusat.", "Absen dibaca dan disimpan di sini, tetapi tidak dikirim.",
                "Minta kode ke pusat, hentikan hadird, lalu: sudo hadir node enroll KODE")),
        FindingRow(
            .nodeKey, .fault, "F8",
            en: .init(
                "This computer's key for the centre cannot be used.", "Scans are kept here and not sent.",
                "Do what the last line in brackets says; without the key, enrol anew: sudo hadir node enroll CODE"),
            id: .init(
                "Kunci komputer ini untuk pusat tidak dapat dipakai.", "Absen disimpan di sini dan tidak dikirim.",
                "Ikuti baris dalam kurung siku; kalau kunci hilang, daftarkan ulang: sudo hadir node enroll KODE")),
        FindingRow(
            .nodeRevoked, .fault, "F11",
            en: .init(
                "The centre has revoked this computer.", "Scans are kept here and no longer taken.",
                "If that is a mistake, ask the centre for a new code: sudo hadir node enroll CODE"),
            id: .init(
                "Pusat sudah mencabut izin komputer ini.", "Absen disimpan di sini dan tidak lagi diterima.",
                "Kalau keliru, minta kode baru ke pusat: sudo hadir node enroll KODE")),
    ]
}
