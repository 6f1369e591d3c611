internal import CustomerSchema
internal import SQLBuilder

/// What can be said of a condition without looking at customers.
enum Truth {
  case never(Never)
  case always
  case open
}

extension Check {
  /// Refuses a rule that can never match and warns of parts that change nothing.
  mutating func truth(of rule: Expression) {
    switch truth(rule, Scope()) {
    case .never(let reason): report(.never(reason), rule)
    case .always: warn(.always, rule)
    case .open: break
    }
  }

  private mutating func truth(_ expression: Expression, _ scope: Scope) -> Truth {
    switch expression.form {
    case .literal(.boolean(let truth)):
      return truth ? .always : .never(.constant(expression.text))
    case .not(let inner):
      switch truth(inner, scope) {
      case .always: return .never(.negatedTruth(Lexer.clipped(inner.text)))
      case .never: return .always
      case .open: return .open
      }
    case .all(let parts): return all(parts, scope)
    case .any(let parts): return any(parts, scope)
    case .held(let inner, _):
      if case .never(let reason) = truth(inner, scope) { return .never(reason) }
      return .open
    case .exists(let source):
      return filter(source, scope).map { .never($0) } ?? .open
    case .sequence(let sequence): return self.sequence(sequence, scope)
    case .firstTime(let source, _), .stopped(let source, _), .resumed(let source, _, _),
      .regularly(let source, _, _, _):
      return filter(source, scope).map { .never($0) } ?? .open
    default:
      for child in expression.children { rows(child, scope) }
      return single(expression, scope)
    }
  }

  // MARK: Rows

  /// Why no row passes a filter; nil when some may.
  private mutating func filter(_ source: Source, _ scope: Scope) -> Never? {
    guard let filter = source.filter else { return nil }
    var inner = scope
    inner.fields = [:]
    inner.collection = source.collection
    for field in checker.fields(of: source.collection)?.fields ?? [] {
      inner.fields?[field.id] = ValueKind(field.type)
    }
    switch truth(filter, inner) {
    case .never(let reason): return reason
    case .always:
      warn(.partAlways(Lexer.clipped(filter.text)), filter)
      return nil
    case .open: return nil
    }
  }

  /// Looks for filters in a value that no row passes.
  private mutating func rows(_ value: Expression, _ scope: Scope) {
    if case .aggregate(let aggregate) = value.form,
      let reason = filter(aggregate.source, scope), let filter = aggregate.source.filter
    {
      report(.never(reason), filter)
    }
    for child in value.children { rows(child, scope) }
  }

  private mutating func sequence(_ sequence: Sequence, _ scope: Scope) -> Truth {
    for source in [sequence.first] + sequence.steps.map(\.source) {
      if let reason = filter(source, scope) { return .never(reason) }
    }
    // The quiet stretch after the last row has passed, so that the first lies before it.
    if let last = sequence.steps.last, last.isAbsent, case .last(let span)? = sequence.window,
      let window = span.minutes, let quiet = last.within.minutes, quiet >= window
    {
      return .never(.quietLongerThanWindow(last.within.written, span.written))
    }
    return .open
  }

  // MARK: Groups

  private mutating func all(_ parts: [Expression], _ scope: Scope) -> Truth {
    var isAlways = true
    for part in parts {
      switch truth(part, scope) {
      case .never(let reason): return .never(reason)
      case .always: warn(.partAlways(Lexer.clipped(part.text)), part)
      case .open: isAlways = false
      }
    }
    if isAlways { return .always }
    return contradiction(parts, scope).map { .never($0) } ?? .open
  }

  private mutating func any(_ parts: [Expression], _ scope: Scope) -> Truth {
    var reasons: [(Expression, Never)] = []
    var isAlways = false
    for part in parts {
      switch truth(part, scope) {
      case .never(let reason): reasons.append((part, reason))
      case .always: isAlways = true
      case .open: break
      }
    }
    if let first = reasons.first, reasons.count == parts.count { return .never(first.1) }
    for (part, reason) in reasons { warn(.partNever(reason), part) }
    let isComplete = Self.opposite(in: parts) != nil
    return isAlways || isComplete ? .always : .open
  }

  // MARK: Single tests

  private mutating func single(_ expression: Expression, _ scope: Scope) -> Truth {
    switch expression.form {
    case .comparison(let operation, let left, let right):
      if let first = Constant(left), let second = Constant(right),
        let isTrue = first.compares(operation, to: second)
      {
        return isTrue ? .always : .never(.constant(Lexer.clipped(expression.text)))
      }
      if operation == .less || operation == .greater, left == right {
        return .never(.constant(Lexer.clipped(expression.text)))
      }
    case .missing(let value):
      if case .literal = value.form { return .never(.constant(Lexer.clipped(expression.text))) }
    case .between(_, let low, let high):
      if let first = Constant(low), let second = Constant(high),
        first.compares(.greater, to: second) == true
      {
        return .never(.emptyRange(Lexer.clipped(low.text), Lexer.clipped(high.text)))
      }
    default: break
    }
    guard let constraint = constraint(expression, scope) else { return .open }
    var domain = constraint.domain
    if domain.isSure, let low = domain.low?.value, let test = constraint.low?.value,
      constraint.high == nil, constraint.values == nil, !constraint.isNegated,
      test.compares(.lessOrEqual, to: low) == true
    {
      return .always
    }
    return domain.add(constraint).map { .never($0) } ?? .open
  }

  /// Two parts of an «and» that exclude each other; nil when none do.
  private mutating func contradiction(_ parts: [Expression], _ scope: Scope) -> Never? {
    var atoms: [Expression] = []
    func flatten(_ expression: Expression) {
      if case .all(let parts) = expression.form {
        parts.forEach(flatten)
      } else {
        atoms.append(expression)
      }
    }
    parts.forEach(flatten)

    if let inner = Self.opposite(in: atoms) { return .opposites(Lexer.clipped(inner.text)) }
    for atom in atoms {
      if case .missing(let value) = atom.form,
        let other = atoms.first(where: { Self.needsValue($0, value) })
      {
        return .contradiction(Lexer.clipped(atom.text), Lexer.clipped(other.text))
      }
    }

    var domains: [String: Domain] = [:]
    var negated: [Constraint] = []
    for atom in atoms {
      guard let constraint = constraint(atom, scope) else { continue }
      if constraint.isNegated {
        negated.append(constraint)
      } else if let reason = domains[constraint.key, default: constraint.domain].add(constraint) {
        return reason
      }
    }
    // A negated test holds of a missing value, unless another test asks for one.
    for constraint in negated {
      if let reason = domains[constraint.key]?.add(constraint) { return reason }
    }
    return quiet(atoms)
  }

  /// A condition that stands there together with its negation.
  private static func opposite(in parts: [Expression]) -> Expression? {
    let negated = parts.compactMap { part in
      if case .not(let inner) = part.form { inner } else { nil }
    }
    guard !negated.isEmpty else { return nil }
    let all = Set(parts)
    return negated.first { all.contains($0) }
  }

  private static func needsValue(_ atom: Expression, _ value: Expression) -> Bool {
    switch atom.form {
    case .comparison(let operation, let left, let right):
      operation != .notEqual && (left == value || right == value)
    case .between(let tested, _, _), .oneOf(let tested, _), .text(_, let tested, _),
      .within(let tested, _), .anniversary(let tested, _):
      tested == value
    default: false
    }
  }
}

// MARK: - Rows that must be there and must not

extension Check {
  private struct Stretch {
    let collection: String
    let filter: Expression?
    /// Nil for ever.
    let window: Span?
    let atom: Expression
  }

  /// Rows asked for in a stretch of time that must be without them.
  private func quiet(_ atoms: [Expression]) -> Never? {
    var present: [Stretch] = []
    var absent: [Stretch] = []
    for atom in atoms {
      if let stretch = stretch(atom, isPresent: true) { present.append(stretch) }
      if let stretch = stretch(atom, isPresent: false) { absent.append(stretch) }
    }
    for there in present {
      for none in absent where none.collection == there.collection {
        guard none.filter == nil || none.filter == there.filter else { continue }
        let isCovered: Bool
        switch (there.window, none.window) {
        case (_, nil): isCovered = true
        case (nil, _): isCovered = false
        case (let inner?, let outer?): isCovered = inner.isLonger(than: outer) == false
        }
        guard isCovered else { continue }
        return .contradiction(Lexer.clipped(there.atom.text), Lexer.clipped(none.atom.text))
      }
    }
    return nil
  }

  /// The stretch up to now in which a condition wants rows, or wants none.
  private func stretch(_ atom: Expression, isPresent: Bool) -> Stretch? {
    func make(_ source: Source, _ window: Window?) -> Stretch? {
      switch window {
      case nil:
        Stretch(collection: source.collection, filter: source.filter, window: nil, atom: atom)
      case .last(let span):
        Stretch(collection: source.collection, filter: source.filter, window: span, atom: atom)
      default: nil
      }
    }
    switch (atom.form, isPresent) {
    case (.exists(let source), true): return make(source, source.window)
    case (.firstTime(let source, let window), true), (.resumed(let source, _, let window), true):
      return make(source, window)
    case (.stopped(let source, let span), false): return make(source, .last(span))
    case (.not(let inner), false):
      guard case .exists(let source) = inner.form else { return nil }
      return make(source, source.window)
    case (.comparison(let operation, let left, let right), _):
      guard case .aggregate(let aggregate) = expanded(left).form, aggregate.function == .count,
        case .literal(.number(let number)) = right.form
      else { return nil }
      let one = SQLDecimal(units: 1, scale: 0)
      let wantsRows =
        operation == .greaterOrEqual && one <= number || operation == .greater && .zero <= number
        || operation == .equal && one <= number
      let wantsNone =
        operation == .equal && number == .zero || operation == .less && number <= one
        || operation == .lessOrEqual && number < one
      guard isPresent ? wantsRows : wantsNone else { return nil }
      return make(aggregate.source, aggregate.source.window)
    default: return nil
    }
  }

  /// A derived attribute's definition; anything else as it is.
  func expanded(_ value: Expression) -> Expression {
    guard case .name(let name) = value.form, let derived = checker.derivedAttribute(name)
    else { return value }
    return derived.expression
  }
}
