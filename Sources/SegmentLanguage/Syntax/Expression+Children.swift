extension Expression {
  /// The expressions directly below this one, filters and values of rows included.
  package var children: [Expression] {
    var children: [Expression] = []
    _ = map { child in
      children.append(child)
      return child
    }
    return children
  }

  /// This node with each expression directly below it replaced.
  package func map(_ change: (Expression) -> Expression) -> Expression {
    Expression(form.map(change), span: span)
  }
}

extension Expression.Form {
  fileprivate func map(_ change: (Expression) -> Expression) -> Expression.Form {
    switch self {
    case .literal, .name, .parameter, .now, .today, .ago, .fromNow, .member, .entered, .left,
      .memberOn:
      self
    case .negative(let value): .negative(change(value))
    case .arithmetic(let operation, let left, let right):
      .arithmetic(operation, change(left), change(right))
    case .daysSince(let value): .daysSince(change(value))
    case .yearsSince(let value): .yearsSince(change(value))
    case .aggregate(let aggregate):
      .aggregate(
        Aggregate(
          aggregate.function, aggregate.source.map(change), value: aggregate.value.map(change),
          weight: aggregate.weight.map(change)))
    case .population(let statistic):
      .population(
        PopulationStatistic(
          statistic.function, of: change(statistic.value), in: statistic.segment))
    case .all(let parts): .all(parts.map(change))
    case .any(let parts): .any(parts.map(change))
    case .not(let inner): .not(change(inner))
    case .comparison(let operation, let left, let right):
      .comparison(operation, change(left), change(right))
    case .between(let value, let low, let high):
      .between(change(value), low: change(low), high: change(high))
    case .oneOf(let value, let items): .oneOf(change(value), items.map(change))
    case .text(let operation, let value, let pattern):
      .text(operation, change(value), change(pattern))
    case .missing(let value): .missing(change(value))
    case .within(let value, let window): .within(change(value), window)
    case .anniversary(let value, let days): .anniversary(change(value), withinDays: days)
    case .exists(let source): .exists(source.map(change))
    case .held(let inner, let span): .held(change(inner), span)
    case .sequence(let sequence):
      .sequence(
        Sequence(
          sequence.first.map(change),
          sequence.steps.map {
            Sequence.Step($0.source.map(change), within: $0.within, isAbsent: $0.isAbsent)
          }, window: sequence.window))
    case .firstTime(let source, let window): .firstTime(source.map(change), window)
    case .stopped(let source, let span): .stopped(source.map(change), span)
    case .resumed(let source, let gap, let window):
      .resumed(source.map(change), gap: gap, window)
    case .regularly(let source, let atLeast, let count, let unit):
      .regularly(source.map(change), atLeast: atLeast, of: count, unit)
    case .rank(let rank):
      .rank(Rank(rank.direction, rank.size, by: change(rank.value), in: rank.segment))
    }
  }
}

extension Source {
  fileprivate func map(_ change: (Expression) -> Expression) -> Source {
    Source(collection, filter: filter.map(change), window: window)
  }
}

extension Expression {
  /// This tree with every parameter that has a value replaced by it.
  package func substituting(_ parameters: [String: Literal]) -> Expression {
    guard case .parameter(let name) = form else { return map { $0.substituting(parameters) } }
    return parameters[name].map { Expression(.literal($0), span: span) } ?? self
  }

  /// The segments that this rule refers to, each once, in order of appearance.
  package var segments: [String] {
    var found: [String] = []
    func visit(_ expression: Expression) {
      let name: String? =
        switch expression.form {
        case .member(let name), .entered(let name, _), .left(let name, _), .memberOn(let name, _):
          name
        case .rank(let rank): rank.segment
        case .population(let statistic): statistic.segment
        default: nil
        }
      if let name, !found.contains(name) { found.append(name) }
      expression.children.forEach(visit)
    }
    visit(self)
    return found
  }
}
