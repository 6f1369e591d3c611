internal import CustomerSchema

extension Problem {
  /// Codes of what is wrong with a rule's meaning or its JSON.
  var meaning: (code: String, arguments: [String: MessageArgument]) {
    switch self {
    case .unknownAttribute(let name, let nearest): Self.near("rule.name.attribute", name, nearest)
    case .unknownField(let name, let collection, let nearest):
      Self.near("rule.name.field", name, nearest, ["collection": .text(collection)])
    case .unknownCollection(let name, let nearest):
      Self.near("rule.name.collection", name, nearest)
    case .unknownSegment(let name, let nearest): Self.near("rule.name.segment", name, nearest)
    case .unknownParameter(let name, let nearest): Self.near("rule.name.parameter", name, nearest)
    case .unusedParameter(let name): ("rule.name.unused", ["name": .text(name)])
    case .unknownValue(let text, let attribute, let values):
      (
        "rule.name.value",
        ["text": .text(text), "attribute": .text(attribute), "values": .texts(values)]
      )
    case .futureWindow(let window): ("rule.window.future", ["window": .text(window)])
    case .emptyWindow(let window): ("rule.window.empty", ["window": .text(window)])
    case .windowTwice: ("rule.window.twice", [:])
    case .calendarStep(let length): ("rule.step.calendar", ["length": .text(length)])
    case .absentStepNotLast: ("rule.step.absent", [:])
    case .tooManyPeriods(let count): ("rule.periods", ["count": .count(count)])
    case .anniversaryTooFar(let days): ("rule.anniversary", ["days": .count(days)])
    case .customerConditionInFilter: ("rule.filter", [:])
    case .nestedPopulation: ("rule.population.nested", [:])
    case .percentOutOfRange(let percent): ("rule.percent", ["percent": .text(percent)])
    case .notACount(let count): ("rule.count", ["number": .count(count)])
    case .heldDerived(let name): ("rule.held.derived", ["name": .text(name)])
    case .heldElsewhere: ("rule.held", [:])
    case .never(let reason):
      ("rule.never." + reason.content.code, reason.content.arguments)
    case .partNever(let reason):
      ("rule.part_never." + reason.content.code, reason.content.arguments)
    case .always: ("rule.always", [:])
    case .partAlways(let text): ("rule.part_always", ["text": .text(text)])
    case .jsonSyntax: ("rule.json.syntax", [:])
    case .jsonTwice(let key): ("rule.json.twice", ["key": .text(key)])
    case .jsonType(let expected): ("rule.json.type", ["expected": .term(expected)])
    case .jsonMissing(let key): ("rule.json.missing", ["key": .text(key)])
    case .jsonUnknownKey(let key, let nearest): Self.near("rule.json.key", key, nearest)
    case .jsonUnknownForm(let name, let nearest): Self.near("rule.json.form", name, nearest)
    case .jsonNoForm: ("rule.json.no_form", [:])
    case .jsonTooFew(let least): ("rule.json.too_few", ["least": .count(least)])
    default: kinds
    }
  }

  private var kinds: (code: String, arguments: [String: MessageArgument]) {
    switch self {
    case .wrongKind(let kind, let expected):
      ("rule.kind.wrong", ["kind": .term(kind), "expected": .term(expected)])
    case .notACondition(let kind, let text):
      ("rule.kind.condition", ["kind": .term(kind), "text": .text(text)])
    case .notANumber(let kind): ("rule.kind.not_number", ["kind": .term(kind)])
    case .notATime(let kind): ("rule.kind.not_time", ["kind": .term(kind)])
    case .noOrder(let kind): ("rule.kind.no_order", ["kind": .term(kind)])
    case .mismatch(let left, let right):
      ("rule.kind.mismatch", ["left": .term(left), "right": .term(right)])
    case .arithmetic(let operation, let left, let right):
      (
        "rule.kind.arithmetic",
        ["operation": .text(operation), "left": .term(left), "right": .term(right)]
      )
    case .notInDays(let length): ("rule.kind.not_days", ["length": .text(length)])
    case .foreignCurrency(let currency, let workspace):
      ("rule.currency", ["currency": .text(currency), "workspace": .text(workspace)])
    case .amountWithoutCurrency(let number, let currency):
      ("rule.currency.missing", ["number": .text(number), "currency": .text(currency)])
    case .quotedDate(let text): ("rule.kind.quoted_date", ["text": .text(text)])
    case .quotedNumber(let text, let expected):
      ("rule.kind.quoted_number", ["text": .text(text), "expected": .term(expected)])
    case .unquotedText(let number): ("rule.kind.unquoted", ["number": .text(number)])
    case .listEquality(let text): ("rule.kind.list_equality", ["text": .text(text)])
    case .objectsCompared: ("rule.kind.objects_compared", [:])
    case .aggregateWithoutValue(let function):
      ("rule.aggregate", ["function": .text(function)])
    case .noTimeInObjects(let name): ("rule.objects.time", ["name": .text(name)])
    case .patternNotLiteral: ("rule.pattern.literal", [:])
    case .emptyPattern: ("rule.pattern.empty", [:])
    case .pattern(let failure): failure.content
    default: preconditionFailure("a problem without a sentence")
    }
  }
}

extension RegularExpression.Failure {
  fileprivate var content: (code: String, arguments: [String: MessageArgument]) {
    switch self {
    case .empty: ("rule.pattern.empty", [:])
    case .tooLong: ("rule.pattern.long", ["limit": .count(RegularExpression.longest)])
    case .tooLarge: ("rule.pattern.large", [:])
    case .backReference: ("rule.pattern.back_reference", [:])
    case .lookAround: ("rule.pattern.look_around", [:])
    case .groupOption: ("rule.pattern.group_option", [:])
    case .escape(let text): ("rule.pattern.escape", ["text": .text(text)])
    case .unicodeClass: ("rule.pattern.class_name", [:])
    case .nothingToRepeat: ("rule.pattern.nothing", [:])
    case .stackedQuantifier: ("rule.pattern.stacked", [:])
    case .strayBrace: ("rule.pattern.brace", [:])
    case .repeatedTooOften:
      ("rule.pattern.repetitions", ["limit": .count(RegularExpression.mostRepetitions)])
    case .range(let text): ("rule.pattern.range", ["text": .text(text)])
    case .unclosedClass: ("rule.pattern.unclosed_class", [:])
    case .unclosedGroup: ("rule.pattern.unclosed_group", [:])
    case .strayParenthesis: ("rule.pattern.parenthesis", [:])
    }
  }
}
