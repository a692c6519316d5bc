import CentralServer
import Foundation

/// A self-signed certificate for tests, made with openssl; its key protects nothing.
enum TestCertificate {
    static func write(to directory: URL) throws -> TLSFiles {
        let files = TLSFiles(
            certificatePath: directory.appending(path: "c.pem").path, keyPath: directory.appending(path: "k.pem").path)
        try Data(certificate.utf8).write(to: URL(filePath: files.certificatePath))
        try Data(key.utf8).write(to: URL(filePath: files.keyPath))
        return files
    }

    /// `openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum`
    static let pin = "69ee33c2ae7c7808203a8c120e5cef4e250f5eb5a6ebc5d3688c0532b5c2bb19"

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUNfqewR4VEFEMYBr/J9LSsGyq2IswCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIxMTgzMFoYDzIxMjYxMDI4
        MjExODMwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARor42mAEw5CbXWg5W/p6WPzVkelAD8f48S30DNmuqhmVtV3G+32LcF
        lKh4jZFfJ6fdlsw7SNlKNIAHypHKkzq7o28wbTAdBgNVHQ4EFgQUq1/z1U3AJp7A
        ZS3s5KkaMLuAhhMwHwYDVR0jBBgwFoAUq1/z1U3AJp7AZS3s5KkaMLuAhhMwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIgEHntlTNmK94d64nUDv52+oE1dWDxDTLMx669qkHHhkoCIQCJ
        8LDOQwxnEw8Sf/WQ72H6eiCZ+45FhWfyTfPjOlRRCQ==
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggy2eLmuPbvZoz9Ub
        K53aS2VHg4Qfs05qw71jGeyYs9ChRANCAARor42mAEw5CbXWg5W/p6WPzVkelAD8
        f48S30DNmuqhmVtV3G+32LcFlKh4jZFfJ6fdlsw7SNlKNIAHypHKkzq7
        -----END PRIVATE KEY-----

        """
}
