import Foundation
import NumericalMethods
import StatisticalModels
import Testing

@Suite("Scales and satisfaction")
struct SurveyTests {
  @Test("Cronbach's alpha with Feldt's interval", .enabled(if: TestData.has("iris.csv")))
  func alpha() throws {
    let (points, _) = try Classics.load("iris.csv")
    let three = Matrix((0..<150).map { [points[$0, 0], points[$0, 2], points[$0, 3]] })
    let result = try CronbachAlpha(three, items: ["a", "b", "c"])
    // numpy and scipy on the same columns.
    #expect(abs(result.alpha - 0.8771447836441387) < 1e-12)
    #expect(abs(result.lower - 0.8386761488953245) < 1e-9)
    #expect(abs(result.upper - 0.9076609808034115) < 1e-9)
    #expect(result.alphaWithout?.count == 3 && result.respondents == 150)
  }

  @Test("Alpha by hand, with missing answers and constant items")
  func alphaByHand() throws {
    // Items (1,2,3) and (1,3,2): variances 1 and 1, sums 2, 5, 5 with variance 3: 2(1 − 2/3) = 2/3.
    let result = try CronbachAlpha(
      Matrix([[1, 1], [2, 3], [.nan, 2], [3, 2]]), items: ["a", "b"])
    #expect(abs(result.alpha - 2.0 / 3) < 1e-12 && result.leftOut == 1)
    #expect(result.alphaWithout == nil)
    func code(_ m: Matrix, _ items: [String]) -> String? {
      do {
        _ = try CronbachAlpha(m, items: items)
        return nil
      } catch { return error.code }
    }
    #expect(code(Matrix([[1], [2], [3]]), ["a"]) == "model.too-little-data")
    #expect(code(Matrix([[1, 5], [2, 5], [3, 5]]), ["a", "b"]) == "model.unusable-column")
    #expect(code(Matrix([[1, .nan], [2, .nan]]), ["a", "b"]) == "model.too-little-data")
    #expect(code(Matrix([[1, -1], [2, -2], [3, -3]]), ["a", "b"]) == "model.too-little-data")
  }

  @Test(
    "Maximum likelihood factors of wine agree with scikit-learn",
    .enabled(if: TestData.has("wine.csv")))
  func factors() throws {
    let (points, _) = try Classics.load("wine.csv")
    let items = (0..<13).map { "v\($0)" }
    let one = try FactorModel.fit(points, items: items, factors: 1)
    #expect(one.converged && one.boundaryItems.isEmpty)
    #expect(abs(one.uniquenesses[0] - 0.9383898252) < 1e-5)
    #expect(abs(one.uniquenesses[6] - 0.0495184669) < 1e-5)
    #expect(abs(one.explained[0] * 13 - 4.180329956) < 1e-4)
    let two = try FactorModel.fit(points, items: items, factors: 2)
    let expected = [
      0.46644383118652266, 0.7631949432650662, 0.8950061318384459, 0.8419798646927465,
      0.8566447753520793, 0.1975871447876857, 0.07827695669084078, 0.6857035514035568,
      0.5552476290144805, 0.16516612230671857, 0.49408812760698484, 0.2428373648898351,
      0.46903872415626036,
    ]
    #expect(zip(two.uniquenesses, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    // A rotation keeps the length of a respondent's scores: (−1.24065, −0.56526) there.
    let scores = try two.scores(points.rows([0]))
    let length = scores[0, 0] * scores[0, 0] + scores[0, 1] * scores[0, 1]
    #expect(abs(length - (1.24064887 * 1.24064887 + 0.56526321 * 0.56526321)) < 1e-4)
    // No small rotation raises Kaiser's criterion.
    func criterion(_ angle: Double) -> Double {
      let (c, s) = (cos(angle), sin(angle))
      var total = 0.0
      for f in 0..<2 {
        let squares = (0..<13).map { j -> Double in
          let h =
            (two.loadings[j, 0] * two.loadings[j, 0] + two.loadings[j, 1] * two.loadings[j, 1])
          let a = c * two.loadings[j, f] + (f == 0 ? s : -s) * two.loadings[j, 1 - f]
          return a * a / h
        }
        total += Statistics.variance(squares)
      }
      return total
    }
    #expect(criterion(0) > criterion(0.01) && criterion(0) > criterion(-0.01))
    #expect(throws: ModelError.self) { try FactorModel.fit(points, items: items, factors: 9) }
  }

  @Test("NPS, satisfaction and effort by hand")
  func satisfaction() throws {
    let nps = try Satisfaction.netPromoterScore([10, 9, 8, 7, 6, 0, 10, 9, 3, 10])
    // Five promoters, three detractors of ten.
    #expect(abs(nps.value - 20) < 1e-12 && nps.answers == 10)
    let (p, d) = (5.75 / 13, 3.75 / 13)
    let half = 1.959963984540054 * ((p + d - (p - d) * (p - d)) / 13).squareRoot()
    #expect(abs(nps.lower - 100 * (p - d - half)) < 1e-9)
    #expect(abs(nps.upper - 100 * (p - d + half)) < 1e-9)
    let all = try Satisfaction.netPromoterScore([10, 10])
    #expect(all.value == 100 && all.upper == 100 && all.lower < 100)
    // Wilson 8 of 10: .4902 to .9433 (Newcombe 1998 gives the formula).
    let csat = try Satisfaction.customerSatisfaction([5, 5, 4, 4, 5, 4, 5, 4, 2, 1])
    #expect(abs(csat.value - 0.8) < 1e-12)
    #expect(abs(csat.lower - 0.4902) < 1e-4 && abs(csat.upper - 0.9433) < 1e-4)
    // Mean 3, standard deviation √2, t₃ = 3.182446.
    let effort = try Satisfaction.customerEffort([1, 3, 4, 4])
    #expect(abs(effort.value - 3) < 1e-12)
    #expect(abs(effort.upper - (3 + 3.182446305 * (2.0 / 4).squareRoot())) < 1e-6)
    #expect(effort.lower == 1 || effort.lower > 0.7)
    let single = try Satisfaction.customerEffort([4])
    #expect(single.lower == 1 && single.upper == 7)
    #expect(throws: ModelError.self) { try Satisfaction.netPromoterScore([11]) }
    #expect(throws: ModelError.self) { try Satisfaction.netPromoterScore([]) }
    #expect(throws: ModelError.self) { try Satisfaction.customerSatisfaction([0]) }
  }
}
