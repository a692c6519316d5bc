import Attendance
import Crypto
import EdgeDaemon
import Foundation
import ServiceSupport
import ZKClient

extension FuzzTarget {
    /// What people and other programs tell the edge.
    static let edge: [FuzzTarget] = [
        FuzzTarget("devices-conf", longest: 512, devicesConf),
        FuzzTarget("device-address", longest: 96, deviceAddress),
        FuzzTarget("edge-form", longest: 512, edgeForm),
        FuzzTarget("centre-answer", longest: 256, centreAnswer),
        FuzzTarget("control", longest: 256, control),
    ]

    private static let folder = "/nonexistent/devices.conf"

    /// A file with errors tells a line of it; to one without, a device can be added, and everything before stays.
    @Sendable private static func devicesConf(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else { return }
        let lines = bytes.count { $0 == 0x0A } + 1
        do throws(DevicesFileError) {
            let configuration = try DevicesFile.parse(text, path: folder)
            guard let address = try? DeviceAddress(parsing: "tcp://192.0.2.1:4370") else { return }
            let stanza = DeviceStanza(name: "zz", address: address)
            guard let changed = try? DevicesFile.adding(stanza, to: text, path: folder),
                let again = try? DevicesFile.parse(changed, path: folder)
            else { return }
            hold(changed.hasPrefix(text), "what people wrote stays")
            hold(again.devices.count == configuration.devices.count + 1, "one device more")
        } catch {
            hold(!error.findings.isEmpty, "a refusal has a reason")
            hold(error.findings.allSatisfy { (0...lines).contains($0.line) }, "and names a line of the file")
        }
    }

    @Sendable private static func deviceAddress(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let address = try? DeviceAddress(parsing: text) {
            let again = try? DeviceAddress(parsing: address.description)
            hold(again?.link == address.link && again?.host == address.host, "an address is written as it was read")
        }
        if let duration = DurationText.parse(text) {
            hold(DurationText.parse(DurationText.write(duration)) == duration, "a duration is written as it was read")
        }
        if let proxy = HTTPProxy(text) { hold((1...65_535).contains(proxy.port), "a port is one") }
        _ = TimezoneName.resolve(text)
    }

    private static let boundary = "multipart/form-data; boundary=b"

    /// A form with a file: bounded, and of its own bytes.
    @Sendable private static func edgeForm(_ bytes: [UInt8]) {
        let line = bytes.prefix { $0 != 0x0A }
        _ = MultipartForm(bytes, contentType: String(decoding: line, as: UTF8.self))
        guard let form = MultipartForm(bytes, contentType: boundary) else { return }
        hold(form.parts.count <= MultipartForm.mostParts, "parts are bounded")
        hold(form.parts.reduce(0) { $0 + $1.bytes.count } <= bytes.count, "parts are of these bytes")
        hold(Set(form.parts.map(\.name)).count == form.parts.count, "no field comes twice")
    }

    private static let key = Curve25519.Signing.PrivateKey().publicKey

    /// Whatever answers in the centre's place changes nothing, and cannot make us wait for ever.
    @Sendable private static func centreAnswer(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let status = Int(input.u16() % 1000)
        let isTold = input.u8() & 1 == 1
        let word = String(decoding: input.take(Int(input.u8() & 31)), as: UTF8.self)
        let answer = CentreAnswer(status: status, retryAfter: isTold ? Int(word) : nil, body: input.rest)
        switch AnswerJudgement.judge(answer, to: Samples.header, centreKeys: [key]) {
        case .receipt: broken("nothing is believed unsigned")
        case .wait(let seconds): hold((1...3600).contains(seconds), "a wait is within its bounds")
        case .tooLarge: hold(status == 413, "only 413 makes batches smaller")
        case .unclear(let why): hold(!why.isEmpty, "what is unclear is told")
        }
    }

    /// A line on the control socket.
    @Sendable private static func control(_ bytes: [UInt8]) {
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(bytes)) else { return }
        guard let line = try? JSONEncoder().encode(request) else { broken("a request can be written") }
        hold((try? JSONDecoder().decode(ControlRequest.self, from: line)) == request, "it is written as it was read")
    }
}
