internal import CustomerSchema
package import SegmentLanguage
internal import SQLBuilder

/// Rules and values between a file or the store and their trees, in one workspace.
package struct RuleLanguage: Sendable {
  package let schema: SegmentSchema

  package init(_ schema: SegmentSchema) { self.schema = schema }

  // MARK: Files

  /// - Throws: `SegmentsError.definitions` with the place in the file.
  package func read(_ rule: WrittenRule) throws(SegmentsError) -> Expression {
    do throws(SegmentLanguageError) {
      switch rule.content {
      case .text(let text): return try Expression.parse(text)
      // Read again from its text, so that what is wrong with its meaning has a place.
      case .json(let json): return try Expression.parse(try Expression(json: json).text)
      }
    } catch {
      throw .definitions(problems(error.diagnostics, of: rule))
    }
  }

  /// Problems of one rule that are told: whoever has more mends these first.
  static let problemLimit = 20

  /// The problems of a rule with their places in its file, at most `problemLimit`.
  package func problems(_ diagnostics: [Diagnostic], of rule: WrittenRule) -> [DefinitionProblem] {
    let text = rule.text
    return diagnostics.prefix(Self.problemLimit).map { diagnostic in
      let message = diagnostic.message
      return DefinitionProblem(
        rule.message(
          message.code, message.arguments, at: diagnostic.span, path: diagnostic.path, of: text))
    }
  }

  /// A parameter's value: in quotes a text, else a literal of the language, else a text again.
  ///
  /// - Throws: `SegmentsError.definitions` for something that is no single value.
  package func read(_ parameter: WrittenParameter) throws(SegmentsError) -> Literal {
    if parameter.isQuoted { return .text(parameter.text) }
    if let literal = literal(parameter.text) { return literal }
    throw .definitions([
      DefinitionProblem(
        UserMessage(
          "segments.parameters.value", ["name": .text(parameter.name)], at: parameter.place))
    ])
  }

  // MARK: The store

  package func text(_ rule: Expression) -> String { rule.text }
  package func text(_ literal: Literal) -> String { Expression(.literal(literal)).text }

  /// - Throws: `SegmentsError.stored`.
  func stored(_ text: String, segment: String) throws(SegmentsError) -> Expression {
    do throws(SegmentLanguageError) {
      // Places in a text that nobody wrote mean nothing.
      return try Expression.parse(text)
    } catch {
      throw .stored(segment: segment, reason: error.userMessage.code)
    }
  }

  func storedLiteral(_ text: String, segment: String) throws(SegmentsError) -> Literal {
    guard let literal = literal(text) else { throw .stored(segment: segment, reason: "parameter") }
    return literal
  }

  /// Reads one value, as it would stand beside an equals sign.
  private func literal(_ text: String) -> Literal? {
    guard let rule = try? Expression.parse("x = (\(text))"),
      case .comparison(.equal, _, let value) = rule.form
    else { return nil }
    switch value.form {
    case .literal(let literal): return literal
    case .negative(let operand):
      guard case .literal(let literal) = operand.form else { return nil }
      switch literal {
      case .number(let number):
        return .number(SQLDecimal(units: -number.units, scale: number.scale))
      case .percent(let number):
        return .percent(SQLDecimal(units: -number.units, scale: number.scale))
      case .money(let money):
        return .money(
          Money(SQLDecimal(units: -money.amount.units, scale: 4), money.currency))
      default: return nil
      }
    default: return nil
    }
  }
}

extension RuleLanguage {
  /// The rule as a person says it, with the values of its parameters.
  ///
  /// - Parameter labels: what people call the workspace's own attributes, by id.
  package func sentence(
    _ definition: SegmentDefinition, _ words: NarrationWords, labels: [String: String] = [:]
  ) -> String {
    Narrator(words, schema, labels: labels).sentence(
      definition.rule.substituting(definition.parameters))
  }
}
