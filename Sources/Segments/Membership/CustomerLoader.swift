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
  private let recorded: Set<Int64>

  init(_ session: any QuerySession, _ program: SegmentProgram, _ relations: SegmentRelations) {
    self.session = session
    self.program = program
    self.relations = relations
    layout = RecordLayout(program)
    recorded = program.dependencies.reduce(into: []) { $0.formUnion($1.segments) }
  }

  /// What has been told so far: everything up to `asOf` that was absorbed up to `row`.
  struct Told: Sendable {
    let asOf: Int64
    let row: Int64
    let customer: Int64
  }

  /// Loads the customers of a relation that has `customer_id`, by ascending id.
  ///
  /// - Throws: `WarehouseError.unexpectedResult` for an engine that hands over no columns.
  func load(_ customers: SQL, told: Told) async throws -> [LoadedCustomer] {
    guard let session = session as? any ColumnarSession else {
      throw WarehouseError.unexpectedResult("customers are loaded from engines with columns only")
    }
    let loading = Loading(layout, told, recorded)
    let isLoaded: SQL = "customer_id IN (SELECT customer_id FROM \(customers))"
    try await session.streamColumns(
      """
      SELECT customer_id, epoch_us(due_at) FROM (SELECT DISTINCT customer_id FROM \(customers))
        LEFT JOIN next_due USING (customer_id)
      ORDER BY customer_id
      """
    ) { batch in loading.takeCustomers(batch) }
    guard !loading.isEmpty else { return [] }
    let segments = recorded.sorted().map { "\(SQLValue.int($0))" as SQL }.joined()
    let past: SQL = recorded.isEmpty ? "false" : "segment_id IN (\(segments))"
    try await session.streamColumns(
      """
      SELECT customer_id, segment_id, epoch_us(entered_at), epoch_us(left_at)
      FROM \(relations.memberships) WHERE \(isLoaded) AND (left_at IS NULL OR \(past))
      ORDER BY customer_id, entered_at
      """
    ) { batch in loading.takeMemberships(batch) }
    try await session.streamColumns(
      """
      SELECT customer_id, segment_id, CAST(is_included AS BIGINT) FROM \(relations.decisions)
      WHERE \(isLoaded)
      """
    ) { batch in loading.takeDecisions(batch) }
    for (index, collection) in layout.collections.enumerated() {
      guard let stream = collection.stream else { continue }
      let fixed: [SQL] = [
        "customer_id", "epoch_us(happened_at)", "epoch_us(local_at)", "row_id", "\"source\"",
        "\"key\"",
      ]
      let columns = collection.columns.map { StoredRow.sql("\(identifier: $0.id)", $0.type) }
      let kind: SQL = stream.kind.map { "AND kind = \($0)" } ?? ""
      try await session.streamColumns(
        """
        SELECT \((fixed + columns).joined())
        FROM \(relations.table(stream.table)) WHERE \(isLoaded) \(kind)
        ORDER BY customer_id, happened_at, "source", "key"
        """
      ) { batch in loading.takeRows(batch, index) }
    }
    if !layout.attributes.isEmpty {
      try await loadAttributes(isLoaded, loading, session)
    }
    return loading.finish()
  }

  /// Values with their history; those of models, which have none, hold since ever.
  private func loadAttributes(
    _ isLoaded: SQL, _ loading: Loading, _ session: any ColumnarSession
  ) async throws {
    let ids = layout.attributes.map { "\($0.id)" as SQL }.joined()
    try await session.streamColumns(
      """
      SELECT customer_id, epoch_us(valid_from), row_id, attribute_id, value
      FROM \(relations.history) WHERE attribute_id IN (\(ids)) AND \(isLoaded)
      ORDER BY customer_id, valid_from, row_id
      """
    ) { batch in loading.takeHistory(batch) }
    let columns = layout.attributes.map { StoredRow.sql("\(identifier: $0.id)", $0.type) }
    try await session.streamColumns(
      """
      SELECT \((["customer_id"] + columns).joined()) FROM \(relations.attributes)
      WHERE \(isLoaded)
      """
    ) { batch in loading.takeAttributes(batch) }
  }
}

/// Customers as they come together from one query after the other.
// Used by one task at a time: the session's executor while it streams, then whoever awaited that.
private final class Loading: @unchecked Sendable {
  private let layout: RecordLayout
  private let told: CustomerLoader.Told
  private let recorded: Set<Int64>
  private var customers: [LoadedCustomer] = []
  private var positions: [Int64: Int] = [:]
  private let attributes: [String: Int]
  /// Attributes of each customer that have a history.
  private var dated: [Set<Int>] = []
  private var source = ""

  init(_ layout: RecordLayout, _ told: CustomerLoader.Told, _ recorded: Set<Int64>) {
    self.layout = layout
    self.told = told
    self.recorded = recorded
    attributes = Dictionary(
      layout.attributes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var isEmpty: Bool { customers.isEmpty }

  func takeCustomers(_ batch: ColumnBatch) {
    let empty = CustomerRecord(layout)
    for row in StoredRow.all(batch) {
      let id = row.integer(0)
      positions[id] = customers.count
      customers.append(
        LoadedCustomer(
          id: id, record: empty, isNew: id > told.customer,
          nextDue: row.isMissing(1) ? nil : row.integer(1)))
      dated.append([])
    }
  }

  func takeMemberships(_ batch: ColumnBatch) {
    for row in StoredRow.all(batch) {
      guard let position = positions[row.integer(0)] else { continue }
      let segment = row.integer(1)
      let left = row.isMissing(3) ? nil : row.integer(3)
      if left == nil { customers[position].members.insert(segment) }
      guard recorded.contains(segment) else { continue }
      customers[position].record.memberships.append(
        MembershipInterval(segment: segment, entered: row.integer(2), left: left))
    }
  }

  func takeDecisions(_ batch: ColumnBatch) {
    for row in StoredRow.all(batch) {
      guard let position = positions[row.integer(0)] else { continue }
      if row.integer(2) == 1 {
        customers[position].record.included.insert(row.integer(1))
      } else {
        customers[position].record.excluded.insert(row.integer(1))
      }
    }
  }

  func takeRows(_ batch: ColumnBatch, _ collection: Int) {
    let fields = layout.collections[collection].columns
    let isNegated = layout.collections[collection].stream?.isNegated ?? false
    var values: [RecordValue] = []
    for row in StoredRow.all(batch) {
      guard let position = positions[row.integer(0)] else { continue }
      let instant = row.integer(1)
      // Most rows of a customer come from one source: its text is made once.
      if !row.hasText(4, source) { source = row.text(4) }
      values.removeAll(keepingCapacity: true)
      for (index, field) in fields.enumerated() {
        var value = row.value(6 + index, field.type)
        if isNegated, field.id == "amount" || field.id == "quantity",
          case .integer(let units) = value
        {
          value = .integer(-units)
        }
        values.append(value)
      }
      let key = row.text(5)
      if instant <= told.asOf, row.integer(3) > told.row {
        customers[position].late.append(
          .row(
            collection: collection, instant: instant, local: row.integer(2), source: source,
            key: key, values: values))
        continue
      }
      customers[position].record.append(
        collection, at: instant, local: row.integer(2), source: source, key: key, values)
      if instant > told.asOf {
        customers[position].schedule.append(
          ScheduledChange(instant: instant, subject: .rows(collection)))
      }
    }
  }

  func takeHistory(_ batch: ColumnBatch) {
    for row in StoredRow.all(batch) {
      guard let position = positions[row.integer(0)], let attribute = attributes[row.text(3)] else {
        continue
      }
      let start = row.integer(1)
      dated[position].insert(attribute)
      let value = RecordValue(text: row.isMissing(4) ? nil : row.text(4), layout, attribute)
      if row.integer(2) > told.row, start <= told.asOf {
        customers[position].late.append(.value(attribute: attribute, from: start, value))
        continue
      }
      customers[position].record.set(attribute, to: value, from: start, layout)
      if start > told.asOf {
        customers[position].schedule.append(
          ScheduledChange(instant: start, subject: .attribute(attribute)))
      }
    }
  }

  func takeAttributes(_ batch: ColumnBatch) {
    for row in StoredRow.all(batch) {
      guard let position = positions[row.integer(0)] else { continue }
      for (index, attribute) in layout.attributes.enumerated()
      where !row.isMissing(index + 1) && !dated[position].contains(index) {
        let value =
          switch attribute.type {
          case .list, .objects: RecordValue(text: row.text(index + 1), layout, index)
          default: row.value(index + 1, attribute.type)
          }
        customers[position].record.set(index, to: value, from: .min, layout)
      }
    }
  }

  func finish() -> [LoadedCustomer] {
    for index in customers.indices where customers[index].schedule.count > 1 {
      customers[index].schedule.sort { $0.instant < $1.instant }
    }
    return customers
  }
}

/// A row of columns as the engine has them.
private struct StoredRow {
  let batch: ColumnBatch
  let row: Int

  static func all(_ batch: ColumnBatch) -> LazyMapSequence<Range<Int>, StoredRow> {
    (0..<batch.count).lazy.map { StoredRow(batch: batch, row: $0) }
  }

  /// A column in the form that `value` reads.
  static func sql(_ column: SQL, _ type: AttributeType) -> SQL {
    switch type {
    case .text, .enumeration: "CAST(\(column) AS VARCHAR)"
    case .boolean, .count, .duration: "CAST(\(column) AS BIGINT)"
    case .date: "CAST(\(column) - DATE '1970-01-01' AS BIGINT)"
    case .instant: "epoch_us(\(column))"
    case .share, .number: "CAST(\(column) AS DOUBLE)"
    case .decimal, .money: "CAST(\(column) AS DECIMAL(18, 4))"
    case .list: "CAST(to_json(\(column)) AS VARCHAR)"
    case .objects: "CAST(\(column) AS VARCHAR)"
    }
  }

  func isMissing(_ column: Int) -> Bool {
    guard let validity = batch.columns[column].validity else { return false }
    return validity[row >> 6] >> UInt64(row & 63) & 1 == 0
  }

  func integer(_ column: Int) -> Int64 {
    batch.columns[column].values.assumingMemoryBound(to: Int64.self)[row]
  }

  func value(_ column: Int, _ type: AttributeType) -> RecordValue {
    guard !isMissing(column) else { return .missing }
    switch type {
    case .text, .enumeration, .list, .objects:
      let text = text(column)
      return text.isEmpty ? .missing : .text(text)
    case .share, .number:
      let number = batch.columns[column].values.assumingMemoryBound(to: Double.self)[row]
      return number.isFinite ? .double(number) : .missing
    case .boolean, .date, .instant, .count, .duration, .decimal, .money:
      return .integer(integer(column))
    }
  }

  /// Empty for a missing one.
  func text(_ column: Int) -> String {
    withBytes(column) { String(decoding: $0, as: UTF8.self) }
  }

  func hasText(_ column: Int, _ text: String) -> Bool {
    withBytes(column) { bytes in
      text.utf8.count == bytes.count && text.utf8.elementsEqual(bytes)
    }
  }

  /// A text is its length, then its bytes where there are at most 12, else their first 4 and an
  /// address.
  private func withBytes<Value>(
    _ column: Int, _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    guard !isMissing(column) else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let place = batch.columns[column].values + 16 * row
    let count = Int(place.load(as: UInt32.self))
    let start =
      count <= 12 ? place + 4 : place.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    return body(UnsafeRawBufferPointer(start: start, count: count))
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
