/// Jaro and Winkler's similarity of two words, as the engine computes it: over bytes.
enum NameSimilarity {
  /// From 0 to 1; Winkler (1990) with a prefix of at most 4 and a weight of 0.1 from 0.7 on.
  static func jaroWinkler(_ left: String, _ right: String) -> Double {
    let a = Array(left.utf8)
    let b = Array(right.utf8)
    guard !a.isEmpty, !b.isEmpty else { return 0 }
    if a == b { return 1 }
    let reach = max(0, max(a.count, b.count) / 2 - 1)
    var usedA = [Bool](repeating: false, count: a.count)
    var usedB = [Bool](repeating: false, count: b.count)
    var matches = 0
    for i in a.indices {
      let low = max(0, i - reach)
      let high = min(b.count - 1, i + reach)
      guard low <= high else { continue }
      for j in low...high where !usedB[j] && a[i] == b[j] {
        usedA[i] = true
        usedB[j] = true
        matches += 1
        break
      }
    }
    guard matches > 0 else { return 0 }
    var transposed = 0
    var j = 0
    for i in a.indices where usedA[i] {
      while !usedB[j] { j += 1 }
      if a[i] != b[j] { transposed += 1 }
      j += 1
    }
    let m = Double(matches)
    let jaro =
      (m / Double(a.count) + m / Double(b.count) + (m - Double(transposed / 2)) / m) / 3
    guard jaro > 0.7 else { return jaro }
    let prefix = zip(a, b).prefix(4).prefix { $0 == $1 }.count
    return jaro + Double(prefix) * 0.1 * (1 - jaro)
  }
}

/// What of a record can speak against its being somebody.
struct RecordTraits: Sendable, Hashable {
  /// Names for comparing.
  var first: String?
  var last: String?
  /// Days since 1970-01-01.
  var birth: Int32?
}

extension RecordTraits {
  /// Whether two records cannot be one person's: as `AgreementPattern.contradicts` has it.
  func contradicts(_ other: RecordTraits) -> Bool {
    if let first, let second = other.first, Self.areUnlike(first, second),
      first != other.last || last != second
    {
      return true
    }
    if let birth, let second = other.birth, Self.areUnlike(birth, second) { return true }
    return false
  }

  private static func areUnlike(_ a: String, _ b: String) -> Bool {
    if a == b { return false }
    if a.utf8.count == 1 || b.utf8.count == 1 { return a.utf8.first != b.utf8.first }
    return NameSimilarity.jaroWinkler(a, b) < 0.8 && !a.hasPrefix(b + " ") && !b.hasPrefix(a + " ")
  }

  private static func areUnlike(_ a: Int32, _ b: Int32) -> Bool {
    if a == b { return false }
    let (one, two) = (BirthDigits(a), BirthDigits(b))
    return !one.isNear(two)
  }
}
