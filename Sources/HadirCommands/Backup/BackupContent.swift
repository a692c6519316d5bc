import Foundation
import ZKClient
import ZKWire

/// What a backup holds of one device. It exists in memory and sealed, and nowhere else.
struct BackupContent: Codable, Sendable, Equatable {
    var serial, model, platform, firmware: String
    /// RFC 3339, by this computer's clock.
    var taken_at: String
    var layout: String?
    var pin_width: Int?
    /// Of the fingerprint algorithm: templates of one are nothing to another.
    var finger_version: String?
    var settings: [String: String]
    var users: [User]
    /// `nil` where fingers were not asked for.
    var fingers: [Finger]?

    struct User: Codable, Sendable, Equatable {
        var index: UInt16
        var privilege: UInt8
        var user_id, name, password: Secret
        var card: Secret
        var group: UInt8
        var zones: [UInt16]

        init(_ user: UserRecord) {
            index = user.index
            privilege = user.privilege
            user_id = Secret(user.userID)
            name = Secret(user.name.bytes)
            password = Secret(user.password.bytes)
            card = Secret(Array(String(user.card).utf8))
            group = user.group
            zones = user.zones
        }

        var record: UserRecord {
            UserRecord(
                index: index, privilege: privilege, password: password.bytes.bytes, name: name.bytes.bytes,
                card: UInt32(String(decoding: card.bytes.bytes, as: UTF8.self)) ?? 0, group: group, zones: zones,
                userID: user_id.bytes.bytes)
        }
    }

    struct Finger: Codable, Sendable, Equatable {
        var user_id: Secret
        var finger, flag: UInt8
        var template: Secret
    }

    /// Bytes as Base64 in the sealed text; printed they show only how many they are.
    struct Secret: Codable, Sendable, Equatable, CustomStringConvertible {
        let bytes: Redacted

        var description: String { bytes.description }

        init(_ bytes: [UInt8]) { self.bytes = Redacted(bytes) }

        init(from decoder: any Decoder) throws {
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let data = Data(base64Encoded: text) else {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not Base64"))
            }
            bytes = Redacted(Array(data))
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(Data(bytes.bytes).base64EncodedString())
        }
    }

    /// Fingers with the user each belongs to on this device; one whose user is gone is left out.
    static func fingers(_ templates: [FingerTemplate], _ users: [UserRecord]) -> [Finger] {
        var idOf: [UInt16: [UInt8]] = [:]
        for user in users { idOf[user.index] = user.userID }
        return templates.compactMap { template in
            idOf[template.index].map {
                Finger(
                    user_id: Secret($0), finger: template.finger, flag: template.flag,
                    template: Secret(template.template.bytes))
            }
        }
    }
}

/// Options of a device that belong to its task and not to its place in the network: what a replacement takes over.
///
/// Keys: zk-protocol, section 7. One that a device does not know is left out.
enum BackupSettings {
    static let keys =
        [
            "WorkCode", "LockOn", "ExtendOPLog", "AlarmAttLog", "AlarmOpLog", "AlarmReRec", "DtFmt", "VoiceOn",
            "ShowScore", "IdleMinute", "IdlePower", "MThreshold", "EThreshold", "VThreshold", "Must1To1", "NewLng",
        ] + (1...16).map { "AS\($0)" }
}
