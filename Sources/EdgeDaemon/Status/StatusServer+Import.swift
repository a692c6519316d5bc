import Foundation
import NIOCore
import NIOHTTP1
import PageSupport

/// The two forms of the clerk's page, the only requests that may have a body and change anything.
extension StatusServer {
    /// Bytes the request's body may have; `nil` where it may have none.
    func room(for request: HTTPRequestHead) -> Int? {
        guard request.method == .POST else { return nil }
        return switch request.uri {
        case ImportPage.path: ImportPage.mostBytes
        case ImportPage.commitPath: SmallForm.mostBytes
        default: nil
        }
    }

    /// Why the form is not one of our own page's. A browser tells where a form came from; what tells nothing needs the
    /// token all the same.
    func refusal(_ request: HTTPRequestHead) -> Answer? {
        let host = request.headers.first(name: "host")
        guard OfficeHost.isOurs(host, address) else {
            return Answer(status: .misdirectedRequest, body: "this is not the address of this computer\n")
        }
        let isForeign =
            if let site = request.headers.first(name: "sec-fetch-site") {
                site != "same-origin"
            } else if let origin = request.headers.first(name: "origin"), origin != "null" {
                origin.lowercased() != "http://\(host ?? "")".lowercased()
            } else {
                false
            }
        return isForeign ? Answer(status: .forbidden, body: "this form is another site's\n") : nil
    }

    var busy: Answer {
        html(imports.refusal(503, "Berkas lain sedang diperiksa. Tunggu sebentar, lalu pilih berkasnya sekali lagi."))
    }

    func tooMuch(_ request: HTTPRequestHead) -> Answer {
        room(for: request) == nil
            ? Answer(status: .payloadTooLarge, body: "no body is taken\n")
            : html(imports.refusal(413, ImportWords.sentence(.tooLarge)))
    }

    func answer(_ request: HTTPRequestHead, body: [UInt8]) async -> Answer {
        let type = request.headers.first(name: "content-type")
        return html(
            request.uri == ImportPage.path
                ? await imports.upload(body, contentType: type) : await imports.commit(body, contentType: type))
    }

    private func html(_ answer: ImportPage.Answer) -> Answer {
        Answer(
            status: HTTPResponseStatus(statusCode: answer.status), contentType: "text/html; charset=utf-8",
            body: answer.html, headers: PagePolicy.headers)
    }
}
