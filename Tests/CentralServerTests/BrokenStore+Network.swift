import CentralStore
import Foundation

extension BrokenStore {
    func openCodes(at moment: Date) async throws -> [OpenEnrolmentCode] { throw Gone() }
    func stickFiles(limit: Int) async throws -> [StickFile] { throw Gone() }
    func clockOffSince(ofDevices serials: [String]) async throws -> [String: Date] { throw Gone() }
}
