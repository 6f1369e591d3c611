import Foundation
package import NumericalMethods

/// Common factors behind correlated items: maximum likelihood factor analysis (Jöreskog 1967) with
/// varimax rotation (Kaiser 1958).
package struct FactorModel: Sendable, Codable, Equatable {
  package let items: [String]
  package let means: [Double]
  package let scales: [Double]
  /// Items × factors, on standardised items; factors in decreasing order of explained variance, each with
  /// a positive sum.
  package let loadings: Matrix
  /// Share of each item's variance that no factor explains, 0.005…1.
  package let uniquenesses: [Double]
  /// Share of the items' variance that each factor explains.
  package let explained: [Double]
  /// Weights of standardised items in each factor's score (regression method): items × factors.
  package let scoreWeights: Matrix
  /// Value of the discrepancy function; 0 where the factors explain every correlation.
  package let discrepancy: Double
  package let converged: Bool
  /// Items whose uniqueness ended at its lower bound: too many factors or too few respondents.
  package let boundaryItems: [String]

  /// Fits `factors` factors to complete rows (a row per respondent).
  ///
  /// Throws `sizeMismatch`, `notFinite`, `unusableColumn` for a constant item, `outOfRange` for more
  /// factors than the items identify, `tooLittleData` for fewer rows than items, or
  /// `noSensibleOptimum` where items repeat each other.
  package static func fit(
    _ answers: Matrix, items: [String], factors: Int
  ) throws(ModelError) -> FactorModel {
    let p = answers.columns
    let n = answers.rows
    guard items.count == p else {
      throw ModelError.sizeMismatch(
        what: "The list of items", expected: p, found: items.count)
    }
    for (i, value) in answers.values.enumerated() where !value.isFinite {
      throw ModelError.notFinite(what: "The table of answers", row: i / p, column: i % p)
    }
    // Degrees of freedom ((p − m)² − p − m)/2 must not be negative.
    let freedom = (p - factors) * (p - factors) - p - factors
    guard factors >= 1, p >= 3, freedom >= 0 else {
      throw ModelError.outOfRange(
        what: "The number of factors", value: Double(factors),
        allowed: "at least 1, and few enough for \(p) items")
    }
    guard n > p else {
      throw ModelError.tooLittleData(
        model: "Factor analysis", reason: "\(n) respondents are too few for \(p) items",
        simplest: "sums of the items of each theme")
    }
    let means = (0..<p).map { Statistics.mean(answers.column($0)) }
    let scales = (0..<p).map { Statistics.deviation(answers.column($0)) }
    for j in 0..<p where scales[j] <= 1e-12 * max(1e-300, abs(means[j])) {
      throw ModelError.unusableColumn(name: items[j], reason: "everyone gave the same answer")
    }
    var correlation = Matrix.identity(p)
    for a in 0..<p {
      for b in 0..<a {
        let r = Statistics.correlation(answers.column(a), answers.column(b)) ?? 0
        correlation[a, b] = r
        correlation[b, a] = r
      }
    }
    guard let factor = try? CholeskyFactor(correlation, relativeTolerance: 1e-10) else {
      throw ModelError.noSensibleOptimum(
        model: "Factor analysis", reason: "some items repeat each other exactly")
    }
    let inverse = factor.inverse
    // Start as in Jöreskog: a share of the squared multiple correlation.
    let start = (0..<p).map { (1 - 0.5 * Double(factors) / Double(p)) / inverse[$0, $0] }
    let end = LBFGS().minimise(
      from: start, lower: [Double](repeating: 0.005, count: p),
      upper: [Double](repeating: 1, count: p)
    ) { psi, gradient in
      let (values, raw) = decompose(correlation, psi, factors)
      for j in 0..<p {
        var common = psi[j] - 1
        for f in 0..<factors { common += raw[j, f] * raw[j, f] }
        gradient[j] = common / (psi[j] * psi[j])
      }
      return -(factors..<p).reduce(0) { $0 + log(max(values[$1], 1e-300)) - values[$1] }
        - Double(p - factors)
    }
    let psi = end.point
    let raw = decompose(correlation, psi, factors).loadings
    let loadings = arranged(varimax(raw))
    // Thomson's regression scores: R⁻¹ Λ with the fitted correlation, ΛΛᵀ + Ψ.
    var fitted = loadings * loadings.transposed
    for j in 0..<p { fitted[j, j] += psi[j] }
    var weights = Matrix(rows: p, columns: factors)
    if let solver = try? CholeskyFactor(fitted) {
      for f in 0..<factors {
        for (j, w) in solver.solve(loadings.column(f)).enumerated() { weights[j, f] = w }
      }
    }
    return FactorModel(
      items: items, means: means, scales: scales, loadings: loadings, uniquenesses: psi,
      explained: (0..<factors).map { f in
        loadings.column(f).reduce(0) { $0 + $1 * $1 } / Double(p)
      }, scoreWeights: weights, discrepancy: max(0, end.value), converged: end.converged,
      boundaryItems: (0..<p).filter { psi[$0] <= 0.0050001 }.map { items[$0] })
  }

  /// Scores of respondents: a row each, a column per factor, mean 0 over the fitted rows.
  package func scores(_ answers: Matrix) throws(ModelError) -> Matrix {
    guard answers.columns == items.count else {
      throw ModelError.sizeMismatch(
        what: "A row of answers", expected: items.count, found: answers.columns)
    }
    var standardised = answers
    for i in 0..<answers.rows {
      for j in 0..<items.count { standardised[i, j] = (answers[i, j] - means[j]) / scales[j] }
    }
    return standardised * scoreWeights
  }

  /// Eigenvalues of Ψ^−½ R Ψ^−½ and the loadings they imply.
  private static func decompose(
    _ correlation: Matrix, _ psi: [Double], _ factors: Int
  ) -> (values: [Double], loadings: Matrix) {
    let p = psi.count
    var scaled = correlation
    for a in 0..<p {
      for b in 0..<p { scaled[a, b] /= (psi[a] * psi[b]).squareRoot() }
    }
    let eigen = symmetricEigen(scaled)
    var loadings = Matrix(rows: p, columns: factors)
    for f in 0..<factors {
      let size = max(eigen.values[f] - 1, 0).squareRoot()
      for j in 0..<p { loadings[j, f] = psi[j].squareRoot() * eigen.vectors[j, f] * size }
    }
    return (eigen.values, loadings)
  }

  /// Planar rotations that make squared loadings, per item scaled to length one, vary most.
  private static func varimax(_ raw: Matrix) -> Matrix {
    let p = raw.rows
    let m = raw.columns
    if m < 2 { return raw }
    let lengths = (0..<p).map { j in
      max(1e-300, raw.row(j).reduce(0) { $0 + $1 * $1 }.squareRoot())
    }
    var l = raw
    for j in 0..<p {
      for f in 0..<m { l[j, f] /= lengths[j] }
    }
    for _ in 0..<500 {
      var largest = 0.0
      for a in 0..<(m - 1) {
        for b in (a + 1)..<m {
          var (su, sv, cross, gap) = (0.0, 0.0, 0.0, 0.0)
          for j in 0..<p {
            let u = l[j, a] * l[j, a] - l[j, b] * l[j, b]
            let v = 2 * l[j, a] * l[j, b]
            su += u
            sv += v
            cross += u * v
            gap += u * u - v * v
          }
          let angle =
            atan2(2 * (cross - su * sv / Double(p)), gap - (su * su - sv * sv) / Double(p)) / 4
          largest = max(largest, abs(angle))
          let (c, s) = (cos(angle), sin(angle))
          for j in 0..<p {
            let (x, y) = (l[j, a], l[j, b])
            l[j, a] = c * x + s * y
            l[j, b] = -s * x + c * y
          }
        }
      }
      if largest < 1e-12 { break }
    }
    for j in 0..<p {
      for f in 0..<m { l[j, f] *= lengths[j] }
    }
    return l
  }

  /// Columns by explained variance, with a positive sum.
  private static func arranged(_ l: Matrix) -> Matrix {
    let size = (0..<l.columns).map { f in l.column(f).reduce(0) { $0 + $1 * $1 } }
    let order = (0..<l.columns).sorted { size[$0] > size[$1] }
    var result = l
    for (new, old) in order.enumerated() {
      let column = l.column(old)
      let sign: Double = column.reduce(0, +) < 0 ? -1 : 1
      for j in 0..<l.rows { result[j, new] = sign * column[j] }
    }
    return result
  }
}
