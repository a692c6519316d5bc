import CentralPages
import Foundation
import Testing

@Suite("Pages about people, as they are built")
struct PersonViewTests {
    private static func html(_ text: String? = nil) throws -> [String: String] {
        let pages = try CentralPages()
        return PersonSamples.pages(text).mapValues { pages.person($0, Sample.frame) }
    }

    /// `HADIR_PAGES_OUT=folder`, as of the other pages.
    @Test(
        "They are written where HADIR_PAGES_OUT says",
        .enabled(if: ProcessInfo.processInfo.environment["HADIR_PAGES_OUT"] != nil))
    func write() throws {
        let folder = URL(fileURLWithPath: try #require(ProcessInfo.processInfo.environment["HADIR_PAGES_OUT"]))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, html) in try Self.html() {
            try Data(html.utf8).write(to: folder.appendingPathComponent(name + ".html"))
        }
    }

    @Test(
        "Whatever a name is, the page is built as with a harmless one, and shows it as text",
        arguments: HostileTests.texts.indices)
    func hostile(index: Int) throws {
        let plain = try Self.html("kata")
        for (name, html) in try Self.html(HostileTests.texts[index]) {
            let markup = try Markup(html)
            #expect(markup.shape == (try Markup(plain[name] ?? "")).shape, "\(name)")
            let odd = html.unicodeScalars.first { scalar in
                guard scalar != "\n" else { return false }
                return switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
                default: false
                }
            }
            #expect(odd == nil, "\(name)")
        }
    }

    @Test("Ids are there once, labels find their fields, nothing is inline, forms that send have the token")
    func rules() throws {
        for (name, html) in try Self.html() {
            let elements = try Markup(html).elements
            let ids = elements.compactMap { $0.value("id") }
            #expect(Set(ids).count == ids.count, "\(name)")
            for element in elements {
                for target in [element.value("for"), element.value("aria-labelledby")].compactMap({ $0 }) {
                    #expect(ids.contains(target), "\(name) \(target)")
                }
                for attribute in element.attributes {
                    #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"), "\(name) \(element)")
                }
                if element.name == "use" { #expect(ids.contains(String(element.value("href")?.dropFirst() ?? ""))) }
            }
            let fields = elements.filter { ["input", "select"].contains($0.name) && $0.value("type") != "hidden" }
            let labels = Set(elements.compactMap { $0.value("for") })
            #expect(fields.allSatisfy { labels.contains($0.value("id") ?? "") }, "\(name)")
            let sending = elements.count { $0.name == "form" && $0.value("method") == "post" }
            #expect(elements.count { $0.value("name") == "token" && $0.value("value") == "dG9rZW4" } == sending)
        }
    }

    @Test("A path that leads elsewhere leads to the front page")
    func paths() throws {
        let place = PagePlace(area: .own, path: "/saya", title: "Bulan saya", style: "orang")
        for evil in ["//contoh.invalid", "/\\contoh.invalid", "javascript:alert(1)", "https://contoh.invalid"] {
            let page = PersonPage(
                place,
                [.who(.init(name: "Ani", number: "", post: "", unit: "", links: [.init("Ke sana", evil)]))])
            let html = try CentralPages().person(page, Sample.frame)
            #expect(!html.contains("contoh.invalid") && !html.contains("javascript:"), "\(evil)")
        }
    }
}
