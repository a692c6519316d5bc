import CentralPages
import Foundation
import PageSupport
import Testing

@Suite("Rules that every page keeps")
struct RuleTests {
    /// First parts of the paths of pages.
    private static let parts = Set(
        PageName.allCases.map(\.rawValue) + PageArea.allCases.map(\.rawValue) + ["sandi", "layar", "unit", "jejak"])

    /// Whether it stays on this server, below one of its pages, and has nothing in it that is to be read otherwise.
    private static func isOwn(_ text: String) -> Bool {
        let path = text.prefix { $0 != "?" && $0 != "#" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "", parts.count > 1 else { return false }
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\\\"'<>".utf8.contains($0) }
        return isPlain && Self.parts.contains(String(parts[1])) && (parts.count == 2 || !parts.contains { $0 == ".." })
    }

    private static let served = Set(
        (CentralPages.assets.map(\.name) + CentralPages.systemAssets.map(\.name)).map { "/aset/" + $0 })

    @Test("Nothing is inline, no event attribute, every script and style is one that is served")
    func policy() throws {
        for (name, html) in try Pages.all() {
            let markup = try Markup(html)
            for element in markup.elements {
                for attribute in element.attributes {
                    #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"), "\(name) \(element)")
                }
                if element.name == "script" { #expect(Self.served.contains(element.value("src") ?? ""), "\(name)") }
                if element.name == "link" { #expect(Self.served.contains(element.value("href") ?? ""), "\(name)") }
                #expect(element.name != "style" && element.name != "iframe")
            }
        }
    }

    @Test("Links lead to pages there are, forms to pages, /masuk and /keluar; what is sent has the token")
    func links() throws {
        for (name, html) in try Pages.all() {
            let markup = try Markup(html)
            for link in markup.elements where link.name == "a" {
                let path = link.value("href") ?? ""
                #expect(Self.isOwn(path) || path.hasPrefix("#"), "\(name) \(path)")
            }
            let forms = markup.elements.filter { $0.name == "form" }
            for form in forms {
                let action = form.value("action") ?? ""
                #expect(["get", "post"].contains(form.value("method")), "\(name) \(action)")
                #expect(["/masuk", "/keluar"].contains(action) || Self.isOwn(action), "\(name) \(action)")
            }
            // A form that only asks carries no token: addresses are kept and passed on.
            let tokens = markup.elements.filter { $0.value("name") == "token" && $0.value("value") == "dG9rZW4" }
            #expect(tokens.count == forms.count { $0.value("method") == "post" }, "\(name)")
        }
    }

    @Test("Ids are there once, and what points to one finds it")
    func ids() throws {
        for (name, html) in try Pages.all() {
            let elements = try Markup(html).elements
            let ids = elements.compactMap { $0.value("id") }
            #expect(Set(ids).count == ids.count, "\(name)")
            let sections = elements.compactMap { $0.value("data-section") }
            #expect(Set(sections).count == sections.count, "\(name)")
            for element in elements {
                let targets = [element.value("for"), element.value("aria-labelledby")].compactMap { $0 }
                let local = element.name == "use" ? [String(element.value("href")?.dropFirst() ?? "")] : []
                for target in targets + local { #expect(ids.contains(target), "\(name) \(target)") }
            }
        }
    }

    @Test("No page and no file of ours names another host")
    func hosts() throws {
        var texts = try Pages.all().map { ($0.key, $0.value) }
        texts += CentralPages.assets.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
        for (name, text) in texts {
            let text = text.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
                // A place for an address, and none.
                .replacing("--url https://…<", with: "<")
                // The pattern of what is not known is in the page itself.
                .replacing("fill=\"url(#hatch)\"", with: "")
            for host in ["http:", "https:", "\"//", "'//", "(//", "url("] {
                #expect(!text.contains(host), "\(name) \(host)")
            }
        }
    }

    @Test("The sections of a page are what stands in it", arguments: PageName.allCases)
    func sections(name: PageName) throws {
        let pages = try CentralPages()
        for (overview, coverage) in [(Sample.overview, Sample.coverage as CoverageModel?), (Sample.empty, nil)] {
            let page = pages.page(name, overview, coverage, Sample.frame)
            let sections = pages.sections(of: name, overview, coverage, Sample.frame)
            for section in sections {
                #expect(page.contains("data-section=\"\(section.id)\">\(section.html)</"), "\(section.id)")
                #expect(!section.html.isEmpty)
            }
            let inPage = try Markup(page).elements.compactMap { $0.value("data-section") }
            #expect(Set(inPage) == Set(sections.map(\.id)))
        }
    }

    @Test("A section's HTML does not change with the moment alone", arguments: PageName.allCases)
    func calm(name: PageName) throws {
        let pages = try CentralPages()
        var later = Sample.overview
        later.moment += 20
        var frame = Sample.frame
        let before = pages.sections(of: name, Sample.overview, Sample.coverage, frame)
        frame.moment += 20
        #expect(pages.sections(of: name, later, Sample.coverage, frame) == before)
    }
}
