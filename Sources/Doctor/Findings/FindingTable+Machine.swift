extension FindingTable {
    /// Configuration, files, disk and clock: of an office's computer and of the centre's.
    static let machine: [FindingRow] = [
        FindingRow(
            .configMissing, .fault, "F5",
            en: .init(
                "There is no configuration at {path}.", "Without it nobody knows which devices to read.",
                "Copy the sample there and fill it in, or name the right file with --config."),
            id: .init(
                "Berkas pengaturan {path} tidak ada.", "Tanpa berkas itu program tidak tahu mesin mana yang dibaca.",
                "Salin contoh pengaturan ke sana dan isi, atau sebutkan berkas yang benar dengan --config.")),
        FindingRow(
            .configUnreadable, .fault, "F5 B23",
            en: .init(
                "The configuration {path} cannot be read.", "The service cannot start with it.",
                "sudo ls -l {path}"),
            id: .init(
                "Berkas pengaturan {path} tidak dapat dibaca.", "Layanan tidak dapat berjalan dengannya.",
                "sudo ls -l {path}")),
        FindingRow(
            .configMistake, .fault, "F4 F5",
            en: .init(
                "{subject} has a mistake in line {line}: {problem}.",
                "The service does not take this file; it goes on with the old one, or does not start at all.",
                "Mend line {line} of {subject}, then run the doctor again."),
            id: .init(
                "{subject} salah di baris {line}: {problem}.",
                "Layanan menolak berkas ini; yang lama tetap dipakai, atau layanan tidak mau berjalan.",
                "Perbaiki baris {line} di {subject}, lalu jalankan pemeriksaan ini lagi.")),
        FindingRow(
            .configNoDevices, .fault, "",
            en: .init(
                "No device is configured in {path}.", "No scan is read by this computer.",
                "sudo hadir device enroll tcp://ADDRESS --name NAME"),
            id: .init(
                "Belum ada mesin absen di {path}.", "Komputer ini tidak membaca absen dari mesin mana pun.",
                "sudo hadir device enroll tcp://ALAMAT --name NAMA")),
        FindingRow(
            .configClosed, .fault, "B23",
            en: .init(
                "{subject} may not be read by the user of the service, {owner}.",
                "The service cannot read it when it starts or reloads.",
                "sudo chgrp hadir {subject} && sudo chmod g+r {subject}"),
            id: .init(
                "{subject} tidak boleh dibaca oleh pengguna layanan, {owner}.",
                "Layanan tidak dapat membacanya saat mulai atau memuat ulang.",
                "sudo chgrp hadir {subject} && sudo chmod g+r {subject}")),
        FindingRow(
            .configRefused, .fault, "F4",
            en: .init(
                "The running service has refused the configuration and goes on with the one before.",
                "What was changed in the file has no effect.", "sudo hadir config reload"),
            id: .init(
                "Layanan yang berjalan menolak pengaturan baru dan tetap memakai yang lama.",
                "Perubahan di berkas pengaturan tidak berlaku.", "sudo hadir config reload")),
        FindingRow(
            .stateMissing, .fault, "",
            en: .init(
                "The folder {path} does not exist.",
                "Everything that was read is kept there; the service makes it when it first starts.",
                "Start the service, or name the right folder with --state."),
            id: .init(
                "Folder {path} tidak ada.",
                "Semua yang sudah dibaca disimpan di sana; layanan membuatnya saat pertama kali berjalan.",
                "Jalankan layanan, atau sebutkan folder yang benar dengan --state.")),
        FindingRow(
            .stateNoAccess, .skipped, "",
            en: .init(
                "You may not look into {path}.", "Much can only be checked by the administrator.",
                "Run the same command with sudo."),
            id: .init(
                "Anda tidak berhak melihat {path}.", "Sebagian besar hanya dapat diperiksa oleh administrator.",
                "Jalankan perintah yang sama dengan sudo.")),
        FindingRow(
            .stateForeignOwner, .fault, "B23",
            en: .init(
                "{subject} belongs to {owner}, not to {wanted} as its folder does.",
                "The service cannot read or write it.", "sudo chown {wanted} {subject}"),
            id: .init(
                "{subject} milik {owner}, bukan milik {wanted} seperti foldernya.",
                "Layanan tidak dapat membaca atau menulisnya.", "sudo chown {wanted} {subject}")),
        FindingRow(
            .stateOpen, .warning, "F8",
            en: .init(
                "{subject} may be read by every user of this computer.", "Scans and keys are not for everybody.",
                "sudo chmod o-rwx {subject}"),
            id: .init(
                "{subject} dapat dibaca semua pengguna komputer ini.", "Absen dan kunci bukan untuk semua orang.",
                "sudo chmod o-rwx {subject}")),
        FindingRow(
            .diskFull, .fault, "B6 B7",
            en: .init(
                "The disk of {path} is full: {free} free.",
                "Nothing new can be kept; devices and offices keep their scans meanwhile.",
                "Delete large files nobody needs; the service goes on by itself."),
            id: .init(
                "Penyimpanan {path} penuh: tersisa {free}.",
                "Absen baru tidak dapat disimpan di sini; sementara itu aman di mesin absen.",
                "Hapus berkas besar yang tidak dipakai; layanan melanjutkan sendiri.")),
        FindingRow(
            .diskLow, .warning, "B6",
            en: .init(
                "The disk of {path} has only {free} left.", "When it is full nothing new can be kept.",
                "Delete large files nobody needs."),
            id: .init(
                "Penyimpanan {path} tinggal {free}.", "Kalau penuh, absen baru tidak dapat disimpan.",
                "Hapus berkas besar yang tidak dipakai.")),
        FindingRow(
            .diskNoInodes, .fault, "B8",
            en: .init(
                "The disk of {path} has room, but for no new file.", "The service cannot make the files it needs.",
                "Find folders with very many files and remove what nobody needs: df -i {path}"),
            id: .init(
                "Penyimpanan {path} masih kosong, tetapi tidak muat berkas baru lagi.",
                "Layanan tidak dapat membuat berkas yang diperlukannya.",
                "Cari folder yang berisi sangat banyak berkas dan hapus yang tidak dipakai: df -i {path}")),
        FindingRow(
            .diskReadOnly, .fault, "B9",
            en: .init(
                "The disk of {path} takes no writes (it is read-only).",
                "Nothing new can be kept; a disk often turns itself read-only when it begins to fail.",
                "Save what is on it and replace the disk; look at: sudo dmesg | tail"),
            id: .init(
                "Penyimpanan {path} tidak dapat ditulis (hanya-baca).",
                "Absen baru tidak dapat disimpan; sering kali ini tanda penyimpanan mulai rusak.",
                "Amankan isinya dan ganti penyimpanannya; lihat: sudo dmesg | tail")),
        FindingRow(
            .diskFails, .fault, "B9 B10 B11",
            en: .init(
                "The disk of {path} fails.", "What it holds may soon be lost, and nothing new is kept.",
                "Replace the disk; look at: sudo dmesg | tail"),
            id: .init(
                "Penyimpanan {path} rusak.", "Isinya bisa hilang, dan absen baru tidak tersimpan.",
                "Ganti penyimpanannya; lihat: sudo dmesg | tail")),
        FindingRow(
            .diskSlow, .warning, "B22",
            en: .init(
                "The disk of {path} is slow: a small write took {milliseconds} ms.",
                "Everything waits for it; slow disks often fail soon.",
                "Close programs that use the disk much; if it stays so, replace the disk."),
            id: .init(
                "Penyimpanan {path} lambat: satu tulisan kecil memakan {milliseconds} ms.",
                "Semuanya menunggu; penyimpanan yang lambat sering segera rusak.",
                "Tutup program yang banyak memakai penyimpanan; kalau tetap begini, ganti penyimpanannya.")),
        FindingRow(
            .diskHangs, .fault, "B22",
            en: .init(
                "The disk did not answer within {seconds}.", "Nothing can be kept while it hangs.",
                "Restart this computer; if it comes again, replace the disk."),
            id: .init(
                "Penyimpanan tidak menjawab selama {seconds}.", "Selama macet, absen tidak dapat disimpan.",
                "Nyalakan ulang komputer ini; kalau terulang, ganti penyimpanannya.")),
        FindingRow(
            .clockInPast, .fault, "C1 C3",
            en: .init(
                "This computer's clock shows {now}, before this program was made.",
                "Days cannot be decided, certificates seem invalid; scans keep the device's own time.",
                "sudo timedatectl set-ntp true; if it is wrong after each start, replace the clock's battery."),
            id: .init(
                "Jam komputer ini menunjukkan {now}, sebelum program ini dibuat.",
                "Hari kerja belum dapat ditentukan dan sambungan ke pusat bisa ditolak; absen tetap memakai jam mesin.",
                "sudo timedatectl set-ntp true; kalau salah lagi setiap dinyalakan, ganti baterai jam komputer.")),
        FindingRow(
            .clockBehindJournal, .fault, "C1 C9",
            en: .init(
                "This computer's clock shows {now}, but something was kept here at {newest}.",
                "The clock was set back, or it was ahead then; days of that time may be undecided.",
                "sudo timedatectl set-ntp true"),
            id: .init(
                "Jam komputer ini menunjukkan {now}, padahal ada catatan dari {newest}.",
                "Jam dimundurkan, atau dulu terlalu maju; hari-hari itu mungkin belum dapat ditentukan.",
                "sudo timedatectl set-ntp true")),
        FindingRow(
            .clockDiffers, .fault, "C1 C2",
            en: .init(
                "This computer's clock and the centre's differ by {difference}.",
                "One of them is wrong; days cannot be decided until that is mended.",
                "Compare with a watch, then: sudo timedatectl set-ntp true"),
            id: .init(
                "Jam komputer ini berbeda {difference} dari jam pusat.",
                "Salah satunya keliru; hari kerja belum dapat ditentukan sampai dibetulkan.",
                "Cocokkan dengan jam tangan, lalu: sudo timedatectl set-ntp true")),
        FindingRow(
            .clockUnsynchronised, .warning, "C3",
            en: .init(
                "Nobody keeps this computer's clock right (NTP is off or reaches no server).",
                "A clock drifts by seconds a day.", "sudo timedatectl set-ntp true"),
            id: .init(
                "Jam komputer ini tidak disetel otomatis (NTP mati atau tidak terhubung).",
                "Jam komputer meleset beberapa detik setiap hari.", "sudo timedatectl set-ntp true")),
        FindingRow(
            .tooLong, .warning, "",
            en: .init(
                "The check of {subject} was given up after {seconds}.", "What is wrong there is not known.",
                "Run the doctor again in a minute."),
            id: .init(
                "Pemeriksaan {subject} dihentikan setelah {seconds}.", "Apa yang salah di sana belum diketahui.",
                "Jalankan pemeriksaan ini lagi satu menit lagi.")),
        FindingRow(
            .notPermitted, .skipped, "",
            en: .init(
                "{subject}: only the administrator may look.", "It was not checked.", "Run the same command with sudo."),
            id: .init(
                "{subject}: hanya administrator yang boleh melihat.", "Belum diperiksa.",
                "Jalankan perintah yang sama dengan sudo.")),
    ]
}
