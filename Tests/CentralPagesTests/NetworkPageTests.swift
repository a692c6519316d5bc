import CentralPages
import Foundation
import Testing

@Suite("Pages of the network")
struct NetworkPageTests {
    private func pages() throws -> [String: String] {
        NetworkSample.pages(try CentralPages(), Sample.frame)
    }

    @Test("A tab is there only for those who may open its page")
    func tabs() throws {
        let pages = try CentralPages()
        var frame = Sample.frame
        func tabs(_ html: String) throws -> [String] {
            try Markup(html).elements.filter { $0.value("class") == "tab" }.compactMap { $0.value("href") }
        }
        #expect(
            try tabs(pages.page(.offices, Sample.overview, nil, frame)) == PageName.allCases.map { "/" + $0.rawValue })
        frame.networkPages = [.files]
        #expect(try tabs(pages.page(.offices, Sample.overview, nil, frame)).last == "/jaringan/berkas")
        frame.readsNetwork = false
        #expect(try tabs(pages.files(FilesModel(waiting: []), frame)) == ["/kepegawaian", "/jaringan/berkas"])
    }

    @Test("Without JavaScript a search leaves the rows with all its words, and says where there are none")
    func search() throws {
        let all = try pages()
        let found = try Markup(try #require(all["perangkat-cari"])).text
        #expect(found.contains("gudang farmasi") && !found.contains("Puskesmas Salido"))
        #expect(try #require(all["perangkat-cari"]).contains("value=\"kesehatan gudang\""))
        #expect(try Markup(try #require(all["kantor-cari"])).text.contains("Tidak ada kantor yang cocok"))
    }

    @Test("A clock that is far off says since when, which dates it touches and what to do")
    func clock() throws {
        let pages = try CentralPages()
        var overview = Sample.overview
        overview.devices[3].clockSince = Sample.ago(2 * 86_400)
        let html = pages.page(.devices, overview, nil, Sample.frame)
        let text = try Markup(html).text
        #expect(text.contains("meleset sejak 20 Nov 07.31"))
        #expect(text.contains("Presensi tanggal 20 Nov – 22 Nov belum dapat dihitung"))
        #expect(text.contains("hadir device clock NAMA --set"))
        let troubles = html.components(separatedBy: "clock-trouble").count - 1
        #expect(troubles == overview.devices.count(where: \.isAstray) && troubles > 0)
    }

    @Test("A code is on the page it was made on, and on no other")
    func code() throws {
        let code = try #require(NetworkSample.made.made?.code)
        for (name, html) in try pages() { #expect(html.contains(code) == (name == "pendaftaran-kode"), "\(name)") }
    }

    @Test("Whoever shuts out a node reads what is lost by it before")
    func consequences() throws {
        let text = try Markup(try #require(try pages()["pendaftaran-cabut"])).text
        #expect(text.contains("1.204 data di komputer ini belum sampai di pusat"))
        #expect(text.contains("Kantor ini tidak punya komputer absen lain") && text.contains("lobi, aula"))
    }

    @Test("A file says its digest, its device, how much of how many people, from when to when")
    func files() throws {
        let text = try Markup(try #require(try pages()["berkas"])).text
        for part in [
            NetworkSample.digest, "420 presensi", "412", "31", "2 Nov 2026 06.41 – 20 Nov 2026 16.12", "CJ9L170560044",
            "tanpa tanggal yang sah", "petugas.silaut",
        ] { #expect(text.contains(part), "\(part)") }
    }
}
