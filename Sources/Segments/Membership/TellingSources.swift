internal import CustomerSchema
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// What rules read, as temporary relations: the decisions that hold, and every attribute a rule
/// may name, whether the workspace has a column of it yet or not.
struct TellingSources {
  let session: any QuerySession

  /// - Parameter stem: keeps the relations of two programs apart.
  func prepare(
    _ segments: [StoredSegment], program: SegmentProgram, stem: String
  ) async throws -> SegmentRelations {
    var relations = SegmentRelations()
    relations.decisions = try await decisions(segments, "\(stem)_decision")
    relations.attributes = try await attributes(program, "\(stem)_attribute")
    return relations
  }

  private func decisions(_ segments: [StoredSegment], _ name: String) async throws -> SQL {
    var rows = NumberRows(columns: 3)
    for segment in segments {
      for customer in segment.definition.included.sorted() { rows.append(segment.id, customer, 1) }
      for customer in segment.definition.excluded.sorted() { rows.append(segment.id, customer, 0) }
    }
    let numbers = "\(name)_number"
    try await rows.write(
      to: numbers, columns: ["segment_id", "customer_id", "is_included"], in: session)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: name) AS
      SELECT segment_id, customer_id, is_included = 1 AS is_included FROM \(identifier: numbers)
      """)
    try await session.execute("DROP TABLE \(identifier: numbers)")
    return "\(identifier: name)"
  }

  private func attributes(_ program: SegmentProgram, _ name: String) async throws -> SQL {
    let columns = try await columns(of: program.attributes)
    try await session.execute(
      """
      CREATE OR REPLACE TEMP VIEW \(identifier: name) AS
      SELECT \((["c.customer_id"] + columns).joined())
      FROM profiled_customer AS c LEFT JOIN customer_attribute AS a USING (customer_id)
      """)
    return "\(identifier: name)"
  }

  /// Each attribute's column under its id, of `customer` AS c and `customer_attribute` AS a;
  /// attributes that nothing has filled yet are missing for everyone.
  func columns(of attributes: [AttributeDefinition]) async throws -> [SQL] {
    let present = Set(
      try await session.query(
        """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = current_database() AND table_name = 'customer_attribute'
        """
      ).rows.compactMap { $0[0].text })
    return attributes.map { attribute -> SQL in
      if present.contains(attribute.id) { return "a.\(identifier: attribute.id)" }
      // What a customer is stands with the customer.
      if attribute.id == "kind" { return "c.kind" }
      return "NULL::\(Self.columnType(attribute.type)) AS \(identifier: attribute.id)"
    }
  }

  private static func columnType(_ type: AttributeType) -> SQL {
    switch type {
    case .text, .enumeration: "VARCHAR"
    case .boolean: "BOOLEAN"
    case .date: "DATE"
    case .instant: "TIMESTAMPTZ"
    case .count, .duration: "BIGINT"
    case .share, .number: "DOUBLE"
    case .decimal, .money: "DECIMAL(18, 4)"
    case .list: "VARCHAR[]"
    case .objects: "JSON"
    }
  }
}

extension SegmentProgram {
  /// The program of these segments.
  ///
  /// - Throws: `SegmentsError.lowering` for what the type checker would have refused: a rule kept
  ///   from another version of the language.
  init(
    _ segments: [StoredSegment], _ schema: SegmentSchema, _ clock: WorkspaceClock
  ) throws(SegmentsError) {
    do throws(LoweringError) {
      try self.init(
        rules: segments.map { segment in
          let definition = segment.definition
          return SegmentRule(
            id: segment.id, name: segment.name, expression: definition.rule,
            parameters: definition.parameters,
            hasDecisions: !definition.included.isEmpty || !definition.excluded.isEmpty)
        }, schema: schema, clock: clock)
    } catch {
      throw .stored(segment: segments.first?.name ?? "", reason: "\(error)")
    }
  }
}
