import CentralPages
import Foundation

/// The pages of the network that only some may open.
enum NetworkSample {
    static let digest = "3f5a9c1e7b2d4860a1c3e5f7092b4d6f8e1a3c5b7d9f0e2c4a6b8d0f1e3c5a7b"

    static var enrolment: EnrolmentModel {
        EnrolmentModel(
            units: Sample.offices, unit: "Kecamatan Silaut", address: "hadir.pesisirselatan.go.id",
            done: "Komputer absen Inspektorat sudah dicabut.",
            open: [
                .init(unit: "UPTD Pasar Painan", created: Sample.ago(3600), expires: Sample.ago(-82_800)),
                .init(unit: "Kecamatan Silaut", created: Sample.ago(60), expires: Sample.ago(-86_340)),
            ], nodes: Sample.overview.nodes)
    }

    static var made: EnrolmentModel {
        var model = enrolment
        model.done = nil
        model.made = .init(
            code: "hadir1." + String(repeating: "kJ8vQ2xLmN4pR7tW", count: 12), unit: "Kecamatan Silaut",
            expires: Sample.ago(-86_400))
        return model
    }

    static var files: FilesModel {
        FilesModel(
            waiting: [
                .init(
                    sha256: digest, by: "petugas.silaut", arrived: Sample.ago(5000),
                    parts: [
                        .init(
                            device: "lobi", serial: "CJ9L170560044", unit: "Kecamatan Silaut", scans: 412, people: 31,
                            first: "2026-11-02T06:41:09", last: "2026-11-20T16:12:40"),
                        .init(
                            device: "", serial: "CJ9L170560045", unit: "Kecamatan Silaut", scans: 8, people: 3,
                            first: nil, last: nil),
                    ])
            ], isCut: true,
            accepted: [
                .init(sha256: String(digest.reversed()), document: "BA 12/2026", by: "siti", at: Sample.ago(9e5))
            ],
            done: "Berkas diterima.", mistake: "Isi nomor berita acara dan alasannya.",
            typed: (digest, "BA 13/2026", ""))
    }

    static func frame(_ frame: PageFrame) -> PageFrame {
        var frame = frame
        frame.networkPages = Set(NetworkPage.allCases)
        return frame
    }

    static func pages(_ pages: CentralPages, _ plain: PageFrame) -> [String: String] {
        let frame = frame(plain)
        return [
            "pendaftaran": pages.enrolment(enrolment, frame), "pendaftaran-kode": pages.enrolment(made, frame),
            "pendaftaran-kosong": pages.enrolment(EnrolmentModel(units: [], address: ""), frame),
            "pendaftaran-cabut": pages.revocation(
                RevocationModel(node: Sample.overview.nodes[6], devices: ["lobi", "aula"], hasOther: false), frame),
            "berkas": pages.files(files, frame), "berkas-kosong": pages.files(FilesModel(waiting: []), frame),
            "perangkat-cari": pages.page(.devices, Sample.overview, nil, frame, search: "kesehatan gudang"),
            "kantor-cari": pages.page(.offices, Sample.overview, nil, frame, search: "tidak ada"),
        ]
    }

    /// Every string of every model is this text.
    static func hostile(_ pages: CentralPages, _ text: String, _ plain: PageFrame) -> [(name: String, html: String)] {
        let frame = frame(plain)
        let at = Sample.ago(60)
        let node = NodeLine(name: text, unit: text, contact: .connected, lastContact: at, version: text, backlog: 3)
        let enrolment = EnrolmentModel(
            units: [text], unit: text, address: text, made: .init(code: text, unit: text, expires: at), mistake: text,
            done: text, open: [.init(unit: text, created: at, expires: at)], nodes: [node])
        let part = FilesModel.File.Part(
            device: text, serial: text, unit: text, scans: 1, people: 1, first: text, last: text)
        let file = FilesModel.File(sha256: text, by: text, arrived: at, parts: [part])
        let files = FilesModel(
            waiting: [file], accepted: [.init(sha256: text, document: text, by: text, at: at)], done: text,
            mistake: text, typed: (text, text, text))
        let revocation = RevocationModel(node: node, devices: [text], hasOther: false, mistake: text)
        return [
            ("/jaringan/pendaftaran", pages.enrolment(enrolment, frame)),
            ("/jaringan/berkas", pages.files(files, frame)),
            ("/jaringan/pendaftaran/cabut/", pages.revocation(revocation, frame)),
        ]
    }
}
