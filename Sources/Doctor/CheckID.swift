/// What a doctor looks at, in the order in which it is told.
package enum CheckID: String, Sendable, CaseIterable {
    case config, state, disk, clock, daemon, journal, node, network, dns, centre, backlog, push, device
    case server, database, backup, keys, certificate, assets, audit, offices, queue

    package var name: Bilingual {
        switch self {
        case .config: Bilingual("configuration", "pengaturan")
        case .state: Bilingual("files of the service", "berkas layanan")
        case .disk: Bilingual("disk", "penyimpanan")
        case .clock: Bilingual("clock", "jam komputer")
        case .daemon: Bilingual("service hadird", "layanan hadird")
        case .journal: Bilingual("journal", "catatan absen")
        case .node: Bilingual("enrolment", "pendaftaran ke pusat")
        case .network: Bilingual("network", "jaringan")
        case .dns: Bilingual("names (DNS)", "nama alamat (DNS)")
        case .centre: Bilingual("centre", "pusat")
        case .backlog: Bilingual("what waits to be sent", "yang belum terkirim")
        case .push: Bilingual("devices that report by themselves", "mesin yang melapor sendiri")
        case .device: Bilingual("device", "mesin absen")
        case .server: Bilingual("service hadir-central", "layanan hadir-central")
        case .database: Bilingual("database", "basis data")
        case .backup: Bilingual("backup", "cadangan")
        case .keys: Bilingual("keys", "kunci pusat")
        case .certificate: Bilingual("certificate", "sertifikat")
        case .assets: Bilingual("files of the pages", "berkas halaman")
        case .audit: Bilingual("audit log", "catatan audit")
        case .offices: Bilingual("offices", "kantor")
        case .queue: Bilingual("computation of days", "perhitungan hari")
        }
    }

    /// What is said where nothing is wrong.
    var fine: Bilingual {
        switch self {
        case .config: Bilingual("no mistakes in {path}", "tanpa kesalahan di {path}")
        case .state: Bilingual("owner and permissions are right", "pemilik dan izinnya benar")
        case .disk: Bilingual("{free} free, takes writes", "{free} kosong, dapat ditulis")
        case .clock: Bilingual("shows {now}, nothing speaks against it", "menunjukkan {now}, tidak ada yang meragukan")
        case .daemon: Bilingual("runs, version {version}", "berjalan, versi {version}")
        case .journal: Bilingual("whole: {count} entries checked", "utuh: {count} catatan diperiksa")
        case .node: Bilingual("unit {unit}", "unit {unit}")
        case .network: Bilingual("connected by {interfaces}", "tersambung lewat {interfaces}")
        case .dns: Bilingual("{host} has an address", "{host} ada alamatnya")
        case .centre: Bilingual("{host} answers as it should", "{host} menjawab sebagaimana mestinya")
        case .backlog: Bilingual("{count} wait", "{count} menunggu")
        case .push: Bilingual("port {port} is served", "port {port} dilayani")
        case .device: Bilingual("is read", "terbaca")
        case .server: Bilingual("runs and is ready", "berjalan dan siap")
        case .database: Bilingual("readable, {count} entries", "terbaca, {count} catatan")
        case .backup: Bilingual("restored for proof {age} ago", "terbukti dapat dipulihkan {age} lalu")
        case .keys: Bilingual("whole and private", "utuh dan tertutup")
        case .certificate: Bilingual("valid for {left} more", "berlaku {left} lagi")
        case .assets: Bilingual("all there", "lengkap")
        case .audit: Bilingual("{count} notes, the chain fits", "{count} catatan, rantainya cocok")
        case .offices: Bilingual("{count} connected", "{count} tersambung")
        case .queue: Bilingual("up to date", "mutakhir")
        }
    }
}

/// What a check came to.
package struct CheckOutcome: Sendable {
    package var findings: [Finding]
    /// For the sentence that is said where nothing was found.
    package var facts: [String: Fact]
    /// There was nothing to look at, or another check says why nobody could: nothing is said.
    package var isNothing = false

    package static var nothing: CheckOutcome {
        var outcome = CheckOutcome()
        outcome.isNothing = true
        return outcome
    }

    package init(_ findings: [Finding] = [], _ facts: [String: Fact] = [:]) {
        self.findings = findings
        self.facts = facts
    }
}

/// One look at one thing.
package struct Check: Sendable {
    package let id: CheckID
    /// Which of several, such as a device's name.
    package let subject: String
    /// It is given up after this, and that is a finding.
    package let limit: Duration
    /// What is said where it takes longer.
    package let late: FindingID
    package let look: @Sendable () async -> CheckOutcome

    package init(
        _ id: CheckID, _ subject: String = "", limit: Duration = .seconds(10), late: FindingID = .tooLong,
        _ look: @escaping @Sendable () async -> CheckOutcome
    ) {
        self.id = id
        self.subject = subject
        self.limit = limit
        self.late = late
        self.look = look
    }
}
