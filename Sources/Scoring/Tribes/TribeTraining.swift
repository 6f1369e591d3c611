internal import CustomerSchema
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// What is asked of a survey, by its columns' names.
package struct TribeSettings: Sendable {
  /// The questions; nil for every column that can be one.
  package var items: [String]?
  /// The respondent's id; never a question.
  package var id: String?
  package var nps: String?
  package var csat: String?
  package var ces: String?
  /// Column by whose classes NPS, CSAT and CES are told; never a question.
  package var group: String?
  /// Whether the relation `respondent_segment` (`respondent`, `segment`) tells groups instead.
  package var hasSegments = false
  /// Answers below which a group's figures are not told.
  package var leastInGroup = 1
  /// The tribes found before, whose numbers go on.
  package var previous: FoundTribes?
  /// Numbers of classes compared; one number is taken as it is.
  package var classes = 1...6
  package var seed = 1
  package var threads: Int?

  package init() {}
}

/// Reliability, factors and tribes of a survey in a table of texts.
package struct TribeTraining: Sendable {
  package let settings: TribeSettings
  package let quartierVersion: String

  package init(settings: TribeSettings, quartierVersion: String) {
    self.settings = settings
    self.quartierVersion = quartierVersion
  }

  package struct Outcome: Sendable {
    package let report: TribeReport
    /// Nil where the answers tell no tribes apart.
    package let found: FoundTribes?
    /// Columns of `respondent_tribe` with an answer of each respondent: `nps`, `csat`, `ces`.
    package let measures: [String]
    /// Factors with a score in `respondent_tribe`.
    package let factors: Int
  }

  /// Answers beyond which a column is no question with choices.
  private static let mostChoices = 20
  /// Groups by which satisfaction is told at most.
  private static let mostGroups = 500
  /// Respondents on whom classes are fitted; the others are assigned.
  private static let fitRows = 20_000

  private struct Question {
    let name: String
    let kind: TribeReport.Item.Kind
    let texts: [String?]
    let numbers: [Double]
  }

  /// Reads the table, fits, and makes `respondent_tribe` (`respondent`, `tribe`, `tribe_probability`,
  /// `factor_1`…, and where asked `nps`, `csat`, `ces`), a row per respondent.
  ///
  /// - Throws: `ScoringError`.
  package func run(
    on table: String, columns: [String], in session: any QuerySession
  ) async throws -> Outcome {
    let asked =
      (settings.items ?? [])
      + [settings.id, settings.nps, settings.csat, settings.ces, settings.group]
      .compactMap { $0 }
    for name in asked where !columns.contains(name) {
      throw ScoringError.unknownColumn(name, known: columns)
    }
    let list = columns.map { "\(identifier: $0)" as SQL }.joined()
    let rows = try await session.query("SELECT \(list) FROM \(identifier: table)").rows
      .map { $0.map(\.text) }
    do {
      let questions = columns.enumerated().compactMap { index, name in
        question(name, rows.map { $0[index] })
      }
      let ids = settings.id.flatMap(columns.firstIndex).map { place in rows.map { $0[place] } }
      let groups = try await groups(columns, rows, ids, in: session)
      let made = try analyse(questions, rows.count, groups)
      try await write(made, ids: ids, rows: rows.count, in: session)
      return Outcome(
        report: made.report, found: made.found, measures: made.measures.map(\.name),
        factors: made.scores?.columns ?? 0)
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  private struct Made {
    var report: TribeReport
    var found: FoundTribes?
    /// The answers to the first question of each measure; NaN where there is none.
    var measures: [(name: String, answers: [Double])] = []
    var labels: [Int] = []
    var probabilities: [Double] = []
    var scores: Matrix?
  }

  /// The rows of each class of the group column, or of each segment.
  private func groups(
    _ columns: [String], _ rows: [[String?]], _ ids: [String?]?, in session: any QuerySession
  ) async throws -> [(name: String, rows: [Int])] {
    var members: [String: [Int]] = [:]
    if let group = settings.group, let place = columns.firstIndex(of: group) {
      for (row, texts) in rows.enumerated() {
        if let name = texts[place] { members[name, default: []].append(row) }
      }
    } else if settings.hasSegments, let ids {
      var place: [String: Int] = [:]
      for (row, id) in ids.enumerated() { if let id { place[id] = row } }
      for row in try await session.query("SELECT respondent, segment FROM respondent_segment")
        .rows
      {
        if let respondent = row[0].text, let segment = row[1].text, let row = place[respondent] {
          members[segment, default: []].append(row)
        }
      }
    }
    guard members.count <= Self.mostGroups else {
      throw ScoringError.tooManyClasses(
        settings.group ?? "", count: members.count, most: Self.mostGroups)
    }
    return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func question(_ name: String, _ texts: [String?]) -> Question? {
    guard name != settings.id, name != settings.group else { return nil }
    if let items = settings.items, !items.contains(name),
      ![settings.nps, settings.csat, settings.ces].contains(name)
    {
      return nil
    }
    let numbers = texts.map { SurvivalTraining.number($0) ?? .nan }
    let known = texts.compactMap { $0 }
    let choices = Set(known)
    let areWhole = zip(texts, numbers).allSatisfy {
      $0 == nil || ($1.isFinite && $1 == $1.rounded() && (0...10).contains($1))
    }
    let kind: TribeReport.Item.Kind
    let lower = name.lowercased()
    if choices.count < 2 {
      kind = .out
    } else if name == settings.nps || (settings.nps == nil && areWhole && lower.contains("nps")) {
      kind = .nps
    } else if name == settings.csat || (settings.csat == nil && areWhole && lower.contains("csat"))
    {
      kind = .csat
    } else if name == settings.ces
      || (settings.ces == nil && areWhole && lower.split { !$0.isLetter }.contains("ces"))
    {
      kind = .ces
    } else if areWhole, choices.count >= 3 {
      kind = .likert
    } else {
      kind = choices.count <= Self.mostChoices ? .choice : .out
    }
    return Question(name: name, kind: kind, texts: texts, numbers: numbers)
  }

  private func analyse(
    _ questions: [Question], _ rows: Int, _ groups: [(name: String, rows: [Int])]
  ) throws -> Made {
    guard rows > 0 else { throw ModelError.noData(what: "respondent") }
    var made = Made(
      report: TribeReport(
        quartierVersion: quartierVersion, respondents: rows, seed: settings.seed))
    made.report.items = questions.map { question in
      let known = question.numbers.filter { !$0.isNaN }
      let answers = question.texts.count { $0 != nil }
      return TribeReport.Item(
        name: question.name, kind: question.kind, answers: answers, missing: rows - answers,
        choices: Set(question.texts.compactMap { $0 }).count,
        mean: question.kind == .choice || question.kind == .out || known.isEmpty
          ? nil : known.reduce(0, +) / Double(known.count))
    }
    scale(questions.filter { $0.kind == .likert }, rows, &made)
    classes(questions.filter { $0.kind == .likert || $0.kind == .choice }, rows, &made)
    try satisfaction(questions, groups, &made)
    return made
  }

  /// Reliability and factors of the items on a scale.
  private func scale(_ items: [Question], _ rows: Int, _ made: inout Made) {
    guard items.count >= 2 else {
      made.report.cautions.append(UserMessage("model.tribes.caution.no_scale"))
      return
    }
    let names = items.map(\.name)
    var all = Matrix(rows: rows, columns: items.count)
    for (j, item) in items.enumerated() {
      for row in 0..<rows { all[row, j] = item.numbers[row] }
    }
    made.report.reliability = try? CronbachAlpha(all, items: names)
    let complete = (0..<rows).filter { row in items.allSatisfy { !$0.numbers[row].isNaN } }
    let answers = all.rows(complete)
    guard items.count >= 3, answers.rows > items.count,
      let model = factors(answers, names)
    else { return }
    made.report.factors = (0..<model.loadings.columns).map { factor in
      TribeReport.Factor(
        explained: model.explained[factor],
        loadings: names.indices.map {
          TribeReport.Factor.Loading(item: names[$0], value: model.loadings[$0, factor])
        }.sorted { abs($0.value) > abs($1.value) })
    }
    guard let scores = try? model.scores(answers) else { return }
    var spread = Matrix(rows: rows, columns: scores.columns, repeating: .nan)
    for (i, row) in complete.enumerated() {
      for j in 0..<scores.columns { spread[row, j] = scores[i, j] }
    }
    made.scores = spread
  }

  /// As many factors as correlations have eigenvalues above 1 (Kaiser 1960), fewer where they are not
  /// identified.
  private func factors(_ answers: Matrix, _ names: [String]) -> FactorModel? {
    let p = answers.columns
    var correlation = Matrix.identity(p)
    for a in 0..<p {
      for b in 0..<a {
        let r = Statistics.correlation(answers.column(a), answers.column(b)) ?? 0
        correlation[a, b] = r
        correlation[b, a] = r
      }
    }
    let above = symmetricEigen(correlation).values.count { $0 > 1 }
    for count in stride(from: max(1, above), through: 1, by: -1) {
      if let model = try? FactorModel.fit(answers, items: names, factors: count), model.converged {
        return model
      }
    }
    return nil
  }

  private func classes(_ items: [Question], _ rows: Int, _ made: inout Made) {
    guard items.count >= 3 else {
      made.report.cautions.append(
        UserMessage("model.tribes.caution.few_questions", ["count": .count(items.count)]))
      return
    }
    let columns = items.map { FeatureColumn($0.name, categories: $0.texts) }
    var random = RandomSource(seed: UInt64(settings.seed))
    let order = rows > Self.fitRows ? random.sample(Self.fitRows, below: rows) : Array(0..<rows)
    let sample = items.map { item in
      FeatureColumn(item.name, categories: order.map { item.texts[$0] })
    }
    do throws(ModelError) {
      let encoder = try AnswerEncoder(sample)
      let survey = try encoder.encode(sample, forFitting: true)
      let model: LatentClassModel
      if settings.classes.count == 1 {
        var fit = LatentClasses(classes: settings.classes.lowerBound)
        fit.threads = settings.threads
        model = try fit.fit(survey, using: &random)
      } else {
        let found = try LatentClasses.compare(survey, classes: settings.classes, using: &random)
        made.report.criteria = found.models.map {
          TribeReport.Criterion(
            classes: $0.classes, logLikelihood: $0.logLikelihood, bic: $0.bic, aic: $0.aic)
        }
        guard let best = found.models.first(where: { $0.classes == found.best }) else { return }
        model = best
      }
      let all = try encoder.encode(columns)
      let p = try model.probabilities(all)
      made.labels = try model.assign(all)
      made.probabilities = made.labels.indices.map { p[$0, made.labels[$0]] }
      let stored = try StoredGroups(
        .latentClasses(encoder: encoder, model: model), labels: model.assign(survey))
      let found = FoundTribes(
        stored: stored, numbers: numbers(stored, made.labels, columns))
      made.found = found
      made.report.entropyRSquared = model.classes > 1 ? model.entropyRSquared : nil
      made.report.tribes = describe(model, encoder, made.labels, found.numbers)
      if model.classes == 1 {
        made.report.cautions.append(UserMessage("model.tribes.caution.one_class"))
      }
    } catch {
      made.report.cautions.append(error.userMessage)
    }
  }

  /// The lasting number of each class: that of the old tribe whose respondents it holds, else the next.
  private func numbers(
    _ stored: StoredGroups, _ labels: [Int], _ columns: [FeatureColumn]
  ) -> [Int] {
    let count = stored.sizes.count
    guard let previous = settings.previous, previous.questions == columns.map(\.name),
      let old = try? previous.stored.assign(columns)
    else { return Array(1...max(1, count)) }
    var numbers = [Int](repeating: 0, count: count)
    for (tribe, match) in Partition.matching(old: old, new: labels).enumerated()
    where tribe < count {
      if let match { numbers[tribe] = previous.numbers[match] }
    }
    var next = previous.numbers.max() ?? 0
    for tribe in 0..<count where numbers[tribe] == 0 {
      next += 1
      numbers[tribe] = next
    }
    return numbers
  }

  private func describe(
    _ model: LatentClassModel, _ encoder: AnswerEncoder, _ labels: [Int], _ numbers: [Int]
  ) -> [TribeReport.Tribe] {
    (0..<model.classes).map { tribe in
      var answers: [TribeReport.Tribe.Answer] = []
      for (item, codes) in encoder.items.enumerated() {
        for (code, answer) in codes.classes.enumerated() {
          let probability = model.answerProbabilities[item][tribe, code]
          let overall = (0..<model.classes).reduce(0.0) {
            $0 + model.shares[$1] * model.answerProbabilities[item][$1, code]
          }
          answers.append(
            TribeReport.Tribe.Answer(
              item: codes.name, answer: answer, probability: probability, overall: overall))
        }
      }
      answers.sort { $0.probability - $0.overall > $1.probability - $1.overall }
      return TribeReport.Tribe(
        id: "tribe_\(numbers[tribe])", share: model.shares[tribe],
        respondents: labels.count { $0 == tribe }, answers: Array(answers.prefix(6)))
    }
  }

  private func satisfaction(
    _ questions: [Question], _ groups: [(name: String, rows: [Int])], _ made: inout Made
  ) throws {
    for question in questions {
      let rows = question.numbers.indices.filter { !question.numbers[$0].isNaN }
      guard !rows.isEmpty,
        let all = try measure(question.kind, rows.map { Int(question.numbers[$0]) })
      else { continue }
      let tribes = made.labels.isEmpty ? [] : made.report.tribes
      let parts = try tribes.enumerated().compactMap { index, tribe in
        let own = rows.filter { made.labels[$0] == index }
        guard !own.isEmpty,
          let part = try measure(question.kind, own.map { Int(question.numbers[$0]) })
        else { return nil as TribeReport.SatisfactionReport.Part? }
        return TribeReport.SatisfactionReport.Part(
          tribe: tribe.id, value: part.value, lower: part.lower, upper: part.upper,
          answers: part.answers)
      }
      let byGroup = try groups.compactMap { group -> TribeReport.SatisfactionReport.GroupPart? in
        let own = group.rows.filter { !question.numbers[$0].isNaN }
        guard own.count >= settings.leastInGroup,
          let part = try measure(question.kind, own.map { Int(question.numbers[$0]) })
        else { return nil }
        return TribeReport.SatisfactionReport.GroupPart(
          group: group.name, value: part.value, lower: part.lower, upper: part.upper,
          answers: part.answers)
      }
      if !made.measures.contains(where: { $0.name == question.kind.rawValue }) {
        made.measures.append((question.kind.rawValue, question.numbers))
      }
      made.report.satisfaction.append(
        TribeReport.SatisfactionReport(
          item: question.name, measure: question.kind, value: all.value, lower: all.lower,
          upper: all.upper, answers: all.answers, byTribe: parts,
          byGroup: groups.isEmpty ? nil : byGroup))
    }
  }

  private func measure(
    _ kind: TribeReport.Item.Kind, _ answers: [Int]
  ) throws(ModelError) -> Satisfaction.Measure? {
    switch kind {
    case .nps: try Satisfaction.netPromoterScore(answers)
    case .csat: try Satisfaction.customerSatisfaction(answers)
    case .ces: try Satisfaction.customerEffort(answers)
    default: nil
    }
  }

  private func write(
    _ made: Made, ids: [String?]?, rows: Int, in session: any QuerySession
  ) async throws {
    let factors = made.scores?.columns ?? 0
    let names = (0..<factors).map { "factor_\($0 + 1)" } + made.measures.map(\.name)
    let columns = names.map { "\(identifier: $0) DOUBLE" as SQL }
    let definitions = (["n DOUBLE", "tribe DOUBLE", "probability DOUBLE"] + columns).joined()
    try await session.execute("CREATE OR REPLACE TEMP TABLE tribe_labels (\(definitions))")
    let none = [Double](repeating: .nan, count: rows)
    try await session.append(
      [
        (0..<rows).map { Double($0) },
        made.labels.isEmpty
          ? none : made.labels.map { Double(made.found?.numbers[$0] ?? $0 + 1) },
        made.probabilities.isEmpty ? none : made.probabilities,
      ] + (0..<factors).map { made.scores?.column($0) ?? none }
        + made.measures.map(\.answers), to: "tribe_labels")
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE tribe_respondents (n BIGINT, respondent VARCHAR)")
    for start in stride(from: 0, to: rows, by: 1000) {
      let values = (start..<min(rows, start + 1000)).map { row -> SQL in
        let id = ids.map { $0[row].map { SQLValue.text($0) } ?? .null } ?? .text("\(row + 1)")
        return "(\(row), \(id))"
      }
      try await session.execute("INSERT INTO tribe_respondents VALUES \(values.joined())")
    }
    let scores = names.map {
      "CASE WHEN NOT isnan(\(identifier: $0)) THEN \(identifier: $0) END AS \(identifier: $0)"
        as SQL
    }
    let shown =
      (["respondent"] as [SQL]
      + [
        "CASE WHEN NOT isnan(tribe) THEN 'tribe_' || CAST(tribe AS BIGINT) END AS tribe",
        "CASE WHEN NOT isnan(probability) THEN probability END AS tribe_probability",
      ] + scores).joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE respondent_tribe AS
      SELECT \(shown) FROM tribe_labels JOIN tribe_respondents ON tribe_labels.n = tribe_respondents.n
      """)
  }
}
