import CentralPages
import Foundation
import Testing

/// Pages as files, to be looked at in a browser: `HADIR_PAGES_OUT=folder swift test --filter PictureTests`.
@Suite("Pages as files")
struct PictureTests {
    private static let folder = ProcessInfo.processInfo.environment["HADIR_PAGES_OUT"]

    @Test("Every page is written where HADIR_PAGES_OUT says", .enabled(if: folder != nil))
    func write() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        let assets = folder.appendingPathComponent("aset")
        try FileManager.default.createDirectory(at: assets, withIntermediateDirectories: true)
        for asset in CentralPages.assets {
            try Data(asset.bytes).write(to: assets.appendingPathComponent(asset.name))
        }
        for asset in CentralPages.systemAssets {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/javascript/" + asset.path))
            try bytes.write(to: assets.appendingPathComponent(asset.name))
        }
        for (name, html) in try Pages.all().merging(Pages.exports(), uniquingKeysWith: { $1 }) {
            try Data(html.utf8).write(to: folder.appendingPathComponent(name + ".html"))
            #expect(html.unicodeScalars.contains("<"))
        }
    }
}

/// Every kind of page, by a name for its file.
enum Pages {
    static func all() throws -> [String: String] {
        let pages = try CentralPages()
        var all: [String: String] = [:]
        for name in PageName.allCases {
            let file = name.rawValue.isEmpty ? "ringkasan" : name.rawValue
            all[file] = pages.page(name, Sample.overview, Sample.coverage, Sample.frame)
            all[file + "-kosong"] = pages.page(name, Sample.empty, nil, Sample.quietFrame)
        }
        all.merge(NetworkSample.pages(pages, Sample.frame)) { $1 }
        all.merge(AuditSample.pages(pages, Sample.frame)) { $1 }
        all.merge(BoardSample.pages(pages, Sample.frame)) { $1 }
        for (file, page) in WorkSample.pages { all[file] = pages.work(page, Sample.frame) }
        all["masuk"] = pages.login(LoginForm(government: Sample.frame.government, formToken: "dG9rZW4"))
        all["masuk-gagal"] = pages.login(
            LoginForm(
                government: Sample.frame.government, formToken: "dG9rZW4", account: "siti.rahma",
                message: "Nama akun atau kata sandi salah. Coba lagi.", next: "/perangkat"))
        all["pesan"] = pages.message(
            title: "Halaman tidak ditemukan", text: "Periksa alamatnya, atau mulai dari ringkasan.",
            government: Sample.frame.government)
        return all
    }
}

extension Pages {
    /// With forms and links of their own.
    static func exports() throws -> [String: String] {
        let pages = try CentralPages()
        var problem = ExportSample.model
        problem.problem = "Bulan akhir lebih awal daripada bulan awal. Tukar keduanya."
        problem.files = []
        return [
            "unduhan": pages.exports(ExportSample.model, Sample.frame),
            "unduhan-salah": pages.exports(problem, Sample.frame),
            "daftar-hadir": pages.gridPaper(ExportSample.paper, Sample.frame),
        ]
    }
}

extension Sample {
    static var quietFrame: PageFrame {
        PageFrame(
            government: "Kabupaten Pesisir Selatan", account: "wati", role: "Melihat", formToken: "dG9rZW4",
            moment: moment, words: words, activeAlarms: 0, quarantined: 0)
    }
}
