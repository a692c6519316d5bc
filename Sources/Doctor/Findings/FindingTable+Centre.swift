extension FindingTable {
    /// The centre: its service, its database, its keys and its offices.
    static let centre: [FindingRow] = [
        FindingRow(
            .serverNotRunning, .fault, "A6",
            en: .init(
                "The service hadir-central is not running.", "Offices keep their scans; nobody sees the pages.",
                "sudo systemctl start hadir-central; if it ends again: sudo journalctl -u hadir-central -n 20"),
            id: .init(
                "Layanan hadir-central tidak berjalan.", "Kantor menyimpan absennya; halaman tidak terbuka.",
                "sudo systemctl start hadir-central; kalau mati lagi: sudo journalctl -u hadir-central -n 20")),
        FindingRow(
            .serverNotListening, .fault, "G1 H1 H2",
            en: .init(
                "The service runs, and nobody answers at {address}.", "Offices cannot send and nobody sees the pages.",
                "sudo systemctl restart hadir-central; if it stays so: sudo journalctl -u hadir-central -n 20"),
            id: .init(
                "Layanan berjalan, tetapi {address} tidak menjawab.",
                "Kantor tidak dapat mengirim dan halaman tidak terbuka.",
                "sudo systemctl restart hadir-central; kalau tetap begini: sudo journalctl -u hadir-central -n 20")),
        FindingRow(
            .serverNotReady, .fault, "B6 B9 B10",
            en: .init(
                "The centre is not ready: its database takes no writes.", "Offices wait and keep their scans.",
                "Mend what the lines about the disk say; then it goes on by itself."),
            id: .init(
                "Pusat belum siap: basis datanya tidak dapat ditulis.", "Kantor menunggu dan menyimpan absennya.",
                "Bereskan yang disebut tentang penyimpanan; pusat lalu melanjutkan sendiri.")),
        FindingRow(
            .serverPortTaken, .fault, "",
            en: .init(
                "Another program listens at {address}.", "hadir-central cannot start there.",
                "Find and end it: sudo ss -ltnp; or choose another port for listen"),
            id: .init(
                "Program lain memakai {address}.", "hadir-central tidak dapat berjalan di sana.",
                "Cari dan tutup programnya: sudo ss -ltnp; atau pilih port lain untuk listen")),
        FindingRow(
            .databaseMissing, .fault, "B13 B21",
            en: .init(
                "There is no centre in {path}.", "Its database or its keys are not there.",
                "Name the right folder with --state; a lost centre: hadir-central restore --help"),
            id: .init(
                "Tidak ada pusat di {path}.", "Basis data atau kuncinya tidak ada.",
                "Sebutkan folder yang benar dengan --state; kalau pusat hilang: hadir-central restore --help")),
        FindingRow(
            .databaseDamaged, .fault, "B11 B13",
            en: .init(
                "The database is damaged.", "What the disk altered cannot be trusted; offices still have 35 days.",
                "Stop hadir-central, keep a copy of the folder, restore the last backup, replace the disk."),
            id: .init(
                "Basis data rusak.", "Isi yang diubah penyimpanan tidak dapat dipercaya; kantor masih punya 35 hari.",
                "Hentikan hadir-central, salin foldernya, pulihkan cadangan terakhir, ganti penyimpanannya.")),
        FindingRow(
            .databaseOtherVersion, .fault, "F3",
            en: .init(
                "The database was made by another version of hadir.", "This version leaves it as it is.",
                "Install the newest version again; an older file is brought up to date when hadir-central starts."),
            id: .init(
                "Basis data dibuat oleh versi hadir yang lain.", "Versi ini membiarkannya apa adanya.",
                "Pasang lagi versi terbaru; berkas lama diperbarui saat hadir-central dijalankan.")),
        FindingRow(
            .databaseUnreadable, .fault, "B9 B16",
            en: .init(
                "The database cannot be read.", "Nobody can say what is in it.",
                "Delete nothing. Look at: sudo dmesg | tail"),
            id: .init(
                "Basis data tidak dapat dibaca.", "Isinya tidak dapat dipastikan.",
                "Jangan menghapus apa pun. Lihat: sudo dmesg | tail")),
        FindingRow(
            .databaseAltered, .fault, "B12",
            en: .init(
                "The database holds entries that are not what nodes sent: {problem}.",
                "They are refused, never shown; somebody or the disk changed them.",
                "hadir-central verify --state {path}"),
            id: .init(
                "Basis data memuat catatan yang tidak sama dengan kiriman kantor: {problem}.",
                "Catatan itu ditolak, tidak pernah ditampilkan; seseorang atau penyimpanan mengubahnya.",
                "hadir-central verify --state {path}")),
        FindingRow(
            .keysUnusable, .fault, "F12",
            en: .init(
                "The keys of the centre cannot be used.", "It cannot start, and signs nothing.",
                "Do what the line in brackets says; lost keys come back from the recovery kit."),
            id: .init(
                "Kunci pusat tidak dapat dipakai.", "Pusat tidak dapat berjalan dan tidak dapat menandatangani.",
                "Ikuti baris dalam kurung siku; kunci yang hilang dipulihkan dari kit pemulihan.")),
        FindingRow(
            .keysOpen, .fault, "F8",
            en: .init(
                "A key of the centre may be read by others: {subject}.", "Who has it can speak as the centre.",
                "sudo chmod 600 {subject}"),
            id: .init(
                "Kunci pusat dapat dibaca orang lain: {subject}.",
                "Siapa pun yang memilikinya dapat mengaku sebagai pusat.",
                "sudo chmod 600 {subject}")),
        FindingRow(
            .certificateExpired, .fault, "E10",
            en: .init(
                "The certificate {path} ended {when} by this computer's clock.",
                "Offices without a pinned key and all browsers refuse the centre.",
                "Renew it with the same key, then: sudo systemctl reload hadir-central"),
            id: .init(
                "Sertifikat {path} berakhir {when} menurut jam komputer ini.",
                "Semua peramban, dan kantor tanpa pin, menolak pusat.",
                "Perbarui dengan kunci yang sama, lalu: sudo systemctl reload hadir-central")),
        FindingRow(
            .certificateEndsSoon, .warning, "E10 E11",
            en: .init(
                "The certificate {path} ends in {left}.", "Then browsers and offices refuse the centre.",
                "Renew it with the same key, then: sudo systemctl reload hadir-central"),
            id: .init(
                "Sertifikat {path} berakhir dalam {left}.", "Sesudah itu peramban dan kantor menolak pusat.",
                "Perbarui dengan kunci yang sama, lalu: sudo systemctl reload hadir-central")),
        FindingRow(
            .certificateNotYetValid, .fault, "C1 E10",
            en: .init(
                "The certificate {path} begins only {when} by this computer's clock.",
                "The clock is wrong, or the certificate is too new.", "sudo timedatectl set-ntp true"),
            id: .init(
                "Sertifikat {path} baru berlaku {when} menurut jam komputer ini.",
                "Jam komputer salah, atau sertifikatnya terlalu baru.", "sudo timedatectl set-ntp true")),
        FindingRow(
            .certificateUnusable, .fault, "",
            en: .init(
                "The certificate or its key cannot be used.", "The centre does not start, or shows the old one.",
                "Do what the line in brackets says."),
            id: .init(
                "Sertifikat atau kuncinya tidak dapat dipakai.", "Pusat tidak mau berjalan, atau memakai yang lama.",
                "Ikuti baris dalam kurung siku.")),
        FindingRow(
            .assetsMissing, .warning, "",
            en: .init(
                "Files of the pages are missing in {path}: {subject}.", "Pages show without style or charts.",
                "Install the packages again that hadir-central names (Bootstrap, ECharts), or mend assets in centre.conf."
            ),
            id: .init(
                "Berkas halaman tidak ada di {path}: {subject}.", "Halaman tampil tanpa gaya atau grafik.",
                "Pasang lagi paket yang diperlukan hadir-central (Bootstrap, ECharts), atau betulkan assets di centre.conf."
            )),
        FindingRow(
            .auditBroken, .fault, "H23",
            en: .init(
                "The audit log is not what it was, from note {seq} on.", "Somebody with access to the file changed it.",
                "Keep a copy of the database; then: hadir-central audit verify --state {path}"),
            id: .init(
                "Catatan audit berubah sejak catatan {seq}.", "Seseorang yang dapat membuka berkasnya mengubahnya.",
                "Simpan salinan basis data; lalu: hadir-central audit verify --state {path}")),
        FindingRow(
            .auditDoubts, .warning, "B21 H23",
            en: .init(
                "{count} offices know an audit log that does not fit this one.",
                "It was restored from a backup, or somebody wrote it anew.",
                "hadir-central audit verify --state {path}"),
            id: .init(
                "{count} kantor mengenal catatan audit yang tidak cocok dengan ini.",
                "Pusat dipulihkan dari cadangan, atau ada yang menulisnya ulang.",
                "hadir-central audit verify --state {path}")),
        FindingRow(
            .officesNone, .warning, "",
            en: .init(
                "No office is enrolled.", "Nobody sends scans to this centre.",
                "hadir-central node add --state {path} --unit UNIT --url URL"),
            id: .init(
                "Belum ada kantor yang terdaftar.", "Tidak ada yang mengirim absen ke pusat ini.",
                "hadir-central node add --state {path} --unit UNIT --url URL")),
        FindingRow(
            .officeSilent, .warning, "E17 E19",
            en: .init(
                "{subject} has not been heard of for {age}.", "Its days are not decided; its scans wait there.",
                "Call the office: is the computer on? Then, there: sudo hadir doctor"),
            id: .init(
                "{subject} tidak terdengar selama {age}.", "Hari kerjanya belum sinkron; absennya menunggu di sana.",
                "Telepon kantornya: apakah komputernya menyala? Lalu di sana: sudo hadir doctor")),
        FindingRow(
            .officeLate, .warning, "E19 E20",
            en: .init(
                "{subject} is connected, and {count} entries still wait there, the oldest for {age}.",
                "Its days are not decided yet.", "Wait some minutes; if it does not shrink, there: sudo hadir doctor"),
            id: .init(
                "{subject} tersambung, tetapi {count} catatan masih menunggu di sana, yang tertua {age}.",
                "Hari kerjanya belum sinkron.",
                "Tunggu beberapa menit; kalau tidak berkurang, di sana: sudo hadir doctor")),
        FindingRow(
            .officeClock, .warning, "C1 C3",
            en: .init(
                "The computer of {subject} doubts its own clock.", "Its days are not decided until it is set.",
                "There: sudo timedatectl set-ntp true"),
            id: .init(
                "Komputer {subject} meragukan jamnya sendiri.", "Hari kerjanya belum sinkron sampai jamnya benar.",
                "Di sana: sudo timedatectl set-ntp true")),
        FindingRow(
            .officeDisk, .warning, "B6",
            en: .init(
                "The disk of {subject} has only {free} left.", "When it is full, scans stay on its devices.",
                "There: delete large files nobody needs."),
            id: .init(
                "Penyimpanan {subject} tinggal {free}.", "Kalau penuh, absen tertahan di mesinnya.",
                "Di sana: hapus berkas besar yang tidak dipakai.")),
        FindingRow(
            .officeForked, .fault, "B20 F9 H9",
            en: .init(
                "{subject} sent other entries than before under the same numbers.",
                "Two computers use one identity, or a copy was restored there.",
                "Make sure that only one computer runs with it; revoke the other: hadir-central node revoke"),
            id: .init(
                "{subject} mengirim catatan lain dengan nomor yang sama.",
                "Dua komputer memakai satu identitas, atau di sana dipulihkan salinan.",
                "Pastikan hanya satu komputer memakainya; cabut yang lain: hadir-central node revoke")),
        FindingRow(
            .officeQuarantine, .warning, "H8 T4",
            en: .init(
                "{count} entries of {subject} are in quarantine.", "Their scans do not count until somebody decides.",
                "Open the page Karantina."),
            id: .init(
                "{count} catatan {subject} di karantina.", "Absennya belum dihitung sampai ada yang memutuskan.",
                "Buka halaman Karantina.")),
        FindingRow(
            .officeDevice, .warning, "A14 C4 D14 D16",
            en: .init(
                "{subject}: {count} devices are not well.", "Their scans may be missing or carry a wrong time.",
                "Open the page Perangkat; there: sudo hadir doctor"),
            id: .init(
                "{subject}: {count} mesin absen bermasalah.", "Absennya mungkin belum masuk atau salah jam.",
                "Buka halaman Perangkat; di sana: sudo hadir doctor")),
        FindingRow(
            .queueStuck, .fault, "",
            en: .init(
                "{count} parts of work wait, and in {age} none of them was done.", "Pages show what was true before.",
                "sudo systemctl restart hadir-central; if it stays so: sudo journalctl -u hadir-central -n 50"),
            id: .init(
                "{count} pekerjaan hitung menunggu, dan selama {age} tidak ada yang selesai.",
                "Halaman masih menunjukkan keadaan sebelumnya.",
                "sudo systemctl restart hadir-central; kalau tetap begini: sudo journalctl -u hadir-central -n 50")),
    ]
}
