import CustomerSchema
import DuckDBEngine
import SQLBuilder
import Testing
import Warehouse

@testable import Identity

@Suite struct `The weights of agreement` {
  /// A pattern of agreement in three fields, the others unknown.
  private static func pattern(_ first: Int, _ birth: Int, _ email: Int) -> AgreementPattern {
    AgreementPattern(levels: [4 * first, -1, 3 * birth, 2 * email, -1, -1])
  }

  /// Pairs of 2,000 that agree (1) or not (0) in three fields.
  private static let counts: [(Int, Int, Int, Double)] = [
    (1, 1, 1, 180), (1, 1, 0, 45), (1, 0, 1, 30), (0, 1, 1, 24), (1, 0, 0, 160), (0, 1, 0, 40),
    (0, 0, 1, 21), (0, 0, 0, 1_500),
  ]

  /// The same counts by `recordlinkage` 0.16: `ECMClassifier(init="jaro", max_iter=20000,
  /// atol=1e-13)`, one row for each pair.
  @Test func `EM comes to what another implementation comes to`() {
    var start = MatchModel.starting
    for field in [0, 2, 3] {
      start.m[field] = start.m[field].map { _ in 1e-12 }
      start.u[field] = start.u[field].map { _ in 1e-12 }
      let top = start.m[field].count - 1
      (start.m[field][top], start.m[field][0]) = (0.9, 0.1)
      (start.u[field][top], start.u[field][0]) = (0.1, 0.9)
    }
    start.prior = 0.1
    let pairs = PatternCounts(
      patterns: Self.counts.map { Self.pattern($0.0, $0.1, $0.2) }, counts: Self.counts.map(\.3))
    let found = start.estimate(
      pairs, fields: [.firstName, .birthDate, .email], learnsU: true, strength: 0, limit: 5_000)
    #expect(found.model.hasConverged)
    let values = [
      found.model.prior, found.model.m[0][4], found.model.m[2][3], found.model.m[3][2],
      found.model.u[0][4], found.model.u[2][3], found.model.u[3][2],
    ]
    // Both stop when a step changes next to nothing, each by its own measure.
    for (value, other) in zip(values, Self.expected) { #expect(abs(value - other) < 5e-5) }
  }

  /// prior, m of first name, birth date, e-mail, then u.
  private static let expected = [
    0.14487304803812473, 0.8840589801957024, 0.864407880232278, 0.8127501786674675,
    0.09287940312412644, 0.022535362262134352, 0.011406966299605604,
  ]

  @Test func `weights and probabilities are those of the formula`() {
    var model = MatchModel.starting
    model.m[3] = [0.2, 0.05, 0.75]
    model.u[3] = [0.998, 0.001, 0.001]
    model.prior = 1.0 / 1025
    // 0.75 / 0.001 = 750; odds before 1/1024: 750/1024.
    let pattern = AgreementPattern(levels: [-1, -1, -1, 2, -1, -1])
    #expect(abs(model.weight(pattern) - 9.550746785383243) < 1e-12)
    #expect(abs(model.probability(pattern) - 750.0 / 1774) < 1e-12)
  }

  @Test func `parameters of invented pairs are found again`() {
    // 40,000 pairs drawn from known m, u and prior by their expected counts: no noise at all.
    var truth = MatchModel.starting
    truth.prior = 0.2
    var patterns: [AgreementPattern] = []
    var counts: [Double] = []
    for first in 0..<5 {
      for birth in 0..<4 {
        for email in 0..<3 {
          patterns.append(AgreementPattern(levels: [first, -1, birth, email, -1, -1]))
          let one = truth.m[0][first] * truth.m[2][birth] * truth.m[3][email]
          let other = truth.u[0][first] * truth.u[2][birth] * truth.u[3][email]
          counts.append(40_000 * (0.2 * one + 0.8 * other))
        }
      }
    }
    var start = truth
    start.prior = 0.4
    start.m[0] = [0.2, 0.2, 0.2, 0.2, 0.2]
    start.m[2] = [0.25, 0.25, 0.25, 0.25]
    let found = start.estimate(
      PatternCounts(patterns: patterns, counts: counts),
      fields: [.firstName, .birthDate, .email], strength: 0, limit: 5_000)
    #expect(abs(found.model.prior - 0.2) < 1e-4)
    for field in [0, 2, 3] {
      for level in truth.m[field].indices {
        #expect(abs(found.model.m[field][level] - truth.m[field][level]) < 1e-3)
      }
    }
  }

  @Test func `codes of patterns go both ways`() {
    var seen: Set<Int> = []
    for code in 0..<(6 * 6 * 5 * 4 * 4 * 5 * 2) {
      let pattern = AgreementPattern(code: code)
      #expect(pattern.code == code)
      seen.insert(pattern.hashValue)
    }
    #expect(seen.count == 6 * 6 * 5 * 4 * 4 * 5 * 2)
  }

  @Test func `similarity and near dates are the engine's`() async throws {
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 1)).session()
    let names = [
      "MARTHA", "MARHTA", "DIXON", "DICKSONX", "JEAN", "JEANNE", "JEAN PIERRE", "A", "MARIE",
      "MARINE", "DUPONT", "DUPOND", "LEFEVRE", "LEFEBVRE", "NGUYEN", "GUYENN", "",
    ]
    for one in names {
      for other in names {
        let engine = try await session.value(
          "SELECT jaro_winkler_similarity(\(one), \(other))"
        ).double
        let own = NameSimilarity.jaroWinkler(one, other)
        #expect(abs(own - (engine ?? -1)) < 1e-12, "\(one) \(other)")
      }
    }
    // Winkler's examples.
    #expect(abs(NameSimilarity.jaroWinkler("MARTHA", "MARHTA") - 0.9611111) < 1e-6)
    #expect(abs(NameSimilarity.jaroWinkler("DIXON", "DICKSONX") - 0.8133333) < 1e-6)
    let days = [
      "1980-03-12", "1980-12-03", "1980-03-13", "1908-03-12", "1991-07-01", "2000-02-29",
      "1979-03-12", "1890-03-21", "2003-11-30",
    ]
    for one in days {
      for other in days {
        let engine = try await session.value(
          """
          SELECT \(ComparedField.birthDate.level) > 0
          FROM (SELECT \(one)::DATE AS birth) AS a, (SELECT \(other)::DATE AS birth) AS b
          """
        ).bool
        let (first, second) = (LocalDate(iso: one), LocalDate(iso: other))
        let near = BirthDigits(first?.daysSinceEpoch ?? 0).isNear(
          BirthDigits(second?.daysSinceEpoch ?? 0))
        #expect(near == engine, "\(one) \(other)")
      }
    }
  }
}
