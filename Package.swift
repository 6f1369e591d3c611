// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// Numeric code is optimised in every configuration: tests run on what users run.
let numeric: [SwiftSetting] =
  strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
  name: "quartier",
  platforms: [.macOS(.v15)],
  targets: [
    .target(name: "NumericalMethods", swiftSettings: numeric),
    .target(
      name: "StatisticalModels", dependencies: ["NumericalMethods"], swiftSettings: numeric),
    .testTarget(
      name: "NumericalMethodsTests", dependencies: ["NumericalMethods"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "StatisticalModelsTests", dependencies: ["StatisticalModels", "NumericalMethods"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
  ]
)
