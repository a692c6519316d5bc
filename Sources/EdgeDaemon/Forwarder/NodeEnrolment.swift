import Attendance
import EdgeStore
import FailPoints
import Foundation

/// Makes this edge a node of the centre whose code it was given (docs/contract.md, section 6).
package enum NodeEnrolment {
    /// - Parameter link: the way to the centre.
    /// - Throws: `EnrolmentError`, `CentreLinkError`, `NodeEnrolmentError`, `StateDirectoryError`.
    package static func enroll(
        with code: EnrolmentCode, in state: StateDirectory, link makeLink: () throws -> any CentreLink
    ) async throws -> NodeIdentity {
        try state.create()
        guard let lock = try state.lock() else { throw EdgeDaemonError.alreadyRunning(state.path) }
        defer { withExtendedLifetime(lock) {} }
        // Stored before it is sent: a lost answer can be asked for again with the same key.
        let key = try NodeKey.forEnrolment(in: state, code: code.id)
        let request = EnrolmentRequest(code: code, nodeKey: key.key.publicKey)
        FailPoint.reach("edge.enrol.before_send")
        let link = try makeLink()
        let answer: CentreAnswer
        do {
            answer = try await link.post(
                "/v1/enroll", body: Array(JSONEncoder().encode(request)), contentType: "application/json")
            await link.close()
        } catch {
            await link.close()
            throw error
        }
        FailPoint.reach("edge.enrol.answered")
        guard answer.status == 200 else { throw NodeEnrolmentError(status: answer.status) }
        let enrolled = try EnrolmentAnswer(parsing: answer.body, code: code, request: request)
        let identity = try NodeIdentity(answer: enrolled, code: code, key: key)
        try identity.save(to: state)
        FailPoint.reach("edge.enrol.saved")
        return identity
    }
}

package struct NodeEnrolmentError: Error, Equatable, CustomStringConvertible {
    package let status: Int

    package var description: String {
        switch status {
        case 403:
            "the centre refuses this code: it was used by another machine, is older than 24 hours, or is not its own. Ask for a new one: hadir-central node add"
        case 429: "too many tries: wait a minute and run the command again"
        default: "the server answered with status \(status): is this the centre's address?"
        }
    }
}
