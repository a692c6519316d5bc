import Attendance
import CentralStore
import FailPoints
import Foundation
import Logging

/// Turns enrolment codes into nodes.
package struct EnrolmentService: Sendable {
    private let store: any CentralStore
    private let ring: KeyRing
    private let now: @Sendable () -> Date
    private let logger: Logger

    package init(
        store: any CentralStore, keys ring: KeyRing, now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.store = store
        self.ring = ring
        self.now = now
        self.logger = logger
    }

    /// - Returns: the signed answer; `nil` where the request is refused, for whatever reason.
    package func enrol(_ request: EnrolmentRequest) async throws -> [UInt8]? {
        let name = RandomText.hex(bytes: 8)
        let keys = ring.keys
        let enrolled = try await store.enrol(
            request, nodeName: name, centreFingerprint: keys.fingerprint, at: now())
        guard let enrolled else {
            logger.warning("node.enrolment_refused")
            return nil
        }
        logger.notice(
            "node.enrolled",
            metadata: [
                "node": "\(enrolled.node)", "unit": "\(enrolled.unit)", "again": "\(enrolled.node != name)",
            ])
        // The code names the key that must sign the answer, also where another one has taken over since.
        let named = enrolled.centreFingerprint ?? keys.fingerprint
        guard let signing = keys.signing(fingerprint: named) else {
            logger.error(
                "node.code_without_key",
                metadata: ["node": "\(enrolled.node)", "key": "\(Hex.encode(named))"])
            return nil
        }
        let answer = EnrolmentAnswer(
            code: request.code, publicKey: request.public_key, node: enrolled.node, unit: enrolled.unit,
            signingKey: signing.publicKey, sealingKey: keys.sealing.publicKey)
        let signed = try answer.sign(with: signing)
        FailPoint.reach("centre.enrol.signed")
        return signed
    }
}
