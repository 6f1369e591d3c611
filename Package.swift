// swift-tools-version: 6.2
import PackageDescription

// `make setup` puts the native libraries there; the folder is git-ignored.
let nativeLibraries = Context.packageDirectory + "/third_party/duckdb/lib"

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A library target with the project's settings.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil,
  exclude: [String] = [], extra: [SwiftSetting] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources,
    swiftSettings: strict + extra)
}

/// A test target with the project's settings.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil,
  extra: [SwiftSetting] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict + extra)
}

let package = Package(
  name: "quartier",
  defaultLocalization: "en",
  platforms: [.macOS(.v15)],
  products: [],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
  ],
  targets: [
    library("SQLBuilder"),
    library("CustomerSchema", ["SQLBuilder"]),
    library("Warehouse", ["CustomerSchema", "SQLBuilder"]),
    .target(
      name: "CDuckDB",
      linkerSettings: [
        // Two run paths: the development tree, and the folder beside an installed binary.
        .unsafeFlags([
          "-L\(nativeLibraries)", "-Xlinker", "-rpath", "-Xlinker", nativeLibraries,
          "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
        ]),
        .linkedLibrary("duckdb"), .linkedLibrary("duckdbpystub"),
      ]),
    library("DuckDBEngine", ["Warehouse", "SQLBuilder", "CDuckDB"]),
    .systemLibrary(name: "CCompression", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    library(
      "Ingestion",
      [
        "Warehouse", "CustomerSchema", "SQLBuilder", "CCompression",
        .product(name: "Yams", package: "Yams"),
      ]),
    library("Insights", ["Ingestion", "Warehouse", "CustomerSchema", "SQLBuilder"]),
    tests("DuckDBEngineTests", ["DuckDBEngine", "Warehouse", "SQLBuilder"]),
    tests(
      "IngestionTests", ["Ingestion", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder"]),
  ]
)
