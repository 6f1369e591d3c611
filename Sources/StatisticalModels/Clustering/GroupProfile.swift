import Foundation
package import NumericalMethods

/// What sets one group apart in one attribute.
package struct DistinctiveTrait: Sendable, Codable, Equatable {
  package enum Contrast: Sendable, Codable, Equatable {
    /// Mean and median in original units; `effect` is Cohen's d against all others.
    case number(mean: Double, median: Double, others: Double, effect: Double)
    /// Share of a class in the group and overall, and their ratio.
    case category(name: String, share: Double, overall: Double, lift: Double)
  }

  package let column: String
  package let contrast: Contrast
  /// Benjamini–Hochberg adjusted over all columns: whether groups differ in the column at all.
  package let adjustedPValue: Double
  /// Comparable over kinds: |d|, or Cohen's h of the two shares.
  package let strength: Double
}

/// One found group as people read it.
package struct GroupProfile: Sendable, Codable, Equatable {
  package let group: Int
  package let size: Int
  package let share: Double
  /// Strongest first; only columns in which groups differ (adjusted p < 0.01).
  package let traits: [DistinctiveTrait]
  /// Rows of the members closest to the centre of the group.
  package let typicalRows: [Int]

  /// The traits from which a name is proposed: at most two of at least moderate strength.
  package var namingTraits: [DistinctiveTrait] {
    Array(traits.filter { $0.strength >= 0.5 }.prefix(2))
  }
}

extension GroupProfile {
  /// Describes every group by the attributes it was found on, or by others.
  ///
  /// `points` are the encoded customers on which distance is measured. Throws `sizeMismatch`.
  package static func describe(
    _ features: [FeatureColumn], labels: [Int], points: Matrix, typical: Int = 3
  ) throws(ModelError) -> [GroupProfile] {
    let rows = labels.count
    guard points.rows == rows else {
      throw ModelError.sizeMismatch(
        what: "The table of points", expected: rows, found: points.rows)
    }
    for feature in features where feature.values.count != rows {
      throw ModelError.sizeMismatch(
        what: "Column «\(feature.name)»", expected: rows, found: feature.values.count)
    }
    let k = (labels.max() ?? -1) + 1
    var members = [[Int]](repeating: [], count: k)
    for (row, g) in labels.enumerated() { members[g].append(row) }
    let adjusted = MultipleTesting.benjaminiHochberg(features.map { pValue($0, labels) })
    return (0..<k).map { g in
      var traits: [DistinctiveTrait] = []
      for (feature, p) in zip(features, adjusted) where p < 0.01 {
        traits += contrasts(feature, members[g], labels, g).map {
          DistinctiveTrait(
            column: feature.name, contrast: $0.0, adjustedPValue: p, strength: $0.1)
        }
      }
      return GroupProfile(
        group: g, size: members[g].count,
        share: rows == 0 ? 0 : Double(members[g].count) / Double(rows),
        traits: traits.sorted {
          $0.strength == $1.strength ? $0.column < $1.column : $0.strength > $1.strength
        }, typicalRows: nearestToCentre(points, members[g], typical))
    }
  }

  private static func pValue(_ feature: FeatureColumn, _ labels: [Int]) -> Double {
    switch feature.values {
    case .numbers(let values):
      let known = values.indices.filter { !values[$0].isNaN }
      return
        (try? KruskalWallisTest(known.map { values[$0] }, group: known.map { labels[$0] }).pValue)
        ?? 1
    case .categories(let values):
      var codes: [String: Int] = [:]
      let coded = values.map { value -> Int in
        guard let value else { return -1 }
        if let code = codes[value] { return code }
        codes[value] = codes.count
        return codes.count - 1
      }
      return (try? ChiSquareTest(labels, coded).pValue) ?? 1
    }
  }

  private static func contrasts(
    _ feature: FeatureColumn, _ members: [Int], _ labels: [Int], _ group: Int
  ) -> [(DistinctiveTrait.Contrast, Double)] {
    switch feature.values {
    case .numbers(let values):
      let inside = members.map { values[$0] }.filter { !$0.isNaN }
      let outside = labels.indices.filter { labels[$0] != group }.map { values[$0] }
        .filter { !$0.isNaN }
      guard !inside.isEmpty, !outside.isEmpty else { return [] }
      // Squares of huge amounts are taken on a scale on which they stay finite.
      let unit = max((inside + outside).reduce(0) { max($0, abs($1)) }, 1e-300)
      let (a, b) = (inside.map { $0 / unit }, outside.map { $0 / unit })
      let (ma, mb) = (Statistics.mean(a), Statistics.mean(b))
      let freedom = Double(a.count + b.count - 2)
      let pooled =
        freedom > 0
        ? ((Double(a.count - 1) * Statistics.variance(a)
          + Double(b.count - 1) * Statistics.variance(b)) / freedom).squareRoot() : 0
      // Without any spread inside the groups the difference is as clear as can be.
      let effect = pooled > 0 ? (ma - mb) / pooled : (ma == mb ? 0 : (ma > mb ? 10 : -10))
      return [
        (
          .number(
            mean: ma * unit, median: Statistics.median(inside), others: mb * unit, effect: effect),
          abs(effect)
        )
      ]
    case .categories(let values):
      var inside: [String: Double] = [:]
      var overall: [String: Double] = [:]
      for case let value? in values { overall[value, default: 0] += 1 }
      for row in members { if let value = values[row] { inside[value, default: 0] += 1 } }
      let all = overall.values.reduce(0, +)
      let own = inside.values.reduce(0, +)
      guard own > 0 else { return [] }
      // The class that stands out most, if any stands out upwards.
      var best: (DistinctiveTrait.Contrast, Double)?
      for name in inside.keys.sorted() {
        let share = (inside[name] ?? 0) / own
        let base = (overall[name] ?? 0) / all
        let strength = 2 * asin(share.squareRoot()) - 2 * asin(base.squareRoot())
        if strength > best?.1 ?? 0 {
          best = (
            .category(name: name, share: share, overall: base, lift: share / base), strength
          )
        }
      }
      return best.map { [$0] } ?? []
    }
  }

  private static func nearestToCentre(
    _ points: Matrix, _ members: [Int], _ count: Int
  ) -> [Int] {
    guard !members.isEmpty else { return [] }
    let d = points.columns
    var centre = [Double](repeating: 0, count: d)
    for row in members {
      for j in 0..<d { centre[j] += points.values[row * d + j] / Double(members.count) }
    }
    var nearest: [(row: Int, square: Double)] = []
    for row in members {
      var square = 0.0
      for j in 0..<d {
        let gap = points.values[row * d + j] - centre[j]
        square += gap * gap
      }
      if nearest.count == count, let last = nearest.last, square >= last.square { continue }
      let place = nearest.firstIndex { square < $0.square } ?? nearest.count
      nearest.insert((row, square), at: place)
      if nearest.count > count { nearest.removeLast() }
    }
    return nearest.map(\.row)
  }
}
