import Foundation
package import NumericalMethods

/// A latent class model: respondents belong to unseen classes that answer independently item by item
/// (Lazarsfeld & Henry 1968), with covariates by multinomial logit (Bandeen-Roche et al. 1997).
package struct LatentClassModel: Sendable, Codable, Equatable {
  package let items: [String]
  package let answerCounts: [Int]
  package let covariateNames: [String]
  /// Mean probability of each class over respondents; classes are in decreasing order of it.
  package let shares: [Double]
  /// P(answer | class): per item a matrix of classes × answers; rows sum to 1.
  package let answerProbabilities: [Matrix]
  /// Log-odds against the first class: a row per further class, columns intercept then covariates.
  package let coefficients: Matrix
  /// Standard errors of `coefficients` from the empirical information; empty without covariates or
  /// where that information is singular.
  package let coefficientErrors: Matrix
  package let logLikelihood: Double
  package let parameterCount: Int
  package let aic: Double
  package let bic: Double
  /// 1 where every respondent's class is certain, 0 where it is anybody's guess.
  package let entropyRSquared: Double
  package let respondents: Int
  package let iterations: Int
  package let converged: Bool
  /// How many starts ended at the reported likelihood.
  package let agreeingStarts: Int

  package var classes: Int { shares.count }

  /// Probabilities of each respondent's class: a row per respondent. Missing answers count for nothing.
  ///
  /// Throws `sizeMismatch` for other items or covariates than fitted.
  package func probabilities(_ survey: SurveyAnswers) throws(ModelError) -> Matrix {
    guard survey.answerCounts == answerCounts else {
      throw ModelError.sizeMismatch(
        what: "The list of items", expected: items.count, found: survey.items.count)
    }
    guard survey.covariates.columns == covariateNames.count else {
      throw ModelError.sizeMismatch(
        what: "The covariate table", expected: covariateNames.count,
        found: survey.covariates.columns)
    }
    let patterns = AnswerPatterns(survey)
    let state = LatentClassState(self)
    let posterior = state.expect(patterns, threads: nil, keepingPosterior: true).posterior
    let k = classes
    var result = Matrix(rows: survey.rows, columns: k)
    for row in 0..<survey.rows {
      let p = Int(patterns.patternOfRow[row])
      for c in 0..<k { result[row, c] = posterior[p * k + c] }
    }
    return result
  }

  /// The most probable class of each respondent.
  package func assign(_ survey: SurveyAnswers) throws(ModelError) -> [Int] {
    let p = try probabilities(survey)
    return (0..<p.rows).map { row in
      var best = 0
      for c in 1..<max(1, classes) where p[row, c] > p[row, best] { best = c }
      return best
    }
  }
}

/// Fits latent class models by expectation–maximisation from several random starts.
package struct LatentClasses: Sendable {
  package let classes: Int
  package var restarts = 20
  package var maximumIterations = 5000
  /// Stops when the log-likelihood grows less than this times its size.
  package var tolerance = 1e-11
  package var threads: Int?

  package init(classes: Int) { self.classes = classes }

  /// Fits the model; every start runs roughly, the best ones to the end.
  ///
  /// Throws `outOfRange`, or `tooLittleData` where the questions cannot tell so many classes apart.
  package func fit(
    _ survey: SurveyAnswers, using random: inout RandomSource
  ) throws(ModelError) -> LatentClassModel {
    guard classes >= 1 else {
      throw ModelError.outOfRange(
        what: "The number of classes", value: Double(classes), allowed: "1 or more")
    }
    let perClass = survey.answerCounts.reduce(0) { $0 + $1 - 1 }
    let free = classes * perClass + (classes - 1) * (1 + survey.covariates.columns)
    if classes > 1 {
      // Answers alone must offer more distinguishable outcomes than the class model has parameters.
      let outcomes = survey.answerCounts.reduce(1.0) { $0 * Double($1) } - 1
      guard survey.items.count >= 3,
        Double(classes * perClass + classes - 1) <= outcomes
      else {
        throw ModelError.tooLittleData(
          model: "A latent class model",
          reason: "\(survey.items.count) questions cannot tell \(classes) classes apart",
          simplest: "the shares of each answer, or more questions")
      }
    }
    let patterns = AnswerPatterns(survey)
    guard Double(survey.rows) > Double(free) else {
      throw ModelError.tooLittleData(
        model: "A latent class model",
        reason: "\(survey.rows) respondents are too few for \(free) parameters",
        simplest: "fewer classes")
    }
    var starts: [(state: LatentClassState, value: Double)] = []
    for _ in 0..<(classes == 1 ? 1 : max(1, restarts)) {
      let state = LatentClassState(survey, classes: classes, using: &random)
      let rough = iterate(state, patterns, limit: 100, tolerance: 1e-5)
      starts.append((rough.state, rough.value))
    }
    starts.sort { $0.value > $1.value }
    let ends = starts.prefix(5).map { start in
      iterate(start.state, patterns, limit: maximumIterations, tolerance: tolerance)
    }
    guard let best = ends.max(by: { $0.value < $1.value }) else {
      throw ModelError.noData(what: "start")
    }
    let agreeing = ends.filter { best.value - $0.value < 1e-5 * max(1, abs(best.value)) }.count
    return best.state.ordered(patterns).model(
      survey, patterns, free: free, iterations: best.iterations, converged: best.converged,
      agreeing: agreeing, threads: threads)
  }

  private func iterate(
    _ start: LatentClassState, _ patterns: AnswerPatterns, limit: Int, tolerance: Double
  ) -> (state: LatentClassState, value: Double, iterations: Int, converged: Bool) {
    var state = start
    var value = -Double.infinity
    for iteration in 1...limit {
      let expected = state.expect(
        patterns, threads: threads, keepingPosterior: state.hasCovariates)
      if expected.value - value <= tolerance * max(1, abs(expected.value)) {
        return (state, max(value, expected.value), iteration, true)
      }
      value = expected.value
      state = state.maximised(expected, patterns)
    }
    return (state, value, limit, false)
  }

  /// The fitted models for several numbers of classes, and the number with the least BIC.
  package static func compare(
    _ survey: SurveyAnswers, classes: ClosedRange<Int>, using random: inout RandomSource
  ) throws(ModelError) -> (models: [LatentClassModel], best: Int) {
    var models: [LatentClassModel] = []
    for k in classes {
      do throws(ModelError) {
        models.append(try LatentClasses(classes: k).fit(survey, using: &random))
      } catch {
        // More classes than the questions support end the list; too few to start with is an error.
        if models.isEmpty { throw error }
        break
      }
    }
    guard let best = models.min(by: { $0.bic < $1.bic }) else {
      throw ModelError.noData(what: "model")
    }
    return (models, best.classes)
  }
}
