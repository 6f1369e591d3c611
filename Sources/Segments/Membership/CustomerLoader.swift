internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// A customer in memory, with what has happened since memberships were last told.
struct LoadedCustomer: Sendable {
  let id: Int64
  /// Without what came late.
  var record: CustomerRecord
  /// What came in time and lies after the last telling, by instant.
  var schedule: [ScheduledChange] = []
  /// What was absorbed since, of an instant that had been told already.
  var late: [LateChange] = []
  /// Segments of the open memberships.
  var members: Set<Int64> = []
  /// Never told before.
  var isNew: Bool
  var nextDue: Int64?
}

/// Something at an instant that may change answers.
struct ScheduledChange: Sendable, Hashable {
  let instant: Int64
  let subject: ChangeSubject
}

/// What changed: a position in the program's collections or attributes.
enum ChangeSubject: Sendable, Hashable { case rows(Int), attribute(Int) }

/// A row, or a value of an attribute, as a record takes it.
enum LateChange: Sendable {
  case row(
    collection: Int, instant: Int64, local: Int64, source: String, key: String,
    values: [RecordValue])
  case value(attribute: Int, from: Int64, RecordValue)

  func apply(to record: inout CustomerRecord, _ layout: RecordLayout) {
    switch self {
    case .row(let collection, let instant, let local, let source, let key, let values):
      record.append(
        collection, at: instant, local: local, source: source, key: key, values)
    case .value(let attribute, let start, let value):
      record.set(attribute, to: value, from: start, layout)
    }
  }
}

/// Loads customers from the store's tables.
struct CustomerLoader {
  let session: any QuerySession
  let program: SegmentProgram
  let relations: SegmentRelations
  let layout: RecordLayout
  /// Segments whose recorded intervals some rule reads.
  private let recorded: [Int64]

  init(_ session: any QuerySession, _ program: SegmentProgram, _ relations: SegmentRelations) {
    self.session = session
    self.program = program
    self.relations = relations
    layout = RecordLayout(program)
    recorded = program.dependencies.reduce(into: Set<Int64>()) { $0.formUnion($1.segments) }
      .sorted()
  }

  /// What has been told so far: everything up to `asOf` that was absorbed up to `row`.
  struct Told: Sendable {
    let asOf: Int64
    let row: Int64
    let customer: Int64
  }

  /// Loads the customers of a relation that has `customer_id`.
  func load(_ customers: SQL, told: Told) async throws -> [LoadedCustomer] {
    var loaded: [Int64: LoadedCustomer] = [:]
    let ids = try await session.query(
      """
      SELECT customer_id, due_at FROM (SELECT DISTINCT customer_id FROM \(customers))
        LEFT JOIN next_due USING (customer_id)
      ORDER BY customer_id
      """
    ).rows
    for row in ids {
      guard let id = row[0].int.map(Int64.init) else { continue }
      loaded[id] = LoadedCustomer(
        id: id, record: CustomerRecord(layout), isNew: id > told.customer,
        nextDue: row[1].microseconds)
    }
    try await loadMemberships(customers, &loaded)
    try await loadDecisions(customers, &loaded)
    for (index, collection) in layout.collections.enumerated() {
      guard let stream = collection.stream else { continue }
      try await loadRows(index, collection, stream, customers, told, &loaded)
    }
    if !layout.attributes.isEmpty { try await loadAttributes(customers, told, &loaded) }
    return ids.compactMap { row in
      guard let id = row[0].int, var one = loaded[Int64(id)] else { return nil }
      one.schedule.sort { $0.instant < $1.instant }
      return one
    }
  }

  private func loadMemberships(
    _ customers: SQL, _ loaded: inout [Int64: LoadedCustomer]
  ) async throws {
    let segments = recorded.map { "\(SQLValue.int($0))" as SQL }.joined()
    let past: SQL = recorded.isEmpty ? "false" : "segment_id IN (\(segments))"
    for row in try await session.query(
      """
      SELECT customer_id, segment_id, entered_at, left_at FROM \(relations.memberships)
      WHERE customer_id IN (SELECT customer_id FROM \(customers)) AND (left_at IS NULL OR \(past))
      ORDER BY customer_id, entered_at
      """
    ).rows {
      guard let id = row[0].int, let segment = row[1].int.map(Int64.init),
        let entered = row[2].microseconds
      else { continue }
      let left = row[3].microseconds
      if left == nil { loaded[Int64(id)]?.members.insert(segment) }
      guard recorded.contains(segment) else { continue }
      loaded[Int64(id)]?.record.memberships.append(
        MembershipInterval(segment: segment, entered: entered, left: left))
    }
  }

  private func loadDecisions(
    _ customers: SQL, _ loaded: inout [Int64: LoadedCustomer]
  ) async throws {
    for row in try await session.query(
      """
      SELECT customer_id, segment_id, is_included FROM \(relations.decisions)
      WHERE customer_id IN (SELECT customer_id FROM \(customers))
      """
    ).rows {
      guard let id = row[0].int.map(Int64.init), let segment = row[1].int.map(Int64.init) else {
        continue
      }
      if row[2].bool == true {
        loaded[id]?.record.included.insert(segment)
      } else {
        loaded[id]?.record.excluded.insert(segment)
      }
    }
  }

  private func loadRows(
    _ index: Int, _ collection: PlanCollection, _ stream: StreamDefinition, _ customers: SQL,
    _ told: Told, _ loaded: inout [Int64: LoadedCustomer]
  ) async throws {
    let columns = collection.columns.map { "\(identifier: $0.id)" as SQL }
    let fixed: [SQL] = ["customer_id", "happened_at", "local_at", "source", "key", "row_id"]
    let kind: SQL = stream.kind.map { "AND kind = \($0)" } ?? ""
    let table = relations.tables[stream.table] ?? "\(identifier: stream.table)"
    for row in try await session.query(
      """
      SELECT \((fixed + columns).joined()) FROM \(table)
      WHERE customer_id IN (SELECT customer_id FROM \(customers)) \(kind)
      ORDER BY customer_id, happened_at, source, key
      """
    ).rows {
      guard let id = row[0].int.map(Int64.init), let instant = row[1].microseconds,
        let local = row[2].microseconds, let rowID = row[5].int.map(Int64.init)
      else { continue }
      let values = zip(collection.columns, row.dropFirst(fixed.count)).map { field, value in
        RecordValue(
          value, field.type,
          isNegated: stream.isNegated && ["amount", "quantity"].contains(field.id))
      }
      let source = row[3].text ?? ""
      let key = row[4].text ?? ""
      if rowID > told.row, instant <= told.asOf {
        loaded[id]?.late.append(
          .row(
            collection: index, instant: instant, local: local, source: source, key: key,
            values: values))
        continue
      }
      loaded[id]?.record.append(index, at: instant, local: local, source: source, key: key, values)
      if instant > told.asOf {
        loaded[id]?.schedule.append(ScheduledChange(instant: instant, subject: .rows(index)))
      }
    }
  }

  /// Values with their history; those of models, which have none, hold since ever.
  private func loadAttributes(
    _ customers: SQL, _ told: Told, _ loaded: inout [Int64: LoadedCustomer]
  ) async throws {
    var positions: [String: Int] = [:]
    for (index, attribute) in layout.attributes.enumerated() { positions[attribute.id] = index }
    let ids = layout.attributes.map { "\($0.id)" as SQL }.joined()
    var told1: [Int64: Set<Int>] = [:]
    for row in try await session.query(
      """
      SELECT customer_id, attribute_id, valid_from, value, row_id FROM \(relations.history)
      WHERE attribute_id IN (\(ids)) AND customer_id IN (SELECT customer_id FROM \(customers))
      ORDER BY customer_id, valid_from, row_id
      """
    ).rows {
      guard let id = row[0].int.map(Int64.init), let index = positions[row[1].text ?? ""],
        let start = row[2].microseconds, let rowID = row[4].int.map(Int64.init)
      else { continue }
      told1[id, default: []].insert(index)
      let value = RecordValue(text: row[3].text, layout, index)
      if rowID > told.row, start <= told.asOf {
        loaded[id]?.late.append(.value(attribute: index, from: start, value))
        continue
      }
      loaded[id]?.record.set(index, to: value, from: start, layout)
      if start > told.asOf {
        loaded[id]?.schedule.append(ScheduledChange(instant: start, subject: .attribute(index)))
      }
    }
    let columns = layout.attributes.map { "\(identifier: $0.id)" as SQL }
    for row in try await session.query(
      """
      SELECT \((["customer_id"] + columns).joined()) FROM \(relations.attributes)
      WHERE customer_id IN (SELECT customer_id FROM \(customers))
      """
    ).rows {
      guard let id = row[0].int.map(Int64.init) else { continue }
      for (index, attribute) in layout.attributes.enumerated()
      where told1[id]?.contains(index) != true && !row[index + 1].isNull {
        let value = row[index + 1]
        loaded[id]?.record.set(
          index, to: RecordValue(value, attribute.type, layout: layout, attribute: index),
          from: .min, layout)
      }
    }
  }
}

extension RecordValue {
  /// A column's value as records hold it.
  init(
    _ value: SQLValue, _ type: AttributeType, isNegated: Bool = false,
    layout: RecordLayout? = nil, attribute: Int = 0
  ) {
    switch value {
    case .null: self = .missing
    case .bool(let flag): self = .integer(flag ? 1 : 0)
    case .int(let number):
      let scaled =
        switch type {
        case .decimal, .money: number * 10_000
        default: number
        }
      self = .integer(isNegated ? -scaled : scaled)
    case .decimal(let decimal):
      let units = Int64(clamping: decimal.rescaled(to: 4).units)
      self = .integer(isNegated ? -units : units)
    case .double(let number): self = number.isFinite ? .double(number) : .missing
    case .date(let days): self = .integer(Int64(days))
    case .instant(let microseconds), .localTimestamp(let microseconds):
      self = .integer(microseconds)
    case .list(let elements): self = .list(elements.compactMap(\.text).filter { !$0.isEmpty })
    case .text(let text):
      if case .objects = type, let layout {
        self = RecordValue(text: text, layout, attribute)
      } else {
        self = text.isEmpty ? .missing : .text(text)
      }
    }
  }

  /// A value of an attribute's history, which holds texts.
  init(text: String?, _ layout: RecordLayout, _ attribute: Int) {
    guard let text else {
      self = .missing
      return
    }
    let type = layout.attributes[attribute].type
    if case .objects = type {
      let columns =
        layout.collections.first {
          $0.stream == nil && $0.id == layout.attributes[attribute].id
        }?.columns ?? []
      let objects =
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [[String: Any]] ?? []
      self = .objects(
        objects.map { object in
          columns.map { RecordValue(text: Self.text(object[$0.id]), type: $0.type) }
        })
      return
    }
    self = RecordValue(text: text, type: type)
  }

  private static func text(_ value: Any?) -> String? {
    switch value {
    case let text as String: text
    case let number as NSNumber: number.stringValue
    default: nil
    }
  }

  /// Reads what the store's histories write: ISO dates, instants in UTC, JSON for lists.
  init(text: String?, type: AttributeType) {
    guard let text, !text.isEmpty else {
      self = .missing
      return
    }
    switch type {
    case .text, .enumeration: self = .text(text)
    case .boolean:
      self = ["true", "t", "1"].contains(text.lowercased()) ? .integer(1) : .integer(0)
    case .date:
      self = LocalDate(iso: text.prefix(10)).map { .integer(Int64($0.daysSinceEpoch)) } ?? .missing
    case .instant: self = Self.instant(text).map { .integer($0) } ?? .missing
    case .count, .duration: self = Int64(text).map { .integer($0) } ?? .missing
    case .share, .number:
      self = Double(text).flatMap { $0.isFinite ? .double($0) : nil } ?? .missing
    case .decimal, .money:
      self =
        SQLDecimal(text).map { .integer(Int64(clamping: $0.rescaled(to: 4).units)) } ?? .missing
    case .list:
      let elements = try? JSONDecoder().decode([String?].self, from: Data(text.utf8))
      self = .list((elements ?? []).compactMap(\.self).filter { !$0.isEmpty })
    case .objects: self = .missing
    }
  }

  /// `2024-01-31T12:00:00.5Z`, `2024-01-31 12:00:00+00`.
  private static func instant(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, let day = LocalDate(iso: text.prefix(10)) else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      Int64(String(decoding: bytes[range], as: UTF8.self))
    }
    guard let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    var microseconds: Int64 = 0
    var place = 19
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      var factor: Int64 = 100_000
      while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) {
        microseconds += Int64(bytes[place] - UInt8(ascii: "0")) * factor
        factor /= 10
        place += 1
      }
    }
    var offset: Int64 = 0
    if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-"),
      place + 2 < bytes.count, let hours = number(place + 1..<place + 3)
    {
      let rest = bytes[(place + 3)...].filter { $0 != UInt8(ascii: ":") }
      let minutes =
        rest.count >= 2 ? Int64(String(decoding: rest.prefix(2), as: UTF8.self)) ?? 0 : 0
      offset = (hours * 60 + minutes) * 60 * (bytes[place] == UInt8(ascii: "-") ? -1 : 1)
    }
    let seconds = Int64(day.daysSinceEpoch) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return seconds * 1_000_000 + microseconds
  }
}
