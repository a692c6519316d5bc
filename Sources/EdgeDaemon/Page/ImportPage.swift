import DeviceFormats
import EdgeStore
import Foundation
import PageSupport

/// The clerk's page for a flash disk: choose a file and its device, look at what is in it, say yes.
///
/// It works without scripts. What it changes it changes only for a form of its own: the token is this process's, and
/// another site's page cannot read it.
struct ImportPage: Sendable {
    static let path = "/impor"
    static let commitPath = "/impor/masukkan"
    /// The file, and the form around it.
    static let mostBytes = StickFile.largest + 64 * 1024
    /// In place of an account: whoever sat at the office's computer.
    static let account = "halaman lokal"

    let token: String
    private let imports: ImportService
    private let configuration: CurrentConfiguration
    private let templates: PageTemplates?

    static let files = ["impor": PackageResources.impor_mustache]

    struct Answer: Sendable {
        var status: Int
        var html: String
    }

    init(_ imports: ImportService, configuration: CurrentConfiguration) {
        self.imports = imports
        self.configuration = configuration
        var random = SystemRandomNumberGenerator()
        token = (0..<4).map { _ in String(format: "%016lx", random.next()) }.joined()
        templates = try? PageTemplates(Self.files)
    }

    func form() -> Answer { answer(200, .form) }

    /// A file came.
    func upload(_ body: [UInt8], contentType: String?) async -> Answer {
        guard let form = MultipartForm(body, contentType: contentType) else {
            return answer(400, .refused("Formulir ini tidak lengkap. Pilih berkasnya sekali lagi."))
        }
        guard isOurs(form.text("token")) else { return foreign }
        let serial = form.text("seri").trimmingCharacters(in: .whitespaces)
        // Only the file has to be chosen again.
        func refused(_ sentence: String) -> Answer {
            answer(422, .refused(sentence), device: form.text("mesin"), serial: serial)
        }
        guard let file = form["berkas"], let name = file.fileName, !name.isEmpty else {
            return refused("Belum ada berkas yang dipilih. Pilih berkas attlog.dat di flash disk.")
        }
        let device = serial.isEmpty ? form.text("mesin") : serial
        guard !device.isEmpty else {
            return refused("Belum jelas dari mesin absen mana. Pilih mesinnya, atau isi nomor serinya.")
        }
        do {
            let preview = try await imports.run { sticks in
                // The device first: a wrong one leaves nothing here.
                _ = try sticks.preview(bytes: file.bytes, name: name, device: device)
                let sha = try sticks.folder.spool(file.bytes, name: name)
                return try sticks.preview(sha, name: name, device: device)
            }
            return answer(200, .preview(preview))
        } catch {
            return refused(ImportWords.sentence(error, help: help))
        }
    }

    /// Somebody said yes, or no.
    func commit(_ body: [UInt8], contentType: String?) async -> Answer {
        guard let form = SmallForm(body, contentType: contentType) else {
            return answer(400, .refused("Formulir ini tidak lengkap. Pilih berkasnya sekali lagi."))
        }
        guard isOurs(form["token"]) else { return foreign }
        let file = StickRequest(sha256: form["sha256"], name: form["nama"], device: form["mesin"])
        do {
            if form["jawab"] == "batal" {
                try await imports.run { $0.folder.discard(file.sha256) }
                return answer(200, .cancelled)
            }
            return answer(200, .done(try await imports.commit(file, by: Self.account)))
        } catch {
            return answer(422, .refused(ImportWords.sentence(error, help: help)))
        }
    }

    /// For what is refused before its body is read.
    func refusal(_ status: Int, _ sentence: String) -> Answer { answer(status, .refused(sentence)) }

    private var foreign: Answer {
        answer(
            403,
            .refused(
                "Halaman ini sudah lama terbuka, atau tidak dibuka dari komputer ini. Pilih berkasnya sekali lagi."))
    }

    /// Whoever guesses learns nothing from how long it takes.
    private func isOurs(_ told: String) -> Bool {
        let own = Array(token.utf8)
        let told = Array(told.utf8)
        guard own.count == told.count else { return false }
        return zip(own, told).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private var help: String { OfficeView.contact(configuration.value.help) }

    private func answer(_ status: Int, _ state: ImportView.State, device: String = "", serial: String = "") -> Answer {
        let current = configuration.value
        let view = ImportView(
            state, unit: current.unit, devices: current.devices.map(\.name), token: token, help: help,
            chosen: .init(device: device, serial: serial))
        return Answer(status: status, html: templates?.render(view, with: "impor") ?? "")
    }
}
