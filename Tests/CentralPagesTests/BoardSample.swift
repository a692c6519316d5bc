import AttendanceRules
import CentralPages
import Foundation
import PageSupport

/// Mornings of invented governments, of any size, for the dashboard, the unit pages and the wall.
enum BoardSample {
    static let moment = Sample.moment
    static let date = CivilDate(text: "2026-11-23") ?? .first

    static func ago(_ seconds: Double) -> Date { moment.addingTimeInterval(-seconds) }

    private static let names = [
        "Sekretariat Daerah", "Sekretariat DPRD", "Inspektorat",
        "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia", "Badan Keuangan dan Aset Daerah",
        "Badan Perencanaan Pembangunan Daerah", "Dinas Pendidikan dan Kebudayaan", "Dinas Kesehatan",
        "Dinas Pekerjaan Umum dan Penataan Ruang", "Dinas Perumahan Rakyat dan Kawasan Permukiman",
        "Dinas Sosial", "Dinas Komunikasi dan Informatika", "Dinas Perhubungan", "Dinas Pertanian",
        "Dinas Perikanan dan Pangan", "Satuan Polisi Pamong Praja", "RSUD dr. Muhammad Zein", "Kecamatan Bayang",
        "Kecamatan Koto XI Tarusan", "Kecamatan Lengayang", "Kecamatan Ranah Pesisir", "Kecamatan Silaut",
    ]

    /// Numbers that do not look made up, the same every time.
    private static func dice(_ seed: Int, _ sides: Int) -> Int { ((seed &+ 7) &* 7919 &+ 104_729) % max(1, sides) }

    static func row(_ index: Int, isOut: Bool = false, people: Int? = nil) -> BoardModel.Row {
        let all = people ?? 60 + dice(index, 340)
        var counts = StandingCounts()
        counts.add(.off, all / 25)
        counts.add(.duty, all / 40 + dice(index, 4))
        counts.add(.leave, all / 45)
        counts.add(.sick, dice(index, 3))
        counts.add(.permission, dice(index + 5, 3))
        let rest = max(0, all - counts.all)
        let lost = isOut ? rest * 3 / 4 : 0
        let late = (rest - lost) * (2 + dice(index, 9)) / 100
        let waiting = (rest - lost) * (1 + dice(index + 3, 8)) / 100
        counts.add(.unsynced, lost)
        counts.add(.late, late)
        counts.add(.notYet, waiting)
        counts.add(.present, rest - lost - late - waiting)
        let devices = 1 + (index % 5 == 2 ? 4 : 0)
        return BoardModel.Row(
            unit: Int64(100 + index),
            name: index < names.count ? names[index] : "Puskesmas dan Sekolah \(index)", counts: counts,
            connection: .init(
                connected: devices - (isOut ? 1 : 0), total: devices, without: index % 7 == 6 ? 2 : 0,
                oldestRead: ago(isOut ? 3 * 3600 + Double(index) * 700 : 20 + Double(index * 3))))
    }

    /// A government of so many units below it.
    static func government(_ units: Int, out: Set<Int> = [17, 19]) -> BoardModel {
        let rows = (0..<units).map { row($0, isOut: out.contains($0)) }
        return model(rows, name: "Pemerintah Kabupaten Pesisir Selatan")
    }

    static func model(_ rows: [BoardModel.Row], unit: Int64? = nil, name: String) -> BoardModel {
        let counts = rows.reduce(into: StandingCounts()) { $0 += $1.counts }
        var connection = BoardModel.Connection(connected: 0, total: 0)
        for row in rows {
            connection.connected += row.connection.connected
            connection.total += row.connection.total
            connection.without += row.connection.without
        }
        connection.oldestRead = rows.compactMap(\.connection.oldestRead).min()
        return BoardModel(
            moment: moment, date: date, unit: unit, name: name, counts: counts, connection: connection, rows: rows,
            devices: rows.map { row in
                BoardModel.Device(
                    name: "lobi", unit: row.name, lastRead: row.connection.oldestRead,
                    isHeard: row.connection.connected == row.connection.total,
                    problem: row.connection.connected == row.connection.total
                        ? nil : "connect: the address cannot be reached (no connection in time).")
            }, arrivals: arrivals(counts), trend: trend(counts),
            ranking: rows.map { monthly($0) }.sorted { ($0.counts.share ?? -1) > ($1.counts.share ?? -1) })
    }

    private static func arrivals(_ counts: StandingCounts) -> [BoardModel.Arrivals] {
        let shape = [2, 5, 9, 16, 26, 30, 12]
        var left = counts[.present]
        var quarters = shape.enumerated().map { index, part in
            let present = index == shape.count - 1 ? left : counts[.present] * part / 100
            left -= present
            return BoardModel.Arrivals(minute: 360 + index * 15, present: present, late: 0)
        }
        let late = counts[.late]
        quarters.append(.init(minute: 465, present: 0, late: late * 2 / 3))
        quarters.append(.init(minute: 480, present: 0, late: late - late * 2 / 3))
        return quarters
    }

    private static func trend(_ counts: StandingCounts) -> [BoardModel.Day] {
        let asked = counts.asked
        guard asked > 0 else { return [] }
        return (0..<28).reversed().compactMap { back in
            let day = CivilDate(dayNumber: date.dayNumber - 1 - back)
            if [2, 3].contains(day.dayNumber % 7) { return nil }
            let lost = back == 11 || back == 12 ? asked / 5 : back == 3 ? asked / 30 : 0
            let known = asked - lost
            let there = known * (880 + dice(back, 60)) / 1000
            return BoardModel.Day(
                date: day,
                counts: StandingCounts([
                    .unsynced: lost, .present: there * 9 / 10, .late: there - there * 9 / 10, .absent: known / 100,
                    .leave: known - there - known / 100,
                ]))
        }
    }

    private static func monthly(_ row: BoardModel.Row) -> BoardModel.Row {
        var row = row
        var counts = StandingCounts()
        for standing in Standing.allCases { counts.add(standing, row.counts[standing] * 15) }
        row.counts = counts
        return row
    }

    /// A unit with people of its own and units below it.
    static var unit: BoardModel {
        var own = row(7, people: 96)
        own.isOwn = true
        own.unit = 107
        own.name = "Dinas Kesehatan"
        let rows =
            [own]
            + (0..<5).map { index in
                var row = row(40 + index, isOut: index == 1, people: 38 + index * 11)
                row.name =
                    [
                        "Puskesmas Salido", "Puskesmas Air Haji", "Puskesmas Tarusan", "UPTD Labkesda",
                        "Puskesmas Kambang",
                    ][index]
                return row
            }
        var model = model(rows, unit: 107, name: "Dinas Kesehatan")
        model.above = [(1, "Pemerintah Kabupaten Pesisir Selatan")]
        model.people = people(own.counts)
        return model
    }

    private static let given = [
        "Siti", "Rahmat", "Dewi", "Yulia", "Hendra", "Nofrizal", "Rina", "Afdal", "Mira", "Joni",
    ]
    private static let family = [
        "Rahmawati", "Putra", "Oktaviani", "Saputra", "Chaniago", "Koto", "Hidayat", "Marlina",
    ]

    static func people(_ counts: StandingCounts) -> [BoardModel.Person] {
        var people: [BoardModel.Person] = []
        for standing in Standing.allCases {
            for index in 0..<counts[standing] {
                let number = people.count
                let late = standing == .late ? 3 + dice(index, 40) : 0
                people.append(
                    BoardModel.Person(
                        employee: Int64(5_000 + number),
                        name: "\(given[number % given.count]) \(family[number * 3 % family.count]), S.K.M.",
                        post: ["Perawat Ahli Muda", "Kepala Seksi Surveilans", "Pengadministrasi Umum"][number % 3],
                        standing: standing,
                        arrival: standing.isThere
                            ? ago(Double(index % 50) * 60 + (standing == .late ? 60 : 1200)) : nil,
                        departure: nil, late: late))
            }
        }
        return people
    }

    static var emptyGovernment: BoardModel {
        BoardModel(
            moment: moment, date: date, unit: nil, name: "Kabupaten Baru", counts: StandingCounts(),
            connection: .init(connected: 0, total: 0))
    }

    /// A day on which work is asked of nobody.
    static var freeDay: BoardModel {
        var model = government(22, out: [])
        model.counts = StandingCounts([.off: model.counts.all])
        model.rows = model.rows.map { row in
            var row = row
            row.counts = StandingCounts([.off: row.counts.all])
            return row
        }
        model.arrivals = []
        return model
    }

    /// Before the first hours.
    static var early: BoardModel {
        var model = government(22)
        model.rows = model.rows.map { row in
            var row = row
            var counts = row.counts
            counts.add(.notYet, counts.there)
            counts.add(.present, -counts[.present])
            counts.add(.late, -counts[.late])
            row.counts = counts
            return row
        }
        model.counts = model.rows.reduce(into: StandingCounts()) { $0 += $1.counts }
        model.arrivals = []
        return model
    }

    /// Nothing is heard of anybody.
    static var silent: BoardModel {
        var model = government(22, out: Set(0..<22))
        model.rows = model.rows.map { row in
            var row = row
            row.counts = StandingCounts([.unsynced: row.counts.asked])
            row.connection.connected = 0
            return row
        }
        model.counts = model.rows.reduce(into: StandingCounts()) { $0 += $1.counts }
        model.connection.connected = 0
        model.arrivals = []
        return model
    }

    static var leaf: BoardModel {
        let row = row(12, isOut: true, people: 44)
        var model = model([row], unit: 112, name: "Puskesmas Air Haji")
        model.above = [(1, "Pemerintah Kabupaten Pesisir Selatan"), (107, "Dinas Kesehatan")]
        model.rows = []
        model.ranking = []
        model.people = people(row.counts)
        return model
    }

    /// Every kind of model, by a name for its file.
    static var boards: [(name: String, model: BoardModel)] {
        [
            ("dasbor", government(22)), ("dasbor-tenang", government(22, out: [])), ("dasbor-kosong", emptyGovernment),
            ("dasbor-libur", freeDay), ("dasbor-pagi", early), ("dasbor-senyap", silent),
            ("dasbor-satu", government(1, out: [])), ("dasbor-60", government(60)),
        ]
    }

    static var units: [(name: String, model: BoardModel)] {
        var blind = unit
        blind.people = nil
        var nobody = leaf
        nobody.people = []
        nobody.counts = StandingCounts()
        return [("unit", unit), ("unit-tanpa-orang", blind), ("unit-daun", leaf), ("unit-kosong", nobody)]
    }

    static func pages(_ pages: CentralPages, _ frame: PageFrame) -> [String: String] {
        var all: [String: String] = [:]
        for (name, model) in boards {
            all[name] = pages.board(model, frame, stream: "/langsung/dasbor")
            all["layar" + name.dropFirst(6)] = pages.wall(model, frame, stream: "/langsung/layar")
        }
        for (name, model) in units { all[name] = pages.unit(model, frame, stream: nil) }
        return all
    }
}
