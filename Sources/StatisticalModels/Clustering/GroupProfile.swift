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
    var traits = [[DistinctiveTrait]](repeating: [], count: k)
    for (feature, p) in zip(features, adjusted) where p < 0.01 {
      let contrasts =
        switch feature.values {
        case .numbers(let values): numberContrasts(values, labels, members)
        case .categories(let values): categoryContrasts(values, labels, k)
        }
      for (g, found) in contrasts.enumerated() {
        guard let found else { continue }
        traits[g].append(
          DistinctiveTrait(
            column: feature.name, contrast: found.contrast, adjustedPValue: p,
            strength: found.strength))
      }
    }
    return (0..<k).map { g in
      GroupProfile(
        group: g, size: members[g].count,
        share: rows == 0 ? 0 : Double(members[g].count) / Double(rows),
        traits: traits[g].sorted {
          $0.strength == $1.strength ? $0.column < $1.column : $0.strength > $1.strength
        }, typicalRows: nearestToCentre(points, members[g], typical))
    }
  }

  private typealias Found = (contrast: DistinctiveTrait.Contrast, strength: Double)

  /// Rows beyond which tests are done on evenly spaced ones: there any real difference shows anyway.
  private static let testedRows = 50_000

  private static func pValue(_ feature: FeatureColumn, _ labels: [Int]) -> Double {
    let step = max(1, labels.count / testedRows)
    let rows = stride(from: 0, to: labels.count, by: step)
    switch feature.values {
    case .numbers(let values):
      let known = rows.filter { !values[$0].isNaN }
      return
        (try? KruskalWallisTest(known.map { values[$0] }, group: known.map { labels[$0] }).pValue)
        ?? 1
    case .categories(let values):
      let coded = codes(rows.map { values[$0] }).codes
      return (try? ChiSquareTest(rows.map { labels[$0] }, coded).pValue) ?? 1
    }
  }

  private static func codes(_ values: [String?]) -> (codes: [Int], names: [String]) {
    var place: [String: Int] = [:]
    var names: [String] = []
    let codes = values.map { value -> Int in
      guard let value else { return -1 }
      if let code = place[value] { return code }
      place[value] = names.count
      names.append(value)
      return names.count - 1
    }
    return (codes, names)
  }

  private static func numberContrasts(
    _ values: [Double], _ labels: [Int], _ members: [[Int]]
  ) -> [Found?] {
    // Squares of huge amounts are taken on a scale on which they stay finite.
    var unit = 1e-300
    for v in values where !v.isNaN { unit = max(unit, abs(v)) }
    let known = values.filter { !$0.isNaN }.map { $0 / unit }
    let origin = Statistics.mean(known)
    let k = members.count
    // Per group: number, sum and sum of squares about the overall mean.
    var sums = [SIMD4<Double>](repeating: .zero, count: k)
    for (i, v) in values.enumerated() where !v.isNaN {
      let x = v / unit - origin
      sums[labels[i]] += SIMD4(1, x, x * x, 0)
    }
    let all = sums.reduce(.zero) { $0 + $1 }
    func squares(_ s: SIMD4<Double>) -> Double { max(0, s[2] - s[1] * s[1] / s[0]) }
    return (0..<k).map { g in
      let own = sums[g]
      let rest = all - own
      guard own[0] > 0, rest[0] > 0 else { return nil }
      let (mean, others) = (own[1] / own[0], rest[1] / rest[0])
      let freedom = own[0] + rest[0] - 2
      let pooled =
        freedom > 0 ? ((squares(own) + squares(rest)) / freedom).squareRoot() : 0
      // Without any spread inside the groups the difference is as clear as can be.
      let effect =
        pooled > 1e-12 * abs(mean - others)
        ? (mean - others) / pooled : (mean == others ? 0 : (mean > others ? 10 : -10))
      let inside = members[g].lazy.map { values[$0] }.filter { !$0.isNaN }
      return (
        .number(
          mean: (mean + origin) * unit, median: Statistics.median(Array(inside)),
          others: (others + origin) * unit, effect: effect), abs(effect)
      )
    }
  }

  /// For each group the class that stands out most, if any stands out upwards.
  private static func categoryContrasts(
    _ values: [String?], _ labels: [Int], _ k: Int
  ) -> [Found?] {
    let (codes, names) = codes(values)
    var inside = [[Double]](repeating: [Double](repeating: 0, count: names.count), count: k)
    for (row, code) in codes.enumerated() where code >= 0 { inside[labels[row]][code] += 1 }
    let overall = names.indices.map { code in inside.reduce(0) { $0 + $1[code] } }
    let all = overall.reduce(0, +)
    return (0..<k).map { g in
      let own = inside[g].reduce(0, +)
      guard own > 0 else { return nil }
      var best: Found?
      for code in names.indices.sorted(by: { names[$0] < names[$1] }) {
        let share = inside[g][code] / own
        let base = overall[code] / all
        let strength = 2 * asin(share.squareRoot()) - 2 * asin(base.squareRoot())
        if strength > best?.strength ?? 0 {
          best = (
            .category(name: names[code], share: share, overall: base, lift: share / base), strength
          )
        }
      }
      return best
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
