internal import CustomerSchema
internal import ReferenceData

/// A column that holds, or may hold, data that a customer file has no business with.
struct SensitiveColumn: Sendable, Hashable {
  enum Decision: String, Sendable, Hashable {
    /// Its values are never read.
    case refused
    /// The mapping declares explicit consent.
    case declared
    /// A few values, or a name with other meanings: imported, and told.
    case doubtful
    /// Anything may have been written there.
    case freeText = "free_text"
  }

  /// From 0; -1 where it is no column any more.
  var column: Int
  let name: String
  /// Nil for free text in which nothing was found.
  let kind: SensitiveKind?
  let basis: SensitiveFinding.Basis
  let decision: Decision
  /// Values of the sample with such content, and values looked at.
  let matches: Int
  let values: Int
  /// When and how the consent was given, as the mapping words it.
  var consent: String?

  /// What a person should know of it. Values are never told.
  func notice(_ file: String) -> UserMessage {
    var arguments: [String: MessageArgument] = ["file": .text(file), "column": .text(name)]
    if let kind { arguments["kind"] = .term("sensitive.\(kind.rawValue)") }
    let location = SourceLocation(file: file, column: name)
    switch decision {
    case .refused:
      return UserMessage("import.notice.sensitive_refused", arguments, at: location)
    case .declared:
      return UserMessage("import.notice.sensitive_declared", arguments, at: location)
    case .doubtful:
      return UserMessage("import.notice.sensitive_doubtful", arguments, at: location)
    case .freeText:
      let code = kind == nil ? "free_text" : "free_text_found"
      return UserMessage("import.notice.\(code)", arguments, at: location)
    }
  }
}

/// Looks for special categories (Art. 9 GDPR), criminal records, social security numbers, payment
/// cards and bank accounts by the names of columns, in French and English, and by a sample of
/// their values.
struct SensitiveScreening {
  private let detector: SensitiveDataDetector
  /// What the mapping says of consents, by the folded name of a column.
  private let consents: [String: String]

  init(_ consents: [String: String]) throws(IngestionError) {
    do throws(ReferenceDataError) { detector = try SensitiveDataDetector.load() } catch {
      throw .referenceData(error)
    }
    self.consents = Dictionary(
      consents.map { (Vocabulary.fold($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Parameter cells: a sample of a column's cells.
  func judge(_ column: Int, _ name: String, _ cells: [String]) -> SensitiveColumn? {
    var distinct: Set<String> = []
    var values: [String] = []
    for cell in cells {
      let text = cell.trimmed
      guard !NullWords.all.contains(text) else { continue }
      values.append(text)
      distinct.insert(text)
    }
    let findings = detector.findings(column: name, values: values)
    let isFreeText = Self.isFreeText(name, values, distinct.count)
    var worst: (finding: SensitiveFinding, isRefused: Bool)?
    for finding in findings {
      let isRefused = isRefused(finding, findings, name, isFreeText: isFreeText)
      if worst == nil || isRefused && worst?.isRefused == false { worst = (finding, isRefused) }
    }
    func made(
      _ decision: SensitiveColumn.Decision, _ finding: SensitiveFinding?, _ consent: String? = nil
    ) -> SensitiveColumn {
      let counted = finding.flatMap { of in
        findings.first { $0.kind == of.kind && $0.basis == .values }
      }
      return SensitiveColumn(
        column: column, name: name, kind: finding?.kind, basis: finding?.basis ?? .columnName,
        decision: decision, matches: counted?.matches ?? 0, values: values.count, consent: consent)
    }
    if let worst, worst.isRefused {
      if let consent = consents[Vocabulary.fold(name)] {
        return made(.declared, worst.finding, consent)
      }
      return made(.refused, worst.finding)
    }
    if isFreeText { return made(.freeText, worst?.finding) }
    guard let worst else { return nil }
    if let consent = consents[Vocabulary.fold(name)] {
      return made(.declared, worst.finding, consent)
    }
    return made(.doubtful, worst.finding)
  }

  /// Whether a finding is sure enough to keep a column out.
  private func isRefused(
    _ finding: SensitiveFinding, _ all: [SensitiveFinding], _ name: String, isFreeText: Bool
  ) -> Bool {
    let other = all.first { $0.kind == finding.kind && $0.basis != finding.basis }
    if finding.basis == .columnName {
      // « card number » is the loyalty card's as often as not: its values tell.
      let isLoyaltyCard =
        finding.kind == .paymentCard
        && ["card number", "cardnumber"].contains(Vocabulary.fold(name))
      if isLoyaltyCard { return (other?.matches ?? 0) * 2 >= max(1, other?.values ?? 0) }
      return finding.certainty == .certain || other != nil
    }
    if other != nil { return true }
    switch finding.kind {
    case .socialSecurityNumber, .bankAccount: return finding.certainty == .certain
    case .paymentCard:
      // One number of sixteen digits in ten passes Luhn's rule by chance.
      return finding.matches >= 2 && finding.matches * 2 >= finding.values
        || finding.matches == finding.values
    default:
      // Words that describe people also name products: « Bible catholique ».
      return !isFreeText && finding.matches >= 3 && finding.matches * 2 >= finding.values
    }
  }

  private static let freeTextWords: Set<Substring> = [
    "comment", "comments", "commentaire", "commentaires", "note", "notes", "remarque", "remarques",
    "observation", "observations", "memo", "remark", "remarks", "annotation", "annotations",
  ]

  /// Whether a column is a place for remarks: named so with sentences in it.
  private static func isFreeText(_ name: String, _ values: [String], _ distinct: Int) -> Bool {
    let words = Set(Vocabulary.fold(name).split(separator: " "))
    guard !words.isDisjoint(with: freeTextWords) else { return false }
    let spaced = values.count { $0.contains(" ") }
    return spaced * 5 >= values.count && spaced > 0 && distinct > 0
  }
}

extension LoadedSource {
  /// Keeps sensitive columns out: their cells are empty for whatever reads the source from here on.
  func screened(_ consents: [String: String]) throws(IngestionError) -> LoadedSource {
    let screening = try SensitiveScreening(consents)
    var result = self
    for (index, name) in table.columns.enumerated() {
      guard let found = screening.judge(index, name, sample.map { $0[index] }) else { continue }
      result.sensitive.append(found)
      if found.decision == .refused { result.table.withhold(index) }
    }
    if !result.table.withheld.isEmpty {
      let withheld = result.table.withheld
      result.sample = sample.map { row in
        row.enumerated().map { withheld.contains($0) ? "" : $1 }
      }
    }
    return result
  }

  /// What a person should know of its sensitive columns, the refused ones first.
  var sensitiveNotices: [UserMessage] {
    let order: [SensitiveColumn.Decision] = [.refused, .declared, .doubtful, .freeText]
    return order.flatMap { decision in
      sensitive.filter { $0.decision == decision }.map { $0.notice(table.file.name) }
    }
  }

  /// - Throws: `columnSensitive` when a mapping uses a column that is kept out.
  func requireAllowed(_ mapping: Mapping) throws(IngestionError) {
    guard !table.withheld.isEmpty else { return }
    let choices = mapping.columns.values.joined() + Array(mapping.attributes.values)
    for choice in choices {
      for column in sensitive where column.decision == .refused {
        let isNamed =
          switch choice {
          case .name(let name): Vocabulary.fold(name) == Vocabulary.fold(column.name)
          case .position(let position): position == column.column + 1
          }
        if isNamed, let kind = column.kind {
          throw .columnSensitive(
            file: table.file.name, column: column.name, kind: kind.rawValue)
        }
      }
    }
  }
}
