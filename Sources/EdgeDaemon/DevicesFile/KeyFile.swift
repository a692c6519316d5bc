import Foundation
import ZKWire

/// A device's communication key in a file of its own: one number, readable by nobody else.
enum KeyFile {
    private static let longest = 64

    enum Problem: Error {
        case told(String)
    }

    static func read(_ path: String) -> Result<CommKey, Problem> {
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
                        + "then change the key on the device"))
        }
        var buffer = [UInt8](repeating: 0, count: longest + 1)
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else {
            return .failure(.told("key file \(path) cannot be read: \(String(cString: strerror(errno)))"))
        }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard count <= longest, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt32(text), DevicesFile.keyRange.contains(Int(number))
        else {
            return .failure(
                .told(
                    "key file \(path) must hold one number of 0 to \(DevicesFile.keyRange.upperBound), no more"
                ))
        }
        return .success(CommKey(number))
    }
}
