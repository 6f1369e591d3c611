internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// Unfolds a survey of one line per person into one row per answer.
struct WideSurvey {
  let context: ImportContext

  /// Every column without a role is a question. A person's answer to a question, where nothing
  /// says when it was given, replaces the one given before.
  ///
  /// - Parameter loaded: with rows that can be read already; then with the answers.
  /// - Returns: the number of questions.
  func unfold(
    _ loaded: inout LoadedSource, _ roles: RoleAssignment
  ) async throws(IngestionError) -> Int {
    let session = context.session
    let source = loaded
    func text(_ column: Int) -> SQL {
      context.cells.text(
        source.table.cell(column), source.table.types[column], isClean: source.table.isClean)
    }
    // With a line per person, a bare `id` is who answered.
    let customer =
      roles.columns[.customer]
      ?? source.profiles.first { $0.header.words == "id" }?.index
    let date = roles.columns[.date]
    let survey = roles.columns[.survey]
    let taken = Set([customer, date, survey].compactMap { $0 })
    let questions = source.table.columns.indices.filter { !taken.contains($0) }
    guard !questions.isEmpty else {
      throw .columnMissing(
        file: source.table.file.name, role: .question, columns: source.table.columns)
    }
    let pairs = questions.map {
      "{'q': \(literal: source.table.columns[$0]), 'a': \(text($0))}" as SQL
    }
    let name = customer.map(text) ?? "NULL::VARCHAR"
    let number = "-?[0-9]+(?:[.,][0-9]+)?"
    let key: SQL = date == nil ? "customer || '/' || answer.q" : "NULL::VARCHAR"
    let values: [SQL] = [
      "customer AS c0", "moment AS c1", "\(key) AS c2",
      "survey AS c3", "answer.q AS c4", "answer.a AS c5",
      "CASE WHEN regexp_full_match(answer.a, \(literal: number)) THEN answer.a END AS c6",
    ]
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE import_wide AS
      SELECT line, \(values.joined()) FROM (
        SELECT line, customer, moment, survey, unnest(answers) AS answer FROM (
          SELECT \(source.table.line) AS line, \(name) AS customer,
            \(date.map(text) ?? "NULL::VARCHAR") AS moment,
            \(survey.map(text) ?? "NULL::VARCHAR") AS survey, [\(pairs.joined())] AS answers
          FROM \(source.table.relation()) WHERE \(source.table.defect) IS NULL))
      WHERE answer.a IS NOT NULL
      """)
    try await session.perform(
      """
      INSERT INTO quarantine
      SELECT \(literal: source.table.file.name), line, NULL, NULL, defect FROM (
        SELECT \(source.table.line) AS line, \(source.table.defect) AS defect
        FROM \(source.table.relation())) WHERE defect IS NOT NULL ORDER BY line
      """)
    let columns = [
      "customer id", date.map { source.table.columns[$0] } ?? "undated", "answer id", "survey",
      "question", "answer", "score",
    ]
    let cells = columns.indices.map { SQL.column("c\($0)") }.joined()
    let sample = try await session.fetch("SELECT \(cells) FROM import_wide LIMIT 2000")
    guard !sample.isEmpty else { throw .noLines(file: source.table.file.name) }
    loaded = LoadedSource(
      table: SourceTable(
        file: source.table.file, reading: .table("import_wide"), columns: columns,
        types: Array(repeating: .text, count: columns.count)),
      dialect: source.dialect, sheet: source.sheet, hasHeader: true,
      headerLine: source.headerLine, is1904: source.is1904,
      sample: sample.map { $0.map { $0.text ?? "" } })
    return questions.count
  }
}
