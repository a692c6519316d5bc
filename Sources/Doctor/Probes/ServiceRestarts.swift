import Foundation

/// What systemd knows of a service.
package enum ServiceRestarts {
    /// How often a service was started again because it had ended.
    ///
    /// - Returns: `nil` where systemd does not manage this computer, or does not say within three seconds.
    package static func count(of unit: String) async -> Int? {
        guard FileManager.default.fileExists(atPath: "/run/systemd/system") else { return nil }
        return await onOwnThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/systemctl")
            process.arguments = ["show", "--property=NRestarts", "--value", unit]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            let (done, limit) = (DispatchSemaphore(value: 0), DispatchTime.now() + 3)
            process.terminationHandler = { _ in done.signal() }
            guard (try? process.run()) != nil else { return nil }
            guard done.wait(timeout: limit) == .success else {
                process.terminate()
                return nil
            }
            let text = String(decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
