/// Corrects words by a vocabulary: optimal string alignment distance 1, or 2 for words of nine
/// letters or more, found by the symmetric-deletion method (Garbe 2012).
struct Spelling: Sendable {
  /// The vocabulary with how often each word occurs.
  private let frequencies: [String: Int]
  /// Words by what is left of them after deleting up to two letters.
  private let deletions: [UInt64: [String]]

  init(_ frequencies: [String: Int]) {
    self.frequencies = frequencies
    var deletions: [UInt64: [String]] = [:]
    for (word, _) in frequencies.sorted(by: { $0.key < $1.key }) where word.utf8.count >= 4 {
      for hash in Self.variants(Array(word.utf8)) { deletions[hash, default: []].append(word) }
    }
    self.deletions = deletions
  }

  /// The word itself when it is known, else the nearest one; nil when none is near, or several are
  /// equally near and equally frequent.
  func correct(_ word: String) -> String? {
    if frequencies[word] != nil { return word }
    let bytes = Array(word.utf8)
    guard bytes.count >= 5 else { return nil }
    let limit = Self.limit(bytes.count)
    var best: (word: String, distance: Int, frequency: Int)?
    var isTied = false
    var seen = Set<String>()
    for hash in Self.variants(bytes) {
      for candidate in deletions[hash] ?? [] where seen.insert(candidate).inserted {
        let distance = Self.distance(bytes, Array(candidate.utf8))
        guard distance <= limit else { continue }
        let frequency = frequencies[candidate] ?? 0
        if let current = best {
          if (distance, -frequency) < (current.distance, -current.frequency) {
            best = (candidate, distance, frequency)
            isTied = false
          } else if distance == current.distance, frequency == current.frequency {
            isTied = true
          }
        } else {
          best = (candidate, distance, frequency)
        }
      }
    }
    return isTied ? nil : best?.word
  }

  private static func limit(_ length: Int) -> Int { length >= 9 ? 2 : 1 }

  private static func variants(_ word: [UInt8]) -> Set<UInt64> {
    var hashes: Set<UInt64> = [hash(word, without: -1, -1)]
    let deletions = limit(word.count)
    for i in word.indices {
      hashes.insert(hash(word, without: i, -1))
      guard deletions == 2 else { continue }
      for j in (i + 1)..<max(i + 1, word.count) { hashes.insert(hash(word, without: i, j)) }
    }
    return hashes
  }

  /// FNV-1a without one or two letters; a collision only costs a comparison.
  private static func hash(_ word: [UInt8], without first: Int, _ second: Int) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for i in word.indices where i != first && i != second {
      hash = (hash ^ UInt64(word[i])) &* 0x100_0000_01b3
    }
    return hash
  }

  /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before = [Int](repeating: 0, count: right.count + 1)
    var above = Array(0...right.count)
    for i in 0..<left.count {
      var row = [Int](repeating: i + 1, count: right.count + 1)
      for j in 0..<right.count {
        var cost = min(above[j] + (left[i] == right[j] ? 0 : 1), above[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          cost = min(cost, before[j - 1] + 1)
        }
        row[j + 1] = cost
      }
      before = above
      above = row
    }
    return above[right.count]
  }
}
