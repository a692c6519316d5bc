import AttendanceRules
import Foundation

/// A page about one person: the own days, those of another, or where a scan is. Texts may come from anywhere: the view
/// makes them harmless.
package struct PersonPage: Sendable {
    package enum Block: Sendable {
        case who(Who)
        case stepper(Stepper)
        case answer(Answer)
        case month(Month)
        case figures([Figure])
        case lines(Lines)
        case journeys([Journey])
        case devices([Device])
    }

    package var place: PagePlace
    package var blocks: [Block]
    /// Below: tables and forms.
    package var work: [WorkPage.Block]

    package init(_ place: PagePlace, _ blocks: [Block], work: [WorkPage.Block] = []) {
        self.place = place
        self.blocks = blocks
        self.work = work
    }

    /// As on pills: `ok`, `warn`, `bad`, `idle` and `off` are also the names of icons.
    package enum Tone: String, Sendable { case ok, warn, bad, idle, off }

    package struct Who: Sendable {
        package var name: String
        /// NIP of the time, where the visitor may see it.
        package var number: String
        package var post: String
        package var unit: String
        package var links: [WorkPage.Link]

        package init(name: String, number: String, post: String, unit: String, links: [WorkPage.Link] = []) {
            self.name = name
            self.number = number
            self.post = post
            self.unit = unit
            self.links = links
        }
    }

    /// From one month or date to the next.
    package struct Stepper: Sendable {
        package var earlier: WorkPage.Link?
        package var later: WorkPage.Link?
        /// Path of the form that chooses another, its field, and what is chosen.
        package var path: String
        package var field: String
        package var value: String
        package var isMonth: Bool

        package init(
            earlier: WorkPage.Link?, later: WorkPage.Link?, path: String, field: String, value: String, isMonth: Bool
        ) {
            self.earlier = earlier
            self.later = later
            self.path = path
            self.field = field
            self.value = value
            self.isMonth = isMonth
        }
    }

    /// What somebody came to read, in one sentence.
    package struct Answer: Sendable {
        package var tone: Tone
        package var title: String
        package var text: String
        package var advice: String
        package var link: WorkPage.Link?

        package init(tone: Tone, title: String, text: String, advice: String = "", link: WorkPage.Link? = nil) {
            self.tone = tone
            self.title = title
            self.text = text
            self.advice = advice
            self.link = link
        }
    }

    package struct Month: Sendable {
        package struct Day: Sendable {
            package var date: CivilDate
            package var tone: Tone
            /// Empty for a day of which nothing is known.
            package var status: String
            /// `07.29`, `16.02`.
            package var arrival: String
            package var departure: String
            /// What else there is: minutes late, excused.
            package var note: String
            package var link: String?
            package var isToday: Bool

            package init(
                date: CivilDate, tone: Tone, status: String, arrival: String = "", departure: String = "",
                note: String = "", link: String? = nil, isToday: Bool = false
            ) {
                self.date = date
                self.tone = tone
                self.status = status
                self.arrival = arrival
                self.departure = departure
                self.note = note
                self.link = link
                self.isToday = isToday
            }
        }

        /// Every date of one month, in order.
        package var days: [Day]

        package init(days: [Day]) { self.days = days }
    }

    package struct Figure: Sendable {
        package var label: String
        package var value: String
        package var note: String
        package var tone: Tone

        package init(_ label: String, _ value: String, note: String = "", tone: Tone = .idle) {
            self.label = label
            self.value = value
            self.note = note
            self.tone = tone
        }
    }

    package struct Lines: Sendable {
        package var title: String
        package var lead: String
        package var lines: [String]

        package init(_ title: String, lead: String = "", lines: [String]) {
            self.title = title
            self.lead = lead
            self.lines = lines
        }
    }

    /// One scan on its way.
    package struct Journey: Sendable {
        package struct Step: Sendable {
            package var name: String
            /// As text in the zone of whoever reads; empty where it is not known.
            package var time: String
            package var note: String
            package var isDone: Bool

            package init(_ name: String, time: String, note: String, isDone: Bool = true) {
                self.name = name
                self.time = time
                self.note = note
                self.isDone = isDone
            }
        }

        package var title: String
        package var tone: Tone
        package var fate: String
        package var steps: [Step]

        package init(title: String, tone: Tone, fate: String, steps: [Step]) {
            self.title = title
            self.tone = tone
            self.fate = fate
            self.steps = steps
        }
    }

    /// A device on which the person can scan, and what is to be said of it.
    package struct Device: Sendable {
        package var name: String
        package var unit: String
        package var tone: Tone
        package var word: String
        package var sentences: [String]
        package var advice: String

        package init(name: String, unit: String, tone: Tone, word: String, sentences: [String], advice: String) {
            self.name = name
            self.unit = unit
            self.tone = tone
            self.word = word
            self.sentences = sentences
            self.advice = advice
        }
    }
}
