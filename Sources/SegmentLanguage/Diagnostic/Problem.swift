package import CustomerSchema

/// What can be wrong with a rule. Each case is one sentence of the catalogues.
package enum Problem: Sendable, Hashable {
  // Text
  case empty
  case tooLong(bytes: Int)
  case tooManyNodes
  case tooDeep
  case strayCharacter(String)
  case unterminated
  case emptyName
  case unexpected(String, expected: Expected)
  case unexpectedEnd(expected: Expected)
  case reservedWord(String)
  case unknownFunction(String, nearest: [String])
  case numberTooLarge(String)
  case tooManyDecimals(String, most: Int)
  case noSuchDate(String)
  case dateOutOfRange(String)
  case slashedDate(String, iso: String?)
  case noSuchInstant(String)
  case instantWithoutZone(String)
  case lengthNotPositive(String)
  case lengthTooLong(String)
  case mixedWindow

  // Names
  case unknownAttribute(String, nearest: [String])
  case unknownField(String, of: String, nearest: [String])
  case unknownCollection(String, nearest: [String])
  case unknownSegment(String, nearest: [String])
  case unknownParameter(String, nearest: [String])
  case unusedParameter(String)
  case unknownValue(String, of: String, values: [String])

  // Kinds of value, by the keys of their names
  case wrongKind(String, expected: String)
  case notACondition(String, String)
  case notANumber(String)
  case notATime(String)
  case noOrder(String)
  case mismatch(left: String, right: String)
  case arithmetic(String, left: String, right: String)
  case notInDays(String)
  case foreignCurrency(String, workspace: String)
  case amountWithoutCurrency(String, currency: String)
  case quotedDate(String)
  case quotedNumber(String, expected: String)
  case unquotedText(String)
  case listEquality(String)
  case objectsCompared

  // What a construct may not be about
  case aggregateWithoutValue(String)
  case noTimeInObjects(String)
  case futureWindow(String)
  case emptyWindow(String)
  case windowTwice
  case calendarStep(String)
  case absentStepNotLast
  case tooManyPeriods(Int)
  case anniversaryTooFar(Int)
  case customerConditionInFilter
  case nestedPopulation
  case percentOutOfRange(String)
  case notACount(Int)
  case patternNotLiteral
  case emptyPattern
  case pattern(RegularExpression.Failure)
  case heldDerived(String)
  case heldElsewhere

  // Truth
  case never(Never)
  case partNever(Never)
  case always
  case partAlways(String)

  // JSON
  case jsonSyntax
  case jsonTwice(String)
  case jsonType(expected: String)
  case jsonMissing(String)
  case jsonUnknownKey(String, nearest: [String])
  case jsonUnknownForm(String, nearest: [String])
  case jsonNoForm
  case jsonTooFew(Int)

  /// What a rule's text should have had where something else stands.
  package enum Expected: String, Sendable, Hashable, CaseIterable {
    case condition, value, name, text, number, date, length, unit, window, period, collection, end
    case field, closing, comma, opening, comparison, and, by, of, segment, within, then, to, ago
    case least = "at_least"
    case afterIs = "after_is"
    case with, `for`, after
    case percent
    case wholeNumber = "whole_number"
    case inAtLeast = "in_at_least"
    case last
  }
}

extension Problem {
  /// Dotted and stable.
  package var code: String { content.code }
  /// For the placeholders of its sentences.
  package var arguments: [String: MessageArgument] { content.arguments }

  private var content: (code: String, arguments: [String: MessageArgument]) {
    switch self {
    case .empty: ("rule.empty", [:])
    case .tooLong(let bytes):
      ("rule.too_long", ["bytes": .count(bytes), "limit": .count(RuleLimits.bytes)])
    case .tooManyNodes: ("rule.too_many_nodes", ["limit": .count(RuleLimits.nodes)])
    case .tooDeep: ("rule.too_deep", ["limit": .count(RuleLimits.depth)])
    case .strayCharacter(let character):
      ("rule.syntax.character", ["character": .text(character)])
    case .unterminated: ("rule.syntax.unterminated", [:])
    case .emptyName: ("rule.syntax.empty_name", [:])
    case .unexpected(let found, let expected):
      (
        "rule.syntax.unexpected",
        ["found": .text(found), "expected": .term("rule.expected." + expected.rawValue)]
      )
    case .unexpectedEnd(let expected):
      ("rule.syntax.end", ["expected": .term("rule.expected." + expected.rawValue)])
    case .reservedWord(let word): ("rule.syntax.reserved", ["word": .text(word)])
    case .unknownFunction(let name, let nearest):
      Self.near("rule.syntax.function", name, nearest)
    case .numberTooLarge(let number): ("rule.number.too_large", ["number": .text(number)])
    case .tooManyDecimals(let number, let most):
      ("rule.number.decimals", ["number": .text(number), "most": .count(most)])
    case .noSuchDate(let date): ("rule.date.none", ["date": .text(date)])
    case .dateOutOfRange(let date): ("rule.date.range", ["date": .text(date)])
    case .slashedDate(let date, let iso):
      iso.map { ("rule.date.slashes", ["date": .text(date), "iso": .text($0)]) }
        ?? ("rule.date.none", ["date": .text(date)])
    case .noSuchInstant(let instant): ("rule.instant.none", ["instant": .text(instant)])
    case .instantWithoutZone(let instant): ("rule.instant.zone", ["instant": .text(instant)])
    case .lengthNotPositive(let length): ("rule.length.positive", ["length": .text(length)])
    case .lengthTooLong(let length):
      (
        "rule.length.too_long",
        ["length": .text(length), "years": .count(RuleLimits.years)]
      )
    case .mixedWindow: ("rule.window.mixed", [:])
    default: meaning
    }
  }

  /// A code of its own where there are names to propose.
  static func near(
    _ code: String, _ name: String, _ nearest: [String],
    _ others: [String: MessageArgument] = [:]
  ) -> (code: String, arguments: [String: MessageArgument]) {
    var arguments = others
    arguments["name"] = .text(name)
    guard !nearest.isEmpty else { return (code, arguments) }
    arguments["nearest"] = .texts(nearest)
    return (code + ".near", arguments)
  }
}

/// Why a condition can never be true.
package enum Never: Sendable, Hashable {
  /// Two tests of one value, or rows wanted where there must be none.
  case contradiction(String, String)
  case opposites(String)
  /// A count below 0, an hour above 23.
  case impossible(String)
  case constant(String)
  case negatedTruth(String)
  case emptyRange(String, String)
  case moreThanAll(Int, Int)
  case quietLongerThanWindow(String, String)

  var content: (code: String, arguments: [String: MessageArgument]) {
    switch self {
    case .contradiction(let first, let second):
      ("contradiction", ["first": .text(first), "second": .text(second)])
    case .opposites(let text): ("opposites", ["text": .text(text)])
    case .impossible(let text): ("impossible", ["text": .text(text)])
    case .constant(let text): ("constant", ["text": .text(text)])
    case .negatedTruth(let text): ("negated_truth", ["text": .text(text)])
    case .emptyRange(let low, let high): ("range", ["first": .text(low), "second": .text(high)])
    case .moreThanAll(let wanted, let all):
      ("more_than_all", ["wanted": .count(wanted), "all": .count(all)])
    case .quietLongerThanWindow(let quiet, let window):
      ("quiet", ["quiet": .text(quiet), "window": .text(window)])
    }
  }
}
