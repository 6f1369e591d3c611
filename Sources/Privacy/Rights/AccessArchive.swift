internal import Foundation
internal import SQLBuilder
package import Warehouse

/// All that a store knows of one person, table by table.
package struct AccessArchive: Sendable {
  package let person: Person
  /// ISO 8601, UTC.
  package let madeAt: String
  package let firstSeen: String
  package let sections: [Section]

  /// Rows of one kind.
  package struct Section: Sendable, Hashable {
    /// The table, or `attributes`, `segments`, `runs`, `files`, `consent_record`, `decisions`.
    package let id: String
    package let columns: [String]
    /// Each a JSON object with the columns that have a value.
    package let rows: [String]
  }

  /// The machine-readable archive: one JSON object, keys sorted.
  ///
  /// - Parameter workspace: the controller's name.
  package func json(workspace: String) throws -> String {
    var object: [String: Any] = [
      "schema": "quartier.privacy-access/1", "workspace": workspace, "customer": person.subject,
      "kind": person.kind, "first_seen": firstSeen, "made_at": madeAt,
    ]
    var data: [String: Any] = [:]
    for section in sections {
      data[section.id] = section.rows.map { Self.object($0) }
    }
    object["data"] = data
    let json = try JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: json, as: UTF8.self) + "\n"
  }

  /// The values of a row, by column.
  package static func object(_ row: String) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(row.utf8))) as? [String: Any] ?? [:]
  }

  /// The values of a row as texts, in the order of the columns; empty where there is none.
  package static func texts(_ row: String, _ columns: [String]) -> [String] {
    let object = object(row)
    return columns.map { column in
      guard let value = object[column] else { return "" }
      if let text = value as? String { return text }
      if let number = value as? NSNumber {
        return isTruth(number) ? (number.boolValue ? "true" : "false") : "\(number)"
      }
      let json = try? JSONSerialization.data(
        withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
      return json.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
  }

  /// Whether the number was written as `true` or `false`.
  private static func isTruth(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
  }
}

/// Reads what a store knows of a person.
package struct AccessReader: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// Tables that repeat others, that are read by a section of their own, or that serve evaluation.
  private static let apart: Set<String> = [
    "customer", "customer_attribute", "attribute_history", "touched_customer", "next_due",
    "membership", "membership_change", "consents", "consent_proof", "privacy_decision",
    "profile_record", "customer_alias",
  ]
  /// Columns that say nothing of the person.
  private static let inner: Set<String> = ["customer_id", "row_id", "import_id", "source_line"]

  package func read(_ person: Person, now: Int64) async throws -> AccessArchive {
    let id = SQLValue.int(person.customer)
    let firstSeen = try await session.value(
      "SELECT first_seen FROM quartier.customer WHERE customer_id = \(id)"
    ).microseconds
    var sections = [try await attributes(id)]
    for table in try await tables() {
      let order: SQL =
        table.columns.contains { $0.name == "happened_at" } ? "happened_at" : "rowid"
      sections.append(
        try await rows(
          table.name, columns: table.columns,
          from: """
            quartier.\(identifier: table.name) WHERE customer_id = \(id)
            ORDER BY \(order)
            """))
    }
    sections += [
      try await segments(id), try await runs(id), try await consents(person, id),
      try await decisions(id), try await files(id),
    ]
    return AccessArchive(
      person: person, madeAt: InstantText.iso(now), firstSeen: InstantText.iso(firstSeen ?? 0),
      sections: sections.filter { !$0.rows.isEmpty })
  }

  // MARK: Tables

  private struct Column {
    let name: String
    let type: String

    /// The value as JSON shows it: instants in UTC.
    var value: SQL {
      switch type {
      case "TIMESTAMP WITH TIME ZONE":
        "strftime(timezone('UTC', \(identifier: name)), '%Y-%m-%dT%H:%M:%SZ')"
      case "JSON": "\(identifier: name)"
      case let type where type.hasPrefix("DECIMAL"): "CAST(\(identifier: name) AS VARCHAR)"
      case "UUID": "CAST(\(identifier: name) AS VARCHAR)"
      default: "\(identifier: name)"
      }
    }
  }

  private func tables() async throws -> [(name: String, columns: [Column])] {
    let rows = try await session.query(
      """
      SELECT c.table_name, c.column_name, c.data_type
      FROM duckdb_columns() AS c JOIN duckdb_tables() AS t
        ON t.database_name = c.database_name AND t.table_name = c.table_name
      WHERE c.database_name = 'quartier' AND c.table_name IN (
        SELECT table_name FROM duckdb_columns()
        WHERE database_name = 'quartier' AND column_name = 'customer_id')
      ORDER BY c.table_name, c.column_index
      """
    ).rows
    var tables: [(name: String, columns: [Column])] = []
    for row in rows {
      guard let table = row[0].text, let name = row[1].text, !Self.apart.contains(table) else {
        continue
      }
      if tables.last?.name != table { tables.append((table, [])) }
      guard !Self.inner.contains(name) else { continue }
      tables[tables.count - 1].columns.append(Column(name: name, type: row[2].text ?? ""))
    }
    return tables
  }

  private func rows(
    _ id: String, columns: [Column], from relation: SQL
  ) async throws -> AccessArchive.Section {
    let pairs = columns.map { "\(literal: $0.name), \($0.value)" as SQL }
    guard !pairs.isEmpty else { return AccessArchive.Section(id: id, columns: [], rows: []) }
    let rows = try await session.query(
      """
      SELECT json_merge_patch('{}', json_object(\(pairs.joined())))::VARCHAR FROM \(relation)
      """
    ).rows
    let texts = rows.compactMap { $0[0].text }
    let used = Set(texts.flatMap { AccessArchive.object($0).keys })
    return AccessArchive.Section(
      id: id, columns: columns.map(\.name).filter(used.contains), rows: texts)
  }

  private func section(
    _ id: String, _ columns: [String], _ query: SQL
  ) async throws -> AccessArchive.Section {
    try await rows(
      id, columns: columns.map { Column(name: $0, type: "VARCHAR") }, from: "(\(query))")
  }

  // MARK: Sections of their own

  /// Every value ever known, the current ones first, and the scores that models gave.
  private func attributes(_ id: SQLValue) async throws -> AccessArchive.Section {
    let computed = try await session.query(
      """
      SELECT d.attribute_id, d.origin FROM quartier.attribute_definition AS d
      JOIN duckdb_columns() AS c ON c.database_name = 'quartier'
        AND c.table_name = 'customer_attribute' AND c.column_name = d.attribute_id
      WHERE d.origin IN ('model', 'computed') ORDER BY d.attribute_id
      """
    ).rows.compactMap { row in row[0].text.map { (id: $0, origin: row[1].text ?? "model") } }
    let scores = computed.map { attribute -> SQL in
      """
      UNION ALL SELECT \(literal: attribute.id), CAST(\(identifier: attribute.id) AS VARCHAR),
        \(literal: attribute.origin), NULL, NULL, true
      FROM quartier.customer_attribute
      WHERE customer_id = \(id) AND \(identifier: attribute.id) IS NOT NULL
      """
    }
    return try await section(
      "attributes", ["attribute", "value", "origin", "source", "since", "is_current"],
      """
      SELECT h.attribute_id AS attribute, h.value, d.origin, h.source,
        strftime(timezone('UTC', h.valid_from), '%Y-%m-%dT%H:%M:%SZ') AS since,
        row_number() OVER (
          PARTITION BY h.customer_id, h.attribute_id ORDER BY h.valid_from DESC) = 1 AS is_current
      FROM quartier.attribute_history AS h
      LEFT JOIN quartier.attribute_definition AS d USING (attribute_id)
      WHERE h.customer_id IN (
        SELECT number FROM quartier.profile_number WHERE customer_id = \(id))
      \(scores.joined(separator: " "))
      ORDER BY is_current DESC, attribute, since DESC
      """)
  }

  private func segments(_ id: SQLValue) async throws -> AccessArchive.Section {
    try await section(
      "segments", ["segment", "rule", "entered", "left", "entry_reason", "exit_reason"],
      """
      SELECT v.name AS segment, v.rule,
        strftime(timezone('UTC', m.entered_at), '%Y-%m-%dT%H:%M:%SZ') AS entered,
        strftime(timezone('UTC', m.left_at), '%Y-%m-%dT%H:%M:%SZ') AS "left", m.entry_reason,
        m.exit_reason
      FROM quartier.membership AS m JOIN (
        SELECT segment_id, arg_max(name, version) AS name, arg_max(rule, version) AS rule
        FROM quartier.segment_version GROUP BY segment_id) AS v USING (segment_id)
      WHERE m.customer_id = \(id) ORDER BY entered, segment
      """)
  }

  private func runs(_ id: SQLValue) async throws -> AccessArchive.Section {
    let columns = try await session.query(
      """
      SELECT column_name, data_type FROM duckdb_columns()
      WHERE database_name = 'quartier' AND table_name = 'run_customers' ORDER BY column_index
      """
    ).rows.map { Column(name: $0[0].text ?? "", type: $0[1].text ?? "") }
    return try await rows(
      "runs", columns: columns,
      from: """
        quartier.run_customers WHERE customer IN (
          SELECT value FROM quartier.identifier
          WHERE customer_id = \(id) AND type IN ('customer', 'email')) ORDER BY run_id
        """)
  }

  private func consents(_ person: Person, _ id: SQLValue) async throws -> AccessArchive.Section {
    try await section(
      "consent_record",
      [
        "purpose", "channel", "granted", "legal_basis", "given_at", "expires_at", "source", "proof",
        "recorded_at",
      ],
      """
      SELECT purpose, channel, granted, legal_basis,
        strftime(timezone('UTC', given_at), '%Y-%m-%dT%H:%M:%SZ') AS given_at,
        strftime(timezone('UTC', expires_at), '%Y-%m-%dT%H:%M:%SZ') AS expires_at, source, p.proof,
        strftime(timezone('UTC', recorded_at), '%Y-%m-%dT%H:%M:%SZ') AS recorded_at
      FROM quartier.consent_ledger AS l LEFT JOIN quartier.consent_proof AS p USING (entry_id)
      WHERE subject IN (
        SELECT subject FROM quartier.profile_subject WHERE customer_id = \(id))
      ORDER BY l.given_at, entry_id
      """)
  }

  private func decisions(_ id: SQLValue) async throws -> AccessArchive.Section {
    try await section(
      "decisions", ["kind", "decided_at", "ended_at"],
      """
      SELECT kind, strftime(timezone('UTC', d.decided_at), '%Y-%m-%dT%H:%M:%SZ') AS decided_at,
        strftime(timezone('UTC', d.ended_at), '%Y-%m-%dT%H:%M:%SZ') AS ended_at
      FROM quartier.profile_decision AS d WHERE customer_id = \(id) ORDER BY d.decided_at
      """)
  }

  /// Where the data came from.
  private func files(_ id: SQLValue) async throws -> AccessArchive.Section {
    let tables = try await session.query(
      """
      SELECT table_name FROM duckdb_columns() WHERE database_name = 'quartier'
      GROUP BY table_name
      HAVING bool_or(column_name = 'customer_id') AND bool_or(column_name = 'import_id')
      ORDER BY table_name
      """
    ).rows.compactMap { $0[0].text }
    let imports = tables.map {
      "SELECT import_id FROM quartier.\(identifier: $0) WHERE customer_id = \(id)" as SQL
    }
    return try await section(
      "files", ["file", "kind", "source", "imported_at"],
      """
      SELECT file, kind, source,
        strftime(timezone('UTC', made_at), '%Y-%m-%dT%H:%M:%SZ') AS imported_at
      FROM quartier.imports
      WHERE import_id IN (\(imports.joined(separator: " UNION ")))
      ORDER BY import_id
      """)
  }
}
