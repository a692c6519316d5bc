import Attendance
import AttendanceRules
import CentralStore

/// Where somebody works, and as whom the devices there know them.
package struct SampleStint: Equatable, Sendable {
    /// Index of the unit.
    package let unit: Int
    /// Index of the unit whose devices they use: the same, or one above.
    package let place: Int
    package let pin: Int
    package let span: DateSpan

    package var userID: UserID { UserID(String(pin)) }
}

package struct SampleEmployee: Equatable, Sendable {
    package let index: Int
    package let name: String
    package let isWoman: Bool
    package let number: String
    package let kind: EmployeeKind
    package let post: String
    package let group: SampleGroup
    /// Of four that take turns; for shifts.
    let team: Int
    /// 0 comes early, 99 comes late.
    let habit: Int
    package let span: DateSpan
    package var stints: [SampleStint]
    /// A second number from a date on: whoever becomes PPPK gets one.
    package var appointment: (number: String, from: CivilDate)?
    /// A device elsewhere that knows them as well, because they act as head there.
    package var second: (device: Int, pin: Int)?
    /// Nobody has said yet whose the user id is.
    package let isLinked: Bool

    package func stint(on date: CivilDate) -> SampleStint? { stints.first { $0.span.contains(date) } }

    package static func == (left: Self, right: Self) -> Bool {
        left.index == right.index && left.name == right.name && left.number == right.number
            && left.stints == right.stints && left.kind == right.kind && left.span == right.span
    }
}

/// Makes people: names, numbers, posts, and where they work.
struct SamplePeopleMaker {
    let options: SampleOptions
    let units: [SampleUnit]
    private var numbers: Set<String> = []
    /// Next free number on the devices of a unit.
    private var pins: [Int]

    init(_ options: SampleOptions, _ units: [SampleUnit]) {
        self.options = options
        self.units = units
        pins = Array(repeating: 1, count: units.count)
    }

    /// Everybody, unit after unit; the first of each unit is its head.
    mutating func people() -> [SampleEmployee] {
        var people: [SampleEmployee] = []
        people.reserveCapacity(options.employees)
        for (unit, count) in zip(units, Self.sizes(options.employees, units)) {
            for place in 0..<count { people.append(person(people.count, unit, place: place)) }
        }
        for index in people.indices { move(&people[index]) }
        return people
    }

    /// One for each unit where there are enough, the rest by weight.
    private static func sizes(_ employees: Int, _ units: [SampleUnit]) -> [Int] {
        let sure = employees >= units.count ? 1 : 0
        let rest = sure == 1 ? employees - units.count : employees
        let weights = units.map(\.weight).reduce(0, +)
        var given = 0
        var weight = 0
        return units.map { unit in
            weight += unit.weight
            let upTo = rest * weight / max(1, weights)
            defer { given = upTo }
            return sure + upTo - given
        }
    }

    static func place(of unit: SampleUnit) -> Int { unit.borrows ? unit.parent ?? unit.index : unit.index }

    private mutating func person(_ index: Int, _ unit: SampleUnit, place: Int) -> SampleEmployee {
        var random = SampleRandom(seed: options.seed, .name, index)
        let isWoman = random.chance(5200)
        let name = SampleNames.person(isWoman: isWoman, &random)
        var kinds = SampleRandom(seed: options.seed, .kind, index)
        let kind: EmployeeKind =
            switch place == 0 ? 0 : kinds.below(100) {
            case ..<58: .pns
            case ..<61: .cpns
            case ..<82: .pppk
            case ..<90: .pppkParuhWaktu
            default: .nonASN
            }
        let isShift = place > 0 && place % 10 < unit.shifts
        var habits = SampleRandom(seed: options.seed, .habit, index)
        let span = span(index, place: place)
        let at = Self.place(of: unit)
        let stint = SampleStint(unit: unit.index, place: at, pin: pin(at), span: span)
        return SampleEmployee(
            index: index, name: name, isWoman: isWoman, number: number(kind, isWoman: isWoman, index), kind: kind,
            post: post(unit, place, isShift: isShift, index), group: isShift ? .shifts : unit.hours, team: index % 4,
            habit: habits.below(100), span: span, stints: [stint], isLinked: index % 331 != 17)
    }

    private mutating func pin(_ place: Int) -> Int {
        guard pins.indices.contains(place) else { return 0 }
        defer { pins[place] += 1 }
        return pins[place]
    }

    /// A few come later, and a few leave.
    private func span(_ index: Int, place: Int) -> DateSpan {
        var random = SampleRandom(seed: options.seed, .transfer, index, 1)
        let days = options.dates.count
        let first = options.dates.lowerBound
        guard place > 1, days > 20 else { return DateSpan(from: first) }
        switch random.below(1000) {
        case ..<15: return DateSpan(from: first.adding(days: random.number(5...days - 5)))
        case ..<25: return DateSpan(from: first, to: first.adding(days: random.number(10...days - 2)))
        default: return DateSpan(from: first)
        }
    }

    /// One in sixty moves to another unit, and one in fifty without a NIP is appointed as PPPK.
    private mutating func move(_ person: inout SampleEmployee) {
        var random = SampleRandom(seed: options.seed, .transfer, person.index)
        let middle = options.dates.lowerBound.adding(days: random.number(3...max(3, options.dates.count - 3)))
        guard person.span.from == options.dates.lowerBound, person.span.to == nil, person.group != .shifts,
            middle > options.dates.lowerBound, middle <= options.dates.upperBound, let stint = person.stints.first,
            stint.pin > 1
        else { return }
        if person.kind == .nonASN, random.chance(200) {
            person.appointment = (number(.pppk, isWoman: person.isWoman, person.index, round: 1), middle)
            return
        }
        guard random.chance(160), units.count > 1 else { return }
        let others = units.filter { $0.hours == units[stint.unit].hours && $0.index != stint.unit }
        guard !others.isEmpty else { return }
        let unit = random.pick(others, otherwise: others[0])
        let place = Self.place(of: unit)
        person.stints = [
            SampleStint(
                unit: stint.unit, place: stint.place, pin: stint.pin,
                span: DateSpan(from: stint.span.from, to: middle.adding(days: -1))),
            SampleStint(unit: unit.index, place: place, pin: pin(place), span: DateSpan(from: middle)),
        ]
    }

    /// NIP and NI PPPK as domain, section 5, has them; THL numbers are of the government's own.
    private mutating func number(_ kind: EmployeeKind, isWoman: Bool, _ index: Int, round: Int = 0) -> String {
        var random = SampleRandom(seed: options.seed, .birth, index, round)
        if kind == .nonASN { return "THL-" + Self.padded(index + 1, 6) }
        let year = options.dates.lowerBound.parts.year
        // 22 to 57 years old.
        let birth = random.number((year - 57)...(year - 23))
        let month = random.number(1...12)
        let day = random.number(1...DeviceTime.days(in: month, of: birth))
        let begun =
            switch kind {
            case .pns: random.number(min(birth + 21, year - 2)...(year - 2))
            case .cpns: year - 1
            default: random.number(max(2021, year - 4, birth + 21)...max(2021, year - 1))
            }
        let middle =
            switch kind {
            case .pppk: "21"
            case .pppkParuhWaktu: "24"
            default: Self.padded(random.number(1...12), 2)
            }
        let head = Self.padded(birth, 4) + Self.padded(month, 2) + Self.padded(day, 2) + Self.padded(begun, 4) + middle
        var serial = 1
        while !numbers.insert(head + (isWoman ? "2" : "1") + Self.padded(serial, 3)).inserted, serial < 999 {
            serial += 1
        }
        return head + (isWoman ? "2" : "1") + Self.padded(serial, 3)
    }

    private func post(_ unit: SampleUnit, _ place: Int, isShift: Bool, _ index: Int) -> String {
        var random = SampleRandom(seed: options.seed, .post, index)
        if place == 0 {
            switch unit.kind {
            case .kecamatan: return "Camat"
            case .kelurahan: return "Lurah"
            case .sekolah: return "Kepala Sekolah"
            case .opd where unit.index == 0: return "Sekretaris Daerah"
            default: return "Kepala \(unit.name)"
            }
        }
        if place == 1 { return unit.kind == .sekolah ? "Wakil Kepala Sekolah" : "Sekretaris" }
        if isShift { return unit.kind == .uptd ? "Perawat" : "Anggota Regu" }
        switch unit.kind {
        case .sekolah:
            return random.pick(["Guru Kelas", "Guru Mata Pelajaran", "Tenaga Administrasi"], otherwise: "Guru")
        case .puskesmas:
            return random.pick(["Perawat", "Bidan", "Dokter", "Tenaga Administrasi"], otherwise: "Perawat")
        default:
            return random.pick(
                [
                    "Analis Kebijakan", "Pengadministrasi Umum", "Pranata Komputer", "Bendahara", "Penata Layanan",
                    "Arsiparis",
                ],
                otherwise: "Pengadministrasi Umum")
        }
    }

    static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
