import Attendance
import CentralStore
import Foundation
import PageSupport

extension Administration {
    /// Takes one bundle. What it changed is noted under who brought it.
    ///
    /// - Throws: `CentralError`, errors of the store.
    func takeBundle(_ bytes: [UInt8], file: String, by person: Actor) async throws -> BundleAnswer {
        var reader = BundleReader(bytes)
        let answer: BundleAnswer
        do {
            guard let bundle = try reader.next() else { throw BundleError.truncated }
            answer = try await BundleDesk(store: store, ring: ring).take(bundle, by: ingest)
        } catch let refusal as BundleRefusal {
            throw CentralError(.data, refusal.description)
        } catch let error as BundleError {
            throw CentralError(.data, BundleRefusal.bundle(error).description)
        } catch is Admission.Busy {
            throw CentralError(.unavailable, "other batches of this node are being stored: try again in a moment")
        }
        if answer.accepted > 0 {
            var detail = JSONLine()
            detail.add("file", PageText.shown(file, longest: 100))
            detail.add("first", answer.first)
            detail.add("last", answer.last)
            detail.add("accepted", answer.accepted)
            detail.add("duplicate", answer.duplicate)
            detail.add("quarantined", answer.quarantined)
            try await store.note(
                .import, object: "bundle:\(answer.node)", detail: String(decoding: detail.finish(), as: UTF8.self),
                by: person, from: person.address, at: now())
        }
        return answer
    }
}
