import CentralPages
import Testing

@Suite("Pages of files, and sheets for paper")
struct ExportPageTests {
    @Test("nothing is inline, every field has a label, every form its token, and no name is markup")
    func rules() throws {
        for (name, html) in try Pages.exports() {
            let elements = try Markup(html).elements
            for element in elements {
                for attribute in element.attributes {
                    #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"), "\(name) \(element)")
                }
            }
            let labels = Set(elements.filter { $0.name == "label" }.compactMap { $0.value("for") })
            for field in elements where ["select", "input"].contains(field.name) {
                let type = field.value("type") ?? ""
                guard type != "hidden", type != "radio" else { continue }
                #expect(labels.contains(field.value("id") ?? ""), "\(name) \(field)")
            }
            let forms = elements.filter { $0.name == "form" }
            let tokens = elements.filter { $0.value("name") == "token" && $0.value("value") == "dG9rZW4" }
            #expect(tokens.count == forms.count)
            let ids = elements.compactMap { $0.value("id") }
            #expect(Set(ids).count == ids.count, "\(name)")
            #expect(!html.contains("<b>Kecamatan"))
        }
    }

    @Test("the list that is sent while files are made is the list of the page")
    func section() throws {
        let pages = try CentralPages()
        let section = pages.exportFiles(ExportSample.model.files, Sample.frame)
        #expect(section.id == "files")
        #expect(pages.exports(ExportSample.model, Sample.frame).contains(section.html))
        #expect(section.html.contains("34%") && section.html.contains("<progress value=\"612000\" max=\"1800000\""))
        #expect(
            section.html.contains("/unduhan/berkas/00000003") && section.html.contains("/unduhan/keterangan/00000003"))
        #expect(!section.html.contains("/unduhan/berkas/00000002"))
    }

    @Test("a sheet has a column for each date, a cell for each, and the block that is signed")
    func sheet() throws {
        let html = try CentralPages().gridPaper(ExportSample.paper, Sample.frame)
        let elements = try Markup(html).elements
        let rows = elements.count { $0.name == "td" && ($0.value("class") ?? "").hasPrefix("sheet-code") }
        #expect(rows == 24 * 31)
        #expect(html.contains("Plt. Kepala Dinas Kesehatan") && html.contains("NIP 197505061996022001"))
        #expect(html.contains("95,5"))
    }
}
