/// How far apart two names are.
package enum EditDistance {
  /// The least number of scalars to insert, delete, replace or swap with their neighbour (each
  /// stretch edited once: the optimal string alignment distance).
  static func between(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
      var row = [i] + Array(repeating: 0, count: b.count)
      for j in 1...b.count {
        let change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, change)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        }
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }

  /// Scalars of a name that is compared.
  private static let longest = 120

  /// At most three names that someone may have meant, the nearest first: a third of the letters
  /// may differ, or one name holds the other.
  ///
  /// - Parameter folding: what makes two spellings the same name.
  package static func nearest(
    _ name: String, in names: some Collection<String>,
    folding: (String) -> String = { $0.lowercased() }
  ) -> [String] {
    let wanted = folding(name)
    guard (1...longest).contains(wanted.unicodeScalars.count) else { return [] }
    let most = max(1, wanted.unicodeScalars.count / 3)
    let scored = names.compactMap { candidate -> (distance: Int, name: String)? in
      let other = folding(candidate)
      guard other.unicodeScalars.count <= longest else { return nil }
      let distance = between(wanted, other)
      if distance <= most { return (distance, candidate) }
      let isPart =
        wanted.count >= 4 && other.count >= 4 && (other.contains(wanted) || wanted.contains(other))
      return isPart ? (most + distance, candidate) : nil
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
