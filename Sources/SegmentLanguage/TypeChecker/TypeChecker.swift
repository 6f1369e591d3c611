internal import CustomerSchema
internal import SQLBuilder

/// A rule that means something in its workspace.
package struct CheckedRule: Sendable, Hashable {
  /// Parameters are replaced by their values; derived attributes are still names.
  package let expression: Expression
  /// Parts that are always or never true, parameters that nothing uses.
  package let warnings: [Diagnostic]
  /// The segments it refers to.
  package let segments: [String]
}

/// Checks rules against what a workspace knows.
package struct TypeChecker: Sendable {
  let schema: SegmentSchema
  let segments: Set<String>
  let parameters: [String: Literal]
  private let attributes: [String: ValueKind]
  private let derived: [String: DerivedAttribute]

  /// - Parameters:
  ///   - segments: the names of all segments, the rule's own too.
  ///   - parameters: the values of the rule's parameters.
  package init(
    _ schema: SegmentSchema, segments: Set<String> = [], parameters: [String: Literal] = [:]
  ) {
    self.schema = schema
    self.segments = segments
    self.parameters = parameters
    var attributes: [String: ValueKind] = [:]
    for attribute in schema.attributes { attributes[attribute.id] = ValueKind(attribute.type) }
    var derived: [String: DerivedAttribute] = [:]
    for attribute in schema.derived {
      derived[attribute.id] = attribute
      attributes[attribute.id] = ValueKind(attribute.type)
    }
    self.attributes = attributes
    self.derived = derived
  }

  /// Checks a rule.
  ///
  /// - Throws: `rule` with all that is wrong, in the order of the text.
  package func check(_ rule: Expression) throws(SegmentLanguageError) -> CheckedRule {
    var check = Check(self)
    check.parameters(of: rule)
    let expression = rule.substituting(parameters)
    check.expect(.truth, expression, Scope())
    if check.errors.isEmpty { check.truth(of: expression) }
    guard check.errors.isEmpty else { throw .rule(check.sorted) }
    return CheckedRule(
      expression: expression, warnings: check.sorted, segments: expression.segments)
  }

  /// Checks an expression that gives a value, such as a derived attribute's.
  ///
  /// - Throws: `rule` with all that is wrong.
  package func kind(of value: Expression) throws(SegmentLanguageError) -> ValueKind {
    var check = Check(self)
    check.parameters(of: value)
    let kind = check.kind(of: value.substituting(parameters), Scope())
    guard check.errors.isEmpty, let kind else { throw .rule(check.sorted) }
    return kind
  }

  func attribute(_ id: String) -> ValueKind? { attributes[id] }
  func derivedAttribute(_ id: String) -> DerivedAttribute? { derived[id] }
  var attributeNames: [String] { Array(attributes.keys) }

  var collectionNames: [String] {
    schema.streams.streams.map(\.id)
      + attributes.compactMap { if case .objects = $0.value { $0.key } else { nil } }
  }

  /// What a collection's rows have: a stream's fields, or those of a list of objects.
  func fields(of collection: String) -> (fields: [FieldDefinition], isStream: Bool)? {
    if let stream = schema.streams[collection] {
      return (stream.fields + FieldDefinition.ofEveryRow, true)
    }
    if case .objects(let fields)? = attributes[collection] { return (fields, false) }
    return nil
  }
}

/// Where an expression stands.
struct Scope {
  /// The fields of the row that a filter is about; nil outside filters.
  var fields: [String: ValueKind]?
  /// What the rows are, for messages.
  var collection = ""
  /// Inside a value that is told of the whole population.
  var isPopulation = false
}

/// One run of the checker, which gathers what it finds.
struct Check {
  let checker: TypeChecker
  private(set) var errors: [Diagnostic] = []
  private(set) var warnings: [Diagnostic] = []

  init(_ checker: TypeChecker) { self.checker = checker }

  mutating func report(_ problem: Problem, _ expression: Expression) {
    let diagnostic = Diagnostic(problem, at: expression.span)
    if !isFull, !errors.contains(diagnostic) { errors.append(diagnostic) }
  }

  /// Whether there are more errors than anybody reads; looking on would only cost time.
  var isFull: Bool { errors.count >= Self.most }
  private static let most = 100

  mutating func warn(_ problem: Problem, _ expression: Expression?) {
    let diagnostic = Diagnostic(problem, at: expression?.span, .warning)
    if warnings.count < Self.most, !warnings.contains(diagnostic) { warnings.append(diagnostic) }
  }

  /// Errors first, each group in the order of the text.
  var sorted: [Diagnostic] {
    func ordered(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
      diagnostics.enumerated().sorted {
        ($0.element.span?.lowerBound ?? Int.max, $0.offset)
          < ($1.element.span?.lowerBound ?? Int.max, $1.offset)
      }.map(\.element)
    }
    return ordered(errors) + ordered(warnings)
  }

  mutating func parameters(of rule: Expression) {
    var used: Set<String> = []
    func visit(_ expression: Expression) {
      if case .parameter(let name) = expression.form {
        used.insert(name)
        if checker.parameters[name] == nil, !isFull {
          report(
            .unknownParameter(
              name, nearest: EditDistance.nearest(name, in: checker.parameters.keys)), expression)
        }
      }
      expression.children.forEach { visit($0) }
    }
    visit(rule)
    for name in checker.parameters.keys.sorted() where !used.contains(name) {
      warn(.unusedParameter(name), nil)
    }
  }

  /// Checks that an expression has a kind.
  mutating func expect(_ kind: ValueKind, _ expression: Expression, _ scope: Scope) {
    guard let found = self.kind(of: expression, scope), found != kind else { return }
    if kind == .truth {
      report(.notACondition(found.term, Lexer.clipped(expression.text)), expression)
    } else {
      report(.wrongKind(found.term, expected: kind.term), expression)
    }
  }

  mutating func segment(_ name: String, _ expression: Expression) {
    guard !isFull, !checker.segments.contains(name) else { return }
    report(
      .unknownSegment(
        Lexer.clipped(name), nearest: EditDistance.nearest(name, in: checker.segments)),
      expression)
  }
}
