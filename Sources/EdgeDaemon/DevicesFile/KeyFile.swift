import Foundation
import ZKWire

/// A secret in a file of its own, readable by no other user of the computer.
enum KeyFile {
    enum Problem: Error {
        case told(String)
    }

    /// A device's communication key: one number.
    static func commKey(_ path: String) -> Result<CommKey, Problem> {
        let holds = "one number of 0 to \(DevicesFile.keyRange.upperBound), no more"
        return text(path, longest: 64, holds: holds).flatMap { text in
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text),
                DevicesFile.keyRange.contains(Int(number))
            else { return .failure(.told("key file \(path) must hold \(holds)")) }
            return .success(CommKey(number))
        }
    }

    /// Name and password for a proxy: `name:password` on one line.
    static func credentials(_ path: String) -> Result<String, Problem> {
        let holds = "one line, name:password"
        return text(path, longest: 512, holds: holds).flatMap { text in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                return .failure(.told("key file \(path) must hold \(holds)"))
            }
            return .success(text)
        }
    }

    private static func text(_ path: String, longest: Int, holds: String) -> Result<String, Problem> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return .failure(.told("key file \(path) cannot be opened: \(String(cString: strerror(errno)))"))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(.told("key file \(path) is no regular file"))
        }
        guard status.st_mode & 0o007 == 0 else {
            return .failure(
                .told(
                    "key file \(path) is open to every user of this computer; run: chmod 640 \(path), "
                        + "then change the key"))
        }
        var buffer = [UInt8](repeating: 0, count: longest + 1)
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else {
            return .failure(.told("key file \(path) cannot be read: \(String(cString: strerror(errno)))"))
        }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard count <= longest, !text.isEmpty else {
            return .failure(.told("key file \(path) must hold \(holds)"))
        }
        return .success(text)
    }
}
