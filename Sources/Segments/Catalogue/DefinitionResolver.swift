package import CustomerSchema
internal import SQLBuilder
internal import SegmentLanguage
package import Warehouse

/// Makes definitions of what a file says: rules read, customers found, everything checked
/// against the workspace.
package struct DefinitionResolver: Sendable {
  private let session: any QuerySession
  private let language: RuleLanguage

  package init(_ session: any QuerySession, _ language: RuleLanguage) {
    self.session = session
    self.language = language
  }

  /// A plan that may be applied, and what is worth saying of it.
  package struct Resolved: Sendable {
    package let plan: CataloguePlan
    package let warnings: [UserMessage]
  }

  /// - Throws: `SegmentsError.definitions` with every problem of the first kind met: what cannot be
  ///   read, then names and references, then rules that mean nothing here.
  package func resolve(
    _ file: DefinitionFile, current: [StoredSegment], prune: Bool
  ) async throws -> Resolved {
    let wanted = try await wanted(file)
    let plan = try CataloguePlan(current: current, wanted: wanted, prune: prune)
    var warnings = try check(plan, wanted)
    for one in wanted where one.definition.intention == nil {
      warnings.append(
        UserMessage("segments.intention", ["name": .text(one.definition.name)], at: one.place))
    }
    return Resolved(plan: plan, warnings: warnings)
  }

  // MARK: Reading

  private func wanted(_ file: DefinitionFile) async throws -> [CataloguePlan.Wanted] {
    var problems: [DefinitionProblem] = []
    var result: [CataloguePlan.Wanted] = []
    func collect(_ body: () throws(SegmentsError) -> Void) throws {
      do throws(SegmentsError) {
        try body()
      } catch .definitions(let found) {
        problems += found
      } catch {
        throw error
      }
    }
    let customers = try await CustomerFinder(session).find(
      file.segments.flatMap { $0.included + $0.excluded })
    for written in file.segments {
      var rule: Expression?
      var parameters: [String: Literal] = [:]
      try collect { () throws(SegmentsError) in rule = try language.read(written.rule) }
      for parameter in written.parameters {
        try collect { () throws(SegmentsError) in
          parameters[parameter.name] = try language.read(parameter)
        }
      }
      let included = written.included.compactMap { customer(customers[$0], $0, &problems) }
      let excluded = written.excluded.compactMap { one -> Int64? in
        guard let id = customer(customers[one], one, &problems) else { return nil }
        if included.contains(id) {
          problems.append(
            DefinitionProblem(UserMessage("segments.customers.both", at: one.place)))
        }
        return id
      }
      guard let rule else { continue }
      result.append(
        CataloguePlan.Wanted(
          definition: SegmentDefinition(
            name: written.name, intention: written.intention, owner: written.owner,
            description: written.description, colour: written.colour, tags: written.tags,
            rule: rule, parameters: parameters, included: Set(included), excluded: Set(excluded)),
          renamedFrom: written.renamedFrom, place: written.place, rule: written.rule))
    }
    guard problems.isEmpty else { throw SegmentsError.definitions(problems) }
    return result
  }

  private func customer(
    _ found: CustomerFinder.Found?, _ written: WrittenCustomer,
    _ problems: inout [DefinitionProblem]
  ) -> Int64? {
    switch found {
    case .one(let id): return id
    case .several:
      problems.append(
        DefinitionProblem(UserMessage("segments.customers.ambiguous", at: written.place)))
    case nil:
      problems.append(
        DefinitionProblem(UserMessage("segments.customers.unknown", at: written.place)))
    }
    return nil
  }

  // MARK: Checking

  /// Checks every rule of the file against the workspace and the segments there would be.
  ///
  /// - Returns: warnings.
  private func check(
    _ plan: CataloguePlan, _ wanted: [CataloguePlan.Wanted]
  ) throws(SegmentsError) -> [UserMessage] {
    let names = Set(plan.definitions.map(\.name))
    var problems: [DefinitionProblem] = []
    var warnings: [UserMessage] = []
    for (definition, one) in zip(plan.definitions, wanted) {
      let checker = TypeChecker(
        language.schema, segments: names, parameters: definition.parameters)
      do throws(SegmentLanguageError) {
        let checked = try checker.check(definition.rule)
        warnings += language.problems(checked.warnings, of: one.rule).map(\.message)
      } catch {
        problems += language.problems(
          error.diagnostics.filter { $0.severity == .error }, of: one.rule)
      }
    }
    guard problems.isEmpty else { throw .definitions(problems) }
    return warnings
  }
}

/// Finds customers by what people write of them.
struct CustomerFinder {
  private let session: any QuerySession

  init(_ session: any QuerySession) { self.session = session }

  enum Found: Hashable { case one(Int64), several }

  func find(_ written: [WrittenCustomer]) async throws -> [WrittenCustomer: Found] {
    guard !written.isEmpty else { return [:] }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE written_customer (
        place BIGINT, value VARCHAR, source VARCHAR, type VARCHAR)
      """)
    for start in stride(from: 0, to: written.count, by: 2_000) {
      let rows = (start..<min(start + 2_000, written.count)).map { index -> SQL in
        let one = written[index]
        let source = one.source.map(SQLValue.text) ?? .null
        let type = one.type.map(SQLValue.text) ?? .null
        return "(\(index), \(one.value), \(source), \(type))"
      }
      try await session.execute("INSERT INTO written_customer VALUES \(rows.joined())")
    }
    let rows = try await session.query(
      """
      SELECT place, min(customer_id), count(DISTINCT customer_id) FROM (
        SELECT place, customer_id FROM written_customer w JOIN identifier i ON i.value = w.value
          AND (w.source IS NULL OR w.source = i.source) AND (w.type IS NULL OR w.type = i.type)
        UNION ALL
        SELECT place, customer_id FROM written_customer w JOIN customer c
          ON c.public_id::VARCHAR = lower(w.value) AND w.source IS NULL AND w.type IS NULL
        UNION ALL
        SELECT place, survivor_id FROM written_customer w JOIN customer_alias c
          ON c.public_id::VARCHAR = lower(w.value) AND w.source IS NULL AND w.type IS NULL)
      WHERE customer_id IN (SELECT customer_id FROM profiled_customer)
      GROUP BY place
      """
    ).rows
    try await session.execute("DROP TABLE written_customer")
    var result: [WrittenCustomer: Found] = [:]
    for row in rows {
      guard let place = row[0].int, let id = row[1].int else { continue }
      result[written[place]] = row[2].int == 1 ? .one(Int64(id)) : .several
    }
    return result
  }
}
