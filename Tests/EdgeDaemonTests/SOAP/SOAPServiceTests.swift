import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// The simulated web service by itself, and what others want of a device that is read over it.
@Suite("The web service of a device")
struct SOAPServiceTests {
    private func device(_ office: Office, fault: String = "", offset: Int = 0) async throws -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            tcp: nil, udp: nil, users: 6, records: 40, faults: try Fault.list(fault))
        configuration.soap = .init()
        configuration.clockOffset = offset
        let device = SimulatorServer(configuration, clock: { [time = office.time] in time.date })
        try await device.start()
        return device
    }

    @Test("It takes the vendor's form of a request, with an undeclared prefix and one more line end, and the plain one")
    func requests() async throws {
        let office = try Office()
        let device = try await device(office)
        let port = try #require(device.soapPort)
        func ask(_ body: String, behind: String = "") async throws -> String {
            try await RawHTTP.send(
                "POST /iWsService HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body + behind, port: port)
        }
        let vendor = try await ask(
            """
            <GetAttLog><ArgComKey xsi:type="xsd:integer">0</ArgComKey><Arg><PIN xsi:type="xsd:integer">All</PIN></Arg>\
            </GetAttLog>
            """, behind: "\r\n")
        let plain = try await ask("<GetAttLog><ArgComKey>0</ArgComKey><Arg><PIN>ALL</PIN></Arg></GetAttLog>")
        for reply in [vendor, plain] {
            #expect(reply.hasPrefix("HTTP/1.0 200 OK\r\nServer: ZK Web Server\r\n"))
            #expect(reply.contains("\r\n\r\n\r\n<GetAttLogResponse>\r\n<Row><PIN>"))
            #expect(reply.components(separatedBy: "</Row>").count == 41 && reply.hasSuffix("</GetAttLogResponse>"))
            #expect(!reply.contains("Content-Length"))
        }
        let wrong = try await ask("<GetAttLog><ArgComKey>123456</ArgComKey><Arg><PIN>ALL</PIN></Arg></GetAttLog>")
        #expect(!wrong.contains("<Row>") && wrong.contains("</GetAttLogResponse>"))
        let unknown = try await ask("<Restart><ArgComKey>0</ArgComKey></Restart>")
        #expect(unknown.contains("404"))
        await device.stop()
    }

    @Test("It is lent between two readings and read again when it is back; orders are done over it")
    func loanAndOrders() async throws {
        let office = try Office()
        let device = try await device(office, offset: 7200)
        try await office.working(try device.soapStanza()) { worker in
            _ = try await worker.sync()
            #expect(try office.alarms == ["clock_off"])
            let loan = DeviceLoan(to: "a test", for: .seconds(600))
            #expect(worker.lend(loan) == nil)
            #expect(await loan.isGranted())
            #expect(worker.lend(DeviceLoan(to: "another", for: .seconds(600))) == "a test")
            _ = try device.scan(userID: "2")
            loan.end()
            try await office.has(everyScanOf: device)
            let users = device.statistics.commands["SOAP GetAllUserInfo"] ?? 0
            let read = try await worker.sync(.readUsers)
            #expect(read.usersRead == true)
            #expect(device.statistics.commands["SOAP GetAllUserInfo"] == users + 1)
            let set = try await worker.sync(.setClock)
            #expect(set.clockOffset == 0)
            #expect(device.statistics.commands["SOAP SetDate"] == 1)
        }
        await device.stop()
    }

    @Test("A silent service is tried again later each time, told once, and delays nobody's end")
    func silent() async throws {
        let office = try Office()
        let device = try await device(office, fault: "silent")
        try await office.working(try device.soapStanza()) { _ in
            for wait in [1.5, 3, 6] {
                try await office.time.pass(.seconds(60))
                try await office.time.pass(.milliseconds(Int(wait * 1000)))
            }
            try await office.hears("device.failed", 3)
            #expect(try office.alarms == ["device_timed_out"])
            device.setFaults([])
            try await office.time.pass(.seconds(60))
            try await office.time.pass(.seconds(12))
            try await office.has(everyScanOf: device)
            try await office.hears("device.recovered")
        }
        await device.stop()
    }
}
