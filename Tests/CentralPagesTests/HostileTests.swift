import AttendanceRules
import CentralPages
import Foundation
import PageSupport
import Testing

@Suite("Text that others chose, on the centre's pages")
struct HostileTests {
    static let texts = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\"\u{301} onclick=\"x", "'\u{20DD}x='",
        "=1+1", "@SUM(A1)", "a\u{0}b\u{1B}[2Jc\r\n\td", "\u{202E}gpj.exe\u{2066}\u{200F}", "{{frame.token}}{{{x}}}",
        "&lt;b&gt;&amp;", "Z" + String(repeating: "\u{489}", count: 300),
        String(repeating: "ꦏ\u{0301}x", count: 90_000),
        "../../keluar?x=1#y", "javascript:alert(1)", "\u{FEFF}\u{E000}\u{10FFFF}", "`rm -rf`", "شؤون",
        "</bdi></td></table>",
    ]

    /// Every string of every model is this text.
    static func models(_ text: String) -> (Overview, CoverageModel, PageFrame) {
        let at = Sample.ago(60)
        let nodes = [Contact.connected, .disconnected, .never, .revoked].map {
            NodeLine(
                name: text, unit: text, contact: $0, lastContact: at, version: text, backlog: 4, backlogAge: 60,
                diskFree: 1, clockTrusted: false, missing: 2, forks: 1)
        }
        let overview = Overview(
            moment: Sample.moment, scansToday: 3, hoursToday: [1, 2], hoursUsual: [3], scansEver: 9, nodes: nodes,
            units: [text, ""],
            devices: [
                DeviceLine(
                    serial: text, unit: text, name: text, model: text, firmware: text, lastRead: at, count: 4,
                    capacity: 5, clockOffset: 90, problem: text, statusAt: at, coveredTo: at),
                DeviceLine(serial: text, unit: text, name: "", model: text, firmware: text),
            ],
            scans: [
                ScanLine(
                    id: 1, unit: text, device: text, userID: text, deviceTime: text, utc: at, receivedAt: at,
                    verify: 77,
                    state: 77, source: text)
            ],
            alarms: [true, false].map {
                AlarmLine(at: at, unit: text, node: text, device: text, code: text, text: text, isOver: $0)
            },
            quarantine: QuarantineSummary(
                count: 2, newest: [.init(at: at, unit: text, node: text, seq: 1, reason: text, body: text)]))
        let coverage = CoverageModel(
            span: Sample.ago(86400)..<Sample.moment,
            devices: [
                .init(
                    serial: text, unit: text, name: text, covered: [Sample.ago(9000)..<at],
                    holes: [.init(span: Sample.ago(500)..<at, why: text)])
            ])
        let frame = PageFrame(
            government: text, account: text, role: text, formToken: text, moment: Sample.moment, words: Sample.words,
            activeAlarms: 1, quarantined: 2)
        return (overview, coverage, frame)
    }

    /// Every string of a dashboard is this text.
    static func board(_ text: String) -> BoardModel {
        let counts = StandingCounts([.present: 4, .late: 1, .sick: 1, .unsynced: 2])
        let rows = [true, false].map { isOwn in
            BoardModel.Row(
                unit: isOwn ? 7 : 8, name: text, counts: counts,
                connection: .init(connected: 0, total: 1, oldestRead: Sample.ago(90)), isOwn: isOwn)
        }
        return BoardModel(
            moment: Sample.moment, date: BoardSample.date, unit: 7, name: text, above: [(1, text)],
            counts: counts + counts, connection: .init(connected: 0, total: 2, oldestRead: Sample.ago(90)),
            rows: rows,
            devices: [
                .init(name: text, unit: text, lastRead: Sample.ago(90), isHeard: false, problem: text),
                .init(name: text, unit: text, lastRead: nil, isHeard: true, problem: nil),
            ],
            arrivals: [.init(minute: 430, present: 4, late: 1)],
            trend: [.init(date: BoardSample.date, counts: counts)], ranking: rows,
            people: Standing.allCases.map {
                .init(
                    employee: 1, name: text, post: text, standing: $0, arrival: Sample.ago(60), departure: nil, late: 3)
            })
    }

    static func pages(_ text: String) throws -> [(name: String, html: String)] {
        let pages = try CentralPages()
        let (overview, coverage, frame) = models(text)
        let board = board(text)
        var all = PageName.allCases.map { ("/" + $0.rawValue, pages.page($0, overview, coverage, frame)) }
        for name in PageName.allCases {
            let parts = pages.sections(of: name, overview, coverage, frame)
            all += parts.map { ("/\(name.rawValue) \($0.id)", $0.html) }
        }
        all += [
            ("/dasbor", pages.board(board, frame)), ("/unit", pages.unit(board, frame)),
            ("/layar", pages.wall(board, frame)),
        ]
        for (name, parts) in [
            ("dasbor", pages.boardSections(board, frame)), ("unit", pages.unitSections(board, frame)),
            ("layar", pages.wallSections(board, frame)),
        ] {
            all += parts.map { ("/\(name) \($0.id)", $0.html) }
        }
        all += NetworkSample.hostile(pages, text, frame)
        all.append(
            (
                "login",
                pages.login(
                    LoginForm(government: text, formToken: text, account: text, message: text, next: text))
            ))
        all.append(("message", pages.message(title: text, text: text, government: text)))
        return all
    }

    @Test("Hostile text leaves every page built as harmless text does", arguments: texts.indices)
    func shape(index: Int) throws {
        let harmless = try Self.pages("kata")
        for (hostile, plain) in zip(try Self.pages(Self.texts[index]), harmless) {
            let markup = try Markup(hostile.html)
            #expect(markup.shape == (try Markup(plain.html)).shape, "\(hostile.name)")
        }
    }

    @Test("No page holds a control, bidi or private character, and long text is cut", arguments: texts.indices)
    func characters(index: Int) throws {
        for (name, html) in try Self.pages(Self.texts[index]) {
            let odd = html.unicodeScalars.first { scalar in
                guard scalar != "\n" else { return false }
                return switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
                default: false
                }
            }
            #expect(odd == nil, "\(name)")
            #expect(html.utf8.count < 60_000, "\(name)")
        }
    }

    @Test("A formula and markup are shown as they are")
    func shown() throws {
        for text in ["=1+1", "<b>\"Dinas\" & 'Kantor'</b>"] {
            for (name, html) in try Self.pages(text) where name.hasPrefix("/") && !name.contains(" ") {
                #expect(try Markup(html).text.contains(text), "\(name)")
            }
        }
    }

    /// Else a new field of a model would not be tried.
    @Test("The hostile models fill every string there is")
    func everyField() {
        let (overview, coverage, frame) = Self.models("kata")
        var empty: [String] = []
        func look(_ value: Any, _ path: String) {
            if let text = value as? String {
                if !text.hasPrefix("kata"), text != "" || !(path.hasSuffix(".name") || path.hasPrefix("overview.units"))
                {
                    empty.append(path)
                }
                return
            }
            if value is Date || value is Indonesian || value is Contact { return }
            for child in Mirror(reflecting: value).children { look(child.value, "\(path).\(child.label ?? "")") }
        }
        look(overview, "overview")
        look(coverage, "coverage")
        look(frame, "frame")
        look(Self.board("kata"), "board")
        #expect(empty == [])
    }
}
