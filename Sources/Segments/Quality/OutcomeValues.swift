internal import CustomerSchema
package import SQLBuilder
package import SegmentLanguage
package import Warehouse

/// Tells what segments are to be compared by: attributes, or values of the segment language.
package struct OutcomeValues: Sendable {
  private let session: any QuerySession
  private let language: RuleLanguage
  private let clock: WorkspaceClock

  package init(_ session: any QuerySession, _ language: RuleLanguage, _ clock: WorkspaceClock) {
    self.session = session
    self.language = language
    self.clock = clock
  }

  /// The temporary table that `prepare` makes.
  package static let table: SQL = "quality_outcome"

  /// Makes a temporary table of `customer_id` and a column per outcome.
  ///
  /// - Parameters:
  ///   - texts: `average_basket`, `count(orders, last 12 months)`, `city`…
  ///   - asOf: µs since the epoch.
  /// - Throws: `SegmentsError.definitions` for a text that is no value; `.outcome` for one of a type
  ///   that cannot be compared; `WarehouseError`.
  package func prepare(_ texts: [String], asOf: Int64) async throws -> [Outcome] {
    let checker = TypeChecker(language.schema)
    var outcomes: [Outcome] = []
    var categories: [(column: String, attribute: AttributeDefinition)] = []
    var numbers: [Expression] = []
    for (index, text) in texts.enumerated() {
      let (value, kind) = try read(text, checker)
      switch kind {
      case .text, .truth:
        guard case .name(let name) = value.form,
          let attribute = language.schema.attributes.first(where: { $0.id == name })
        else { throw SegmentsError.outcome(text) }
        categories.append(("c\(index)", attribute))
        outcomes.append(Outcome(name: text, column: "c\(index)", isCategorical: true))
      case .number, .money, .duration:
        outcomes.append(
          Outcome(name: text, column: "v\(numbers.count)", isCategorical: false))
        numbers.append(value)
      default: throw SegmentsError.outcome(text)
      }
    }
    // The program's statistics of the values bring the values with them.
    let rules = numbers.enumerated().map { index, value in
      SegmentRule(
        id: Int64(index), name: "\(index)",
        expression: Expression(
          .missing(Expression(.population(PopulationStatistic(.median, of: value))))))
    }
    let program = try SegmentProgram(rules: rules, schema: language.schema, clock: clock)
    let sources = TellingSources(session: session)
    let relations = try await sources.prepare([], program: program, stem: "outcome")
    let positions = rules.indices.compactMap { index in
      program.dependencies[index].requirements.first
    }
    let printed = SQLPrinter(program, relations: relations).values(
      of: positions, asOf: asOf, snapshot: .empty)
    let known = try await sources.columns(of: categories.map(\.attribute))
    let columns = categories.map {
      "known.\(identifier: $0.attribute.id)::VARCHAR AS \(identifier: $0.column)" as SQL
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE quality_outcome AS
      SELECT \((["told.*"] + columns).joined()) FROM (\(printed)) AS told
      JOIN (
        SELECT \((["c.customer_id"] + known).joined())
        FROM profiled_customer AS c LEFT JOIN customer_attribute AS a USING (customer_id)
      ) AS known USING (customer_id)
      """)
    return outcomes
  }

  /// The value that a text is and its kind.
  private func read(
    _ text: String, _ checker: TypeChecker
  ) throws(SegmentsError) -> (Expression, ValueKind) {
    do throws(SegmentLanguageError) {
      let value = try Expression.parse(text)
      return (value, try checker.kind(of: value))
    } catch {
      throw .definitions(language.problems(error.diagnostics, of: WrittenRule(typed: text)))
    }
  }
}

extension RuleLanguage {
  /// What each segment's rule reads, with what the segments it names read.
  ///
  /// - Throws: `SegmentsError.stored` for a rule kept from another version of the language.
  package func reads(
    _ segments: [StoredSegment], clock: WorkspaceClock
  ) throws(SegmentsError) -> [SegmentProgram.Dependencies] {
    try SegmentProgram(segments, schema, clock).dependencies
  }
}
