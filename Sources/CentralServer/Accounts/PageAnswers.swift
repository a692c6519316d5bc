import CentralPages
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PageSupport

/// How pages are answered: headers that browsers obey, and errors in words for people.
struct PageAnswers: Sendable {
    let pages: CentralPages
    let site: Site

    /// What programs ask for; everything else is for people.
    static func isPage(_ path: String) -> Bool {
        let first = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).first ?? ""
        return !["v1", "api", "livez", "readyz"].contains(first)
    }

    static func html(_ text: String, status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// A page that says what went wrong.
    func error(_ status: HTTPResponse.Status, _ headers: HTTPFields) -> Response {
        let (title, text) = Self.words(status)
        return Self.html(
            pages.message(title: title, text: text, government: site.configuration.government), status: status, headers)
    }

    func addHeaders(to response: inout Response, _ request: Request, peer: String) {
        for (name, value) in PagePolicy.headers {
            guard let name = HTTPField.Name(name) else { continue }
            // A file for everybody may be kept.
            if name == .cacheControl, response.headers[.cacheControl] != nil { continue }
            response.headers[name] = value
        }
        // Under `no-referrer` browsers send `Origin: null` with our own forms, and some send nothing better.
        // This tells other sites just as little.
        response.headers[.referrerPolicy] = "same-origin"
        guard site.isSecure(request, peer: peer) else { return }
        response.headers[.strictTransportSecurity] = "max-age=31536000"
    }

    private static func words(_ status: HTTPResponse.Status) -> (title: String, text: String) {
        switch status {
        case .badRequest: ("Permintaan tidak dimengerti", "Kembali ke halaman sebelumnya dan coba sekali lagi.")
        case .unauthorized: ("Perlu masuk", "Silakan masuk lagi untuk melihat halaman ini.")
        case .forbidden:
            ("Tidak diizinkan", "Akun Anda tidak boleh melakukan ini, atau formulirnya sudah tidak berlaku.")
        case .notFound: ("Halaman tidak ditemukan", "Alamat ini tidak ada. Mulailah dari halaman depan.")
        case .methodNotAllowed: ("Tidak bisa dengan cara ini", "Bukalah halaman ini dari tautan atau tombolnya.")
        case .requestTimeout: ("Terlalu lama", "Kiriman tidak selesai tepat waktu. Coba sekali lagi.")
        case .contentTooLarge: ("Terlalu besar", "Kiriman melebihi batas.")
        case .unsupportedMediaType: ("Bentuk tidak dikenal", "Kirimlah formulir dari halamannya sendiri.")
        case .tooManyRequests: ("Terlalu banyak permintaan", "Tunggu sebentar, lalu coba lagi.")
        case .misdirectedRequest:
            ("Alamat lain", "Server ini tidak melayani nama tersebut. Buka alamat resmi yang diberikan kepada Anda.")
        case .serviceUnavailable: ("Sedang sibuk", "Server tidak dapat menjawab saat ini. Coba lagi sebentar lagi.")
        default: ("Terjadi kesalahan", "Server tidak dapat melakukannya; catatannya memuat sebabnya.")
        }
    }
}
