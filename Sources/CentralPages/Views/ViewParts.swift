import Foundation
import PageSupport

/// What a view is made with: the moment the page is of, and words for times.
struct ViewContext {
    let now: Date
    let words: Indonesian

    /// Of this time of day or date; the browser makes "12 detik lalu" of it.
    func moment(_ date: Date) -> MomentView {
        MomentView(iso: Indonesian.machine(date), text: words.near(date, to: now))
    }
}

/// A `<time>`. Its text is what stands there without JavaScript, so that a section's HTML changes only with its data.
struct MomentView {
    let iso: String
    let text: String
}

/// A state in one word, with a sign beside the colour. Tones: `ok`, `warn`, `bad`, `idle`.
struct Pill {
    let tone: String
    let word: String

    var icon: String { tone }
}

/// A sentence with commands in it, which `advice.mustache` shows as code.
struct Sentence {
    struct Part {
        let text: String
        let isCode: Bool
    }

    let parts: [Part]

    /// - Parameter text: ours; commands stand between backticks.
    init(_ text: String) {
        parts = text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { Part(text: String($0.element), isCode: $0.offset % 2 == 1) }
    }
}

extension Sequence {
    /// In the order of a key, then of the names of units as people sort them.
    func sorted<Key: Comparable>(by key: (Element) -> Key, then unit: (Element) -> String) -> [Element] {
        let keyed = map { element in (key: key(element), unit: unit(element).lowercased(), element: element) }
        let ordered = keyed.sorted { one, other in
            one.key == other.key ? one.unit < other.unit : one.key < other.key
        }
        return ordered.map { $0.element }
    }
}

func name(_ text: String) -> String { PageText.shown(text) }

func plural(_ count: Int) -> String { Indonesian.number(Int64(count)) }
