import Attendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// Codes for new computers of offices, and shutting out old ones: what `hadir-central node` does, in the browser.
struct EnrolmentPages: Sendable {
    let parts: PageParts

    private static let path = "jaringan/pendaftaran"

    var routes: [PageRoute] {
        [
            PageRoute(.get, Self.path, .manageNodes) { call in try await show(call) },
            PageRoute(.post, Self.path, .manageNodes) { call in try await make(call) },
            PageRoute(.get, Self.path + "/cabut/{node}", .manageNodes) { call in try await ask(call) },
            PageRoute(.post, Self.path + "/cabut/{node}", .manageNodes) { call in try await revoke(call) },
        ]
    }

    private func show(_ call: PageCall) async throws -> Response {
        let nodes = try await nodes(at: call.moment)
        // The name comes back by the address: only one that is shut out is told of.
        let gone = nodes.first { $0.name == call.query["dicabut"] && $0.contact == .revoked }
        return try await answer(
            call, nodes, done: gone.map { "Komputer absen \(PageText.shown($0.unit)) sudah dicabut." })
    }

    private func make(_ call: PageCall) async throws -> Response {
        let unit = call.fields["unit"].trimmingCharacters(in: .whitespaces)
        let address = call.fields["alamat"].trimmingCharacters(in: .whitespaces)
        let request = ControlRequest.addNode(unit: unit, url: address, tlsPin: nil)
        switch await parts.administration.perform(request, by: call.actor) {
        case .code(let text, let unit, let expires):
            let made = EnrolmentModel.Made(code: text, unit: unit, expires: UTC.date(expires) ?? call.moment)
            return try await answer(call, nodes(at: call.moment), unit: "", made: made)
        case .refused(_, let text):
            return try await answer(
                call, nodes(at: call.moment), unit: unit, address: address, mistake: Self.mistake(text),
                status: .unprocessableContent)
        default: throw HTTPError(.internalServerError, message: "the administration gave another kind of answer")
        }
    }

    /// The options of the command are the fields of the form.
    private static func mistake(_ text: String) -> String {
        if text.hasPrefix("--unit") {
            return "Nama kantor harus 1 sampai \(Administration.longestName) huruf, tanpa karakter kendali."
        }
        if text.hasPrefix("--url") {
            return "Alamat pusat harus seperti https://hadir.contoh.go.id; http hanya untuk komputer ini sendiri."
        }
        return "Pusat menolaknya: \(text)"
    }

    private func answer(
        _ call: PageCall, _ nodes: [NodeLine], unit: String = "", address: String? = nil,
        made: EnrolmentModel.Made? = nil, mistake: String? = nil, done: String? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let open = try await parts.store.openCodes(at: call.moment)
        let model = EnrolmentModel(
            units: call.whole.people.units.map(\.name).sorted(), unit: unit, address: address ?? call.origin,
            made: made, mistake: mistake,
            done: done,
            open: open.map { EnrolmentModel.Open(unit: $0.unit, created: $0.createdAt, expires: $0.expiresAt) },
            nodes: nodes)
        let frame = try await NetworkPages.frame(call, parts.live)
        return PageAnswers.html(parts.pages.enrolment(model, frame), status: status)
    }

    private func nodes(at moment: Date) async throws -> [NodeLine] {
        try await parts.store.nodes().prefix(OverviewSource.lines).map { NodeLine($0, at: moment) }
    }

    // MARK: Shutting out

    private func ask(_ call: PageCall) async throws -> Response { try await ask(call, mistake: nil) }

    private func ask(_ call: PageCall, mistake: String?) async throws -> Response {
        let nodes = try await nodes(at: call.moment)
        let node = try Self.node(call, nodes)
        let devices = try await parts.store.devices().filter { $0.unit == node.unit }
        let model = RevocationModel(
            node: node, devices: devices.map { $0.name.isEmpty ? $0.serial : $0.name },
            hasOther: nodes.contains { $0.unit == node.unit && $0.name != node.name && $0.contact == .connected },
            mistake: mistake)
        let frame = try await NetworkPages.frame(call, parts.live)
        return PageAnswers.html(
            parts.pages.revocation(model, frame), status: mistake == nil ? .ok : .unprocessableContent)
    }

    private func revoke(_ call: PageCall) async throws -> Response {
        let node = try Self.node(call, try await nodes(at: call.moment))
        guard call.fields["yakin"] == "ya" else {
            return try await ask(call, mistake: "Centang dulu bahwa akibatnya sudah dibaca.")
        }
        let request = ControlRequest.revokeNode(node: node.name, from: nil)
        guard case .revoked = await parts.administration.perform(request, by: call.actor) else {
            throw HTTPError(.internalServerError, message: "the node was not revoked")
        }
        parts.bell.ring()
        return .redirect(to: "/\(Self.path)?dicabut=\(node.name)", type: .normal)
    }

    /// - Throws: `HTTPError` 404, also for one that is shut out already.
    private static func node(_ call: PageCall, _ nodes: [NodeLine]) throws -> NodeLine {
        guard let node = nodes.first(where: { $0.name == call.parameters["node"] && $0.contact != .revoked }) else {
            throw PageCall.absent
        }
        return node
    }
}
