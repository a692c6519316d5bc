/// Words for numbers a device stores with a scan. For display only: firmwares differ in 0, 2, 3 and 4
/// (docs/protocol.md, "Weak facts"), and most people never press the key that chooses the state.
enum ScanWords {
    /// - Parameter code: `verify`; with bit 7 it names the same ways.
    static func verify(_ code: Int) -> String {
        switch (128...142).contains(code) ? code - 128 : code {
        case 0, 3: "sandi"
        case 1: "sidik jari"
        case 2, 4: "kartu"
        case 5...14: "gabungan"
        case 15: "wajah"
        case 25: "telapak tangan"
        default: "cara \(code)"
        }
    }

    /// - Parameter code: `state`; `nil` where the person chose none that is known.
    static func state(_ code: Int) -> String? {
        switch code {
        case 0: "Masuk"
        case 1: "Pulang"
        case 2: "Istirahat keluar"
        case 3: "Istirahat kembali"
        case 4: "Lembur masuk"
        case 5: "Lembur pulang"
        default: nil
        }
    }
}
