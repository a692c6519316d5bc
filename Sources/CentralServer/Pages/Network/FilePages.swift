import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// Files from sticks: what they tell counts when somebody accepts them, with a document.
struct FilePages: Sendable {
    let parts: PageParts

    private static let path = "jaringan/berkas"
    /// Files on a page, each of at most a few devices.
    private static let most = 50
    private static let mostAccepted = 20

    var routes: [PageRoute] {
        [
            PageRoute(.get, Self.path, .acceptFile) { call in try await show(call) },
            PageRoute(.post, Self.path, .acceptFile) { call in try await accept(call) },
        ]
    }

    private func show(_ call: PageCall) async throws -> Response {
        let isDone = call.query["diterima"] != nil
        return try await answer(
            call, done: isDone ? "Berkas diterima. Hari-hari di dalamnya dihitung ulang sekarang." : nil)
    }

    private func accept(_ call: PageCall) async throws -> Response {
        let digest = call.fields["sha256"]
        let document = call.fields["dokumen"].trimmingCharacters(in: .whitespaces)
        let reason = call.fields["alasan"].trimmingCharacters(in: .whitespaces)
        func again(_ mistake: String) async throws -> Response {
            try await answer(call, mistake: mistake, typed: (digest, document, reason))
        }
        guard !document.isEmpty, !reason.isEmpty else {
            return try await again("Isi nomor berita acara dan alasannya.")
        }
        guard call.fields["cocok"] == "ya" else {
            return try await again("Cocokkan dulu sidik berkas, lalu centang bahwa itu sudah dilakukan.")
        }
        let attestation = NewAttestation(content: .file(sha256: digest), document: document, reason: reason)
        let request = ControlRequest.attendance(.attest([attestation]))
        switch await parts.administration.perform(request, by: call.actor) {
        case .attendance(.attested):
            parts.bell.ring()
            return .redirect(to: "/\(Self.path)?diterima=1", type: .normal)
        case .attendance(.refused(_, let text)), .refused(_, let text):
            return try await again("Berkas tidak dapat diterima: \(text)")
        default: throw HTTPError(.internalServerError, message: "the administration gave another kind of answer")
        }
    }

    private func answer(
        _ call: PageCall, done: String? = nil, mistake: String? = nil,
        typed: (sha256: String, document: String, reason: String)? = nil
    ) async throws -> Response {
        let found = try await parts.store.stickFiles(limit: Self.most + 1)
        var query = AttestationQuery()
        query.kinds = [.file]
        let accepted = try await parts.store.attestations(query).suffix(Self.mostAccepted).reversed()
        let model = FilesModel(
            waiting: Self.files(found.prefix(Self.most)), isCut: found.count > Self.most,
            accepted: accepted.compactMap(FilesModel.Accepted.init), done: done, mistake: mistake, typed: typed)
        let frame = try await NetworkPages.frame(call, parts.live)
        return PageAnswers.html(
            parts.pages.files(model, frame), status: mistake == nil ? .ok : .unprocessableContent)
    }

    /// One for each file, in the order in which they stand.
    private static func files(_ found: some Sequence<StickFile>) -> [FilesModel.File] {
        var files: [FilesModel.File] = []
        for part in found {
            let line = FilesModel.File.Part(
                device: part.device, serial: part.serial, unit: part.unit, scans: part.scans, people: part.people,
                first: part.first, last: part.last)
            if let index = files.firstIndex(where: { $0.sha256 == part.sha256 }) {
                files[index].parts.append(line)
            } else {
                files.append(
                    FilesModel.File(sha256: part.sha256, by: part.by, arrived: part.arrivedAt, parts: [line]))
            }
        }
        return files
    }
}

extension FilesModel.Accepted {
    fileprivate init?(_ attestation: Attestation) {
        guard case .file(let digest) = attestation.content else { return nil }
        self.init(
            sha256: digest, document: attestation.document, by: attestation.by.name, at: attestation.at)
    }
}
