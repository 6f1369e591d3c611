/// The known classes of a category column with their codes: what was learned holds for new customers.
package struct CategoryCodes: Sendable, Codable, Equatable {
  package let name: String
  /// Class of each code, most frequent first, equally frequent ones in order of their text.
  package let classes: [String]

  /// Learns the classes of a column.
  package init(name: String, values: [String?]) {
    var counts: [String: Int] = [:]
    for case let value? in values { counts[value, default: 0] += 1 }
    self.name = name
    classes = counts.sorted {
      $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value
    }.map(\.key)
  }

  /// Codes of values; −1 where missing or never seen before.
  package func codes(of values: [String?]) -> [Int32] {
    var place: [String: Int32] = [:]
    for (code, name) in classes.enumerated() { place[name] = Int32(code) }
    return values.map { value in value.flatMap { place[$0] } ?? -1 }
  }
}

/// Columns of codes, interleaved to a row-major table.
func interleaved(_ columns: [[Int32]], rows: Int) -> [Int32] {
  var table = [Int32](repeating: -1, count: rows * columns.count)
  for (j, column) in columns.enumerated() {
    for (row, code) in column.enumerated() { table[row * columns.count + j] = code }
  }
  return table
}
