import AttendanceRules
import PageSupport

extension CentralPages {
    package func person(_ page: PersonPage, _ frame: PageFrame) -> String {
        let parts = [
            PageBody.Part(id: "person", template: "person", view: PersonView(page)),
            PageBody.Part(
                id: "work", template: "work", view: WorkView(WorkPage(page.place, page.work), token: frame.formToken)),
        ]
        return self.page(PageBody(page.place, template: "page-person", parts: parts), frame)
    }
}

/// The blocks of a page about a person. Each is one of the optional parts.
struct PersonView {
    struct Block {
        var who: WhoView?
        var stepper: StepperView?
        var answer: AnswerView?
        var month: MonthView?
        var figures: FiguresView?
        var lines: LinesView?
        var journeys: JourneysView?
        var devices: PersonDevicesView?
    }

    let blocks: [Block]

    init(_ page: PersonPage) {
        blocks = page.blocks.enumerated().map { index, block in
            var view = Block()
            switch block {
            case .who(let who): view.who = WhoView(who)
            case .stepper(let stepper): view.stepper = StepperView(stepper)
            case .answer(let answer): view.answer = AnswerView(answer)
            case .month(let month): view.month = MonthView(month)
            case .figures(let figures): view.figures = FiguresView(figures)
            case .lines(let lines): view.lines = LinesView(lines, id: "catatan-\(index)")
            case .journeys(let journeys): view.journeys = JourneysView(journeys)
            case .devices(let devices): view.devices = PersonDevicesView(devices)
            }
            return view
        }
    }
}

struct LinkView {
    let text: String
    let path: String

    init(_ link: WorkPage.Link) {
        text = sentence(link.text)
        path = localPath(link.path)
    }
}

struct WhoView {
    let initial: String
    let name: String
    let number: String
    let hasNumber: Bool
    let post: String
    let hasPost: Bool
    let unit: String
    let hasUnit: Bool
    let links: [LinkView]

    init(_ who: PersonPage.Who) {
        initial = PageText.shown(String(String.UnicodeScalarView(who.name.unicodeScalars.prefix(1)))).uppercased()
        name = PageText.shown(who.name, longest: 120)
        number = PageText.shown(who.number)
        hasNumber = !who.number.isEmpty
        post = PageText.shown(who.post, longest: 120)
        hasPost = !who.post.isEmpty
        unit = PageText.shown(who.unit, longest: 120)
        hasUnit = !who.unit.isEmpty
        links = who.links.map(LinkView.init)
    }
}

struct StepperView {
    let earlier: LinkView?
    let later: LinkView?
    let path: String
    let field: String
    let value: String
    let type: String
    let label: String

    init(_ stepper: PersonPage.Stepper) {
        earlier = stepper.earlier.map(LinkView.init)
        later = stepper.later.map(LinkView.init)
        path = localPath(stepper.path)
        field = PageText.shown(stepper.field)
        value = PageText.shown(stepper.value)
        type = stepper.isMonth ? "month" : "date"
        label = stepper.isMonth ? "Bulan" : "Tanggal"
    }
}

struct AnswerView {
    let tone: String
    let title: String
    let text: String
    let advice: String
    let hasAdvice: Bool
    let link: LinkView?

    init(_ answer: PersonPage.Answer) {
        tone = answer.tone.rawValue
        title = sentence(answer.title)
        text = PageText.shown(answer.text, longest: 700)
        advice = sentence(answer.advice)
        hasAdvice = !answer.advice.isEmpty
        link = answer.link.map(LinkView.init)
    }
}

struct MonthView {
    struct DayView {
        let number: String
        let weekday: String
        let iso: String
        let tone: String
        let status: String
        let hasStatus: Bool
        let times: String
        let hasTimes: Bool
        let note: String
        let hasNote: Bool
        let link: String
        let isLink: Bool
        let isToday: Bool
        let isFree: Bool
        /// Of seven, from Monday: where the first day of the month stands.
        let column: String
    }

    let weekdays: [String]
    let days: [DayView]

    private static let names: [Weekday: String] = [
        .monday: "Senin", .tuesday: "Selasa", .wednesday: "Rabu", .thursday: "Kamis", .friday: "Jumat",
        .saturday: "Sabtu", .sunday: "Minggu",
    ]
    private static let order: [Weekday] = [.monday, .tuesday, .wednesday, .thursday, .friday, .saturday, .sunday]

    init(_ month: PersonPage.Month) {
        weekdays = Self.order.map { Self.names[$0] ?? "" }
        days = month.days.map { day in
            let column = (Self.order.firstIndex(of: day.date.weekday) ?? 0) + 1
            let times = [day.arrival, day.departure].map { $0.isEmpty ? "–" : PageText.shown($0) }
            return DayView(
                number: "\(day.date.parts.day)", weekday: Self.names[day.date.weekday] ?? "", iso: day.date.text,
                tone: day.tone.rawValue, status: sentence(day.status), hasStatus: !day.status.isEmpty,
                times: times.joined(separator: " – "), hasTimes: !(day.arrival + day.departure).isEmpty,
                note: sentence(day.note), hasNote: !day.note.isEmpty, link: day.link.map(localPath) ?? "",
                isLink: day.link != nil, isToday: day.isToday, isFree: day.tone == .off, column: "\(column)")
        }
    }
}

struct FiguresView {
    struct FigureView {
        let label: String
        let value: String
        let note: String
        let hasNote: Bool
        let tone: String
    }

    let figures: [FigureView]

    init(_ figures: [PersonPage.Figure]) {
        self.figures = figures.map { figure in
            FigureView(
                label: sentence(figure.label), value: PageText.shown(figure.value), note: sentence(figure.note),
                hasNote: !figure.note.isEmpty, tone: figure.tone.rawValue)
        }
    }
}

struct LinesView {
    let id: String
    let title: String
    let lead: String
    let hasLead: Bool
    let lines: [String]

    init(_ lines: PersonPage.Lines, id: String) {
        self.id = id
        title = sentence(lines.title)
        lead = sentence(lines.lead)
        hasLead = !lines.lead.isEmpty
        self.lines = lines.lines.map { PageText.shown($0, longest: 1200) }
    }
}

struct JourneysView {
    struct JourneyView {
        let title: String
        let tone: String
        let fate: String
        let steps: [StepView]
    }

    struct StepView {
        let name: String
        let time: String
        let hasTime: Bool
        let note: String
        let isDone: Bool
    }

    let isEmpty: Bool
    let journeys: [JourneyView]

    init(_ journeys: [PersonPage.Journey]) {
        isEmpty = journeys.isEmpty
        self.journeys = journeys.map { journey in
            JourneyView(
                title: sentence(journey.title), tone: journey.tone.rawValue, fate: sentence(journey.fate),
                steps: journey.steps.map { step in
                    StepView(
                        name: sentence(step.name), time: sentence(step.time), hasTime: !step.time.isEmpty,
                        note: sentence(step.note), isDone: step.isDone)
                })
        }
    }
}

struct PersonDevicesView {
    struct DeviceView {
        let name: String
        let unit: String
        let pill: Pill
        let sentences: [String]
        let advice: String
        let hasAdvice: Bool
    }

    let isEmpty: Bool
    let devices: [DeviceView]

    init(_ devices: [PersonPage.Device]) {
        isEmpty = devices.isEmpty
        self.devices = devices.map { device in
            DeviceView(
                name: PageText.shown(device.name), unit: PageText.shown(device.unit, longest: 120),
                pill: Pill(tone: device.tone.rawValue, word: sentence(device.word)),
                sentences: device.sentences.map(sentence), advice: sentence(device.advice),
                hasAdvice: !device.advice.isEmpty)
        }
    }
}

/// Sentences are longer than names.
private func sentence(_ text: String) -> String { PageText.shown(text, longest: 500) }

/// A path of this server and nothing else.
private func localPath(_ path: String) -> String {
    path.hasPrefix("/") && !path.hasPrefix("//") && !path.hasPrefix("/\\") ? path : "/"
}
