package import CustomerSchema

/// Something wrong, or worth saying, about a rule, and where.
package struct Diagnostic: Sendable, Hashable {
  package enum Severity: Sendable, Hashable { case error, warning }

  package let problem: Problem
  /// UTF-8 offsets in the rule's text; nil where the rule was not read from text.
  package let span: Range<Int>?
  /// Where it is in the JSON form, such as `$.all[2].left`; nil for text.
  package let path: String?
  package let severity: Severity

  init(
    _ problem: Problem, at span: Range<Int>? = nil, path: String? = nil,
    _ severity: Severity = .error
  ) {
    self.problem = problem
    self.span = span
    self.path = path
    self.severity = severity
  }

  /// What the catalogues word: the sentence under `code`, what to do under `CODE.fix`.
  package var message: UserMessage { UserMessage(problem.code, problem.arguments) }
}

/// What can go wrong in this module.
package enum SegmentLanguageError: UserFacingError, Sendable, Hashable {
  /// A text that is no rule.
  case syntax(Diagnostic)
  /// A JSON document that is no rule.
  case json(Diagnostic)
  /// A rule that means nothing in this workspace: at least one error, then warnings.
  case rule([Diagnostic])

  package var diagnostics: [Diagnostic] {
    switch self {
    case .syntax(let diagnostic), .json(let diagnostic): [diagnostic]
    case .rule(let diagnostics): diagnostics
    }
  }

  /// The first error's.
  package var userMessage: UserMessage {
    let first = diagnostics.first { $0.severity == .error } ?? diagnostics.first
    return first?.message ?? UserMessage("rule.empty")
  }

  package var exitStatus: ExitStatus { .data }
}
