import CentralServer
import Foundation

/// The part of JSON Schema that docs/openapi.json uses; anything else in a schema is a problem of its own.
struct SchemaCheck {
    let components: Fields

    private static let known: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "allOf", "$ref",
        "description", "format", "pattern", "minimum", "maximum", "default", "maxLength", "minItems", "maxItems",
    ]

    /// - Returns: what is wrong, with where.
    func problems(_ value: JSONValue, _ schema: Fields, at place: String = "$") -> [String] {
        let strange = Set(schema.keys).subtracting(Self.known)
        guard strange.isEmpty else { return ["\(place): the schema has \(strange)"] }
        if let name = (schema["$ref"] as? String)?.split(separator: "/").last {
            guard let target = components[String(name)] as? Fields else { return ["\(place): no schema \(name)"] }
            return problems(value, target, at: place)
        }
        if let any = schema["anyOf"] as? [Fields] {
            return any.contains { problems(value, $0).isEmpty } ? [] : ["\(place): none of anyOf"]
        }
        if let all = schema["allOf"] as? [Fields] { return all.flatMap { problems(value, $0, at: place) } }
        let types = (schema["type"] as? [String]) ?? [schema["type"] as? String ?? "?"]
        guard types.contains(value.typeName) else { return ["\(place): \(value.typeName) is not \(types)"] }
        if let words = schema["enum"] as? [Any], case .text(let text) = value,
            !words.contains(where: { $0 as? String == text })
        {
            return ["\(place): \(text) is not one of the words"]
        }
        return inside(value, schema, place)
    }

    private func inside(_ value: JSONValue, _ schema: Fields, _ place: String) -> [String] {
        switch value {
        case .object(let fields):
            let properties = schema["properties"] as? [String: Fields] ?? [:]
            let required = schema["required"] as? [String] ?? []
            return required.filter { fields[$0] == nil }.map { "\(place): \($0) is missing" }
                + fields.flatMap { name, value in
                    properties[name].map { problems(value, $0, at: "\(place).\(name)") }
                        ?? ["\(place): \(name) is not in the schema"]
                }
        case .array(let values):
            guard let items = schema["items"] as? Fields else { return ["\(place): the schema has no items"] }
            return values.enumerated().flatMap { problems($0.element, items, at: "\(place)[\($0.offset)]") }
        default: return []
        }
    }
}

extension JSONValue {
    fileprivate var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .text: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    subscript(name: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields[name]
    }

    var values: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    var number: Int64? {
        guard case .int(let number) = self else { return nil }
        return number
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}
