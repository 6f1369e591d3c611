import CustomerSchema
import DuckDBEngine
import Foundation
import SQLBuilder
import SegmentLanguage
import Testing
import Warehouse

@testable import Segments

/// A workspace's store in a folder of its own, filled by the tests themselves.
final class TestStore {
  let folder: URL
  let session: any QuerySession
  let language: RuleLanguage
  let clock: WorkspaceClock
  private var keys = 0

  /// 2024-01-01T00:00:00Z.
  static let start: Int64 = 1_704_067_200_000_000
  static let day: Int64 = 86_400_000_000

  init(zone: String = "Europe/Paris") async throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-segments-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    try await Store.attach(folder.appending(path: "store.duckdb").path, to: session)
    try await session.execute("USE quartier")
    language = RuleLanguage(SegmentSchema.standard(timeZone: zone))
    clock = try #require(WorkspaceClock(timeZone: zone))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// An instant so many days after the start.
  static func at(_ days: Double) -> Int64 { start + Int64(days * Double(day)) }

  func customers(_ count: Int) async throws {
    try await session.execute(
      """
      INSERT INTO customer (first_seen) SELECT \(SQLValue.instant(Self.start)) FROM range(\(count))
      """)
  }

  func order(_ customer: Int64, _ days: Double, _ amount: Double = 10) async throws {
    keys += 1
    let instant = SQLValue.instant(Self.at(days))
    try await session.execute(
      """
      INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
      VALUES (\(SQLValue.int(customer)), \(instant), timezone('Europe/Paris', \(instant)), 'test',
        \("o\(keys)"), nextval('row_ids'), 'purchase', \(amount))
      """)
    try await session.execute(
      "INSERT INTO touched_customer (customer_id) VALUES (\(SQLValue.int(customer)))")
  }

  /// Applies definitions as a file would.
  @discardableResult
  func define(_ yaml: String, prune: Bool = false) async throws -> CataloguePlan {
    let catalogue = SegmentCatalogue(session, language)
    let file = try DefinitionReader.read(yaml, file: "segments.yaml")
    let resolved = try await DefinitionResolver(session, language).resolve(
      file, current: try await catalogue.segments(), prune: prune)
    try await catalogue.apply(resolved.plan, at: Self.start)
    return resolved.plan
  }

  @discardableResult
  func refresh(_ days: Double, togetherFrom: Int = 5_000) async throws -> SegmentRefresh.Report {
    var refresh = SegmentRefresh(session, language, clock)
    refresh.togetherFrom = togetherFrom
    refresh.chunk = 3
    return try await refresh.run(asOf: Self.at(days)) { "\($0)" }
  }

  /// `name customer entered left entry exit`, in days after the start, in order.
  func intervals() async throws -> [String] {
    try await session.query(
      """
      SELECT arg_max(name, version), customer_id, entered_at, left_at, entry_reason, exit_reason
      FROM membership JOIN segment_version USING (segment_id)
      GROUP BY segment_id, customer_id, entered_at, left_at, entry_reason, exit_reason
      ORDER BY segment_id, customer_id, entered_at
      """
    ).rows.map { row in
      func days(_ value: SQLValue) -> String {
        guard let instant = value.microseconds else { return "…" }
        let days = Double(instant - Self.start) / Double(Self.day)
        return days == days.rounded() ? String(Int(days)) : String((days * 1000).rounded() / 1000)
      }
      let reasons = [row[4].text, row[5].text].compactMap(\.self).joined(separator: " ")
      return
        "\(row[0].text ?? "") \(row[1].int ?? 0): \(days(row[2])) to \(days(row[3])) \(reasons)"
    }
  }

  /// Every interval, exactly.
  func exactIntervals() async throws -> [[SQLValue]] {
    try await session.query(
      """
      SELECT segment_id, customer_id, entered_at, left_at, entry_reason, exit_reason FROM membership
      ORDER BY ALL
      """
    ).rows
  }
}
