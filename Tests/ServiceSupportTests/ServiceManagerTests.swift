import Foundation
import ServiceSupport
import Testing

@Suite("The message line to the service manager")
struct ServiceManagerTests {
    private func receiver(_ name: [UInt8]) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + name
        let bound = address.withUnsafeBytes { bytes in
            bytes.baseAddress.map {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        try #require(bound == 0, "bind: \(errno)")
        return descriptor
    }

    private func received(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count < 0 ? "" : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    @Test("It goes to a socket in the file system and to one that is not")
    func sockets() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "hadir-\(UUID().uuidString)").path
        defer { unlink(path) }
        let abstract = "hadir-\(UUID().uuidString)"
        for (variable, name) in [(path, Array(path.utf8) + [0]), ("@" + abstract, [0] + Array(abstract.utf8))] {
            let descriptor = try receiver(name)
            defer { close(descriptor) }
            let manager = try #require(ServiceManager(variables: ["NOTIFY_SOCKET": variable], process: 1))
            manager.tell(ServiceManager.ready)
            #expect(received(descriptor) == "READY=1")
            manager.tell(ServiceManager.status("two\nlines"))
            #expect(received(descriptor) == "STATUS=two lines")
            manager.tell(ServiceManager.reloading())
            #expect(received(descriptor).wholeMatch(of: #/RELOADING=1\nMONOTONIC_USEC=[0-9]+/#) != nil)
        }
    }

    @Test("Without a socket, or with one that cannot be, there is nobody to tell; one that is gone harms nobody")
    func none() throws {
        for variables in [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "@"]] {
            #expect(ServiceManager(variables: variables, process: 1) == nil)
        }
        #expect(
            ServiceManager(variables: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)], process: 1) == nil)
        ServiceManager(variables: ["NOTIFY_SOCKET": "/nowhere/at/all"], process: 1)?.tell("READY=1")
    }

    @Test("Pings are wanted where the manager says so, and not when it means another process")
    func watchdog() {
        func watchdog(_ variables: [String: String]) -> Duration? {
            ServiceManager(variables: variables.merging(["NOTIFY_SOCKET": "@x"]) { $1 }, process: 42)?.watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"]) == nil)
        #expect(watchdog([:]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "0"]) == nil)
        #expect(watchdog(["WATCHDOG_USEC": "soon"]) == nil)
    }
}
