package import CustomerSchema

/// A value as a record holds it.
package enum RecordValue: Sendable, Hashable {
  case missing
  /// Counts, units of ten-thousandths, days since 1970, µs since 1970, 0 or 1.
  case integer(Int64)
  case double(Double)
  case text(String)
  case list([String])
  /// The fields of each object, in the order of the collection's columns.
  case objects([[RecordValue]])
}

/// Which columns and attributes a program reads, in the order records hold them.
package struct RecordLayout: Sendable, Hashable {
  package let collections: [PlanCollection]
  package let attributes: [AttributeDefinition]
  /// The attribute of each collection that is not a stream.
  let objectCollections: [Int: Int]

  package init(_ program: SegmentProgram) {
    collections = program.collections
    attributes = program.attributes
    var objects: [Int: Int] = [:]
    for (index, collection) in program.collections.enumerated() where collection.stream == nil {
      objects[index] = program.attributes.firstIndex { $0.id == collection.id }
    }
    objectCollections = objects
  }
}

/// One customer in memory: what rules may read of them.
package struct CustomerRecord: Sendable {
  /// By position in `SegmentProgram.collections`.
  package private(set) var rows: [RowTable]
  /// By position in `SegmentProgram.attributes`.
  package private(set) var attributes: [Timeline]
  package var memberships: [MembershipInterval] = []
  /// Segments a person put the customer into, or kept them out of.
  package var included: Set<Int64> = []
  package var excluded: Set<Int64> = []

  /// What an attribute was and when it changed.
  package struct Timeline: Sendable, Hashable {
    /// µs since 1970, ascending; `Int64.min` for a value without a history.
    package private(set) var starts: [Int64] = []
    package private(set) var values: [RecordValue] = []
    /// Objects as rows, one table for each value.
    fileprivate(set) var tables: [RowTable] = []

    package init() {}

    /// Says a value from an instant on; of two from one instant the later said holds.
    fileprivate mutating func say(_ value: RecordValue, from start: Int64, _ table: RowTable?) {
      let place = starts.firstIndex { $0 > start } ?? starts.count
      starts.insert(start, at: place)
      values.insert(value, at: place)
      if let table { tables.insert(table, at: place) }
    }

    /// The position of the value that holds at an instant; nil when there is none yet.
    func position(at instant: Int64) -> Int? {
      var index = starts.count - 1
      while index >= 0, starts[index] > instant { index -= 1 }
      return index >= 0 ? index : nil
    }
  }

  package init(_ layout: RecordLayout) {
    rows = layout.collections.map { RowTable(columns: $0.columns.map(\.type)) }
    attributes = layout.attributes.map { _ in Timeline() }
  }

  /// Adds a row of a stream, at its place in the order of rows.
  ///
  /// - Parameters:
  ///   - instant: µs since 1970.
  ///   - local: the same on the workspace's wall clock.
  ///   - values: one for each of the collection's columns.
  package mutating func append(
    _ collection: Int, at instant: Int64, local: Int64, source: String, key: String,
    _ values: [RecordValue]
  ) {
    rows[collection].insert(instant, local, source, key, values)
  }

  /// Says an attribute's value from an instant on; `Int64.min` for a value without a history.
  package mutating func set(
    _ attribute: Int, to value: RecordValue, from start: Int64, _ layout: RecordLayout
  ) {
    var table: RowTable?
    if case .objects = layout.attributes[attribute].type {
      let collection = layout.objectCollections.first { $0.value == attribute }?.key
      let columns = collection.map { layout.collections[$0].columns.map(\.type) } ?? []
      var objects = RowTable(columns: columns)
      if case .objects(let elements) = value {
        for element in elements { objects.append(element) }
      }
      table = objects
    }
    attributes[attribute].say(value, from: start, table)
  }
}

/// A recorded membership, `[entered, left)`.
package struct MembershipInterval: Sendable, Hashable {
  package let segment: Int64
  /// µs since 1970.
  package let entered: Int64
  /// nil while it lasts.
  package var left: Int64?

  package init(segment: Int64, entered: Int64, left: Int64? = nil) {
    self.segment = segment
    self.entered = entered
    self.left = left
  }
}

/// Rows of one collection, column by column, in the order (instant, source, key).
package struct RowTable: Sendable, Hashable {
  private(set) var instants: [Int64] = []
  private(set) var locals: [Int64] = []
  private(set) var sources: [String] = []
  private(set) var keys: [String] = []
  private(set) var columns: [Column]
  package private(set) var count = 0

  enum Column: Sendable, Hashable {
    /// `Int64.min` where missing.
    case integers([Int64])
    /// NaN where missing.
    case doubles([Double])
    /// Positions in the values, −1 where missing.
    case texts([Int32], values: [String])
  }

  init(columns: [AttributeType]) {
    self.columns = columns.map { type in
      switch type.kind {
      case .integer: .integers([])
      case .double: .doubles([])
      case .text, .list, .objects: .texts([], values: [])
      }
    }
  }

  mutating func insert(
    _ instant: Int64, _ local: Int64, _ source: String, _ key: String, _ values: [RecordValue]
  ) {
    var place = count
    while place > 0, precedes(instant, source, key, place - 1) { place -= 1 }
    instants.insert(instant, at: place)
    locals.insert(local, at: place)
    sources.insert(source, at: place)
    keys.insert(key, at: place)
    insert(values, at: place)
  }

  /// Adds an object, which has no time.
  fileprivate mutating func append(_ values: [RecordValue]) { insert(values, at: count) }

  private mutating func insert(_ values: [RecordValue], at place: Int) {
    for index in columns.indices {
      columns[index].insert(index < values.count ? values[index] : .missing, at: place)
    }
    count += 1
  }

  private func precedes(_ instant: Int64, _ source: String, _ key: String, _ row: Int) -> Bool {
    if instant != instants[row] { return instant < instants[row] }
    return rowOrder(source, key, sources[row], keys[row]) < 0
  }

  /// How many rows lie before an instant.
  func position(before instant: Int64) -> Int {
    var low = 0
    var high = instants.count
    while low < high {
      let middle = (low + high) / 2
      if instants[middle] < instant { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension RowTable.Column {
  fileprivate mutating func insert(_ value: RecordValue, at place: Int) {
    switch self {
    case .integers(var values):
      self = .integers([])
      if case .integer(let number) = value {
        values.insert(number, at: place)
      } else {
        values.insert(.min, at: place)
      }
      self = .integers(values)
    case .doubles(var values):
      self = .doubles([])
      if case .double(let number) = value {
        values.insert(number.isFinite ? number : .nan, at: place)
      } else {
        values.insert(.nan, at: place)
      }
      self = .doubles(values)
    case .texts(var codes, var known):
      self = .texts([], values: [])
      var code: Int32 = -1
      if case .text(let text) = value, !text.isEmpty {
        if let position = known.firstIndex(where: { $0.hasSameBytes(as: text) }) {
          code = Int32(position)
        } else {
          known.append(text)
          code = Int32(known.count - 1)
        }
      }
      codes.insert(code, at: place)
      self = .texts(codes, values: known)
    }
  }
}

/// Negative, 0 or positive as (source, key) comes before, with or after another, byte by byte.
func rowOrder(_ source: String, _ key: String, _ otherSource: String, _ otherKey: String) -> Int {
  if !source.hasSameBytes(as: otherSource) { return source.precedesInBytes(otherSource) ? -1 : 1 }
  if !key.hasSameBytes(as: otherKey) { return key.precedesInBytes(otherKey) ? -1 : 1 }
  return 0
}
