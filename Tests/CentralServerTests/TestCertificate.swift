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

    static let certificate = """
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

    /// Another certificate, with a key of another curve, and its pin.
    static func writeOther(to files: TLSFiles) throws {
        try Data(otherCertificate.utf8).write(to: URL(filePath: files.certificatePath))
        try Data(otherKey.utf8).write(to: URL(filePath: files.keyPath))
    }

    static let otherPin = "516557a8131bb364fc26baeb5337ab2d8211f15d029945d8a5dc0bbc179c2b6d"

    static let otherCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIB1zCCAV6gAwIBAgIUfNSombUKMND6J53voqXlYxRdzgQwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjAzNTEzOVoYDzIxMjYxMDI5
        MDM1MTM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwdjAQBgcqhkjOPQIBBgUrgQQA
        IgNiAASmduBc2idFro8pvgLXBJpn4sOPA7qaDXanbIytiHxhqWSd0yCzhLo7iZYW
        pS9JCXAJxcVK1GkHcNUry+vh6wgJMb2q//SjfPG4OVC9jU2NuxT/j6ZEtUeUFmDh
        dYNUYr6jbzBtMB0GA1UdDgQWBBRrUMMHkZpgxjhuGPlRY74xq2jf8DAfBgNVHSME
        GDAWgBRrUMMHkZpgxjhuGPlRY74xq2jf8DAPBgNVHRMBAf8EBTADAQH/MBoGA1Ud
        EQQTMBGCCWxvY2FsaG9zdIcEfwAAATAKBggqhkjOPQQDAgNnADBkAjB1+uelFCFR
        5VB2hvQbPPl3Il99AhyrTb3xWHZmm5h4PqH6Vfc68Lrnu1TNZ+AUQ/MCMDA+rc3Q
        oK2jEt6UZRJ7W1W201QnUULasGRS2jDL0E/bhBMMzJkdnjNpaVcMyG6ARA==
        -----END CERTIFICATE-----

        """

    private static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDWB3cKtXMSIhhY6MyF
        mrkd3nxrXLhh9VLoJXqixsl0YJcGYBvBEn3smnpeUOc78t2hZANiAASmduBc2idF
        ro8pvgLXBJpn4sOPA7qaDXanbIytiHxhqWSd0yCzhLo7iZYWpS9JCXAJxcVK1GkH
        cNUry+vh6wgJMb2q//SjfPG4OVC9jU2NuxT/j6ZEtUeUFmDhdYNUYr4=
        -----END PRIVATE KEY-----

        """
}
