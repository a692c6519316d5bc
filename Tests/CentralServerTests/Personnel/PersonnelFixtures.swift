import Attendance
import AttendanceRules
import CentralStore
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore

@testable import CentralServer

extension Browser {
    /// A form with a file, as browsers send it: the fields first, in this order.
    mutating func upload(
        _ path: String, _ fields: [(String, String)], file: (name: String, bytes: [UInt8])?,
        boundary: String = "----WebKitFormBoundaryAbc123"
    ) async throws -> TestResponse {
        var body = ByteBuffer()
        for (name, value) in fields {
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        if let file {
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"berkas\"; ")
            body.writeString("filename=\"\(file.name)\"\r\nContent-Type: text/csv\r\n\r\n")
            body.writeBytes(file.bytes)
            body.writeString("\r\n")
        }
        body.writeString("--\(boundary)--\r\n")
        return try await send(body, to: path, "multipart/form-data; boundary=\(boundary)")
    }

    mutating func send(_ body: ByteBuffer, to path: String, _ type: String) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: type]
        headers[.origin] = "http://localhost"
        return try await send(path, .post, headers, body)
    }

    /// As `upload` to the import page, with what its form has.
    mutating func preview(
        _ kind: String, _ text: String, name: String = "daftar.csv", more: [String: String] = [:]
    ) async throws -> TestResponse {
        let token = try await formToken("/kepegawaian/impor")
        var fields = ["jenis": kind, "dari": "2026-01-01", "kelompok": "umum", "kurang": "10"]
        fields.merge(more) { $1 }
        return try await upload(
            "/kepegawaian/impor", [("token", token)] + fields.sorted { $0.key < $1.key },
            file: (name, Array(text.utf8)))
    }

    /// Presses the button below a preview.
    mutating func confirm(_ preview: TestResponse) async throws -> TestResponse {
        guard let plan = preview.text.firstMatch(of: /name="rencana" value="([0-9a-f]{64})"/) else {
            throw FixtureError(what: "no plan: \(preview.text)")
        }
        let token = try await formToken("/kepegawaian/impor")
        return try await post(
            "/kepegawaian/impor/tulis", ["token": token, "rencana": String(plan.1), "sheet": ""])
    }
}

/// An office with two units below a government, and three invented people.
enum Office {
    static let units = """
        Nama,Kode,Jenis,Induk
        Dinas Contoh,1.02,opd,
        Bagian Umum,1.02.1,bagian,Dinas Contoh
        Kecamatan Contoh,7.01,kecamatan,
        """
    static let people = """
        NIP,Nama,Jenis,Unit,Mulai
        \(Government.ani),Ani Invented,PNS,Dinas Contoh,2020-01-01
        \(Government.budi),Budi Invented,PNS,Bagian Umum,2020-01-01
        \(Government.citra),Citra Invented,PNS,Kecamatan Contoh,2020-01-01
        """

    /// Somebody of personnel who has imported units and people, by the pages.
    static func opened(_ rig: PagesRig, _ client: any TestClientProtocol) async throws -> Browser {
        try await rig.add("siti", role: .personnel)
        var browser = Browser(client)
        try await browser.signIn()
        for (kind, text) in [("units", units), ("employees", people)] {
            let preview = try await browser.preview(kind, text)
            let done = try await browser.confirm(preview)
            guard done.status == .seeOther || done.status == .found else { throw FixtureError(what: done.text) }
        }
        return browser
    }

    static func unit(_ name: String, _ rig: PagesRig) async throws -> Int64 {
        guard let unit = try await rig.store.people().units.first(where: { $0.name == name }) else {
            throw FixtureError(what: "no unit \(name)")
        }
        return unit.id
    }

    static func employee(_ number: String, _ rig: PagesRig) async throws -> Int64 {
        guard let found = try await rig.store.people().employees.first(where: { $0.number == number }) else {
            throw FixtureError(what: "nobody has \(number)")
        }
        return found.id
    }

    /// A clerk of one unit.
    static func clerk(of unit: String, _ rig: PagesRig, _ client: any TestClientProtocol) async throws -> Browser {
        try await rig.add("wati", role: .clerk)
        let id = try await Self.unit(unit, rig)
        _ = try await rig.store.change(account: "wati", .role(.clerk, unit: id), at: rig.clock.now())
        var browser = Browser(client)
        try await browser.signIn("wati")
        return browser
    }

    /// Workdays of everybody in a month, decided but for those named.
    static func work(_ rig: PagesRig, _ month: CivilMonth, undecided: [(String, Int)] = []) async throws {
        let people = try await rig.store.people().employees
        let open = Set(undecided.map { "\($0.0) \($0.1)" })
        let days = people.flatMap { employee in
            (0..<month.dates.count).map { offset -> StoredWorkday in
                let date = month.dates.lowerBound.adding(days: offset)
                let status: DayStatus =
                    open.contains("\(employee.number) \(offset + 1)")
                    ? .belumSinkron : offset % 7 == 6 ? .libur : offset % 5 == 1 ? .tanpaKeterangan : .hadir
                return StoredWorkday(
                    employee: employee.id, unit: employee.placement(on: date)?.unit,
                    workday: Workday(date: date, status: status, rules: Government.version))
            }
        }
        _ = try await rig.store.save(
            days, gone: [], why: [.recompute], done: PendingWork.Mark(item: 1 << 40, punch: 1 << 40),
            days: month.dates.lowerBound...month.dates.upperBound.adding(days: 5), at: rig.clock.now())
    }
}
