import Attendance
import Hummingbird

/// How much the API does at one time: ingest shares the process and its memory.
///
/// Who finds no room is told so at once (`Admission.Busy`) and holds nothing while it waits.
struct APIPlaces: Sendable {
    private let all: Admission
    private let heavy: Admission
    private let heavyOfToken: SenderAdmission
    private let bodies: SenderAdmission

    init(_ limits: CentralLimits) {
        all = Admission(most: limits.apiRequestsAtOnce)
        heavy = Admission(most: limits.heavyAnswersAtOnce)
        heavyOfToken = SenderAdmission(most: limits.heavyAnswersOfOneToken)
        bodies = SenderAdmission(most: limits.bodiesOfOneToken)
    }

    /// - Throws: `Admission.Busy` where there is no room.
    func run<Value: Sendable>(
        _ route: APIRoute, of caller: Caller, _ work: () async throws -> Value
    ) async throws -> Value {
        guard route.isHeavy else { return try await all.run(work) }
        return try await heavyOfToken.run(Hex.encode(caller.token)) {
            try await heavy.run { try await all.run(work) }
        }
    }

    /// - Throws: `HTTPError` 503 where the token has enough bodies on their way.
    func collect(of caller: Caller, _ work: () async throws -> [UInt8]) async throws -> [UInt8] {
        do {
            return try await bodies.run(Hex.encode(caller.token), work)
        } catch is Admission.Busy {
            // What is on its way is not read: the connection is of no more use.
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "2", .connection: "close"],
                message: "other bodies of this token are on their way; send it again")
        }
    }
}
