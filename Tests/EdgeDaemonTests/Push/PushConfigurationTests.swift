import Attendance
import Foundation
import Testing

@testable import EdgeDaemon

@Suite("Push: devices.conf and the control socket") struct PushConfigurationTests {
    private static let push = "[push]\nlisten = \"0.0.0.0:8081\"\n"
    private static let lobby = "[device.lobby]\naddress = \"push://\"\nserial = \"A1\"\n"

    private func parse(_ text: String) throws -> EdgeConfiguration {
        try DevicesFile.parse(DevicesFileTests.head + text, path: "d.conf")
    }

    private func findings(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch let error as DevicesFileError {
            return error.findings.map(\.description)
        } catch { return ["\(error)"] }
    }

    @Test("a listener and its devices are read; several may share an address, or have none")
    func good() throws {
        let second = "[device.gudang]\naddress = \"push://\"\nserial = \"A2\"\n"
        let third = "[device.aula]\naddress = \"push://192.168.1.7\"\nserial = \"A3\"\ntimezone = \"WIT\"\n"
        let configuration = try parse(Self.push + "path = \"k7Qm2vXw\"\n" + Self.lobby + second + third)
        #expect(configuration.push == PushConfiguration(listen: .init(host: "0.0.0.0", port: 8081), path: "k7Qm2vXw"))
        #expect(configuration.devices.map(\.address.description) == ["push://", "push://", "push://192.168.1.7"])
        #expect(try parse("").push == nil)
        let v6 = try parse("[push]\nlisten = \"[::]:8081\"\n")
        #expect(v6.push?.listen == .init(host: "::", port: 8081))
    }

    @Test("each mistake is told with its line")
    func mistakes() {
        let bad: [(String, String)] = [
            (Self.lobby, "add [push]"), ("[push]\n", "\"listen\" is missing"),
            ("[push]\nlisten = \"office:8081\"\n", "must be address:port"),
            ("[push]\nlisten = \"0.0.0.0:99999\"\n", "must be address:port"),
            (Self.push + "path = \"short\"\n", "must be 8 to 64"),
            (Self.push + "path = \"a/b/c/d/e\"\n", "must be 8 to 64"),
            (Self.push + "certificate = \"none.pem\"\n", "cannot be read"), (Self.push + "port = 1\n", "unknown key"),
            (Self.push + "[device.lobby]\naddress = \"push://\"\n", "needs its \"serial\""),
            (Self.push + "[device.lobby]\naddress = \"push://host\"\nserial = \"A1\"\n", "must be an IP address"),
            (Self.push + Self.lobby + Self.lobby.replacing("lobby", with: "aula"), "has the serial of"),
        ]
        for (text, words) in bad {
            #expect(findings(text).contains { $0.contains(words) }, "\(text): \(findings(text))")
        }
    }

    @Test("a running daemon listens, admits by reload, takes commands, and lends no session", .timeLimit(.minutes(1)))
    func daemon() async throws {
        let office = try Office()
        try await office.runningDaemon([]) { running in
            let push = PushConfiguration(listen: .init(host: "127.0.0.1", port: 0))
            running.file.set { $0.push = push }
            #expect(try await running.ask(.reload)?.error == nil)
            try await office.hears("push.listening")
            var request = ControlRequest(command: .push)
            request.push = PushAsk(.list)
            let before = try await ControlClient.ask(request, socket: running.state.controlSocket)
            let port = try #require(before?.push?.port)
            let knock = "GET /iclock/getrequest?SN=SIMP000000001 HTTP/1.1\r\nConnection: close\r\n\r\n"
            #expect(try await RawHTTP.send(knock, port: port).hasSuffix("OK\n"))
            let seen = try await ControlClient.ask(request, socket: running.state.controlSocket)
            #expect(seen?.push?.knocking?.map(\.serial) == ["SIMP000000001"])
            running.file.set { $0.devices = [office.pushDevice()] }
            #expect(try await running.ask(.reload)?.configured == 1)
            try await office.hears("push.admitted")
            var send = ControlRequest(command: .push, devices: ["lobby"])
            send.push = PushAsk(.send, kind: "info")
            let sent = try await ControlClient.ask(send, socket: running.state.controlSocket)
            let order = try #require(sent?.push?.commands?.first)
            #expect(order.state == .queued && order.kind == "info")
            send.push = PushAsk(.send, kind: "SHELL rm")
            #expect(try await ControlClient.ask(send, socket: running.state.controlSocket)?.error != nil)
            send.push = PushAsk(.cancel, id: order.id)
            let taken = try await ControlClient.ask(send, socket: running.state.controlSocket)
            #expect(taken?.push?.commands?.first?.state == .cancelled)
            #expect(try await running.ask(.lend, ["lobby"])?.error?.contains("reports by itself") == true)
            running.file.set { $0.devices = [] }
            _ = try await running.ask(.reload)
            #expect(try await RawHTTP.send(knock, port: port).hasSuffix("OK\n"))
        }
    }

    @Test("the port opens when every worker of the configuration is admitted or refused", .timeLimit(.minutes(1)))
    func portOpensLast() async throws {
        let office = try Office()
        try await office.runningDaemon([]) { running in
            let push = PushConfiguration(listen: .init(host: "127.0.0.1", port: 0))
            let devices = (0..<20).map { office.pushDevice("d\($0)", "SIMP\($0)") }
            let twice = office.pushDevice("again", "SIMP7")
            running.file.set {
                $0.push = push
                $0.devices = devices + [twice]
            }
            #expect(try await running.ask(.reload)?.configured == 21)
            #expect(office.heard("push.admitted").count == 20)
            try await office.hears("push.listening")
            let events = office.said.withLock { $0.map(\.event) }
            let opened = try #require(events.firstIndex(of: "push.listening"))
            #expect(events[..<opened].count { $0 == "push.admitted" } == 20)
            var request = ControlRequest(command: .push)
            request.push = PushAsk(.list)
            let listed = try await ControlClient.ask(request, socket: running.state.controlSocket)?.push
            let refused = listed?.devices?.filter { $0.refusal != nil }.map(\.device)
            #expect(refused == ["again"] && listed?.knocking?.isEmpty == true)
        }
    }

    @Test(
        "a device that reports from another address than its stanza's stands in the list once", .timeLimit(.minutes(1)))
    func listedOnce() async throws {
        let office = try Office()
        try await office.runningDaemon([]) { running in
            running.file.set {
                $0.push = PushConfiguration(listen: .init(host: "127.0.0.1", port: 0))
                $0.devices = [office.pushDevice(from: "192.0.2.7")]
            }
            #expect(try await running.ask(.reload)?.error == nil)
            try await office.hears("push.listening")
            var request = ControlRequest(command: .push)
            request.push = PushAsk(.list)
            let port = try #require(
                try await ControlClient.ask(request, socket: running.state.controlSocket)?.push?.port)
            let knock = "GET /iclock/getrequest?SN=SIMP000000001 HTTP/1.1\r\nConnection: close\r\n\r\n"
            _ = try await RawHTTP.send(knock, port: port)
            let listed = try await ControlClient.ask(request, socket: running.state.controlSocket)?.push
            #expect(listed?.knocking?.isEmpty == true)
            #expect(listed?.devices?.first?.refusal?.contains("127.0.0.1") == true)
        }
    }
}
