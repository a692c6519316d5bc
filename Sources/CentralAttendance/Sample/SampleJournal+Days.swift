import Attendance
import AttendanceRules
import Crypto
import Foundation

extension SampleJournal {
    /// Everything of a run of days: what people did, what became of it on the devices, and what was said about it.
    ///
    /// - Parameter dates: follow those of the call before.
    package mutating func make(_ dates: ClosedRange<CivilDate>) -> Made {
        var made = Made()
        let begin = SampleOptions.midnight(dates.lowerBound)
        let end = SampleOptions.midnight(dates.upperBound.adding(days: 1))
        let outages = lines.map { line in
            Set([dates.lowerBound.month, dates.upperBound.month]).sorted()
                .flatMap { government.outages(of: line.device, in: $0) }
        }
        for line in lines.indices {
            lines[line].beginPeriod()
            for outage in outages[line] where begin <= outage.from && outage.from < end {
                made.outages[outage.kind, default: 0] += 1
            }
        }
        var sheets = SheetLines()
        for index in people { work(index, dates, outages, &sheets, &made) }
        for index in guests { act(index, dates, outages, &made) }
        if place % 7 == 3 {
            for date in dates {
                guard let day = days.guest(of: place, on: date) else { continue }
                for scan in day.scans { scanned(9001, scan, date, line: 0, outages, &made) }
            }
        }
        for line in lines.indices { watch(line, from: begin, to: end, outages[line]) }
        if government.units[place].isStickOnly { accept(files: dates, &made) }
        made.statements += sheets.statements(of: place)
        drain(before: end, into: &made)
        return made
    }

    private mutating func work(
        _ index: Int, _ dates: ClosedRange<CivilDate>, _ outages: [[SampleOutage]], _ sheets: inout SheetLines,
        _ made: inout Made
    ) {
        let person = government.employees[index]
        let leave = days.leave(of: person, touching: dates)
        for date in dates {
            guard let stint = person.stint(on: date), stint.place == place else { continue }
            if stint.span.from == date, date > government.options.dates.lowerBound { enlist(person, stint, date) }
            for one in leave where one.span.from == date {
                made.statements.append(
                    SampleStatement(
                        content: .leave(employee: index, one.kind, one.span),
                        document: Self.document(index, date, "CUTI"),
                        reason: "data contoh"))
            }
            guard let day = days.day(of: person, on: date, leave: leave) else { continue }
            var random = SampleRandom(seed: government.options.seed, .correction, index, date.dayNumber)
            let line = random.chance(1000) ? random.below(lines.count) : index % max(1, lines.count)
            correct(person, day, date, &random, &made)
            for scan in day.scans {
                let lost = scanned(stint.pin, scan, date, line: line, outages, &made)
                if let lost, stint.unit == place {
                    sheets.add(index, day, date, lost, government.options.seed, lines[line].device)
                }
            }
        }
    }

    /// Those who act as head here now and then come by.
    private mutating func act(
        _ index: Int, _ dates: ClosedRange<CivilDate>, _ outages: [[SampleOutage]], _ made: inout Made
    ) {
        let person = government.employees[index]
        guard let second = person.second, let line = lines.firstIndex(where: { $0.device.index == second.device })
        else {
            return
        }
        for date in dates where date.weekday == .wednesday {
            guard let day = days.guest(of: 1000 + index, on: date) else { continue }
            for scan in day.scans.prefix(1) { scanned(second.pin, scan, date, line: line, outages, &made) }
        }
    }

    /// The user appears on all devices of the unit.
    private mutating func enlist(_ person: SampleEmployee, _ stint: SampleStint, _ date: CivilDate) {
        for line in lines {
            add(SampleOptions.midnight(date) + 6 * 3600, 3, .other(.user(user(person, stint.pin, on: line.device))))
        }
    }

    /// What becomes of one scan.
    ///
    /// - Returns: the outage that swallowed it or spoilt its time.
    @discardableResult
    private mutating func scanned(
        _ pin: Int, _ scan: SampleDay.Scan, _ date: CivilDate, line: Int, _ outages: [[SampleOutage]],
        _ made: inout Made
    ) -> SampleOutage? {
        let second = SampleOptions.midnight(date) + Int64(scan.second)
        let device = lines[line].device
        let local = second + Int64(SampleOptions.offset + device.drift)
        if government.units[place].isStickOnly {
            let carried = Self.carried(second)
            let file = FileOrigin(sha256: Self.file(device, carried), by: "operator")
            lines[line].punch(pin, local: local, isDeparture: scan.isDeparture, file: file, isReset: false)
                .map { add(carried, 0, .punch($0)) }
            return nil
        }
        var known = DeviceLine.reading(at: second)
        var outage = outages[line].first { $0.contains(second) }
        if outage == nil, let next = outages[line].first(where: { $0.contains(known) }) {
            // Made just before: the device has it, and is read when it is back. Not where its log was cleared.
            if next.kind == .logCleared { outage = next } else { known = DeviceLine.reading(at: next.to) }
        }
        if let outage {
            switch outage.kind {
            case .deviceOff, .logCleared:
                made.lost += 1
                return outage
            case .edgeDown: known = DeviceLine.reading(at: min(outage.to, .max / 4))
            case .clockReset, .wrongClock: break
            }
        }
        let shown = outage.map { $0.isOfClock ? $0.local(second) : local } ?? local
        let isReset = outage?.kind == .clockReset
        lines[line].punch(pin, local: shown, isDeparture: scan.isDeparture, file: nil, isReset: isReset)
            .map { add(known, 0, .punch($0)) }
        return isReset ? outage : nil
    }

    /// Friday half past three, when the stick is carried.
    static func carried(_ second: Int64) -> Int64 {
        let date = Moment(seconds: second).date(offset: SampleOptions.offset)
        for day in 0...7 {
            let friday = date.adding(days: day)
            let at = SampleOptions.midnight(friday) + 15 * 3600 + 1800
            if friday.weekday == .friday, at > second { return at }
        }
        return second + 7 * 86_400
    }

    static func file(_ device: SampleDevice, _ carried: Int64) -> String {
        Hex.encode(Array(SHA256.hash(data: Array("contoh \(device.serial.text) \(carried)".utf8))))
    }

    /// Of the files of these days most are accepted, with the statement that they are complete.
    private func accept(files dates: ClosedRange<CivilDate>, _ made: inout Made) {
        for date in dates where date.weekday == .friday {
            let carried = SampleOptions.midnight(date) + 15 * 3600 + 1800
            for line in lines {
                var random = SampleRandom(seed: government.options.seed, .stick, line.device.index, date.dayNumber)
                // In a week without work nothing is carried.
                guard random.chance(7000), carries(line.device, carried) else { continue }
                let from = max(carried - 7 * 86_400, SampleOptions.midnight(government.options.dates.lowerBound))
                let document = Self.document(line.device.index, date, "BA")
                made.statements.append(
                    SampleStatement(
                        content: .file(sha256: Self.file(line.device, carried)), document: document,
                        reason: "data contoh: berkas dibawa dengan stik"))
                made.statements.append(
                    SampleStatement(
                        content: .coverage(
                            serial: line.device.serial.text, from: Self.date(from), to: Self.date(carried)),
                        document: document, reason: "data contoh: log mesin lengkap"))
            }
        }
    }

    private func carries(_ device: SampleDevice, _ carried: Int64) -> Bool {
        waiting.contains { item in
            if item.at == carried, case .punch(let punch) = item.body { punch.serial == device.serial } else { false }
        }
    }

    /// Who forgot a scan, and some who came late, ask for a correction.
    private func correct(
        _ person: SampleEmployee, _ day: SampleDay, _ date: CivilDate, _ random: inout SampleRandom, _ made: inout Made
    ) {
        let kind: Correction.Kind?
        switch day.forgot {
        case .arrival where random.chance(2500): kind = .arrival(minute: day.arrival / 60)
        case .departure where random.chance(2000): kind = .departure(minute: day.departure / 60)
        case nil where day.isLate && random.chance(500): kind = .excuseLate
        default: kind = nil
        }
        guard let kind else { return }
        made.statements.append(
            SampleStatement(
                content: .correction(employee: person.index, date, kind),
                document: Self.document(person.index, date, "KOREKSI"),
                reason: "data contoh"))
    }

    static func document(_ number: Int, _ date: CivilDate, _ what: String) -> String {
        "CONTOH \(what)/\(number + 1)/\(date.text)"
    }

    // MARK: What the edge says about a device

    /// Coverage every hour, a clock reading each morning, and alarms when something is wrong.
    private mutating func watch(_ line: Int, from begin: Int64, to end: Int64, _ outages: [SampleOutage]) {
        let device = lines[line].device
        guard !government.units[place].isStickOnly else { return }
        var at = (begin + DeviceLine.coverageInterval - 1) / DeviceLine.coverageInterval * DeviceLine.coverageInterval
        while at < end {
            defer { at += DeviceLine.coverageInterval }
            let present = outages.first { $0.contains(at) }
            if let present, !present.isOfClock { continue }
            let hour = (at + Int64(SampleOptions.offset)) / 3600 % 24
            let isNews =
                present != nil || lines[line].wasUndated
                || outages.contains { lines[line].covered < $0.to && $0.to <= at }
            // At night nothing happens: one claim for all of it.
            guard isNews || (5...21).contains(hour) else { continue }
            cover(line, at, present, outages)
            if hour == 6 || isNews { read(clock: device, at, present) }
        }
    }

    private mutating func cover(_ line: Int, _ at: Int64, _ present: SampleOutage?, _ outages: [SampleOutage]) {
        let covered = lines[line].covered
        let serial = lines[line].device.serial
        let over = outages.first { covered < $0.to && $0.to <= at }
        var holes: [Coverage.Hole] = []
        func hole(to: Int64, _ why: String) -> [Coverage.Hole] {
            [.init(from: Self.date(covered), to: Self.date(to), why: why)]
        }
        if present != nil || lines[line].wasUndated || over?.isOfClock == true {
            holes = hole(to: at, "clock_off")
        } else if let over, over.kind == .deviceOff {
            holes = hole(to: over.to, "device_off")
        } else if let over, over.kind == .logCleared {
            holes = hole(to: at, "log_cleared")
            add(at, 4, .other(.alarm(Alarm(code: "log_cleared", serial: serial, text: "data contoh: log dikosongkan"))))
        }
        if present != nil, !lines[line].wasUndated {
            add(at, 4, .other(.alarm(Alarm(code: "clock_off", serial: serial, text: "data contoh: jam mesin meleset"))))
        } else if present == nil, lines[line].wasUndated {
            add(at, 4, .other(.alarm(Alarm(code: "clock_set", serial: serial, text: "data contoh: jam mesin disetel"))))
        }
        lines[line].wasUndated = present != nil
        lines[line].covered = at
        add(
            at, 2,
            .other(
                .coverage(
                    Coverage(serial: serial, from: Self.date(covered), to: Self.date(at), source: .poll, holes: holes)))
        )
    }

    private mutating func read(clock device: SampleDevice, _ at: Int64, _ present: SampleOutage?) {
        let local = at + Int64(SampleOptions.offset)
        let shown = present.map { $0.local(at) } ?? local + Int64(device.drift)
        let (year, month, day) = CivilDate(dayNumber: Int(shown / 86_400)).parts
        let rest = Int(shown % 86_400)
        guard
            let time = DeviceTime(
                year: year, month: month, day: day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
        else { return }
        var random = SampleRandom(seed: government.options.seed, .boot, place)
        let start = SampleOptions.midnight(government.options.dates.lowerBound) - 7200
        add(
            at, 1,
            .other(
                .clock(
                    ClockReading(
                        serial: device.serial, deviceTime: time, offset: Int(shown - local), monotonic: at - start,
                        bootID: Hex.encode(random.bytes(16))))))
    }
}

/// Signed sheets of days on which a device could not be used: one for each day, of half of such times.
struct SheetLines {
    private var days: [CivilDate: [Int: SampleStatement.Line]] = [:]

    mutating func add(
        _ employee: Int, _ day: SampleDay, _ date: CivilDate, _ outage: SampleOutage, _ seed: UInt64,
        _ device: SampleDevice
    ) {
        var random = SampleRandom(seed: seed, .sheet, device.index, Int(outage.from / 86_400))
        guard random.chance(5000) else { return }
        let midnight = SampleOptions.midnight(date)
        var line = days[date]?[employee] ?? SampleStatement.Line(employee: employee)
        if outage.contains(midnight + Int64(day.arrival)) { line.arrival = day.arrival / 60 }
        if outage.contains(midnight + Int64(day.departure)) { line.departure = day.departure / 60 }
        guard line.arrival != nil || line.departure != nil else { return }
        days[date, default: [:]][employee] = line
    }

    func statements(of unit: Int) -> [SampleStatement] {
        days.keys.sorted().map { date in
            let lines = (days[date] ?? [:]).values.sorted { $0.employee < $1.employee }
            return SampleStatement(
                content: .sheet(unit: unit, date, lines), document: SampleJournal.document(unit, date, "DAFTAR-HADIR"),
                reason: "data contoh: mesin absen tidak dapat dipakai")
        }
    }
}
