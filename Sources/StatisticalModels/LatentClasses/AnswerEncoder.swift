import NumericalMethods

/// Turns survey columns into coded answers, with stored codes, so that a later respondent is read like
/// those the classes were found on.
package struct AnswerEncoder: Sendable, Codable, Equatable {
  package let items: [CategoryCodes]
  package let covariateNames: [String]

  /// Learns the answers of each question; covariates are numeric columns.
  ///
  /// Throws `noData`, or `unusableColumn` for a question that is not of categories or a covariate that is.
  package init(
    _ questions: [FeatureColumn], covariates: [FeatureColumn] = []
  ) throws(ModelError) {
    guard !questions.isEmpty else { throw ModelError.noData(what: "question") }
    var found: [CategoryCodes] = []
    for question in questions {
      found.append(
        CategoryCodes(name: question.name, values: try Self.answers(question)))
    }
    for covariate in covariates { _ = try Self.numbers(covariate) }
    items = found
    covariateNames = covariates.map(\.name)
  }

  private static func answers(_ question: FeatureColumn) throws(ModelError) -> [String?] {
    guard case .categories(let values) = question.values else {
      throw ModelError.unusableColumn(
        name: question.name, reason: "a question needs answers as categories, not numbers")
    }
    return values
  }

  private static func numbers(_ covariate: FeatureColumn) throws(ModelError) -> [Double] {
    guard case .numbers(let values) = covariate.values else {
      throw ModelError.unusableColumn(
        name: covariate.name, reason: "a covariate needs numbers; code classes as 0 and 1")
    }
    return values
  }

  /// The answers of respondents; an answer never seen before counts as missing.
  ///
  /// Throws `sizeMismatch`, `unusableColumn`, `notFinite` for a missing covariate, and what
  /// `SurveyAnswers` throws.
  package func encode(
    _ questions: [FeatureColumn], covariates: [FeatureColumn] = [], forFitting: Bool = false
  ) throws(ModelError) -> SurveyAnswers {
    guard questions.map(\.name) == items.map(\.name) else {
      throw ModelError.sizeMismatch(
        what: "The list of questions in the learned order", expected: items.count,
        found: questions.count)
    }
    guard covariates.map(\.name) == covariateNames else {
      throw ModelError.sizeMismatch(
        what: "The list of covariates in the learned order", expected: covariateNames.count,
        found: covariates.count)
    }
    let rows = questions.first?.values.count ?? 0
    var columns: [[Int32]] = []
    for (question, codes) in zip(questions, items) {
      let values = try Self.answers(question)
      guard values.count == rows else {
        throw ModelError.sizeMismatch(
          what: "Column «\(question.name)»", expected: rows, found: values.count)
      }
      columns.append(codes.codes(of: values))
    }
    var table = Matrix(rows: rows, columns: covariates.count)
    for (j, covariate) in covariates.enumerated() {
      let values = try Self.numbers(covariate)
      guard values.count == rows else {
        throw ModelError.sizeMismatch(
          what: "Column «\(covariate.name)»", expected: rows, found: values.count)
      }
      for row in 0..<rows { table[row, j] = values[row] }
    }
    return try SurveyAnswers(
      items: items.map(\.name), answerCounts: items.map(\.classes.count),
      answers: interleaved(columns, rows: rows), covariateNames: covariateNames,
      covariates: table, requiringVariation: forFitting)
  }
}
