import AttendanceRules
import Foundation
import PageSupport

/// The people of a unit, those who need a look first.
struct BoardPeopleView {
    struct Row {
        let path: String
        let name: String
        let post: String
        /// "12 menit", "sakit"; `nil` where the group says it all.
        let word: String?
        /// "07.42"
        let time: String?
    }

    struct Group {
        let kind: String
        let title: String
        let count: String
        /// Open until somebody closes it.
        let isOpen: Bool
        let isEmpty: Bool
        let isUnknown: Bool
        let rows: [Row]
    }

    let groups: [Group]
    let isEmpty: Bool
    let total: String
    let isPartial: Bool

    init(_ people: [BoardModel.Person], _ context: ViewContext) {
        let order: [StandingPart?] = [.notYet, .unsynced, .late, .absent, .excused, .present, nil]
        groups = order.map { part in
            Self.group(part, people.filter { StandingPart($0.standing) == part }, context)
        }
        isEmpty = people.isEmpty
        total = plural(people.count)
        isPartial = people.contains { $0.standing == .unsynced }
    }

    private static func group(
        _ part: StandingPart?, _ people: [BoardModel.Person], _ context: ViewContext
    ) -> Group {
        let sorted = part == .late ? people.sorted { $0.late > $1.late } : people
        return Group(
            kind: part?.kind ?? "off", title: part?.label ?? "Libur", count: plural(people.count),
            isOpen: !people.isEmpty && part != .present && part != .excused && part != nil, isEmpty: people.isEmpty,
            isUnknown: part == .unsynced, rows: sorted.map { row($0, context) })
    }

    private static func row(_ person: BoardModel.Person, _ context: ViewContext) -> Row {
        let word: String? =
            switch person.standing {
            case .late: "\(plural(max(0, person.late))) menit"
            case .permission, .sick, .leave, .duty: StandingWords.word(person.standing)
            default: nil
            }
        let clocks = [person.arrival, person.departure].map { $0.map { context.words.time($0).prefix(5).description } }
        let time =
            clocks[1].map { "\(clocks[0] ?? "?")–\($0)" } ?? clocks[0]
        return Row(
            path: "/pegawai/\(person.employee)", name: CentralPages.shownName(person.name),
            post: PageText.shown(person.post, longest: 80), word: word, time: time)
    }
}

extension CentralPages {
    static func shownName(_ text: String) -> String { name(text) }
}

struct BoardDeviceRow {
    let name: String
    let unit: String
    let pill: Pill
    let lastRead: MomentView?
    let problem: String?

    init(_ device: BoardModel.Device, _ context: ViewContext) {
        name = Self.shown(device)
        unit = CentralPages.shownName(device.unit)
        let isNever = device.lastRead == nil
        pill =
            device.isHeard
            ? Pill(tone: "ok", word: "terhubung")
            : Pill(tone: isNever ? "idle" : "bad", word: isNever ? "belum pernah" : "terputus")
        lastRead = device.lastRead.map { context.moment($0) }
        problem = device.problem.map { ProblemWords(text: $0)?.title ?? PageText.shown($0, longest: 160) }
    }

    static func shown(_ device: BoardModel.Device) -> String {
        device.name.isEmpty ? "mesin absen" : CentralPages.shownName(device.name)
    }
}

/// Devices, those not heard first. Of the whole government only those: the others stand on their units' pages.
struct BoardDevicesView {
    let rows: [BoardDeviceRow]
    let isEmpty: Bool
    /// "298 dari 312 mesin terhubung"
    let summary: String
    let tone: String
    let more: String?
    /// Nothing is out, and the heard ones are not shown here.
    let isQuiet: Bool

    private static let most = 8

    init(_ model: BoardModel, _ context: ViewContext, all: Bool) {
        let heard = model.devices.filter(\.isHeard)
        let out = model.devices.filter { !$0.isHeard }
            .sorted { ($0.lastRead ?? .distantPast) < ($1.lastRead ?? .distantPast) }
        let shown = all ? out + heard : Array(out.prefix(Self.most))
        rows = shown.map { BoardDeviceRow($0, context) }
        isEmpty = model.devices.isEmpty
        summary = "\(plural(heard.count)) dari \(plural(model.devices.count)) mesin terhubung"
        tone = out.isEmpty ? "ok" : "warn"
        more = !all && out.count > Self.most ? "dan \(plural(out.count - Self.most)) lagi yang terputus" : nil
        isQuiet = !all && out.isEmpty && !model.devices.isEmpty
    }
}
