import CentralStore

/// Units by what a list calls them: their name, their code, or their name in other letters.
struct UnitNames {
    private var byName: [String: OrgUnit] = [:]
    private var byCode: [String: OrgUnit] = [:]
    private var byFolded: [String: [OrgUnit]] = [:]

    init(_ units: [OrgUnit]) {
        for unit in units {
            byName[unit.name] = unit
            if let code = unit.code { byCode[code] = unit }
            byFolded[ImportText.folded(unit.name), default: []].append(unit)
        }
    }

    subscript(code code: String) -> OrgUnit? { byCode[code] }

    func find(_ text: String) -> OrgUnit? {
        if let unit = byName[text] ?? byCode[text] { return unit }
        let alike = byFolded[ImportText.folded(text)] ?? []
        return alike.count == 1 ? alike.first : nil
    }

    static let advice = "unit tidak dikenal; perbaiki ejaan, atau impor dulu daftar unit (import units)"
}

/// Who has or had which number.
struct PeopleNumbers {
    private var byNumber: [String: Employee] = [:]
    private let byID: [Int64: Employee]

    init(_ people: People) {
        for employee in people.employees {
            for employment in employee.employments { byNumber[employment.number] = employee }
        }
        byID = Dictionary(people.employees.map { ($0.id, $0) }) { first, _ in first }
    }

    subscript(number: String) -> Employee? { byNumber[number] }
    subscript(id id: Int64) -> Employee? { byID[id] }
    var isEmpty: Bool { byNumber.isEmpty }
}
