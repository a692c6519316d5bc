import Attendance
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@Suite("Reading over HTTP")
struct APITests {
    @Test("punches are told exactly so")
    func punches() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(
                try device(), try punch(UserID(field: [0x37, 0xFF])), try punch(UserID("8"), "5ebd3a21", occurrence: 1))
            _ = try await client.send(try edge.batch())
            let token = try await centre.token()
            let response = try await client.get("/api/v1/punches", token: token)
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            #expect(response.headers[.cacheControl] == "no-store")
            let parsed = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView))
            let answer = try #require(parsed as? NSDictionary)
            let serial = try #require(DeviceSerial("CJ9L170560001"))
            let first = try #require(DeviceTime(text: "2026-03-02T07:30:00"))
            let second = try #require(DeviceTime(text: "5ebd3a21"))
            let keys = [
                PunchKey(serial: serial, userID: UserID(field: [0x37, 0xFF]), deviceTime: first, occurrence: 0).hex,
                PunchKey(serial: serial, userID: UserID("8"), deviceTime: second, occurrence: 1).hex,
            ]
            let common: [String: Any] = [
                "node": edge.node, "unit": "Dinas Contoh", "device_serial": "CJ9L170560001", "verify": 1, "state": 0,
                "source": "poll", "unconfirmed": false, "file": NSNull(), "by": NSNull(),
                "received_at": "2026-03-02T00:00:00.000Z",
            ]
            let expected: [String: Any] = [
                "punches": [
                    common.merging([
                        "id": 1, "user_id": "7\u{FFFD}", "user_id_hex": "37ff", "device_time": "2026-03-02T07:30:00",
                        "utc": "2026-03-02T00:30:00.000Z", "key": keys[0],
                    ]) { $1 },
                    common.merging([
                        "id": 2, "user_id": "8", "device_time": "5ebd3a21", "utc": NSNull(), "key": keys[1],
                    ]) { $1 },
                ], "next": 2,
            ]
            #expect(answer == expected as NSDictionary)
        }
    }

    @Test("after and limit walk through all punches; what is no number in range is refused")
    func pages() async throws {
        struct Page: Decodable {
            struct Item: Decodable { let id: Int }
            let punches: [Item]
            let next: Int
        }
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            for user in 1...5 { edge.write(try punch(UserID("\(user)"))) }
            _ = try await client.send(try edge.batch())
            let token = try await centre.token()
            func page(_ query: String) async throws -> Page {
                let response = try await client.get("/api/v1/punches?\(query)", token: token)
                return try JSONDecoder().decode(Page.self, from: Data(response.body.readableBytesView))
            }
            let first = try await page("limit=3")
            #expect(first.punches.map(\.id) == [1, 2, 3] && first.next == 3)
            let rest = try await page("after=3&limit=3")
            #expect(rest.punches.map(\.id) == [4, 5] && rest.next == 5)
            let none = try await page("after=5")
            #expect(none.punches.isEmpty && none.next == 5)
            for query in ["limit=0", "limit=5001", "limit=x", "after=-1", "after=99999999999999999999"] {
                #expect(try await client.get("/api/v1/punches?\(query)", token: token).status == .badRequest)
            }
        }
    }

    @Test("another method on a known path is 405 and says which are taken; an unknown path is 404")
    func methods() async throws {
        try await Centre.run { centre, client in
            let token = try await centre.token()
            func status(_ method: HTTPRequest.Method, _ path: String) async throws -> (HTTPResponse.Status, String?) {
                let response = try await client.execute(
                    uri: path, method: method, headers: [.authorization: "Bearer \(token)"], body: nil)
                return (response.status, response.headers[.allow])
            }
            for path in ["/livez", "/api/v1/punches", "/api/v1/devices", "/api/v1/nodes", "/api/v1/gaps"] {
                for method in [.post, .put, .delete, .patch, .options] as [HTTPRequest.Method] {
                    #expect(try await status(method, path) == (.methodNotAllowed, "GET, HEAD"), "\(method) \(path)")
                }
                #expect(try await status(.head, path) == (.ok, nil), "\(path)")
            }
            for path in ["/v1/batches", "/v1/enroll"] {
                for method in [.get, .head, .put, .delete] as [HTTPRequest.Method] {
                    #expect(try await status(method, path) == (.methodNotAllowed, "POST"), "\(method) \(path)")
                }
            }
            #expect(try await status(.post, "/api/v1/secrets") == (.notFound, nil))
            #expect(try await client.execute(uri: "/api/v1/nodes", method: .delete).status == .unauthorized)
        }
    }

    @Test("without a reader's token nothing is told")
    func tokens() async throws {
        try await Centre.run { centre, client in
            let token = try await centre.token()
            for path in ["punches", "devices", "nodes", "gaps"] {
                for wrong in [nil, "", token + "0", String(token.dropLast()), "hadir_"] {
                    let response = try await client.get("/api/v1/\(path)", token: wrong)
                    #expect(response.status == .unauthorized && response.headers[.wwwAuthenticate] == "Bearer")
                }
                #expect(try await client.get("/api/v1/\(path)", token: token).status == .ok)
            }
            #expect(try await client.get("/api/v1/secrets", token: token).status == .notFound)
            #expect(try await client.get("/livez").text == "ok\n")
            #expect(try await client.get("/readyz").text == "ok\n")
        }
    }

    @Test("devices and nodes show what the newest batch said")
    func status() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(timezone: "Asia/Makassar"))
            _ = try await client.send(try edge.batch())
            let told = NodeStatus.Device(
                serial: "CJ9L170560001", name: "lobby", lastRead: "2026-03-02T00:00:00.000Z", count: 41, clockOffset: 3)
            let status = NodeStatus(version: "1.2.3", backlog: 7, backlogAge: 90, devices: [told])
            centre.clock.pass(60)
            _ = try await client.send(try edge.batch(after: 1, status: status))
            let token = try await centre.token()
            let devices = try await client.get("/api/v1/devices", token: token).text
            for part in [
                #""serial":"CJ9L170560001""#, #""timezone":"Asia/Makassar""#, #""count":41"#, #""clock_offset":3"#,
                #""capacity":100000"#, #""model":"X100-C""#, #""status_at":"2026-03-02T00:01:00.000Z""#,
            ] { #expect(devices.contains(part), "\(part)") }
            let nodes = try await client.get("/api/v1/nodes", token: token).text
            for part in [
                #""id":"\#(edge.node)""#, #""state":"active""#, #""backlog":7"#, #""version":"1.2.3""#,
                #""high_water":1"#, #""last_contact":"2026-03-02T00:01:00.000Z""#, #""epoch":"\#(edge.epoch.text)""#,
            ] { #expect(nodes.contains(part), "\(part)") }
        }
    }
}
