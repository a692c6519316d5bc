// swift-tools-version: 6.2
import PackageDescription

// A target may depend only on targets above it; `make check` proves it.
// What each target is for: README.md, "Where things are".

// Asked for by Tests/Torture/fuzz.py alone (docs/fuzzing.md): every module is then compiled so that libFuzzer sees
// which way it goes, and there is one program more. FuzzTests takes the same targets through `make test`.
let isFuzzing = Context.environment["HADIR_FUZZ"] == "1"

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

let fuzzed: [Target.Dependency] = [
    "Attendance", "AttendanceRules", "ZKWire", "DeviceFormats", "TableFiles", "ServiceSupport", "PageSupport",
    "EdgeDaemon", "CentralStore", "CentralAttendance", "CentralServer", crypto,
]
let fuzzTargets: [Target] =
    isFuzzing
    ? [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "hadir-fuzz", dependencies: ["CFuzzer"] + fuzzed, path: "Tests/Fuzz",
            exclude: ["Tests", "Corpus", "CFuzzer"], sources: ["Targets", "Program"], swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
    : [
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: ["Program", "CFuzzer"],
            sources: ["Targets", "Tests"], resources: [.copy("Corpus")], swiftSettings: strict)
    ]

let package = Package(
    name: "hadir",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "hadird", targets: ["hadird"]),
        .executable(name: "hadir", targets: ["hadir"]),
        .executable(name: "hadir-central", targets: ["hadir-central"]),
        .executable(name: "hadir-sim", targets: ["hadir-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit.git", from: "0.6.0"),
    ],
    targets: [
        // Fail points and sabotages are there in a debug build only.
        .target(
            name: "FailPoints", swiftSettings: strict + [.define("FAIL_POINTS", .when(configuration: .debug))]),
        .target(name: "Attendance", dependencies: ["FailPoints", crypto], swiftSettings: strict),
        .target(name: "AttendanceRules", dependencies: ["Attendance"], swiftSettings: strict),
        .target(name: "ZKWire", dependencies: [nioCore], swiftSettings: strict),
        .target(name: "DeviceFormats", dependencies: ["ZKWire", "Attendance", crypto], swiftSettings: strict),
        .target(
            name: "ZKClient", dependencies: ["FailPoints", "ZKWire", nioCore, nioPosix, logging], swiftSettings: strict),
        .systemLibrary(
            name: "Clibusb", pkgConfig: "libusb-1.0", providers: [.apt(["libusb-1.0-0-dev"])]),
        .target(
            name: "ZKClientUSB", dependencies: ["Clibusb", "ZKClient", "ZKWire", logging], swiftSettings: strict),
        .target(
            name: "ZKSimulator",
            dependencies: [
                "ZKWire", "DeviceFormats", nioCore, nioPosix, logging,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .target(name: "ServiceSupport", dependencies: [logging, toml], swiftSettings: strict),
        .target(name: "Doctor", dependencies: ["ServiceSupport"], swiftSettings: strict),
        .target(name: "PageSupport", dependencies: [mustache], swiftSettings: strict),
        .target(
            name: "CentralPages", dependencies: ["PageSupport", "AttendanceRules"],
            resources: [.embedInCode("Templates"), .embedInCode("Assets")], swiftSettings: strict),
        .systemLibrary(name: "Clibzip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(
            name: "Clibxlsxwriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
        .target(name: "TableFiles", dependencies: ["Clibzip", "Clibxlsxwriter"], swiftSettings: strict),
        .target(name: "SQLiteRows", dependencies: [grdb, grdbSQLite], swiftSettings: strict),
        .target(
            name: "EdgeStore",
            dependencies: ["FailPoints", "Attendance", "ServiceSupport", "SQLiteRows", grdb, crypto],
            swiftSettings: strict),
        .target(
            name: "EdgeDaemon",
            dependencies: [
                "FailPoints", "Attendance", "ZKWire", "EdgeStore", "ZKClient", "ZKClientUSB", "DeviceFormats",
                "ServiceSupport",
                "PageSupport", nioCore,
                nioPosix, crypto, logging, toml, .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], resources: [.embedInCode("Page/Files")], swiftSettings: strict),
        .target(
            name: "CentralStore",
            dependencies: ["FailPoints", "Attendance", "AttendanceRules", "SQLiteRows", grdb, crypto],
            swiftSettings: strict),
        .target(
            name: "CentralAttendance",
            dependencies: [
                "Attendance", "AttendanceRules", "CentralStore", "TableFiles", "ServiceSupport", crypto, logging, toml,
            ], resources: [.embedInCode("Examples")], swiftSettings: strict),
        .target(
            name: "CentralServer",
            dependencies: [
                "FailPoints", "Attendance", "AttendanceRules", "CentralStore", "CentralAttendance", "CentralPages",
                "PageSupport", "Doctor",
                "ServiceSupport", "TableFiles", crypto, logging,
                lifecycle,
                nioCore, nioPosix, toml, .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
            ], swiftSettings: strict),
        .target(
            name: "HadirCommands",
            dependencies: [
                "Attendance", "ZKWire", "ZKClient", "ZKClientUSB", "DeviceFormats", "EdgeStore", "EdgeDaemon", nioCore,
                crypto, logging, arguments, "Doctor",
            ], swiftSettings: strict),
        .executableTarget(
            name: "hadird",
            dependencies: [
                "EdgeDaemon", "EdgeStore", "ServiceSupport", arguments, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(name: "hadir", dependencies: ["HadirCommands", arguments], swiftSettings: strict),
        .executableTarget(
            name: "hadir-central",
            dependencies: [
                "CentralServer", "Doctor", "ServiceSupport", arguments, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "hadir-sim", dependencies: ["ZKSimulator", "ZKWire", arguments, logging], swiftSettings: strict),
        .target(
            name: "HadirTestSupport", dependencies: ["ZKWire", "ZKClient", "ZKClientUSB", "ZKSimulator"],
            swiftSettings: strict),
        .testTarget(name: "FailPointsTests", dependencies: ["FailPoints"], swiftSettings: strict),
        .testTarget(
            name: "AttendanceTests", dependencies: ["Attendance", crypto], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "AttendanceRulesTests", dependencies: ["AttendanceRules", "Attendance"], resources: [.copy("Months")],
            swiftSettings: strict),
        .testTarget(name: "TableFilesTests", dependencies: ["TableFiles"], swiftSettings: strict),
        .testTarget(
            name: "CentralAttendanceTests",
            dependencies: [
                "CentralAttendance", "CentralStore", "AttendanceRules", "Attendance", "TableFiles", "ServiceSupport",
                crypto,
            ], swiftSettings: strict),
        .testTarget(
            name: "ZKWireTests", dependencies: ["ZKWire", nioCore], resources: [.copy("Vectors")],
            swiftSettings: strict),
        .testTarget(
            name: "DeviceFormatsTests", dependencies: ["DeviceFormats", "ZKWire", "Attendance", nioCore],
            resources: [.copy("Vectors")], swiftSettings: strict),
        .testTarget(
            name: "ZKSimulatorTests", dependencies: ["ZKSimulator", "ZKWire", nioCore, nioPosix],
            swiftSettings: strict),
        .testTarget(
            name: "ZKClientTests",
            dependencies: [
                "ZKClient", "ZKClientUSB", "ZKSimulator", "ZKWire", "HadirTestSupport", logging, nioCore, nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ServiceSupportTests", dependencies: ["ServiceSupport", logging], swiftSettings: strict),
        .testTarget(name: "DoctorTests", dependencies: ["Doctor"], swiftSettings: strict),
        .testTarget(name: "PageSupportTests", dependencies: ["PageSupport"], swiftSettings: strict),
        .testTarget(
            name: "CentralPagesTests", dependencies: ["AttendanceRules", "CentralPages", "PageSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EdgeStoreTests", dependencies: ["EdgeStore", "Attendance", grdb, crypto], swiftSettings: strict),
        .testTarget(
            name: "PropertyTests",
            dependencies: [
                "EdgeStore", "CentralStore", "CentralAttendance", "AttendanceRules", "DeviceFormats", "ZKWire",
                "Attendance", "EdgeDaemon", "CentralServer", logging, crypto,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EdgeDaemonTests",
            dependencies: [
                "EdgeDaemon", "EdgeStore", "ServiceSupport", "ZKSimulator", "ZKClient", "ZKClientUSB", "ZKWire",
                "DeviceFormats",
                "Attendance", "HadirTestSupport", crypto, grdb, logging, nioCore, nioPosix,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], swiftSettings: strict),
        .testTarget(
            name: "CentralStoreTests", dependencies: ["CentralStore", "AttendanceRules", "Attendance", grdb, crypto],
            swiftSettings: strict),
        .testTarget(
            name: "CentralServerTests",
            dependencies: [
                "Doctor",
                "CentralServer", "CentralAttendance", "CentralStore", "CentralPages", "PageSupport", "ServiceSupport",
                "AttendanceRules", "Attendance", "HadirTestSupport", "TableFiles", crypto, logging,
                nioCore, nioPosix, .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .testTarget(
            name: "HadirCommandsTests",
            dependencies: [
                "Doctor",
                "HadirCommands", "EdgeDaemon", "EdgeStore", "ZKSimulator", "ZKClient", "ZKWire", "Attendance", crypto,
                arguments, nioCore, nioPosix, .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
            ], exclude: ["Golden"],
            swiftSettings: strict),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
