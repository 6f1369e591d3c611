package import CustomerSchema

/// Words codes and keys in one language.
///
/// A placeholder is `{name}` or `{name:form}`. Forms: `rounded` and `short` for amounts, `short`
/// and `month` for dates, `or` for lists. A key that no catalogue has, and a placeholder without its argument,
/// appear between ⟦ ⟧: never in the product, where tests look for them.
package struct Localizer: Sendable {
  package let language: Language
  package let formats: Formats
  private let texts: [String: String]

  package init(_ catalogue: Catalogue) {
    language = catalogue.language
    formats = Formats(catalogue.language)
    texts = catalogue.texts
  }

  /// Reads the catalogues of a language where this machine has them.
  package init(_ language: Language) throws(PresentationError) {
    try self.init(language, resources: try PresentationResources.locate())
  }

  package init(
    _ language: Language, resources: PresentationResources
  ) throws(PresentationError) {
    self.init(try Catalogue(language, resources: resources))
  }

  /// Whether the catalogues have a key, in whatever number.
  package func has(_ key: String) -> Bool {
    texts[key] != nil || texts[key + "#other"] != nil
  }

  /// A key's text with its placeholders filled; singular or plural by the argument `count`.
  package func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
    guard let pattern = pattern(key, arguments) else { return "⟦\(key)⟧" }
    return fill(pattern, arguments)
  }

  /// The sentence of a message, without its location.
  package func text(_ message: UserMessage) -> String { text(message.code, message.arguments) }

  /// What to do about a message; nil where the catalogues have nothing to say.
  package func fix(_ message: UserMessage) -> String? {
    let key = message.code + ".fix"
    return has(key) ? text(key, message.arguments) : nil
  }

  /// Where a message applies, such as `orders.csv:12:total`; nil when it is nowhere in a file.
  package func location(_ message: UserMessage) -> String? {
    guard let location = message.location else { return nil }
    let parts = [location.file, location.line.map(String.init), location.column]
    return Self.printable(parts.compactMap { $0 }.joined(separator: ":"))
  }

  /// A value as a sentence shows it.
  package func text(_ argument: MessageArgument, form: String? = nil) -> String {
    switch argument {
    case .text(let text): Self.printable(text)
    case .term(let key): text(key)
    case .count(let count): formats.number(count)
    case .money(let money): formats.money(money, Formats.MoneyStyle(rawValue: form ?? "") ?? .exact)
    case .share(let share): formats.share(share)
    case .number(let number, let decimals): formats.number(number, atMost: decimals)
    case .date(let date): formats.date(date, Formats.DateStyle(rawValue: form ?? "") ?? .long)
    case .texts(let texts): formats.list(texts.map(Self.printable), isChoice: form == "or")
    }
  }

  /// The texts without placeholders whose keys begin with a prefix, by the rest of their keys: the
  /// labels of a page.
  package func labels(under prefix: String) -> [String: String] {
    var labels: [String: String] = [:]
    for (key, text) in texts where key.hasPrefix(prefix) && !text.contains("{") {
      labels[String(key.dropFirst(prefix.count))] = text
    }
    return labels
  }

  /// A length written as `30d`, `2w`, `3mo` or `1y`; any other text is shown as it is.
  package func period(_ text: String) -> String {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let keys = [
      "d": "period.days", "w": "period.weeks", "mo": "period.months", "y": "period.years",
    ]
    guard let count = Int(digits), let key = keys[String(text.dropFirst(digits.count))] else {
      return Self.printable(text)
    }
    return self.text(key, ["count": .count(count)])
  }

  /// The text with control characters made visible, so that a value read from a file can neither
  /// steer a terminal nor break a line.
  package static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
        result.append(picture)
      } else {
        result.append(isControl(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }

  /// C0 and C1 controls, and the marks that reorder text around them.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private func pattern(_ key: String, _ arguments: [String: MessageArgument]) -> String? {
    if case .count(let count)? = arguments["count"] {
      let number = formats.isSingular(count) ? "#one" : "#other"
      if let pattern = texts[key + number] { return pattern }
    }
    return texts[key]
  }

  private func fill(_ pattern: String, _ arguments: [String: MessageArgument]) -> String {
    var result = ""
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += rest[..<open]
      let parts = rest[rest.index(after: open)..<close].split(separator: ":", maxSplits: 1)
      let name = parts.first.map(String.init) ?? ""
      let form = parts.count > 1 ? String(parts[1]) : nil
      result += arguments[name].map { text($0, form: form) } ?? "⟦{\(name)}⟧"
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }
}
