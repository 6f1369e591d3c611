package import Features
internal import Foundation
internal import Insights
internal import SQLBuilder
package import Warehouse

/// Scores one customer by the thresholds of a run, without looking at anybody else.
package struct ScoreCustomer: Sendable {
  private let method: RunResult.MethodReport

  /// What is known of the customer on the day of scoring.
  package struct Customer: Sendable, Hashable {
    package let daysSinceLastPurchase: Int
    package let orders: Int
    /// In the run's measure: revenue net of returns, gross, or the average basket.
    package let monetary: Double

    package init(daysSinceLastPurchase: Int, orders: Int, monetary: Double) {
      self.daysSinceLastPurchase = daysSinceLastPurchase
      self.orders = orders
      self.monetary = monetary
    }
  }

  /// The scores and the segments they give (`docs/schemas/customer-score-1.schema.json`).
  package struct Answer: Sendable, Hashable, Encodable {
    package let schema = "quartier.customer-score/1"
    package let rScore: Int
    package let fScore: Int
    package let mScore: Int
    package let segment: String
    package let rfmGroup: String
    package let monetary: MonetaryMeasure
  }

  /// - Parameter path: the `segments.json` of a run.
  /// - Throws: `PlatformError.runUnreadable`.
  package init(runAt path: String) throws(PlatformError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .runUnreadable(path)
    }
    method = try Self.method(data, path)
  }

  /// The newest run kept in a workspace.
  ///
  /// - Throws: `PlatformError.runUnreadable` when it has none.
  package init(newestRunOf workspace: Workspace, engine: any QueryEngine) async throws {
    let session = try await engine.session()
    try await Store.attach(workspace.storePath, to: session)
    let rows = try await session.query(
      "SELECT result FROM quartier.runs ORDER BY run_id DESC LIMIT 1"
    ).rows
    guard let text = rows.first?.first?.text else {
      throw PlatformError.runUnreadable(workspace.path)
    }
    method = try Self.method(Data(text.utf8), workspace.path)
  }

  private static func method(
    _ data: Data, _ path: String
  ) throws(PlatformError) -> RunResult.MethodReport {
    struct Kept: Decodable {
      let schema: String
      let method: RunResult.MethodReport
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let kept = try? decoder.decode(Kept.self, from: data), kept.schema == "quartier.run/1"
    else { throw .runUnreadable(path) }
    return kept.method
  }

  package func score(_ customer: Customer) throws(FeaturesError) -> Answer {
    let scores = method.thresholds.scores(
      daysSinceLastPurchase: customer.daysSinceLastPurchase, orders: customer.orders,
      monetary: customer.monetary)
    let scoring = RFMScoring(
      classes: method.classes, monetary: method.monetary, weights: method.weights,
      fixed: method.thresholds)
    guard let cell = try scoring.cells().first(where: { $0.scores == scores }) else {
      throw .resourceMissing("rfm-partitions.json")
    }
    return Answer(
      rScore: scores.recency, fScore: scores.frequency, mScore: scores.monetary,
      segment: cell.segment, rfmGroup: cell.group, monetary: method.monetary)
  }
}
