import Foundation
import NumericalMethods
import StatisticalModels
import Testing

/// Tables of the clustering classics.
enum Classics {
  static func load(_ name: String) throws -> (points: Matrix, truth: [Int]) {
    let rows = TestData.table(try TestData.text(name)).rows.map { $0.compactMap(Double.init) }
    return (
      Matrix(rows.map { Array($0.dropLast()) }), rows.map { Int($0.last ?? 0) }
    )
  }

  /// Columns with mean 0 and population standard deviation 1.
  static func standardised(_ points: Matrix) -> Matrix {
    var result = points
    for j in 0..<points.columns {
      let column = points.column(j)
      let mean = Statistics.mean(column)
      let scale = Statistics.variance(column, degreesLost: 0).squareRoot()
      for i in 0..<points.rows { result[i, j] = (points[i, j] - mean) / scale }
    }
    return result
  }

  static func blobs(_ n: Int, groups: Int, dimensions: Int, seed: UInt64, spread: Double = 1)
    -> Matrix
  {
    var rng = RandomSource(seed: seed)
    let centres = (0..<groups).map { _ in (0..<dimensions).map { _ in rng.normal() * 5 } }
    var points = Matrix(rows: n, columns: dimensions)
    for i in 0..<n {
      for j in 0..<dimensions { points[i, j] = centres[i % groups][j] + spread * rng.normal() }
    }
    return points
  }
}

@Suite("k-means")
struct KMeansTests {
  @Test("Iris in three groups", .enabled(if: TestData.has("iris.csv")))
  func iris() throws {
    let (points, _) = try Classics.load("iris.csv")
    var rng = RandomSource(seed: 1)
    let (model, labels) = try KMeans(groups: 3).fit(points, using: &rng)
    #expect(abs(model.inertia - 78.851441) < 78.851441e-5)
    #expect(model.sizes.sorted() == [38, 50, 62] && model.converged)
    #expect(try model.assign(points) == labels)
  }

  @Test("Standardised wine in three groups", .enabled(if: TestData.has("wine.csv")))
  func wine() throws {
    let (raw, truth) = try Classics.load("wine.csv")
    var rng = RandomSource(seed: 1)
    let (model, labels) = try KMeans(groups: 3).fit(Classics.standardised(raw), using: &rng)
    #expect(abs(model.inertia - 1277.928489) < 1277.928489e-5)
    #expect(abs(Partition.adjustedRandIndex(labels, truth) - 0.897495) < 1e-5)
  }

  /// Plain Lloyd, written for clarity.
  private func lloyd(_ points: Matrix, _ start: Matrix, iterations: Int) -> (
    labels: [Int], centres: Matrix
  ) {
    var centres = start
    var labels: [Int] = []
    for _ in 0..<iterations {
      let next = (0..<points.rows).map { i in
        (0..<centres.rows).min { a, b in
          func distance(_ c: Int) -> Double {
            (0..<points.columns).reduce(0) {
              $0 + (points[i, $1] - centres[c, $1]) * (points[i, $1] - centres[c, $1])
            }
          }
          return distance(a) < distance(b)
        } ?? 0
      }
      if next == labels { break }
      labels = next
      for c in 0..<centres.rows {
        let members = labels.indices.filter { labels[$0] == c }
        if members.isEmpty { continue }
        for j in 0..<points.columns {
          centres[c, j] = members.reduce(0) { $0 + points[$1, j] } / Double(members.count)
        }
      }
    }
    return (labels, centres)
  }

  @Test("The accelerated iterations are Lloyd's, group by group", arguments: [1, 2, 5, 9, 17])
  func exact(k: Int) throws {
    for (dimensions, seed) in [(1, 3), (2, 4), (8, 5)] {
      let points = Classics.blobs(
        700, groups: 6, dimensions: dimensions, seed: UInt64(seed), spread: 3)
      let start = points.rows((0..<k).map { $0 * 37 })
      var rng = RandomSource(seed: 1)
      for limit in [1, 3, 300] {
        var method = KMeans(groups: k)
        method.maximumIterations = limit
        let found = try method.fit(points, start: start, using: &rng)
        #expect(found.labels == lloyd(points, start, iterations: limit).labels)
      }
    }
  }

  @Test("One, two and many threads give the same bits")
  func threads() throws {
    let points = Classics.blobs(120_000, groups: 5, dimensions: 3, seed: 9, spread: 2)
    func fit(_ threads: Int) throws -> (model: KMeansModel, labels: [Int]) {
      var method = KMeans(groups: 5)
      method.threads = threads
      method.restarts = 2
      var rng = RandomSource(seed: 4)
      return try method.fit(points, using: &rng)
    }
    let one = try fit(1)
    for threads in [2, 5] {
      let other = try fit(threads)
      #expect(other.model == one.model && other.labels == one.labels)
    }
  }

  @Test("A weight counts like repeated points")
  func weights() throws {
    let points = Classics.blobs(60, groups: 3, dimensions: 2, seed: 2)
    let weights = (0..<60).map { Double($0 % 4) }
    let repeated = points.rows((0..<60).flatMap { [Int](repeating: $0, count: $0 % 4) })
    let start = points.rows([1, 2, 3])
    var rng = RandomSource(seed: 1)
    let a = try KMeans(groups: 3).fit(points, weights: weights, start: start, using: &rng)
    let b = try KMeans(groups: 3).fit(repeated, start: start, using: &rng)
    #expect(a.model.sizes == b.model.sizes)
    #expect(abs(a.model.inertia - b.model.inertia) < 1e-9 * b.model.inertia)
  }

  @Test("Mini-batches come within two per cent of the exact inertia")
  func miniBatch() throws {
    let points = Classics.blobs(30_000, groups: 6, dimensions: 4, seed: 6)
    var rng = RandomSource(seed: 1)
    let exact = try KMeans(groups: 6).fit(points, using: &rng).model
    var method = KMeans(groups: 6)
    method.batchSize = 1000
    method.maximumIterations = 60
    let rough = try method.fit(points, using: &rng).model
    #expect(rough.inertia < exact.inertia * 1.02 && !rough.converged)
  }

  @Test("An emptied centre is put to use and no group stays empty")
  func emptyGroup() throws {
    let points = Matrix([[0], [0.1], [0.2], [10], [10.1], [20]])
    let start = Matrix([[0], [10], [1000]])
    var rng = RandomSource(seed: 1)
    let (model, labels) = try KMeans(groups: 3).fit(points, start: start, using: &rng)
    #expect(model.sizes.allSatisfy { $0 > 0 } && Set(labels).count == 3)
    #expect(abs(model.inertia - (0.02 + 0.005)) < 1e-12)
  }

  @Test("Bad input gets a code, duplicates and constants an answer")
  func badInput() throws {
    func code(_ k: Int, _ points: Matrix, weights: [Double]? = nil) -> String? {
      var rng = RandomSource(seed: 1)
      do {
        _ = try KMeans(groups: k).fit(points, weights: weights, using: &rng)
        return nil
      } catch { return error.code }
    }
    #expect(code(2, Matrix(rows: 0, columns: 2)) == "model.no-data")
    #expect(code(2, Matrix([[1], [.nan]])) == "model.not-finite")
    #expect(code(2, Matrix([[1], [1e300]])) == "model.out-of-range")
    #expect(code(0, Matrix([[1], [2]])) == "model.out-of-range")
    #expect(code(3, Matrix([[1], [1], [2], [2]])) == "model.too-many-groups")
    #expect(code(2, Matrix([[1], [2]]), weights: [0, 0]) == "model.out-of-range")
    #expect(code(2, Matrix([[1], [1], [2], [2]])) == nil)
    #expect(code(1, Matrix([[5], [5], [5]])) == nil)
    #expect(code(2, Matrix([[-0.0], [0.0]])) == "model.too-many-groups")
    var rng = RandomSource(seed: 1)
    let exact = try KMeans(groups: 2).fit(Matrix([[1], [1], [2], [2]]), using: &rng)
    #expect(exact.model.inertia == 0 && exact.model.sizes == [2, 2])
  }
}
