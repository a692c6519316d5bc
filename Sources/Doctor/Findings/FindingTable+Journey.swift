extension FindingTable {
    /// The way from an office to its centre.
    static let journey: [FindingRow] = [
        FindingRow(
            .networkNoInterface, .fault, "E17",
            en: .init(
                "This computer is connected to no network.",
                "Nothing is sent, and devices on the network are not read.",
                "Plug in the network cable or switch Wi-Fi on."),
            id: .init(
                "Komputer ini tidak tersambung ke jaringan mana pun.",
                "Absen tidak terkirim, dan mesin di jaringan tidak terbaca.",
                "Pasang kabel jaringan atau nyalakan Wi-Fi.")),
        FindingRow(
            .networkNoRoute, .fault, "E17",
            en: .init(
                "This computer has an address ({interfaces}), but no way out of the office (no default route).",
                "Devices here can be read; nothing is sent to the centre.",
                "Restart the office's router; if it stays so, ask who looks after the network."),
            id: .init(
                "Komputer ini punya alamat ({interfaces}), tetapi tidak ada jalan keluar kantor (gateway).",
                "Mesin di kantor dapat dibaca; tidak ada yang terkirim ke pusat.",
                "Nyalakan ulang router kantor; kalau tetap begini, hubungi petugas jaringan.")),
        FindingRow(
            .dnsFails, .fault, "E12",
            en: .init(
                "The name {host} is not found (DNS).", "The centre cannot be reached by its name; scans wait here.",
                "Open another web site; if that fails too, restart the router. Else ask the centre about its name."),
            id: .init(
                "Nama {host} tidak ditemukan (DNS).",
                "Pusat tidak dapat dihubungi lewat namanya; absen menunggu di sini.",
                "Buka situs lain; kalau itu juga gagal, nyalakan ulang router. Kalau tidak, tanyakan ke pusat.")),
        FindingRow(
            .centreRefused, .fault, "E1 A6",
            en: .init(
                "At {host} nobody answers (connection refused).",
                "The centre does not run, or something shuts its port; scans wait here.",
                "Ask the centre: sudo hadir-central doctor --state DIR"),
            id: .init(
                "Di {host} tidak ada yang menjawab (sambungan ditolak).",
                "Pusat tidak berjalan, atau portnya ditutup; absen menunggu di sini.",
                "Hubungi pusat agar menjalankan: sudo hadir-central doctor --state DIR")),
        FindingRow(
            .centreUnreachable, .fault, "E17",
            en: .init(
                "{host} cannot be reached.", "There is no way through the network; scans wait here.",
                "Check the network cable or Wi-Fi; if other sites open, tell the centre."),
            id: .init(
                "{host} tidak dapat dicapai.", "Jaringan tidak sampai ke pusat; absen menunggu di sini.",
                "Periksa kabel jaringan atau Wi-Fi; kalau situs lain terbuka, beri tahu pusat.")),
        FindingRow(
            .centreSilent, .fault, "E15 E16 T3",
            en: .init(
                "{host} does not answer in time.", "The line is very slow, or something swallows it; scans wait here.",
                "Open another site; if that is quick, tell the centre."),
            id: .init(
                "{host} tidak menjawab tepat waktu.",
                "Jaringan sangat lambat atau terputus di jalan; absen menunggu di sini.",
                "Buka situs lain; kalau itu cepat, beri tahu pusat.")),
        FindingRow(
            .centreLost, .fault, "E7 E17 E21",
            en: .init(
                "The connection to {host} breaks off.", "Something in between ends it; scans wait here.",
                "Run the doctor again; if it stays so, ask who looks after the network."),
            id: .init(
                "Sambungan ke {host} terputus di tengah.", "Ada yang memutusnya di jalan; absen menunggu di sini.",
                "Jalankan pemeriksaan ini lagi; kalau tetap begini, hubungi petugas jaringan.")),
        FindingRow(
            .centreBadAddress, .fault, "F10",
            en: .init(
                "The centre's address {host} cannot be used.", "Nothing can be sent.",
                "Enrol this computer anew: sudo hadir node enroll CODE"),
            id: .init(
                "Alamat pusat {host} tidak dapat dipakai.", "Tidak ada yang dapat dikirim.",
                "Daftarkan ulang komputer ini: sudo hadir node enroll KODE")),
        FindingRow(
            .centreProxy, .fault, "E14",
            en: .init(
                "The proxy of this network refuses to connect us.", "Nothing is sent; scans wait here.",
                "Check proxy and proxy_auth_file in [centre] of devices.conf with who looks after the network."),
            id: .init(
                "Proxy jaringan ini menolak menyambungkan kami.", "Tidak ada yang terkirim; absen menunggu di sini.",
                "Periksa proxy dan proxy_auth_file di [centre] devices.conf bersama petugas jaringan.")),
        FindingRow(
            .centrePortal, .fault, "E8",
            en: .init(
                "A web page answers in the centre's place: this network wants somebody to sign in.",
                "Nothing is sent until somebody does; scans wait here.",
                "Open any site in this computer's browser and sign in, or ask to let {host} through."),
            id: .init(
                "Yang menjawab halaman web, bukan pusat: jaringan ini meminta login.",
                "Tidak ada yang terkirim sampai ada yang login; absen menunggu di sini.",
                "Buka situs apa saja di peramban komputer ini lalu login, atau minta {host} dibebaskan.")),
        FindingRow(
            .centreStranger, .fault, "E7 E8 E22 H14",
            en: .init(
                "Something answers at {host} that is not the centre (status {status}).",
                "A proxy is in between, or the address is wrong; scans wait here.",
                "Ask who looks after the network to let {host} through unchanged."),
            id: .init(
                "Yang menjawab di {host} bukan pusat (status {status}).",
                "Ada proxy di tengah jalan, atau alamatnya salah; absen menunggu di sini.",
                "Minta petugas jaringan membiarkan {host} lewat tanpa diubah.")),
        FindingRow(
            .centreBusy, .warning, "B6 E2 E20",
            en: .init(
                "The centre asks to wait: it is busy, or its disk is full.",
                "Scans wait here and are sent by themselves.",
                "If it lasts for an hour, tell the centre: sudo hadir-central doctor --state DIR"),
            id: .init(
                "Pusat meminta menunggu: sedang sibuk, atau penyimpanannya penuh.",
                "Absen menunggu di sini dan terkirim sendiri.",
                "Kalau lebih dari satu jam, minta pusat menjalankan: sudo hadir-central doctor --state DIR")),
        FindingRow(
            .centreRefuses, .fault, "E3 H7 L4",
            en: .init(
                "The centre, or something before it, does not take what this computer sends.",
                "What waits here is kept, and does not get through.",
                "Tell the centre the line in brackets."),
            id: .init(
                "Pusat, atau sesuatu di depannya, menolak kiriman komputer ini.",
                "Yang menunggu di sini aman, tetapi tidak sampai.",
                "Sampaikan baris dalam kurung siku ke pusat.")),
        FindingRow(
            .auditWentBack, .warning, "H23",
            en: .init(
                "The centre's audit log is shorter than this office knew it.",
                "It was restored from a backup, or somebody changed it.",
                "Ask the centre: hadir-central audit verify --state DIR"),
            id: .init(
                "Catatan audit pusat lebih pendek dari yang dikenal kantor ini.",
                "Pusat dipulihkan dari cadangan, atau ada yang mengubahnya.",
                "Minta pusat menjalankan: hadir-central audit verify --state DIR")),
        FindingRow(
            .tlsExpired, .fault, "C1 C2 E10",
            en: .init(
                "The centre's certificate has expired, if this computer's clock is right: it shows {now}.",
                "Nothing is sent over a connection that nobody vouches for; scans wait here.",
                "Look at a watch. Is {now} wrong: sudo timedatectl set-ntp true. Is it right: tell the centre."),
            id: .init(
                "Sertifikat pusat sudah habis masa berlakunya, kalau jam komputer ini benar: sekarang {now}.",
                "Absen tidak dikirim lewat sambungan yang tidak terjamin; absen menunggu di sini.",
                "Lihat jam tangan. Kalau {now} salah: sudo timedatectl set-ntp true. Kalau benar: beri tahu pusat.")),
        FindingRow(
            .tlsNotYetValid, .fault, "C1 C3 E10",
            en: .init(
                "The centre's certificate is not valid yet by this computer's clock, which shows {now}.",
                "Nearly always the clock is wrong; scans wait here.",
                "sudo timedatectl set-ntp true"),
            id: .init(
                "Menurut jam komputer ini ({now}) sertifikat pusat belum berlaku.",
                "Hampir selalu jam komputer yang salah; absen menunggu di sini.", "sudo timedatectl set-ntp true")),
        FindingRow(
            .tlsOtherName, .fault, "E10",
            en: .init(
                "What answers at {host} shows a certificate for another name.",
                "Something is in between, or the address is wrong; nothing is sent to strangers.",
                "Ask the centre for its right address, and who looks after the network what is in between."),
            id: .init(
                "Yang menjawab di {host} menunjukkan sertifikat atas nama lain.",
                "Ada yang di tengah jalan, atau alamatnya salah; absen tidak dikirim ke yang bukan pusat.",
                "Tanyakan alamat yang benar ke pusat, dan ke petugas jaringan apa yang ada di tengah jalan.")),
        FindingRow(
            .tlsUntrusted, .fault, "E9 E10",
            en: .init(
                "Nobody this computer trusts vouches for the certificate at {host}.",
                "A proxy that reads the traffic may be in between; nothing is sent to strangers.",
                "Ask who looks after the network whether a proxy opens this line."),
            id: .init(
                "Sertifikat di {host} tidak dijamin siapa pun yang dipercaya komputer ini.",
                "Mungkin ada proxy yang membuka isi sambungan; absen tidak dikirim ke yang bukan pusat.",
                "Tanyakan ke petugas jaringan apakah ada proxy yang membuka sambungan ini.")),
        FindingRow(
            .tlsWrongKey, .fault, "E9 E11",
            en: .init(
                "What answers at {host} does not have the key of our centre.",
                "Somebody is in between, or the centre has a new key; nothing is sent to strangers.",
                "Ask the centre whether its TLS key was changed; if so: sudo hadir node enroll CODE"),
            id: .init(
                "Yang menjawab di {host} tidak memegang kunci pusat kita.",
                "Ada yang di tengah jalan, atau kunci pusat diganti; absen tidak dikirim ke yang bukan pusat.",
                "Tanyakan ke pusat apakah kunci TLS-nya diganti; kalau ya: sudo hadir node enroll KODE")),
        FindingRow(
            .tlsFails, .fault, "C1 E9 E10",
            en: .init(
                "No secure connection to {host} comes about.",
                "The clock is wrong, or something is in between; scans wait here.",
                "Check this computer's date ({now}), then ask who looks after the network."),
            id: .init(
                "Sambungan aman ke {host} tidak terjadi.",
                "Jam komputer salah, atau ada yang di tengah jalan; absen menunggu di sini.",
                "Periksa tanggal komputer ini ({now}), lalu hubungi petugas jaringan.")),
    ]
}
