import Attendance
import AttendanceRules
import CentralStore
import Crypto
import Foundation
import TableFiles

/// The Keterangan: what a file's figures are, of whom, and what they were computed from.
extension Exporter {
    /// Devices that are named.
    private static let mostDevices = 300
    /// Months for which devices are looked at one by one.
    private static let mostDeviceMonths = 12
    private static let mostHeads = 2000

    func notes() async throws -> [[String]] {
        var lines = [["Keterangan"]]
        lines += head
        lines += figures
        lines += try await months()
        lines += try await devices()
        lines += heads
        return lines
    }

    private var head: [[String]] {
        let zone = context.paper.zone
        var lines = [
            ["Jenis", request.kind.title], ["Pemerintah", context.paper.government], ["Unit", unitName],
            ["Periode", periodName],
            ["Dibuat", "\(ExportWords.long(context.at, zone)) \(context.paper.zoneName)"],
            ["Oleh", "\(context.by.name) (\(context.by.role))"],
        ]
        if request.kind.isUpload {
            lines.append([
                "Penggunaan",
                "Ekspor siap unggah berbasis NIP. Aplikasi ini tidak terhubung dengan dan tidak mengirim ke BKN.",
            ])
        }
        return lines
    }

    private var figures: [[String]] {
        let sums = tally.sums
        let versions = tally.versions.map(\.description).sorted()
        var lines = versions.map { ["Aturan", $0] }
        if versions.isEmpty { lines.append(["Aturan", "(tidak ada)"]) }
        lines += [
            ["Baris", String(tally.rows)], ["Hari orang dihitung", String(sums.allDays)],
            ["Hari kerja", String(sums.workingDays)],
            ["Hari belum sinkron", String(sums.count(.belumSinkron))],
            ["Hari tanpa jadwal", String(sums.count(.tanpaJadwal))],
            ["Hari dari daftar manual", String(sums.manual)], ["Hari dikoreksi", String(sums.corrected)],
        ]
        if tally.waiting {
            lines.append(["Perhatian", "Saat dibuat masih ada hari yang menunggu dihitung ulang."])
        }
        return lines
    }

    /// Closed or not, by whom, and what changed since.
    private func months() async throws -> [[String]] {
        var lines: [[String]] = []
        for month in request.months {
            let found = roll.closings.filter { $0.month == month && context.source.reaches($0.unit) }
            guard !found.isEmpty else {
                lines.append(["Bulan \(month.text)", "belum ditutup: angka masih dapat berubah"])
                continue
            }
            let changed = try await context.source.adjustments(in: month.dates).count
            for closing in found {
                let at = ExportWords.long(closing.at, context.paper.zone)
                lines.append([
                    "Bulan \(month.text)", "ditutup untuk \(roll.unitName(closing.unit))", at, closing.by.name,
                    "\(changed) hari berubah sesudahnya; berkas ini memuat angka saat ditutup",
                ])
            }
        }
        return lines
    }

    /// Devices in the scope whose record is not complete up to now.
    private func devices() async throws -> [[String]] {
        guard request.months.count <= Self.mostDeviceMonths else {
            return [["Mesin belum lengkap", "tidak dirinci untuk lebih dari \(Self.mostDeviceMonths) bulan"]]
        }
        let source = context.source
        let end = Moment(context.at)
        var lines: [[String]] = []
        for device in source.people.devices.sorted(by: { $0.serial < $1.serial })
        where source.scope.contains(device.unit) {
            for month in request.months where device.service.clamped(to: month.dates) != nil {
                guard let dates = device.service.clamped(to: month.dates) else { continue }
                let offset = offset(of: device.unit, on: dates.lowerBound)
                let first = Moment(dates.lowerBound, minute: 0, offset: offset).seconds
                let last = min(end.seconds, Moment(dates.upperBound, minute: 1440, offset: offset).seconds)
                guard first < last else { continue }
                let material = try await source.store.material(ofDevices: [device.serial], employees: [], dates: dates)
                let record = material.records[device.serial] ?? DeviceRecord(serial: device.serial, complete: [])
                let missing = record.missing(of: first..<last)
                guard !missing.isEmpty else { continue }
                lines.append(line(device, month, missing, offset))
            }
        }
        let shown = lines.prefix(Self.mostDevices)
        let rest = lines.count > shown.count ? [["Mesin belum lengkap", "dan \(lines.count - shown.count) lagi"]] : []
        return (lines.isEmpty ? [["Mesin belum lengkap", "tidak ada"]] : Array(shown)) + rest
    }

    private func line(
        _ device: ServedDevice, _ month: CivilMonth, _ missing: [DeviceRecord.Gap], _ offset: Int
    ) -> [String] {
        let seconds = missing.reduce(Int64(0)) { $0 + $1.span.upperBound.seconds - $1.span.lowerBound.seconds }
        let spans = missing.prefix(3).map { gap in
            let from = DayWords(date: gap.span.lowerBound.date(offset: offset), offset: offset)
            let to = DayWords(date: gap.span.upperBound.date(offset: offset), offset: offset)
            return "\(from.date.text) \(from.time(gap.span.lowerBound)) s.d. \(to.date.text) "
                + "\(to.time(gap.span.upperBound)) \(DayWords.reason(gap.why))"
        }
        return [
            "Mesin belum lengkap", device.serial, roll.unitName(device.unit),
            "\(month.text): \((seconds + 3599) / 3600) jam",
            spans.joined(separator: "; ") + (missing.count > 3 ? "; dan \(missing.count - 3) lagi" : ""),
        ]
    }

    // MARK: Journals

    /// Of nodes in the scope by name; all of them together in one digest, so that a file of a unit can be checked, too.
    private var heads: [[String]] {
        var lines = [
            ["Sidik semua jurnal", Self.digest(tally.headsBefore)],
            ["Kepala log audit", context.auditHead ?? "(belum ada)"],
        ]
        if tally.headsAfter != tally.headsBefore {
            lines.append(["Sidik semua jurnal saat selesai", Self.digest(tally.headsAfter)])
        }
        lines.append(["Jurnal: kantor", "komputer absen", "epoch", "sampai urutan", "hash akhir"])
        let before = Dictionary(tally.headsBefore.map { ($0.node + $0.epoch, $0) }) { first, _ in first }
        let seen = tally.headsAfter.filter { context.source.scope.contains($0.unit) }
        for head in seen.prefix(Self.mostHeads) {
            guard let old = before[head.node + head.epoch] else {
                lines.append(Self.line(head, roll, "datang saat berkas dibuat"))
                continue
            }
            lines.append(Self.line(old, roll, ""))
            if old != head { lines.append(Self.line(head, roll, "saat selesai")) }
        }
        if seen.count > Self.mostHeads { lines.append(["Jurnal", "dan \(seen.count - Self.mostHeads) lagi"]) }
        return lines
    }

    private static func line(_ head: JournalHead, _ roll: MonthRoll, _ remark: String) -> [String] {
        [
            roll.unitName(head.unit), head.node, head.epoch, String(head.highWater), head.endHash.hex,
        ] + (remark.isEmpty ? [] : [remark])
    }

    /// SHA-256 over `node epoch high_water end_hash` of each, one a line, in the order of these lines.
    package static func digest(_ heads: [JournalHead]) -> String {
        let lines = heads.map { "\($0.node) \($0.epoch) \($0.highWater) \($0.endHash.hex)\n" }.sorted().joined()
        return SHA256.hash(data: Data(lines.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count < 2 ? "0" + text : text
        }.joined()
    }
}
