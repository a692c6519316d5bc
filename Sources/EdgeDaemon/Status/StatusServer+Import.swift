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
        case CarryPage.receiptsPath where carry != nil: CarryPage.mostBytes
        case CarryPage.downloadPath where carry != nil: SmallForm.mostBytes
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

    func busy(_ request: HTTPRequestHead) -> Answer {
        if let carry, isCarry(request) { return html(carry.refusal(503, CarryWords.busy)) }
        return html(
            imports.refusal(503, "Berkas lain sedang diperiksa. Tunggu sebentar, lalu pilih berkasnya sekali lagi."))
    }

    func tooMuch(_ request: HTTPRequestHead) -> Answer {
        if let carry, isCarry(request) { return html(carry.refusal(413, CarryWords.tooLarge)) }
        return room(for: request) == nil
            ? Answer(status: .payloadTooLarge, body: "no body is taken\n")
            : html(imports.refusal(413, ImportWords.sentence(.tooLarge)))
    }

    func answer(_ request: HTTPRequestHead, body: [UInt8]) async -> Answer {
        let type = request.headers.first(name: "content-type")
        if let carry, isCarry(request) {
            return html(
                request.uri == CarryPage.receiptsPath
                    ? await carry.receipts(body, contentType: type) : await carry.download(body, contentType: type))
        }
        return html(
            request.uri == ImportPage.path
                ? await imports.upload(body, contentType: type) : await imports.commit(body, contentType: type))
    }

    private func isCarry(_ request: HTTPRequestHead) -> Bool {
        request.uri == CarryPage.receiptsPath || request.uri == CarryPage.downloadPath
    }

    /// The page as one comes to it.
    func carried(_ request: HTTPRequestHead) async -> Answer {
        guard let carry else { return Answer(status: .notFound, body: "") }
        let query = request.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        return html(await carry.show(String(query)))
    }

    private func html(_ answer: CarryPage.Answer) -> Answer {
        switch answer {
        case .page(let status, let html):
            return self.html(ImportPage.Answer(status: status, html: html))
        case .file(let name, let bytes):
            var answer = Answer(status: .ok, contentType: "application/octet-stream", body: "", bytes: bytes)
            // Made of letters, digits and a few marks only.
            answer.headers = [("content-disposition", "attachment; filename=\"\(name)\"")]
            return answer
        }
    }

    private func html(_ answer: ImportPage.Answer) -> Answer {
        Answer(
            status: HTTPResponseStatus(statusCode: answer.status), contentType: "text/html; charset=utf-8",
            body: answer.html, headers: PagePolicy.headers)
    }
}
