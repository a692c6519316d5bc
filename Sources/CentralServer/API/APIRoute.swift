import CentralStore
import Foundation
import Hummingbird

/// One route under `/api/v1`. The router takes no others there, so what has no permission has no answer.
package struct APIRoute: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package let method: Method
    /// Below `/api/v1/`, with parameters in braces.
    package let path: String
    package let permission: Permission
    /// Names that may stand in the query.
    package let query: [String]
    /// Other names are refused, so that a misspelt one is not overlooked; older routes let them pass.
    let isStrict: Bool
    /// Reads the days of everybody: few such answers are made at one time.
    let isHeavy: Bool
    /// Bytes of a body that are taken.
    let mostBody: Int
    let answer: @Sendable (APICall) async throws -> Response

    init(
        _ method: Method, _ path: String, _ permission: Permission, query: [String] = [],
        isStrict: Bool = true, isHeavy: Bool = false, mostBody: Int = 65_536,
        answer: @Sendable @escaping (APICall) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.permission = permission
        self.query = query
        self.isStrict = isStrict
        self.isHeavy = isHeavy
        self.mostBody = mostBody
        self.answer = answer
    }

    /// Names of the parameters in the path.
    package var parameters: [String] {
        path.split(separator: "/").compactMap { part in part.first == "{" ? String(part.dropFirst().dropLast()) : nil }
    }
}

/// A request to a route whose bearer may ask it.
struct APICall: Sendable {
    let caller: Caller
    let parameters: [String: String]
    let query: [String: String]
    private let bytes: [UInt8]

    /// - Throws: `HTTPError` 400, 403.
    init(_ route: APIRoute, _ request: Request, _ context: CentralContext) throws {
        guard let caller = context.caller, caller.may(route.permission) else {
            throw HTTPError(.forbidden, message: "the token may not \(route.permission.rawValue) here")
        }
        self.caller = caller
        bytes = []
        var parameters: [String: String] = [:]
        for name in route.parameters {
            // What is no text is the name of nothing.
            guard let text = context.parameters.get(name)?.removingPercentEncoding else { throw Self.absent }
            parameters[name] = text
        }
        self.parameters = parameters
        query = try Self.query(request, route)
    }

    /// The same call with what was sent behind it.
    init(_ call: APICall, bytes: [UInt8]) {
        caller = call.caller
        parameters = call.parameters
        query = call.query
        self.bytes = bytes
    }

    /// The same for what is not there and what is not the caller's to see.
    static let absent = HTTPError(.notFound, message: "not found")

    private static func query(_ request: Request, _ route: APIRoute) throws -> [String: String] {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard route.query.contains(String(name)) else {
                guard route.isStrict else { continue }
                let names = route.query.isEmpty ? "none" : route.query.joined(separator: ", ")
                throw HTTPError(.badRequest, message: "unknown parameter; known here: \(names)")
            }
            guard query.updateValue(String(value), forKey: String(name)) == nil else {
                throw HTTPError(.badRequest, message: "\(name) stands there twice")
            }
        }
        return query
    }

    func number(_ name: String, default value: Int64, in range: ClosedRange<Int64>) throws -> Int64 {
        guard let text = query[name] else { return value }
        guard let number = Int64(text), range.contains(number) else {
            throw HTTPError(
                .badRequest, message: "\(name) is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The body as an object of known names.
    func body() throws -> APIBody { try APIBody(bytes) }
}
