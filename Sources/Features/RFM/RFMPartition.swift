internal import Foundation

/// A division of all score triples into named segments, read from data; the first rule that
/// fits gives the segment. Scores are on the 1…5 scale.
package struct RFMPartition: Sendable {
  /// One rule: closed ranges of R, F, M and the joint FM score, on the 1…5 scale; nil for any.
  package struct Rule: Sendable, Hashable, Codable {
    package let id: String
    package let r: [Int]?
    package let f: [Int]?
    package let m: [Int]?
    package let fm: [Int]?

    func fits(r: Int, f: Int, m: Int, fm: Int) -> Bool {
      func inside(_ range: [Int]?, _ value: Int) -> Bool {
        range.map { $0[0] <= value && value <= $0[1] } ?? true
      }
      return inside(self.r, r) && inside(self.f, f) && inside(self.m, m) && inside(self.fm, fm)
    }
  }

  package let kind: PartitionKind
  /// In the order in which they are tried.
  package let rules: [Rule]

  /// The segment of a score triple on the 1…5 scale; nil where no rule fits (no shipped partition
  /// has such a place).
  package func segment(recency: Int, frequency: Int, monetary: Int, value: Int) -> String? {
    rules.first { $0.fits(r: recency, f: frequency, m: monetary, fm: value) }?.id
  }

  /// The partitions shipped in `rfm-partitions.json`.
  package static func shipped() throws(FeaturesError) -> [PartitionKind: RFMPartition] {
    guard let folder = FeatureResources.folder,
      let data = try? Data(contentsOf: folder.appending(path: "Resources/rfm-partitions.json")),
      let rules = try? JSONDecoder().decode([String: [Rule]].self, from: data),
      let five = rules["five"], let eleven = rules["eleven"]
    else { throw .resourceMissing("Features/Resources/rfm-partitions.json") }
    return [
      .five: RFMPartition(kind: .five, rules: five),
      .eleven: RFMPartition(kind: .eleven, rules: eleven),
    ]
  }
}

extension RFMPartition {
  /// The rules shipped for a partition; empty where the resource is missing, which stops a run
  /// earlier.
  package static func shippedRules(_ kind: PartitionKind) -> [Rule] {
    (try? shipped())?[kind]?.rules ?? []
  }
}

/// Which partition is shown first.
package enum PartitionKind: String, Sendable, Hashable, Codable, CaseIterable {
  case five, eleven
}

/// What every score triple means under a scoring: one row per triple.
package struct RFMCell: Sendable, Hashable {
  package let scores: RFMScores
  /// Recency on the 1…5 scale, the row of the heat map.
  package let recencyRow: Int
  /// The joint FM score on the 1…5 scale, the column of the heat map.
  package let valueColumn: Int
  package let segment: String
  package let group: String
}

extension RFMScoring {
  /// Every score triple with its segment in both partitions.
  package func cells() throws(FeaturesError) -> [RFMCell] {
    let partitions = try RFMPartition.shipped()
    var cells: [RFMCell] = []
    for recency in 1...classes {
      for frequency in 1...classes {
        for monetary in 1...classes {
          let r = onFivePointScale(recency)
          let f = onFivePointScale(frequency)
          let m = onFivePointScale(monetary)
          let value = valueScore(frequency: f, monetary: m)
          guard
            let segment = partitions[.five]?.segment(
              recency: r, frequency: f, monetary: m, value: value),
            let group = partitions[.eleven]?.segment(
              recency: r, frequency: f, monetary: m, value: value)
          else { throw .resourceMissing("a segment for the scores \(r), \(f), \(m)") }
          cells.append(
            RFMCell(
              scores: RFMScores(recency: recency, frequency: frequency, monetary: monetary),
              recencyRow: r, valueColumn: value, segment: segment, group: group))
        }
      }
    }
    return cells
  }
}
