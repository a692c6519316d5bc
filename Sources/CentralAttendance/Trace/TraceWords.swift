import Attendance
import AttendanceRules
import Foundation

/// The judgement in Indonesian: for somebody at a counter, or on a phone.
package struct TraceWords: Sendable {
    private let words: DayWords
    private let devices: [String: TracedDevice]
    private let now: Moment

    /// - Parameter offset: how far the clocks of the person's unit are ahead of UTC, in seconds.
    package init(date: CivilDate, offset: Int, devices: [TracedDevice], now: Moment) {
        words = DayWords(date: date, offset: offset)
        self.devices = Dictionary(devices.map { ($0.serial, $0) }) { first, _ in first }
        self.now = now
    }

    /// How good the news is.
    package enum Tone: String, Sendable { case ok, warn, bad, idle }

    package struct Answer: Sendable, Equatable {
        package let tone: Tone
        /// One or two sentences.
        package let text: String
        /// What to do next; empty where nothing is to be done.
        package let advice: String
    }

    package func answer(_ judgement: TraceJudgement) -> Answer {
        switch judgement.demand {
        case .notEmployed:
            return Answer(
                tone: .idle, text: "Belum atau tidak lagi bekerja pada tanggal ini: tidak ada absen yang dihitung.",
                advice: "Bila ini keliru, hubungi BKPSDM: data pegawai yang menentukan.")
        case .noSchedule:
            return Answer(
                tone: .warn, text: "Belum ada jadwal kerja untuk tanggal ini, jadi absen belum dapat dihitung.",
                advice: "Hubungi BKPSDM: kelompok jadwal harus diatur dahulu.")
        case .rest:
            return Answer(tone: .idle, text: "Hari libur: tidak perlu absen.", advice: "")
        case .leave(let kind):
            return Answer(
                tone: .idle, text: "\(DayWords.text(kind)) tercatat untuk tanggal ini: absen tidak diminta.", advice: ""
            )
        case .work: return sides(judgement.sides)
        }
    }

    private func sides(_ sides: [TraceJudgement.Side]) -> Answer {
        let open = sides.first { if case .counted = $0.state { false } else { true } }
        let texts = sides.map(text)
        // What is wrong stands first.
        let lead = open.flatMap { open in sides.firstIndex { $0.name == open.name } } ?? 0
        // safe: indices of these texts
        let ordered = texts.isEmpty ? [] : [texts[lead]] + texts.indices.filter { $0 != lead }.map { texts[$0] }
        guard let open else {
            return Answer(tone: .ok, text: ordered.joined(separator: " "), advice: "")
        }
        switch open.state {
        case .notYet: return Answer(tone: .ok, text: texts.joined(separator: " "), advice: "")
        case .uncounted(let scan):
            return Answer(tone: .warn, text: ordered.joined(separator: " "), advice: advice(scan.fate))
        case .missing(_, let finding):
            let isKnown = if case .complete = finding { true } else { false }
            return Answer(
                tone: isKnown ? .bad : .warn, text: ordered.joined(separator: " "), advice: advice(finding))
        case .noDevice:
            return Answer(
                tone: .warn, text: ordered.joined(separator: " "), advice: "Hubungi BKPSDM atau Diskominfo.")
        case .counted: return Answer(tone: .ok, text: ordered.joined(separator: " "), advice: "")
        }
    }

    private func text(_ side: TraceJudgement.Side) -> String {
        let name = side.name == .arrival ? "masuk" : "pulang"
        switch side.state {
        case .counted(let at, let proof):
            let time = at.map { " pukul \(words.time($0))" } ?? ""
            switch proof {
            case .sheet: return "Absen \(name)\(time) dihitung dari daftar hadir manual."
            case .correction: return "Absen \(name)\(time) dihitung dari koreksi."
            case .scan, nil: return "Absen \(name)\(time) sudah sampai dan dihitung."
            }
        case .uncounted(let scan):
            let time = scan.at.map { " pukul \(words.time($0))" } ?? ""
            return "Absen\(time) sudah sampai di pusat, tetapi tidak dihitung sebagai \(name): \(reason(scan.fate))."
        case .missing(let serial, let finding): return "Absen \(name) tidak ada di pusat: \(text(finding, on: serial))"
        case .noDevice: return "Absen \(name) tidak ada: belum ada mesin absen yang melayani unit ini."
        case .notYet(let from): return "Absen \(name) baru ditunggu mulai pukul \(words.time(from))."
        }
    }

    // MARK: Scans

    /// What became of a scan, in a few words.
    package func fate(_ scan: TracedScan) -> String {
        let closing = scan.isAfterClosing ? "; tiba setelah bulan ditutup, jadi masuk sebagai penyesuaian" : ""
        return reason(scan.fate) + closing
    }

    private func reason(_ fate: TracedScan.Fate) -> String {
        switch fate {
        case .used(let use): DayWords.text(use)
        case .disputed: "belum dihitung, PIN ini di mesin itu ditautkan ke dua pegawai"
        case .notLinked: "belum dihitung, PIN belum ditautkan pada tanggal itu"
        case .undated: "tidak dapat diberi tanggal, jam atau zona waktu mesin tidak diketahui"
        case .notAsked: "hari itu tidak meminta absen"
        case .onLeave: "hari itu cuti, izin, atau dinas, jadi absen tidak diminta"
        case .waiting: "sudah sampai dan segera dihitung"
        }
    }

    private func advice(_ fate: TracedScan.Fate) -> String {
        switch fate {
        case .used(.unconfirmed): "Minta Diskominfo atau BKPSDM menyetujui berkas dari flash disk itu."
        case .used(.wrongClock), .used(.future), .undated:
            "Bawa bukti hadir ke petugas unit untuk koreksi; minta jam mesin diperbaiki."
        case .used(.outsideWindows):
            "Absen harus dalam jam absen. Bila ada alasannya, ajukan koreksi lewat petugas unit."
        case .used(.notTheirs): "Bila koreksi itu keliru, minta petugas unit mencabutnya."
        case .disputed, .notLinked: "Minta BKPSDM membetulkan tautan PIN; absennya lalu dihitung sendiri."
        case .waiting: "Tunggu sebentar, lalu muat ulang halaman ini."
        default: ""
        }
    }

    // MARK: Devices

    /// One sentence about a device, with the point.
    package func text(_ finding: TraceFinding, on serial: String) -> String {
        let device = devices[serial]
        let name = device.map { $0.name.isEmpty ? $0.serial : $0.name } ?? serial
        switch finding {
        case .quarantined(let count, let reason):
            return "\(count) absen dari perangkat \(name) ditahan di karantina (\(Self.quarantine(reason)))."
        case .disputed: return "PIN \(pins(device)) di perangkat \(name) ditautkan ke dua pegawai sekaligus."
        case .officeRevoked: return "komputer absen untuk perangkat \(name) sudah dicabut dari pusat."
        case .neverHeard: return "perangkat \(name) belum pernah dilaporkan oleh komputer absen mana pun."
        case .officeSilent(let since, let waiting):
            let waits = waiting > 0 ? ", dengan \(waiting) catatan yang belum terkirim" : ""
            return "komputer absen \(device?.unit ?? "") untuk perangkat \(name) terputus sejak \(time(since))\(waits)."
        case .unread(let since, _):
            return since.map { "perangkat \(name) belum terbaca sejak \(time($0))." }
                ?? "perangkat \(name) belum pernah terbaca."
        case .officeWaiting(let count, _):
            return "komputer absen untuk perangkat \(name) masih mengirim \(count) catatan yang tertunda."
        case .gap(let span, let why):
            return "catatan perangkat \(name) tidak lengkap \(range(span)) \(DayWords.reason(why))."
        case .zoneUnknown: return "zona waktu perangkat \(name) tidak diketahui."
        case .clockOff(let seconds):
            return "jam perangkat \(name) \(seconds > 0 ? "terlalu cepat" : "terlambat") \(Self.span(seconds))."
        case .notLinked: return "PIN pegawai ini belum ditautkan di perangkat \(name)."
        case .complete(let until):
            return
                "perangkat \(name) lengkap sampai \(time(until)) dan tidak mencatat absen dengan PIN \(pins(device))."
        }
    }

    /// Of a device whose record has what was scanned there.
    package func complete(until: Moment, on serial: String) -> String {
        let name = devices[serial].map { $0.name.isEmpty ? $0.serial : $0.name } ?? serial
        return "perangkat \(name) lengkap sampai \(time(until))."
    }

    package func advice(_ finding: TraceFinding) -> String {
        switch finding {
        case .quarantined: "Minta Diskominfo memeriksa karantina."
        case .disputed, .notLinked:
            "Minta BKPSDM membetulkan tautan PIN; absen yang sudah sampai lalu dihitung sendiri."
        case .officeRevoked, .neverHeard: "Hubungi Diskominfo: perangkat ini tidak terhubung ke pusat."
        case .officeSilent, .officeWaiting:
            "Tidak ada yang hilang: absen tersimpan di kantor dan terkirim sendiri begitu tersambung lagi."
        case .unread:
            "Absen tersimpan di perangkat. Minta petugas kantor memeriksa listrik dan kabel jaringannya."
        case .gap(_, let why):
            why.map { DeviceRecord.Gap.isAboutClock($0) } ?? false
                ? "Bawa bukti hadir ke petugas unit untuk koreksi; minta jam perangkat diperbaiki."
                : "Selama belum lengkap, tanggal ini tidak dihitung sebagai tidak hadir. Bila hadir, minta koreksi ke petugas unit."
        case .zoneUnknown: "Hubungi Diskominfo: zona waktu perangkat harus diatur."
        case .clockOff: "Minta Diskominfo menyetel jam perangkat."
        case .complete:
            "Bila yakin sudah absen, hubungi petugas unit: periksa apakah PIN itu benar dan mesin menerima sidik jari."
        }
    }

    /// How bad it is for whoever looks for a scan there.
    package func tone(_ finding: TraceFinding) -> Tone {
        switch finding {
        case .complete: .ok
        case .officeWaiting, .clockOff, .gap, .notLinked, .zoneUnknown: .warn
        case .quarantined, .disputed, .officeRevoked, .neverHeard, .officeSilent, .unread: .bad
        }
    }

    private func pins(_ device: TracedDevice?) -> String {
        let pins = device?.userIDs ?? []
        return pins.isEmpty ? "pegawai ini" : pins.joined(separator: " atau ")
    }

    static func quarantine(_ reason: String) -> String {
        if reason == "not_your_device" { return "perangkat tercatat milik kantor lain" }
        return reason.hasPrefix("undecodable") ? "isinya tidak terbaca" : "alasan lain"
    }

    private func time(_ date: Date) -> String {
        time(Moment(seconds: Int64(date.timeIntervalSince1970.rounded(.down))))
    }

    /// `pukul 07.45`, with the date where it is not the day's.
    private func time(_ moment: Moment) -> String {
        let minute = Moment(seconds: moment.seconds - (moment.seconds % 60 + 60) % 60)
        let day = minute.date(offset: words.offset)
        return day == words.date ? "pukul \(words.clock(minute))" : "\(Self.date(day)) pukul \(words.clock(minute))"
    }

    private func range(_ span: Range<Moment>) -> String {
        "dari \(time(span.lowerBound)) sampai \(span.upperBound >= now ? "sekarang" : time(span.upperBound))"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des",
    ]

    private static func date(_ date: CivilDate) -> String {
        let parts = date.parts
        return "\(parts.day) \(months[(parts.month - 1) % 12]) \(parts.year)"  // safe: twelve of them
    }

    /// `12 detik`, `4 menit`, `3 jam`
    package static func span(_ seconds: Int) -> String {
        let seconds = Int(clamping: seconds.magnitude)
        if seconds < 120 { return "\(seconds) detik" }
        return seconds < 7200 ? "\(seconds / 60) menit" : "\(seconds / 3600) jam"
    }
}
