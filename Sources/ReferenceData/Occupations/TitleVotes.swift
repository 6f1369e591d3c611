internal import Foundation

/// Titles and labels with their codes, that vote for the code of a title by the words they share.
///
/// Similarity is the cosine of vectors weighted by inverse document frequency, the first word (what the
/// person is, before what she does it on) twice. Votes are the similarities to the fourth power, so
/// that a close title counts more than many distant ones.
struct TitleVotes: Sendable {
  struct Level: Sendable, Hashable {
    let code: String
    /// The winner's part of the votes, and its most similar evidence; both from 0 to 1.
    let share: Double
    let similarity: Double
    /// The share of such answers that are right.
    let confidence: Double
  }

  private struct Posting {
    let document: Int32
    let weight: Double
  }

  private let words: [String: Int]
  private let inverseFrequencies: [Double]
  private let postings: [[Posting]]
  private let weights: [Double]
  /// Codes of each level and, for each piece of evidence, its position there; −1 when it is coarser.
  private let codes: [[String]]
  private let positions: [[Int32]]

  private static let headWeight = 2.0
  /// Characters of a profession, a category and a group.
  private static let lengths = [4, 2, 1]

  init(_ evidence: [(words: [String], code: String, weight: Double)]) {
    var words: [String: Int] = [:]
    var documents: [[(word: Int, count: Double)]] = []
    var counts: [Int] = []
    for item in evidence {
      var vector: [Int: Double] = [:]
      for (position, word) in item.words.enumerated() {
        let id = words[word] ?? words.count
        if id == words.count {
          words[word] = id
          counts.append(0)
        }
        if vector[id] == nil { counts[id] += 1 }
        vector[id] = max(vector[id] ?? 0, position == 0 ? Self.headWeight : 1)
      }
      documents.append(vector.sorted { $0.key < $1.key }.map { (word: $0.key, count: $0.value) })
    }
    let total = Double(evidence.count)
    let inverse = counts.map { log(1 + total / Double($0)) }
    var postings = [[Posting]](repeating: [], count: words.count)
    for (document, vector) in documents.enumerated() {
      let norm = vector.reduce(0) { $0 + pow($1.count * inverse[$1.word], 2) }.squareRoot()
      for entry in vector {
        postings[entry.word].append(
          Posting(document: Int32(document), weight: entry.count * inverse[entry.word] / norm))
      }
    }
    self.words = words
    self.postings = postings
    inverseFrequencies = inverse
    weights = evidence.map(\.weight)
    var codes: [[String]] = []
    var positions: [[Int32]] = []
    for length in Self.lengths {
      let known = Set(evidence.filter { $0.code.count >= length }.map { $0.code.prefix(length) })
        .sorted().map(String.init)
      let order = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0)) })
      codes.append(known)
      positions.append(
        evidence.map { $0.code.count < length ? -1 : order[String($0.code.prefix(length))]! })
    }
    self.codes = codes
    self.positions = positions
  }

  /// The best code at each level with the confidence that measurements gave such a vote; nil where
  /// no word is known.
  func best(_ title: [String]) -> (profession: Level?, category: Level?, group: Level?) {
    var norm = 0.0
    var scores = [Double](repeating: 0, count: weights.count)
    var touched: [Int] = []
    let rarest = log(1 + Double(weights.count))
    for (position, word) in title.enumerated() {
      let emphasis = position == 0 ? Self.headWeight : 1
      guard let id = words[word] else {
        // A word that nobody knows lowers every similarity.
        norm += pow(emphasis * rarest, 2)
        continue
      }
      let weight = emphasis * inverseFrequencies[id]
      norm += weight * weight
      for posting in postings[id] {
        let document = Int(posting.document)
        if scores[document] == 0 { touched.append(document) }
        scores[document] += weight * posting.weight
      }
    }
    guard norm > 0, !touched.isEmpty else { return (nil, nil, nil) }
    let length = norm.squareRoot()
    // Sums run in the order of the evidence, so that they do not depend on the words' order.
    touched.sort()
    for document in touched { scores[document] /= length }
    return (level(0, scores, touched), level(1, scores, touched), level(2, scores, touched))
  }

  private func level(_ level: Int, _ scores: [Double], _ touched: [Int]) -> Level? {
    let positions = positions[level]
    var sums = [Double](repeating: 0, count: codes[level].count)
    var nearest = [Double](repeating: 0, count: codes[level].count)
    var total = 0.0
    for document in touched {
      let position = Int(positions[document])
      guard position >= 0 else { continue }
      let square = scores[document] * scores[document]
      let vote = weights[document] * square * square
      sums[position] += vote
      nearest[position] = max(nearest[position], scores[document])
      total += vote
    }
    guard total > 0, let best = sums.indices.max(by: { sums[$0] < sums[$1] }) else { return nil }
    let share = sums[best] / total
    return Level(
      code: codes[level][best], share: share, similarity: nearest[best],
      confidence: Self.confidence(share: share, similarity: nearest[best], level: level))
  }

  /// A logistic curve of the share of votes and of the nearest similarity, fitted by maximum
  /// likelihood on the listed titles with each left out in turn (`OccupationTests` measures it).
  private static func confidence(share: Double, similarity: Double, level: Int) -> Double {
    let (a, b, c) =
      switch level {
      case 0: (-4.10, 2.14, 2.89)
      case 1: (-4.50, 2.55, 3.95)
      default: (-4.27, 3.14, 3.91)
      }
    return 1 / (1 + exp(-(a + b * share + c * similarity)))
  }
}
