import Foundation
package import NumericalMethods

/// Customers described by numbers and by categories.
package struct MixedTable: Sendable {
  /// Numbers, standardised by the caller; may have no column.
  package let numbers: Matrix
  /// Codes 0 ..< categoryCounts[column], row-major; −1 for missing, which differs from everything.
  package let categories: [Int32]
  package let categoryCounts: [Int]

  /// Throws `sizeMismatch`, `noData`, `notFinite` or `outOfRange` for an unknown code.
  package init(
    numbers: Matrix, categories: [Int32], categoryCounts: [Int]
  ) throws(ModelError) {
    guard numbers.rows > 0, numbers.columns + categoryCounts.count > 0 else {
      throw ModelError.noData(what: "point")
    }
    guard categories.count == numbers.rows * categoryCounts.count else {
      throw ModelError.sizeMismatch(
        what: "The table of categories", expected: numbers.rows * categoryCounts.count,
        found: categories.count)
    }
    if numbers.columns > 0 { try ClusterInput.validate(numbers) }
    let width = categoryCounts.count
    for (i, code) in categories.enumerated()
    where code < -1 || Int(code) >= categoryCounts[i % width] {
      throw ModelError.outOfRange(
        what: "The code of column \(i % width) at row \(i / width)", value: Double(code),
        allowed: "−1 to \(categoryCounts[i % width] - 1)")
    }
    self.numbers = numbers
    self.categories = categories
    self.categoryCounts = categoryCounts
  }

  package var rows: Int { numbers.rows }
}

/// Groups of mixed customers: a mean per number, a most frequent category per category column.
package struct KPrototypesModel: Sendable, Codable, Equatable {
  package let centres: Matrix
  /// Most frequent code of each group (row) and column; −1 where all are missing.
  package let modes: [[Int32]]
  /// What one differing category costs, in squared units of the numbers.
  package let categoryWeight: Double
  package let sizes: [Int]
  /// Sum over points of squared distance plus weighted mismatches.
  package let cost: Double
  package let iterations: Int
  package let converged: Bool

  /// The nearest group of each row.
  package func assign(_ table: MixedTable) -> [Int] {
    precondition(table.numbers.columns == centres.columns, "another set of columns")
    return (0..<table.rows).map { nearest(table, $0).group }
  }

  func nearest(_ table: MixedTable, _ row: Int) -> (group: Int, cost: Double) {
    let d = centres.columns
    let width = table.categoryCounts.count
    var best = 0
    var least = Double.infinity
    for g in 0..<modes.count {
      var sum = 0.0
      for j in 0..<d {
        let gap = table.numbers.values[row * d + j] - centres.values[g * d + j]
        sum += gap * gap
      }
      for j in 0..<width {
        let code = table.categories[row * width + j]
        if code < 0 || code != modes[g][j] { sum += categoryWeight }
      }
      if sum < least {
        least = sum
        best = g
      }
    }
    return (best, least)
  }
}

/// k-prototypes for mixed data, k-modes where there are only categories (Huang 1997, 1998).
package struct KPrototypes: Sendable {
  package let groups: Int
  /// Nil: half the mean variance of the numbers (Huang's rule of thumb), 1 without numbers.
  package var categoryWeight: Double?
  package var restarts = 10
  package var maximumIterations = 100
  package var threads: Int?

  package init(groups: Int) { self.groups = groups }

  /// Finds groups; returns the model and each row's group.
  ///
  /// Throws `outOfRange` or `tooManyGroups`.
  package func fit(
    _ table: MixedTable, using random: inout RandomSource
  ) throws(ModelError) -> (model: KPrototypesModel, labels: [Int]) {
    guard groups >= 1 else {
      throw ModelError.outOfRange(
        what: "The number of groups", value: Double(groups), allowed: "1 or more")
    }
    let weight = categoryWeight ?? defaultWeight(table)
    guard weight >= 0, weight.isFinite else {
      throw ModelError.outOfRange(
        what: "The weight of a category", value: weight, allowed: "0 or more")
    }
    var distinct: [[Double]: Int] = [:]
    for row in 0..<table.rows where distinct.count < max(groups, 1000) {
      let key = self.key(table, row)
      if distinct[key] == nil { distinct[key] = row }
    }
    guard distinct.count >= groups else {
      throw ModelError.tooManyGroups(requested: groups, available: distinct.count)
    }
    var best: (model: KPrototypesModel, labels: [Int])?
    for _ in 0..<max(1, restarts) {
      let next = run(table, start(table, weight, using: &random), weight)
      if next.model.cost < best?.model.cost ?? .infinity { best = next }
    }
    guard let best else { throw ModelError.noData(what: "point") }
    return best
  }

  private func key(_ table: MixedTable, _ row: Int) -> [Double] {
    let width = table.categoryCounts.count
    return table.numbers.row(row)
      + table.categories[row * width..<(row + 1) * width].map { Double($0) }
  }

  private func defaultWeight(_ table: MixedTable) -> Double {
    let d = table.numbers.columns
    if d == 0 { return 1 }
    let variance =
      (0..<d).reduce(0) {
        $0 + Statistics.variance(table.numbers.column($1), degreesLost: 0)
      } / Double(d)
    return variance > 0 ? variance / 2 : 1
  }

  /// Rows drawn one after the other with probability proportional to their cost so far.
  private func start(
    _ table: MixedTable, _ weight: Double, using random: inout RandomSource
  ) -> KPrototypesModel {
    let limit = 20_000
    let pool =
      table.rows > limit ? random.sample(limit, below: table.rows) : Array(0..<table.rows)
    let width = table.categoryCounts.count
    func model(_ rows: [Int]) -> KPrototypesModel {
      KPrototypesModel(
        centres: table.numbers.rows(rows),
        modes: rows.map { Array(table.categories[$0 * width..<($0 + 1) * width]) },
        categoryWeight: weight, sizes: [], cost: 0, iterations: 0, converged: false)
    }
    var chosen = [pool[random.integer(below: pool.count)]]
    var cost = [Double](repeating: .infinity, count: pool.count)
    while chosen.count < groups {
      let last = model([chosen[chosen.count - 1]])
      for (i, row) in pool.enumerated() { cost[i] = min(cost[i], last.nearest(table, row).cost) }
      chosen.append(pool[random.index(weights: cost)])
    }
    return model(chosen)
  }

  private func run(
    _ table: MixedTable, _ start: KPrototypesModel, _ weight: Double
  ) -> (model: KPrototypesModel, labels: [Int]) {
    var model = start
    var labels: [Int] = []
    var iterations = 0
    var converged = false
    var cost = Double.infinity
    while iterations < maximumIterations && !converged {
      iterations += 1
      let current = model
      let parts = Parallel.chunks(count: table.rows, size: 4096, threads: threads) { range in
        range.map { current.nearest(table, $0) }
      }.flatMap { $0 }
      let next = parts.map(\.group)
      let total = parts.reduce(0) { $0 + $1.cost }
      converged = next == labels
      labels = next
      cost = total
      model = update(table, labels, model, weight)
    }
    // The cost is that of the final prototypes for the final assignment.
    var sizes = [Int](repeating: 0, count: groups)
    for label in labels { sizes[label] += 1 }
    return (
      KPrototypesModel(
        centres: model.centres, modes: model.modes, categoryWeight: weight, sizes: sizes,
        cost: cost, iterations: iterations, converged: converged), labels
    )
  }

  private func update(
    _ table: MixedTable, _ labels: [Int], _ old: KPrototypesModel, _ weight: Double
  ) -> KPrototypesModel {
    let d = table.numbers.columns
    let width = table.categoryCounts.count
    var sums = Matrix(rows: groups, columns: d)
    var sizes = [Double](repeating: 0, count: groups)
    var counts = table.categoryCounts.map { [Double](repeating: 0, count: $0 * groups) }
    for (row, g) in labels.enumerated() {
      sizes[g] += 1
      for j in 0..<d { sums.values[g * d + j] += table.numbers.values[row * d + j] }
      for j in 0..<width {
        let code = Int(table.categories[row * width + j])
        if code >= 0 { counts[j][g * table.categoryCounts[j] + code] += 1 }
      }
    }
    var modes = old.modes
    for g in 0..<groups {
      if sizes[g] == 0 {
        for j in 0..<d { sums[g, j] = old.centres[g, j] }
        continue
      }
      for j in 0..<d { sums[g, j] /= sizes[g] }
      for j in 0..<width {
        var best: Int32 = -1
        var most = 0.0
        for code in 0..<table.categoryCounts[j] {
          let n = counts[j][g * table.categoryCounts[j] + code]
          if n > most {
            most = n
            best = Int32(code)
          }
        }
        modes[g][j] = best
      }
    }
    return KPrototypesModel(
      centres: sums, modes: modes, categoryWeight: weight, sizes: [], cost: 0, iterations: 0,
      converged: false)
  }
}
