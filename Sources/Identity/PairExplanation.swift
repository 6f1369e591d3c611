package import CustomerSchema
internal import SQLBuilder
package import Warehouse

/// How two records agree and what the rules make of it, whether they were compared or not.
package struct PairExplanation: Sendable {
  private let session: any QuerySession
  private let settings: IdentitySettings
  private let today: LocalDate

  package init(_ session: any QuerySession, _ settings: IdentitySettings, today: LocalDate) {
    self.session = session
    self.settings = settings
    self.today = today
  }

  /// One field of a comparison.
  package struct Agreement: Sendable, Hashable {
    package let field: String
    /// `missing` where one of the two lacks it.
    package let level: String
    /// log2 of m/u; 0 where it says nothing.
    package let weight: Double
  }

  package struct Answer: Sendable, Hashable {
    package let agreements: [Agreement]
    package let weight: Double
    package let probability: Double
    /// accept, review or reject, and by which rule or for which reason.
    package let decision: String
    package let word: String?
    /// Whether the weights were learned from this workspace.
    package let isLearned: Bool
  }

  /// - Parameter model: of the last resolution; nil before there is one.
  package func explain(_ first: Int, _ second: Int, model: MatchModel?) async throws -> Answer? {
    guard let session = session as? any ColumnarSession else {
      throw WarehouseError.unexpectedResult("the engine hands over no columns")
    }
    _ = try await RecordTable(session: session, settings: settings, today: today)
      .prepare(only: "VALUES (\(first)), (\(second))")
    let row = try await session.query(
      """
      SELECT \(AgreementPattern.code(keys: settings.keys.count)), a.kind, b.kind
      FROM identity_record AS a, identity_record AS b
      WHERE a.record = \(min(first, second)) AND b.record = \(max(first, second))
      """
    ).rows.first
    try await session.execute("DROP TABLE identity_record")
    guard let row, let code = row[0].int, row[1].text == "person", row[2].text == "person" else {
      return nil
    }
    let pattern = AgreementPattern(code: code)
    let used = model ?? .starting
    let probability = used.probability(pattern)
    let (decision, word): (String, String?) =
      switch PairRules(settings).decide(pattern, probability: probability) {
      case .accept(let rule): ("accept", rule)
      case .review(let reason): ("review", reason)
      case .reject: ("reject", nil)
      }
    return Answer(
      agreements: ComparedField.allCases.map { field in
        let level = pattern[field]
        return Agreement(
          field: field.name, level: level < 0 ? "missing" : field.levels[level],
          weight: used.weight(of: field, level: level))
      }, weight: used.weight(pattern), probability: probability, decision: decision, word: word,
      isLearned: model != nil)
  }
}
