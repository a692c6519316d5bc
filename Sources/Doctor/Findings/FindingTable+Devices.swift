extension FindingTable {
    /// Devices, and those that report by themselves.
    static let devices: [FindingRow] = [
        FindingRow(
            .deviceSilent, .fault, "A14 D1 D2 D3 D16 T8",
            en: .init(
                "The device {subject} does not answer at {address}.",
                "What is scanned there stays on it and is not read.",
                "Check its power and network cable; then: hadir device probe {subject}"),
            id: .init(
                "Mesin {subject} tidak menjawab di {address}.",
                "Absen di mesin itu tersimpan di sana dan belum terbaca.",
                "Periksa listrik dan kabel jaringannya; lalu: hadir device probe {subject}")),
        FindingRow(
            .deviceRefuses, .fault, "D13",
            en: .init(
                "At {address} nobody takes connections for the device {subject}.",
                "It is not read: another device has this address, or its communication is switched off.",
                "Compare the address in the device's menu with devices.conf; switch the device off and on."),
            id: .init(
                "Di {address} tidak ada yang menerima sambungan untuk mesin {subject}.",
                "Mesin tidak terbaca: alamat itu dipakai perangkat lain, atau komunikasinya dimatikan.",
                "Cocokkan alamat di menu mesin dengan devices.conf; matikan lalu nyalakan mesinnya.")),
        FindingRow(
            .deviceNoAddress, .fault, "E12",
            en: .init(
                "The name in the address of {subject}, {address}, is not found.", "The device is not read.",
                "Write the device's IP address into devices.conf, then: sudo hadir config reload"),
            id: .init(
                "Nama di alamat mesin {subject}, {address}, tidak ditemukan.", "Mesin itu tidak terbaca.",
                "Tulis alamat IP mesin di devices.conf, lalu: sudo hadir config reload")),
        FindingRow(
            .deviceCommKey, .fault, "D14",
            en: .init(
                "The device {subject} refuses our comm key.", "It is not read; what is scanned there stays on it.",
                "Set the same comm key in the device's menu and in devices.conf, then: sudo hadir config reload"),
            id: .init(
                "Mesin {subject} menolak Comm Key kami.",
                "Mesin tidak terbaca; absen di sana tetap tersimpan di mesin.",
                "Samakan Comm Key di menu mesin dan di devices.conf, lalu: sudo hadir config reload")),
        FindingRow(
            .deviceOther, .fault, "D11",
            en: .init(
                "At the address of {subject} another device answers.",
                "It is not read: its scans are not this device's.",
                "If the device was replaced: sudo hadir device replace {subject}. If not, mend the address."),
            id: .init(
                "Di alamat mesin {subject} menjawab mesin lain.", "Tidak dibaca: absennya bukan milik mesin ini.",
                "Kalau mesin diganti: sudo hadir device replace {subject}. Kalau tidak, betulkan alamatnya.")),
        FindingRow(
            .deviceHeld, .fault, "D13",
            en: .init(
                "The device {subject} is held by another program.",
                "Many devices talk to one program only; ours cannot read it.",
                "End the other attendance program that reads this device, on any computer of the office."),
            id: .init(
                "Mesin {subject} sedang dipakai program lain.",
                "Banyak mesin hanya melayani satu program; kami tidak dapat membacanya.",
                "Tutup program absen lain yang membaca mesin ini, di komputer mana pun di kantor.")),
        FindingRow(
            .deviceUnplugged, .fault, "D15",
            en: .init(
                "The device {subject} is not plugged into this computer.",
                "It is not read; what is scanned stays on it.",
                "Check its power and its USB cable."),
            id: .init(
                "Mesin {subject} tidak tersambung ke USB komputer ini.",
                "Tidak terbaca; absen tetap tersimpan di mesin.",
                "Periksa listrik dan kabel USB-nya.")),
        FindingRow(
            .deviceUSBPermission, .fault, "D15",
            en: .init(
                "The service may not open the device {subject} on USB.", "It is not read.",
                "Install the USB rule of hadir (60-hadir-usb.rules), then: sudo udevadm control --reload; plug it in again"
            ),
            id: .init(
                "Layanan tidak berhak membuka mesin {subject} di USB.", "Mesin itu tidak terbaca.",
                "Pasang aturan USB hadir (60-hadir-usb.rules), lalu: sudo udevadm control --reload; cabut dan colok lagi"
            )),
        FindingRow(
            .deviceUSBStalled, .fault, "D15",
            en: .init(
                "The USB connection of {subject} stalls or breaks again and again.",
                "Readings do not get to their end.",
                "Switch the device off and on, and give it a power adapter of its own."),
            id: .init(
                "Sambungan USB mesin {subject} macet atau berulang kali putus.", "Pembacaan tidak pernah selesai.",
                "Matikan lalu nyalakan mesinnya, dan pakai adaptor listriknya sendiri.")),
        FindingRow(
            .deviceUnsupported, .fault, "D6",
            en: .init(
                "The device {subject} is of a kind that hadir does not know yet.",
                "It is not read; nothing is guessed.",
                "Send model and firmware to whoever looks after hadir; bring its scans by flash disk meanwhile."),
            id: .init(
                "Mesin {subject} berjenis yang belum dikenal hadir.", "Tidak dibaca; tidak ada yang ditebak-tebak.",
                "Kirim merek, model, dan firmware ke pengelola hadir; sementara ini bawa absennya dengan flash disk.")),
        FindingRow(
            .deviceNoWebService, .fault, "",
            en: .init(
                "What answers at {address} is not the web service of {subject}.", "The device is not read.",
                "Switch Web Server on in the device's communication menu, and check the port."),
            id: .init(
                "Yang menjawab di {address} bukan layanan web mesin {subject}.", "Mesin itu tidak terbaca.",
                "Nyalakan Web Server di menu komunikasi mesin, dan periksa portnya.")),
        FindingRow(
            .deviceGarbled, .fault, "D1 D4 D5 T2",
            en: .init(
                "The device {subject} gives broken answers.", "Nothing of them is taken; what is scanned stays on it.",
                "Switch the device off and on; if it stays so, try another cable or port."),
            id: .init(
                "Mesin {subject} memberi jawaban yang rusak.", "Tidak ada yang diambil darinya; absen tetap di mesin.",
                "Matikan lalu nyalakan mesinnya; kalau tetap begini, coba kabel atau port lain.")),
        FindingRow(
            .deviceNoSerial, .fault, "D12",
            en: .init(
                "The device {subject} tells no serial number.", "Without one nobody knows whose scans these are.",
                "Have its serial number mended by the seller."),
            id: .init(
                "Mesin {subject} tidak menyebutkan nomor serinya.", "Tanpa itu tidak jelas absen ini milik mesin mana.",
                "Minta penjual memperbaiki nomor serinya.")),
        FindingRow(
            .deviceResting, .fault, "A12",
            en: .init(
                "The device {subject} is left alone for a while: reading it has ended the service {count} times.",
                "Its scans stay on it; the other devices are read.",
                "Send the log to whoever looks after hadir: sudo journalctl -u hadird -p warning -n 100"),
            id: .init(
                "Mesin {subject} diistirahatkan: membacanya sudah {count} kali menghentikan layanan.",
                "Absennya tetap di mesin; mesin lain tetap dibaca.",
                "Kirim catatan layanan ke pengelola hadir: sudo journalctl -u hadird -p warning -n 100")),
        FindingRow(
            .deviceSerialTwice, .fault, "D12",
            en: .init(
                "The device {subject} tells the serial number of another device.", "Only one of both is read.",
                "Is it written twice in devices.conf, remove one; are they two, give this one a serial_tag."),
            id: .init(
                "Mesin {subject} bernomor seri sama dengan mesin lain.", "Hanya satu dari keduanya yang dibaca.",
                "Kalau tertulis dua kali di devices.conf, hapus satu; kalau memang dua mesin, beri serial_tag.")),
        FindingRow(
            .deviceNotReporting, .fault, "A14",
            en: .init(
                "The device {subject} should report by itself and does not.", "What is scanned stays on it.",
                "Check its power, its network, and the server address in its menu (ADMS / Cloud Server)."),
            id: .init(
                "Mesin {subject} seharusnya melapor sendiri, tetapi tidak.", "Absen tetap tersimpan di mesin.",
                "Periksa listrik, jaringan, dan alamat server di menu mesin (ADMS / Cloud Server).")),
        FindingRow(
            .deviceAccessControl, .fault, "",
            en: .init(
                "The device {subject} reports as an access control.", "Its scans are not read.",
                "Set it to time attendance (T&A PUSH) in its menu."),
            id: .init(
                "Mesin {subject} melapor sebagai kontrol akses.", "Absennya tidak terbaca.",
                "Ubah ke mode presensi (T&A PUSH) di menu mesin.")),
        FindingRow(
            .deviceStale, .fault, "A14 D2 D16",
            en: .init(
                "The device {subject} was last read {age} ago.", "What was scanned since stays on it.",
                "Check its power and network cable; then: hadir device sync {subject}"),
            id: .init(
                "Mesin {subject} terakhir dibaca {age} yang lalu.", "Absen sesudah itu masih di mesin.",
                "Periksa listrik dan kabel jaringannya; lalu: hadir device sync {subject}")),
        FindingRow(
            .deviceLent, .warning, "",
            en: .init(
                "The device {subject} is lent to another hadir command.", "It is read again when that has ended.",
                "Wait until the command has ended; ten minutes at most."),
            id: .init(
                "Mesin {subject} sedang dipinjam perintah hadir lain.",
                "Mesin dibaca lagi setelah perintah itu selesai.",
                "Tunggu sampai perintah itu selesai; paling lama sepuluh menit.")),
        FindingRow(
            .deviceTrouble, .fault, "",
            en: .init(
                "The device {subject} cannot be read.", "What is scanned there stays on it.",
                "Switch the device off and on; if it stays so, send the line in brackets."),
            id: .init(
                "Mesin {subject} tidak dapat dibaca.", "Absen di sana tetap tersimpan di mesin.",
                "Matikan lalu nyalakan mesinnya; kalau tetap begini, kirim baris dalam kurung siku.")),
        FindingRow(
            .deviceClockOff, .fault, "C4",
            en: .init(
                "The clock of {subject} is off by {offset}.", "Scans carry the wrong time: people seem late or early.",
                "sudo hadir device clock {subject} --set, then look at the scans of the last days."),
            id: .init(
                "Jam mesin {subject} meleset {offset}.", "Absen tercatat pada jam yang salah: orang tampak terlambat.",
                "sudo hadir device clock {subject} --set, lalu periksa absen beberapa hari terakhir.")),
        FindingRow(
            .deviceClockUnknown, .fault, "C5 T11",
            en: .init(
                "The clock of {subject} shows a date that does not exist.",
                "Its scans count on no day until that is mended.",
                "sudo hadir device clock {subject} --set"),
            id: .init(
                "Jam mesin {subject} menunjukkan tanggal yang tidak ada.", "Absennya belum dapat dihitung.",
                "sudo hadir device clock {subject} --set")),
        FindingRow(
            .deviceClockTouched, .warning, "C4",
            en: .init(
                "Somebody set the clock of {subject} at its menu ({when}).",
                "Scans around that time may carry a wrong time.",
                "Ask who did it, and look at the scans of that day."),
            id: .init(
                "Ada yang mengubah jam mesin {subject} lewat menunya ({when}).",
                "Absen di sekitar waktu itu mungkin salah jam.", "Tanyakan siapa, dan periksa absen hari itu.")),
        FindingRow(
            .deviceLogFull, .fault, "D8",
            en: .init(
                "The log of {subject} is full: {count} of {capacity}.",
                "The device takes no more scans, or drops the oldest.",
                "sudo hadir device clear-log {subject}"),
            id: .init(
                "Catatan di mesin {subject} penuh: {count} dari {capacity}.",
                "Mesin tidak menerima absen lagi, atau membuang yang terlama.", "sudo hadir device clear-log {subject}")
        ),
        FindingRow(
            .deviceLogNearlyFull, .warning, "D8",
            en: .init(
                "The log of {subject} is nearly full: {count} of {capacity}.", "When it is full scans may be lost.",
                "Plan to clear it: sudo hadir device clear-log {subject}"),
            id: .init(
                "Catatan di mesin {subject} hampir penuh: {count} dari {capacity}.", "Kalau penuh, absen bisa hilang.",
                "Rencanakan pengosongan: sudo hadir device clear-log {subject}")),
        FindingRow(
            .deviceLogLost, .warning, "D7 D8 T6",
            en: .init(
                "Records were gone from the log of {subject} before they were read ({when}).",
                "Scans of that time may be missing; those days are not decided.",
                "Ask who cleared the log; write a sheet for what is missing."),
            id: .init(
                "Sebagian catatan mesin {subject} hilang sebelum terbaca ({when}).",
                "Absen waktu itu mungkin tidak ada; hari-hari itu belum sinkron.",
                "Tanyakan siapa yang menghapusnya; buat lembar manual untuk yang hilang.")),
        FindingRow(
            .deviceLogDoubtful, .fault, "D7",
            en: .init(
                "The log of {subject} shows fewer scans than before.",
                "What it shows is kept; nothing is taken for complete until it shows the same again.",
                "Ask whether somebody cleared it; if not, switch the device off and on."),
            id: .init(
                "Catatan di mesin {subject} lebih sedikit dari sebelumnya.",
                "Yang terlihat tetap disimpan; hari-harinya belum sinkron sampai isinya jelas.",
                "Tanyakan apakah ada yang menghapusnya; kalau tidak, matikan lalu nyalakan mesinnya.")),
        FindingRow(
            .deviceAdminAdded, .warning, "",
            en: .init(
                "Somebody became an administrator of {subject}, and not by hadir ({when}).",
                "Who has that privilege can clear scans and set the clock.",
                "If nobody knows the person: hadir user list {subject}, then take the privilege away."),
            id: .init(
                "Ada yang menjadi admin mesin {subject}, bukan lewat hadir ({when}).",
                "Admin mesin dapat menghapus absen dan mengubah jam.",
                "Kalau tidak dikenal: hadir user list {subject}, lalu cabut haknya.")),
        FindingRow(
            .pushNotServed, .fault, "D17",
            en: .init(
                "Devices that report by themselves find nobody at {address}.", "Their scans stay on them.",
                "Free the port or choose another one for [push] listen, then: sudo hadir config reload"),
            id: .init(
                "Mesin yang melapor sendiri tidak menemukan siapa pun di {address}.", "Absennya tetap di mesin.",
                "Bebaskan port itu atau pilih yang lain untuk [push] listen, lalu: sudo hadir config reload")),
        FindingRow(
            .pushPortTaken, .fault, "D17",
            en: .init(
                "Another program listens at {address}, where devices should report to hadird.",
                "Devices may give their scans to that program.", "Find and end it: sudo ss -ltnp"),
            id: .init(
                "Program lain memakai {address}, tempat mesin seharusnya melapor ke hadird.",
                "Mesin mungkin menyerahkan absennya ke program itu.", "Cari dan tutup programnya: sudo ss -ltnp")),
        FindingRow(
            .pushUnknown, .warning, "D17",
            en: .init(
                "A device that nobody admitted reports here: {subject}.", "Its scans are not taken.",
                "Is it yours: sudo hadir push admit. If not, find out who sends from {address}."),
            id: .init(
                "Ada mesin yang belum diizinkan melapor ke sini: {subject}.", "Absennya tidak diambil.",
                "Kalau milik kantor ini: sudo hadir push admit. Kalau bukan, cari siapa yang mengirim dari {address}.")),
    ]
}
