import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Mixtures, trees, modes and criteria")
struct ClusteringTests {
  struct MixtureCase: Sendable {
    let kind: CovarianceKind
    let k: Int
    let logLikelihood: Double
    let bic: Double
    let parameters: Int
  }

  // scikit-learn 1.9, tol 1e-10, 20 starts.
  static let mixtures = [
    MixtureCase(kind: .full, k: 2, logLikelihood: -214.3547046, bic: 574.0178327, parameters: 29),
    MixtureCase(kind: .full, k: 3, logLikelihood: -180.1854776, bic: 580.8389081, parameters: 44),
    MixtureCase(
      kind: .diagonal, k: 2, logLikelihood: -386.1853471, bic: 857.5514941, parameters: 17),
    MixtureCase(
      kind: .diagonal, k: 3, logLikelihood: -307.1775717, bic: 744.6316611, parameters: 26),
    MixtureCase(kind: .tied, k: 2, logLikelihood: -296.4475748, bic: 688.0972203, parameters: 19),
    MixtureCase(kind: .tied, k: 3, logLikelihood: -256.354043, bic: 632.9633335, parameters: 24),
    MixtureCase(
      kind: .spherical, k: 2, logLikelihood: -478.5590958, bic: 1012.2351798, parameters: 11),
    MixtureCase(
      kind: .spherical, k: 3, logLikelihood: -384.3140951, bic: 853.8089902, parameters: 17),
  ]

  @Test("Gaussian mixtures on iris", .enabled(if: TestData.has("iris.csv")), arguments: mixtures)
  func mixture(item: MixtureCase) throws {
    let (points, _) = try Classics.load("iris.csv")
    var method = GaussianMixture(components: item.k, kind: item.kind)
    method.restarts = 10
    method.tolerance = 1e-10
    method.maximumIterations = 5000
    var rng = RandomSource(seed: 1)
    let (model, labels) = try method.fit(points, using: &rng)
    #expect(item.kind.parameterCount(components: item.k, dimensions: 4) == item.parameters)
    #expect(abs(model.logLikelihood - item.logLikelihood) < 1e-3)
    #expect(abs(model.bic - item.bic) < 5e-3 && model.icl >= model.bic)
    #expect(model.converged && abs(model.weights.reduce(0, +) - 1) < 1e-12)
    let p = try model.probabilities(points)
    for i in 0..<150 {
      #expect(abs(p.row(i).reduce(0, +) - 1) < 1e-12)
      #expect(p[i, labels[i]] == p.row(i).max())
    }
  }

  @Test("More components than a vector has lanes, far from the origin, on any threads")
  func manyComponents() throws {
    var points = Classics.blobs(20_000, groups: 11, dimensions: 2, seed: 12, spread: 0.2)
    for i in 0..<points.values.count { points.values[i] += 1e5 }
    func fit(_ threads: Int) throws -> GaussianMixtureModel {
      var method = GaussianMixture(components: 11, kind: .full)
      method.threads = threads
      method.restarts = 5
      var rng = RandomSource(seed: 3)
      return try method.fit(points, using: &rng).model
    }
    let one = try fit(1)
    let two = try fit(2)
    #expect(one == two)
    // Blobs of spread .2: the density per point is that of a normal with a share of 1/11, or better.
    #expect(one.logLikelihood / 20_000 > -(1 + log(2 * Double.pi * 0.04) + log(11)) - 0.1)
  }

  @Test("Duplicates and constant columns keep a mixture finite")
  func degenerateMixture() throws {
    var rng = RandomSource(seed: 1)
    let points = Matrix((0..<40).map { [Double($0 % 2), 7] })
    let (model, labels) = try GaussianMixture(components: 2, kind: .full).fit(points, using: &rng)
    #expect(model.logLikelihood.isFinite && Set(labels).count == 2)
    #expect(throws: ModelError.tooManyGroups(requested: 3, available: 2)) {
      var rng = RandomSource(seed: 1)
      _ = try GaussianMixture(components: 3, kind: .full).fit(points, using: &rng)
    }
  }

  @Test(
    "Criteria and the map of iris agree with scikit-learn", .enabled(if: TestData.has("iris.csv")))
  func criteria() throws {
    let (points, _) = try Classics.load("iris.csv")
    var rng = RandomSource(seed: 1)
    let labels = try KMeans(groups: 3).fit(points, using: &rng).labels
    let silhouette = try #require(GroupingQuality.silhouette(points, labels, using: &rng))
    #expect(abs(silhouette - 0.552819) < 1e-5)
    #expect(abs((GroupingQuality.calinskiHarabasz(points, labels) ?? 0) - 561.62775662962) < 1e-8)
    #expect(abs((GroupingQuality.daviesBouldin(points, labels) ?? 0) - 0.6619715465) < 1e-9)
    #expect(GroupingQuality.silhouette(points, labels.map { _ in 0 }, using: &rng) == nil)
    #expect(GroupingQuality.calinskiHarabasz(points, labels.map { _ in 0 }) == nil)
    let map = try PrincipalComponents(points)
    #expect(abs(map.variances[0] - 4.228241706034864) < 1e-12)
    #expect(abs(map.variances[1] - 0.2426707479286182) < 1e-12)
    #expect(abs(map.shares[0] - 0.9246187232017327) < 1e-12)
    #expect(abs(map.directions[0, 2] - 0.8566706059498354) < 1e-12)
    let place = try map.project(points.rows([0]))
    #expect(abs(place[0, 0] + 2.684125625969534) < 1e-12)
    #expect(abs(place[0, 1] - 0.3193972465850985) < 1e-12)
  }

  @Test("A sample's silhouette is close to the whole")
  func sampledSilhouette() throws {
    let points = Classics.blobs(6000, groups: 4, dimensions: 3, seed: 8)
    var rng = RandomSource(seed: 1)
    let labels = try KMeans(groups: 4).fit(points, using: &rng).labels
    let whole = try #require(
      GroupingQuality.silhouette(points, labels, sampleSize: 6000, using: &rng))
    let sample = try #require(
      GroupingQuality.silhouette(points, labels, sampleSize: 1000, using: &rng))
    #expect(abs(whole - sample) < 0.03)
  }

  @Test("Ward's tree of iris agrees with scipy", .enabled(if: TestData.has("iris.csv")))
  func ward() throws {
    let (points, _) = try Classics.load("iris.csv")
    let tree = try Ward.fit(points)
    let expected = [
      3.828052620290243, 4.847708507921838, 6.399406819518539, 12.300396052792589,
      32.44760699959244,
    ]
    #expect(tree.merges.count == 149)
    #expect(zip(tree.merges.suffix(5), expected).allSatisfy { abs($0.height - $1) < 1e-10 })
    #expect(tree.merges.last?.size == 150)
    #expect(tree.merges.map(\.height) == tree.merges.map(\.height).sorted())
    let labels = try tree.cut(groups: 3)
    #expect(Set(labels) == [0, 1, 2] && labels[0] == 0)
    #expect((0..<3).map { g in labels.filter { $0 == g }.count }.sorted() == [36, 50, 64])
    var rng = RandomSource(seed: 1)
    let other = try KMeans(groups: 3).fit(points, using: &rng).labels
    #expect(abs(Partition.adjustedRandIndex(labels, other) - 0.9611435721856738) < 1e-12)
    #expect(try Set(tree.cut(groups: 150)).count == 150)
    #expect(throws: ModelError.self) { try tree.cut(groups: 151) }
  }

  @Test("Ward against merging the cheapest pair by exhaustive search")
  func wardNaive() throws {
    let points = Classics.blobs(40, groups: 3, dimensions: 2, seed: 5, spread: 2)
    var clusters = (0..<40).map { [$0] }
    func sumOfSquares(_ rows: [Int]) -> Double {
      (0..<2).reduce(0) { sum, j in
        let column = rows.map { points[$0, j] }
        return sum + Statistics.variance(column, degreesLost: 0) * Double(rows.count)
      }
    }
    var heights: [Double] = []
    while clusters.count > 1 {
      var best = (0, 1, Double.infinity)
      for a in 0..<clusters.count {
        for b in (a + 1)..<clusters.count {
          let growth =
            sumOfSquares(clusters[a] + clusters[b]) - sumOfSquares(clusters[a])
            - sumOfSquares(clusters[b])
          if growth < best.2 { best = (a, b, growth) }
          if b + 1 == clusters.count { break }
        }
        if a + 2 == clusters.count { break }
      }
      heights.append((2 * best.2).squareRoot())
      clusters[best.0] += clusters[best.1]
      clusters.remove(at: best.1)
    }
    let tree = try Ward.fit(points)
    #expect(zip(tree.merges, heights).allSatisfy { abs($0.height - $1) < 1e-9 })
    #expect(try Ward.fit(Matrix([[1], [1], [1]])).merges.map(\.height) == [0, 0])
    #expect(try Ward.fit(Matrix([[1]])).merges.isEmpty)
  }

  @Test("k-prototypes recovers mixed groups, k-modes categorical ones, missing values included")
  func prototypes() throws {
    var rng = RandomSource(seed: 6)
    var numbers = Matrix(rows: 600, columns: 2)
    var categories: [Int32] = []
    let truth = (0..<600).map { $0 % 3 }
    for i in 0..<600 {
      for j in 0..<2 { numbers[i, j] = Double(truth[i] % 2) * 3 + 0.5 * rng.normal() }
      for _ in 0..<3 {
        let noisy = rng.uniform() < 0.1
        categories.append(
          rng.uniform() < 0.02 ? -1 : Int32(noisy ? rng.integer(below: 3) : (truth[i] + 1) / 2))
      }
    }
    let table = try MixedTable(numbers: numbers, categories: categories, categoryCounts: [3, 3, 3])
    let (model, labels) = try KPrototypes(groups: 3).fit(table, using: &rng)
    #expect(Partition.adjustedRandIndex(labels, truth) > 0.9 && model.converged)
    #expect(model.assign(table) == labels && model.sizes.reduce(0, +) == 600)
    for threads in [1, 2, 3] {
      var method = KPrototypes(groups: 3)
      method.threads = threads
      var again = RandomSource(seed: 77)
      var reference = RandomSource(seed: 77)
      let found = try method.fit(table, using: &again)
      #expect(try found.model == KPrototypes(groups: 3).fit(table, using: &reference).model)
    }
    let onlyCategories = try MixedTable(
      numbers: Matrix(rows: 600, columns: 0), categories: categories, categoryCounts: [3, 3, 3])
    let modes = try KPrototypes(groups: 2).fit(onlyCategories, using: &rng)
    #expect(modes.model.modes.count == 2 && modes.model.cost < 600)
    #expect(throws: ModelError.self) {
      try MixedTable(
        numbers: Matrix(rows: 1, columns: 0), categories: [5], categoryCounts: [3])
    }
    // Ten thousand categories in one column.
    let wide = try MixedTable(
      numbers: Matrix(rows: 20_000, columns: 0),
      categories: (0..<20_000).flatMap { [Int32($0 % 10_000), Int32($0 % 2)] },
      categoryCounts: [10_000, 2])
    var method = KPrototypes(groups: 2)
    method.restarts = 2
    let found = try method.fit(wide, using: &rng)
    #expect(found.model.sizes.reduce(0, +) == 20_000)
  }

  @Test(
    "k-modes on the pathologists' ratings costs what the Python package finds",
    .enabled(if: TestData.has("polca_carcinoma.csv")))
  func modes() throws {
    let rows = TestData.table(try TestData.text("polca_carcinoma.csv")).rows
    let table = try MixedTable(
      numbers: Matrix(rows: rows.count, columns: 0),
      categories: rows.flatMap { $0.compactMap { Int32($0).map { $0 - 1 } } },
      categoryCounts: [Int](repeating: 2, count: 7))
    var rng = RandomSource(seed: 1)
    var method = KPrototypes(groups: 2)
    method.restarts = 50
    #expect(try method.fit(table, using: &rng).model.cost == 113)
    method = KPrototypes(groups: 3)
    method.restarts = 200
    #expect(try method.fit(table, using: &rng).model.cost == 70)
  }
}
