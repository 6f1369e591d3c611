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

/// Numeric code is optimised in every configuration: tests run on what users run.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

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
  exclude: [String] = [], extra: [SwiftSetting] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources,
    swiftSettings: strict + extra)
}

let package = Package(
  name: "quartier",
  defaultLocalization: "en",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "quartier", targets: ["App"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
  ],
  targets: [
    library("SQLBuilder"),
    library("NumericalMethods", extra: optimised),
    library("CustomerSchema", ["SQLBuilder"]),
    library(
      "ReferenceData", ["CustomerSchema", "CCompression"], resources: [.copy("Resources")],
      extra: optimised),
    library(
      "Generation", ["ReferenceData", "NumericalMethods", "CustomerSchema"], extra: optimised),
    library("StatisticalModels", ["NumericalMethods"], extra: optimised),
    library("SegmentLanguage", ["CustomerSchema", "SQLBuilder"], extra: optimised),
    library(
      "Warehouse", ["CustomerSchema", "SQLBuilder"], resources: [.copy("Migrations")]),
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
    library(
      "Privacy",
      [
        "Warehouse", "ReferenceData", "CustomerSchema", "SQLBuilder",
        .product(name: "Crypto", package: "swift-crypto"),
      ], extra: optimised),
    tests(
      "PrivacyTests",
      [
        "Privacy", "Ingestion", "ReferenceData", "DuckDBEngine", "Warehouse", "CustomerSchema",
        "SQLBuilder", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    library("DuckDBEngine", ["Warehouse", "SQLBuilder", "CDuckDB"]),
    .systemLibrary(name: "CCompression", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    library(
      "Ingestion",
      [
        "Warehouse", "ReferenceData", "CustomerSchema", "SQLBuilder", "CCompression",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
      ]),
    library(
      "Presentation",
      ["CustomerSchema", "SQLBuilder", .product(name: "Mustache", package: "swift-mustache")],
      resources: [.copy("Resources")]),
    library(
      "Features", ["Warehouse", "ReferenceData", "CustomerSchema", "SQLBuilder"],
      resources: [.copy("Resources")]),
    .systemLibrary(
      name: "CXlsxWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
    library("Spreadsheets", ["CustomerSchema", "CXlsxWriter"]),
    library(
      "Scoring",
      ["Warehouse", "StatisticalModels", "NumericalMethods", "CustomerSchema", "SQLBuilder"]),
    library(
      "Insights",
      [
        "Scoring", "StatisticalModels", "Ingestion", "Features", "Presentation", "Warehouse",
        "CustomerSchema", "SQLBuilder",
      ]),
    library(
      "Segments",
      [
        "SegmentLanguage", "Warehouse", "StatisticalModels", "CustomerSchema", "SQLBuilder",
        .product(name: "Yams", package: "Yams"),
      ], resources: [.copy("Resources")], extra: optimised),
    tests(
      "SegmentsTests",
      [
        "Segments", "SegmentLanguage", "StatisticalModels", "DuckDBEngine", "Warehouse",
        "CustomerSchema", "SQLBuilder",
      ]),
    library(
      "Platform",
      [
        "CustomerSchema", "Features", "Ingestion", "Insights", "Presentation", "Privacy",
        "ReferenceData", "Scoring", "Spreadsheets", "StatisticalModels", "SQLBuilder",
        "SegmentLanguage", "Segments",
        "Warehouse", .product(name: "Yams", package: "Yams"),
      ]),
    tests(
      "FeaturesTests",
      [
        "Features", "Insights", "ReferenceData", "StatisticalModels", "DuckDBEngine", "Warehouse",
        "CustomerSchema", "SQLBuilder",
      ]),
    .executableTarget(
      name: "App",
      dependencies: [
        "CustomerSchema", "DuckDBEngine", "Features", "Generation", "Ingestion", "Insights",
        "Platform",
        "Presentation", "Privacy", "Scoring", "StatisticalModels",
        "SQLBuilder", "SegmentLanguage", "Segments", "Warehouse",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    tests("PresentationTests", ["Presentation", "CustomerSchema", "SQLBuilder"]),
    tests(
      "InsightsReportTests",
      ["Insights", "Ingestion", "Features", "Presentation", "CustomerSchema", "SQLBuilder"],
      exclude: ["Goldens"]),
    tests(
      "IngestionTests", ["Ingestion", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder"],
      exclude: ["Exports"]),
    tests("EndToEndTests", ["App"]),
    tests(
      "DocumentationTests",
      [
        "App", "Insights", "Ingestion", "Features", "Presentation", "DuckDBEngine", "Warehouse",
        "CustomerSchema", "SQLBuilder",
      ]),
    .executableTarget(
      name: "LiveBenchmark",
      dependencies: [
        "Segments", "SegmentLanguage", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder",
      ], path: "Benchmarks/segments/live", swiftSettings: strict),
    .executableTarget(
      name: "ModelBenchmark", dependencies: ["StatisticalModels", "NumericalMethods"],
      path: "Benchmarks/models/contender", swiftSettings: strict),
    .executableTarget(
      name: "SegmentBenchmark",
      dependencies: [
        "SegmentLanguage", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder",
      ], path: "Benchmarks/segments/contender", swiftSettings: strict),
    tests("NumericalMethodsTests", ["NumericalMethods"], resources: [.copy("Fixtures")]),
    tests(
      "StatisticalModelsTests", ["StatisticalModels", "NumericalMethods"],
      resources: [.copy("Fixtures")]),
    tests(
      "ScoringTests",
      [
        "Scoring", "StatisticalModels", "NumericalMethods", "DuckDBEngine", "Warehouse",
        "CustomerSchema", "SQLBuilder",
      ]),
    tests(
      "GenerationTests",
      [
        "Generation", "ReferenceData", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder",
      ]),
    tests("CustomerSchemaTests", ["CustomerSchema", "SQLBuilder"]),
    tests(
      "SegmentAgreementTests",
      ["SegmentLanguage", "DuckDBEngine", "Warehouse", "CustomerSchema", "SQLBuilder"],
      extra: optimised),
    tests(
      "ReferenceDataTests",
      ["ReferenceData", "CustomerSchema", "DuckDBEngine", "Warehouse", "SQLBuilder"],
      resources: [.copy("Fixtures")]),
    tests(
      "SegmentLanguageTests",
      [
        "SegmentLanguage", "Presentation", "DuckDBEngine", "Warehouse", "CustomerSchema",
        "SQLBuilder",
      ], exclude: ["Goldens"]),
    .executableTarget(
      name: "ConformanceWriter", dependencies: ["DuckDBEngine", "Warehouse", "SQLBuilder"],
      path: "Tests/ConformanceWriter", swiftSettings: strict),
    tests(
      "EngineConformanceTests",
      ["ConformanceWriter", "DuckDBEngine", "Warehouse", "SQLBuilder"]),
  ]
)
