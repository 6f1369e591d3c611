internal import ArgumentParser
internal import CustomerSchema
internal import DuckDBEngine
internal import Features
internal import Foundation
internal import Platform
internal import Presentation
internal import SQLBuilder
internal import Warehouse

/// `quartier doctor`: what is there, which versions, and how to mend what is missing.
struct DoctorCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "doctor", abstract: Words.text("cli.doctor.abstract"))
  }

  @OptionGroup var common: CommonOptions

  /// What `--json` prints (`docs/schemas/doctor-1.schema.json`).
  struct Answer: Encodable {
    let schema = "quartier.doctor/1"
    let version = quartierVersion
    let checks: [Check]
  }

  /// One thing that was looked at.
  struct Check: Encodable {
    let id: String
    let ok: Bool
    /// Needed for every run, or only for some.
    let required: Bool
    let detail: String
  }

  func run() async throws {
    let checks = await Self.checks()
    if common.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Terminal.write(String(decoding: try encoder.encode(Answer(checks: checks)), as: UTF8.self))
    } else {
      Terminal.write("Quartier \(quartierVersion)")
      for check in checks {
        let mark = check.ok ? "✓" : check.required ? "✗" : "–"
        Terminal.write("\(mark) \(Words.text("doctor.\(check.id)")) \(check.detail)")
        if !check.ok { Terminal.write("  → \(Words.text("doctor.\(check.id).fix"))") }
      }
    }
    if checks.contains(where: { $0.required && !$0.ok }) {
      throw ExitCode(ExitStatus.environment.rawValue)
    }
  }

  static func checks() async -> [Check] {
    var checks = [
      Check(id: "duckdb", ok: true, required: true, detail: DuckDBEngine.libraryVersion)
    ]
    checks.append(await excel())
    func file(_ id: String, _ path: String, required: Bool) -> Check {
      let found = ResourceLocator.current.fetched(path)
      return Check(id: id, ok: found != nil, required: required, detail: found?.path ?? path)
    }
    checks.append(file("echarts", "browser/echarts.min.js", required: true))
    let words = Words.localizer != nil
    checks.append(
      Check(
        id: "catalogues", ok: words, required: true,
        detail: words ? Language.allCases.map(\.rawValue).joined(separator: ", ") : "—"))
    let missing = ReferenceRelation.missing
    checks.append(
      Check(
        id: "reference", ok: missing.isEmpty, required: true,
        detail: missing.isEmpty
          ? String(ReferenceRelation.allCases.count)
          : missing.map(\.rawValue).joined(separator: ", ")))
    checks.append(file("demo_shop", "data/cdnow/CDNOW_master.txt", required: false))
    checks.append(
      file("demo_grocery", "data/completejourney/transactions.parquet", required: false))
    checks.append(temporaryFolder())
    return checks
  }

  /// Loads the extension that reads workbooks.
  private static func excel() async -> Check {
    guard let path = ResourceLocator.current.fetched("extensions/excel.duckdb_extension")?.path
    else {
      return Check(
        id: "excel", ok: false, required: false, detail: "extensions/excel.duckdb_extension")
    }
    do {
      let session = try await DuckDBEngine().session()
      try await session.execute("LOAD \(literal: path)")
      return Check(id: "excel", ok: true, required: false, detail: path)
    } catch {
      return Check(id: "excel", ok: false, required: false, detail: "\(error)")
    }
  }

  private static func temporaryFolder() -> Check {
    let folder = FileManager.default.temporaryDirectory
    let free =
      (try? FileManager.default.attributesOfFileSystem(forPath: folder.path))?[.systemFreeSize]
      as? NSNumber
    let gigabytes = (free?.doubleValue ?? 0) / 1e9
    let text = String(Int(gigabytes.rounded(.down)))
    return Check(
      id: "temporary", ok: gigabytes >= 1, required: false, detail: "\(folder.path) (\(text) GB)")
  }
}
