import Foundation
import Hummingbird
import PageSupport

/// The fields of a form as a browser sends it: `application/x-www-form-urlencoded`.
struct FormFields: Sendable {
    private let values: EncodedFields

    static let mostBytes = 8 * 1024

    /// - Throws: `HTTPError` 400, 408, 413 or 415.
    static func collect(
        _ request: Request, upTo mostBytes: Int = FormFields.mostBytes, within seconds: Duration
    ) async throws -> FormFields {
        let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
        guard type?.lowercased() == "application/x-www-form-urlencoded" else {
            throw HTTPError(.unsupportedMediaType, message: "Content-Type is not application/x-www-form-urlencoded")
        }
        let body = try await BoundedBody.collect(request, upTo: mostBytes, within: seconds)
        guard let text = String(validating: body, as: UTF8.self), let fields = FormFields(text) else {
            throw HTTPError(.badRequest, message: "the body is not a form")
        }
        return fields
    }

    static let none = FormFields(values: EncodedFields.none)

    private init(values: EncodedFields) { self.values = values }

    init(values: [String: String]) { self.values = EncodedFields(values: values) }

    /// `nil` where an escape is broken or a field comes twice.
    init?(_ text: String) {
        guard let values = EncodedFields(text) else { return nil }
        self.values = values
    }

    subscript(name: String) -> String { values[name] }

    /// In no order.
    var names: [String] { values.names }
}
