/// Something a person is told: a stable code and its values, worded later in her language.
///
/// The catalogues of `Presentation` hold, for each code, `CODE` (the sentence) and, where there
/// is something to do about it, `CODE.fix`. Placeholders in the sentences are argument names.
package struct UserMessage: Sendable, Hashable, Codable {
  /// Dotted and stable, such as `import.date.ambiguous`.
  package let code: String
  package let arguments: [String: MessageArgument]
  /// Where it is, when it is somewhere in a file.
  package let location: SourceLocation?
  /// What stands there.
  package let excerpt: SourceExcerpt?

  package init(
    _ code: String, _ arguments: [String: MessageArgument] = [:],
    at location: SourceLocation? = nil, showing excerpt: SourceExcerpt? = nil
  ) {
    self.code = code
    self.arguments = arguments
    self.location = location
    self.excerpt = excerpt
  }
}

/// A value inside a message, worded by the reader's language.
package enum MessageArgument: Sendable, Hashable {
  /// Shown as it is (names of files and columns, values).
  case text(String)
  /// A term that has its own key in the catalogues, such as `segment.loyal`.
  case term(String)
  case count(Int)
  case money(Money)
  /// A ratio: 0.64 is shown as 64 %.
  case share(Double)
  /// A number with so many decimals at most.
  case number(Double, decimals: Int)
  case date(LocalDate)
  case texts([String])
}

extension MessageArgument: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case text, term, count, money, share, number, decimals, date, texts
  }

  /// One key says the kind and holds the value: `{"count": 3}`, `{"date": "2024-01-31"}`,
  /// `{"money": {"amount": "12.5000", "currency": "EUR"}}`; a number also has its decimals:
  /// `{"number": 1.5, "decimals": 1}`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .text(let text): try container.encode(text, forKey: .text)
    case .term(let key): try container.encode(key, forKey: .term)
    case .count(let count): try container.encode(count, forKey: .count)
    case .money(let money): try container.encode(money, forKey: .money)
    case .share(let share): try container.encode(share, forKey: .share)
    case .number(let number, let decimals):
      try container.encode(number, forKey: .number)
      try container.encode(decimals, forKey: .decimals)
    case .date(let date): try container.encode(date, forKey: .date)
    case .texts(let texts): try container.encode(texts, forKey: .texts)
    }
  }

  /// - Throws: `DecodingError` where no key or several say the kind.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let kinds = container.allKeys.filter { $0 != .decimals }
    guard let kind = kinds.first, kinds.count == 1 else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: container.codingPath, debugDescription: "not one value of one kind"))
    }
    switch kind {
    case .text: self = .text(try container.decode(String.self, forKey: kind))
    case .term: self = .term(try container.decode(String.self, forKey: kind))
    case .count: self = .count(try container.decode(Int.self, forKey: kind))
    case .money: self = .money(try container.decode(Money.self, forKey: kind))
    case .share: self = .share(try container.decode(Double.self, forKey: kind))
    case .date: self = .date(try container.decode(LocalDate.self, forKey: kind))
    case .texts: self = .texts(try container.decode([String].self, forKey: kind))
    case .number, .decimals:
      self = .number(
        try container.decode(Double.self, forKey: .number),
        decimals: try container.decode(Int.self, forKey: .decimals))
    }
  }
}

extension MessageArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .count(value) }
}

/// A place in a file that a person gave.
package struct SourceLocation: Sendable, Hashable, Codable {
  /// As the person wrote it.
  package let file: String
  /// From 1; nil for the file as a whole.
  package let line: Int?
  /// The column's name, or its position from 1 when it has none.
  package let column: String?

  package init(file: String, line: Int? = nil, column: String? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// An error with something to tell a person.
package protocol UserFacingError: Error {
  var userMessage: UserMessage { get }
  /// What else is wrong, when several things were found together.
  var furtherMessages: [UserMessage] { get }
  var exitStatus: ExitStatus { get }
}

extension UserFacingError {
  package var furtherMessages: [UserMessage] { [] }
}

/// How a command ends.
package enum ExitStatus: Int32, Sendable, Codable {
  case done = 0
  /// The data or a definition is wrong.
  case data = 1
  /// The command line is wrong.
  case usage = 2
  /// A defect of Quartier.
  case `internal` = 3
  /// The disk, a permission, a lock, a missing library.
  case environment = 4
}
