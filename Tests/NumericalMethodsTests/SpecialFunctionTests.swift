import Foundation
import NumericalMethods
import Testing

/// A line of the table that `scripts/special-function-fixtures.py` writes.
struct FixtureRow: Sendable, CustomTestStringConvertible {
  let name: String
  let arguments: [Double]
  let expected: Double
  var testDescription: String { "\(name)(\(arguments))" }

  static let all: [FixtureRow] = {
    guard
      let url = Bundle.module.url(
        forResource: "special-functions", withExtension: "csv", subdirectory: "Fixtures"),
      let text = try? String(contentsOf: url, encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: ",")
      let numbers = cells.dropFirst().compactMap { Double($0) }
      guard numbers.count == cells.count - 1, let value = numbers.last else { return nil }
      return FixtureRow(
        name: String(cells[0]), arguments: Array(numbers.dropLast()), expected: value)
    }
  }()
}

@Suite("Special functions against 60-digit arithmetic")
struct SpecialFunctionTests {
  @Test("The table of reference values is complete")
  func tableIsThere() {
    #expect(FixtureRow.all.count == 135)
  }

  @Test("Every function agrees with its reference value", arguments: FixtureRow.all)
  func agrees(row: FixtureRow) throws {
    let a = row.arguments
    let value: Double
    // Relative tolerance of the value, absolute where a logarithm passes through 0.
    var tolerance = 1e-13
    switch row.name {
    case "logGamma": value = logGamma(a[0])
    case "digamma": value = digamma(a[0])
    case "trigamma": value = trigamma(a[0])
    case "logBeta": value = logBeta(a[0], a[1])
    case "logGammaRatio": value = logGammaRatio(a[0], plus: a[1])
    case "gammaP": (value, tolerance) = (regularisedGamma(a[0], a[1]).lower, 1e-11)
    case "gammaQ": (value, tolerance) = (regularisedGamma(a[0], a[1]).upper, 1e-11)
    case "betaI": (value, tolerance) = (regularisedBeta(a[0], a[1], a[2]).lower, 1e-11)
    case "log2F1": (value, tolerance) = (Hypergeometric.log2F1(a[0], a[1], a[2], a[3]), 2e-12)
    case "logTricomi": (value, tolerance) = (Hypergeometric.logTricomi(a[0], a[1], a[2]), 1e-12)
    case "normalQuantile": value = Distribution.normalQuantile(a[0])
    case "chiSquareUpper":
      (value, tolerance) = (Distribution.chiSquareUpper(a[0], degrees: a[1]), 1e-11)
    case "studentTwoSided":
      (value, tolerance) = (Distribution.studentTwoSided(a[0], degrees: a[1]), 1e-9)
    case "fUpper":
      value = Distribution.fUpper(a[0], numerator: a[1], denominator: a[2])
      tolerance = 1e-11
    case "logNegativeBinomial":
      value = Distribution.logNegativeBinomial(a[0], shape: a[1], rate: a[2], time: a[3])
    default:
      Issue.record("no such function: \(row.name)")
      return
    }
    let scale = row.name.hasPrefix("log") ? max(1, abs(row.expected)) : abs(row.expected)
    #expect(
      abs(value - row.expected) <= tolerance * scale + 1e-300,
      "\(value), expected \(row.expected)")
  }

  @Test("Euler's integral agrees with the series where both work")
  func eulerIntegral() {
    for (a, b, c, z) in [(0.243, 2.0, 2.219, 0.9), (1.5, 2.5, 7.25, -3), (12.7, 1.606, 13.7, 0.7)] {
      let direct = Hypergeometric.log2F1(a, b, c, z)
      #expect(abs(Hypergeometric.logEulerIntegral(a, b, c, z) - direct) < 1e-12)
    }
  }

  @Test("Quantiles invert their distribution functions", arguments: [1e-6, 0.01, 0.4, 0.5, 0.95])
  func quantiles(p: Double) {
    for shape in [0.1, 0.7, 3, 250] {
      let x = Distribution.gammaQuantile(p, shape: shape)
      #expect(abs(regularisedGamma(shape, x).lower - p) < 1e-11)
    }
    for (a, b) in [(0.2, 0.3), (2, 5), (300, 40)] {
      let x = Distribution.betaQuantile(p, a, b)
      #expect(abs(regularisedBeta(a, b, x).lower - p) < 1e-10)
    }
    #expect(
      abs(Distribution.studentCDF(Distribution.studentQuantile(p, degrees: 7), degrees: 7) - p)
        < 1e-11)
    let f = Distribution.fQuantile(p, numerator: 3, denominator: 20)
    #expect(abs(1 - Distribution.fUpper(f, numerator: 3, denominator: 20) - p) < 1e-11)
  }

  @Test("Sums and differences of exponentials stay exact at the extremes")
  func logSpace() {
    #expect(logAddExp(-1e5, -1e5) == -1e5 + log(2.0))
    #expect(logAddExp(-.infinity, 3) == 3)
    #expect(abs(logSubtractExp(1, 1 - 1e-12) - (1 + log(1e-12))) < 1e-3)
    #expect(abs(logSumExp([1000, 1000, -1000]) - (1000 + log(2.0))) < 1e-12)
    #expect(logSumExp([]) == -.infinity)
    #expect(logistic(800) == 1 && logistic(-800) == 0 && softplus(-800) == 0)
    #expect(exponentialRatio(0) == 1)
  }
}
