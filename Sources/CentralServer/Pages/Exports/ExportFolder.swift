import Foundation
import Glibc

/// Files of exports: 0600 in a folder that is 0700, under names that nobody typed.
enum ExportFolder {
    /// Makes it where it is missing, and empties it: files and what a process that died left half done.
    ///
    /// - Throws: `CentralError`.
    static func empty(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard chmod(folder, 0o700) == 0 else { throw CentralError(.io, "\(folder) cannot be made private") }
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                try FileManager.default.removeItem(atPath: folder + "/" + name)
            }
        } catch let error as CentralError {
            throw error
        } catch {
            throw CentralError(.io, "\(folder): \(error.localizedDescription)")
        }
    }

    static func path(of job: ExportJob, in folder: String) -> String {
        "\(folder)/\(job.id).\(job.request.format.rawValue)"
    }

    static func notes(of path: String) -> String { path + ".keterangan.csv" }

    static func remove(_ job: ExportJob, in folder: String) {
        let path = path(of: job, in: folder)
        unlink(path)
        unlink(notes(of: path))
    }

    /// Bytes that may still be written beside the database; 0 where nobody knows.
    static func free(_ folder: String) -> Int {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return 0 }
        let (bytes, isTooMany) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return isTooMany ? .max : Int(clamping: bytes)
    }

    static func size(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }
}
