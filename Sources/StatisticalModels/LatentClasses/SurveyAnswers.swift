package import NumericalMethods

/// Categorical answers of respondents, with covariates where known.
package struct SurveyAnswers: Sendable {
  package let items: [String]
  /// Number of possible answers per item.
  package let answerCounts: [Int]
  /// Codes 0 ..< answerCounts[item], row-major; −1 where there is no answer.
  package let answers: [Int32]
  /// Names of the covariates that predict the class; none for a plain model.
  package let covariateNames: [String]
  /// A row per respondent, a column per covariate.
  package let covariates: Matrix

  package var rows: Int { covariates.rows }

  /// Throws `noData`, `sizeMismatch`, `outOfRange` for an unknown code, `notFinite`, or
  /// `unusableColumn` for an item that everyone who answered answered alike: a fit cannot use it. Where
  /// respondents are only to be assigned to known classes, `requiringVariation` false lets it pass.
  package init(
    items: [String], answerCounts: [Int], answers: [Int32], covariateNames: [String] = [],
    covariates: Matrix? = nil, requiringVariation: Bool = true
  ) throws(ModelError) {
    guard !items.isEmpty else { throw ModelError.noData(what: "question") }
    guard answerCounts.count == items.count else {
      throw ModelError.sizeMismatch(
        what: "The list of answer counts", expected: items.count, found: answerCounts.count)
    }
    let rows = answers.count / items.count
    guard rows > 0 else { throw ModelError.noData(what: "respondent") }
    guard rows * items.count == answers.count else {
      throw ModelError.sizeMismatch(
        what: "The table of answers", expected: (rows + 1) * items.count, found: answers.count)
    }
    let table = covariates ?? Matrix(rows: rows, columns: 0)
    guard table.rows == rows else {
      throw ModelError.sizeMismatch(
        what: "The covariate table", expected: rows, found: table.rows)
    }
    guard table.columns == covariateNames.count else {
      throw ModelError.sizeMismatch(
        what: "The list of covariate names", expected: table.columns, found: covariateNames.count)
    }
    for (i, value) in table.values.enumerated() where !value.isFinite {
      throw ModelError.notFinite(
        what: "The covariate table", row: i / table.columns, column: i % table.columns)
    }
    for (j, name) in items.enumerated() {
      var seen = Set<Int32>()
      for row in 0..<rows {
        let code = answers[row * items.count + j]
        guard code >= -1, Int(code) < answerCounts[j] else {
          throw ModelError.outOfRange(
            what: "The answer to «\(name)» at row \(row)", value: Double(code),
            allowed: "−1 to \(answerCounts[j] - 1)")
        }
        if code >= 0 { seen.insert(code) }
      }
      guard seen.count >= 2 || !requiringVariation else {
        throw ModelError.unusableColumn(
          name: name,
          reason: seen.isEmpty ? "nobody answered it" : "everyone gave the same answer")
      }
    }
    for (j, name) in covariateNames.enumerated() where requiringVariation {
      let first = table[0, j]
      guard (0..<rows).contains(where: { table[$0, j] != first }) else {
        throw ModelError.unusableColumn(name: name, reason: "it is the same for everyone")
      }
    }
    self.items = items
    self.answerCounts = answerCounts
    self.answers = answers
    self.covariateNames = covariateNames
    self.covariates = table
  }
}

/// Distinct combinations of answers and covariates with their numbers of respondents.
struct AnswerPatterns: Sendable {
  /// Positions of the answers in the concatenated list of all items' answers; −1 where missing.
  let positions: [Int32]
  let counts: [Double]
  /// With a leading 1 per row.
  let design: Matrix
  let patternOfRow: [Int32]
  let offsets: [Int]
  let totalAnswers: Int

  init(_ survey: SurveyAnswers) {
    let width = survey.items.count
    let q = survey.covariates.columns
    var offset = 0
    offsets = survey.answerCounts.map { count in
      defer { offset += count }
      return offset
    }
    totalAnswers = offset
    struct Key: Hashable {
      let answers: ArraySlice<Int32>
      let covariates: ArraySlice<Double>
    }
    var known: [Key: Int32] = [:]
    var place: [Int32] = []
    var count: [Double] = []
    var pattern: [Int32] = []
    var rows: [Double] = []
    for row in 0..<survey.rows {
      let key = Key(
        answers: survey.answers[row * width..<(row + 1) * width],
        covariates: survey.covariates.values[row * q..<(row + 1) * q])
      if let index = known[key] {
        count[Int(index)] += 1
        pattern.append(index)
        continue
      }
      let index = Int32(count.count)
      known[key] = index
      pattern.append(index)
      count.append(1)
      for (j, code) in key.answers.enumerated() {
        place.append(code < 0 ? -1 : Int32(offsets[j]) + code)
      }
      rows.append(1)
      rows.append(contentsOf: key.covariates)
    }
    positions = place
    counts = count
    patternOfRow = pattern
    design = Matrix(rows: count.count, columns: q + 1, values: rows)
  }
}
