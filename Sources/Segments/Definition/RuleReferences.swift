package import SegmentLanguage

extension Expression {
  /// The segments that the rule names, in the order of their first mention.
  package var referencedSegments: [String] {
    var names: [String] = []
    _ = renamingSegments { name, _ in
      if !names.contains(name) { names.append(name) }
      return name
    }
    return names
  }

  /// The same rule with other names for the segments it mentions; places in the text are kept.
  ///
  /// - Parameter rename: takes a name and the place of the condition that mentions it.
  package func renamingSegments(_ rename: (String, Range<Int>?) -> String) -> Expression {
    Expression(form.renamingSegments(at: span, rename), span: span)
  }
}

extension Expression.Form {
  fileprivate func renamingSegments(
    at span: Range<Int>?, _ rename: (String, Range<Int>?) -> String
  ) -> Expression.Form {
    func renamed(_ name: String) -> String { rename(name, span) }
    func inside(_ expression: Expression) -> Expression { expression.renamingSegments(rename) }
    func inside(_ source: Source) -> Source {
      Source(source.collection, filter: source.filter.map(inside), window: source.window)
    }
    switch self {
    case .literal, .name, .parameter, .now, .today, .ago, .fromNow: return self
    case .negative(let operand): return .negative(inside(operand))
    case .arithmetic(let symbol, let left, let right):
      return .arithmetic(symbol, inside(left), inside(right))
    case .daysSince(let operand): return .daysSince(inside(operand))
    case .yearsSince(let operand): return .yearsSince(inside(operand))
    case .aggregate(let aggregate):
      return .aggregate(
        Aggregate(aggregate.function, inside(aggregate.source), value: aggregate.value.map(inside)))
    case .population(let statistic):
      return .population(
        PopulationStatistic(
          statistic.function, of: inside(statistic.value), in: statistic.segment.map(renamed)))
    case .all(let operands): return .all(operands.map(inside))
    case .any(let operands): return .any(operands.map(inside))
    case .not(let operand): return .not(inside(operand))
    case .comparison(let symbol, let left, let right):
      return .comparison(symbol, inside(left), inside(right))
    case .between(let operand, let low, let high):
      return .between(inside(operand), low: inside(low), high: inside(high))
    case .oneOf(let operand, let values): return .oneOf(inside(operand), values.map(inside))
    case .text(let symbol, let left, let right): return .text(symbol, inside(left), inside(right))
    case .missing(let operand): return .missing(inside(operand))
    case .within(let operand, let window): return .within(inside(operand), window)
    case .anniversary(let operand, let days):
      return .anniversary(inside(operand), withinDays: days)
    case .exists(let source): return .exists(inside(source))
    case .held(let condition, let span): return .held(inside(condition), span)
    case .sequence(let sequence):
      return .sequence(
        SegmentLanguage.Sequence(
          inside(sequence.first),
          sequence.steps.map {
            .init(inside($0.source), within: $0.within, isAbsent: $0.isAbsent)
          }, window: sequence.window))
    case .firstTime(let source, let window): return .firstTime(inside(source), window)
    case .stopped(let source, let span): return .stopped(inside(source), span)
    case .resumed(let source, let gap, let window):
      return .resumed(inside(source), gap: gap, window)
    case .regularly(let source, let least, let count, let unit):
      return .regularly(inside(source), atLeast: least, of: count, unit)
    case .rank(let rank):
      return .rank(
        Rank(rank.direction, rank.size, by: inside(rank.value), in: rank.segment.map(renamed)))
    case .member(let name): return .member(renamed(name))
    case .entered(let name, let window): return .entered(renamed(name), window)
    case .left(let name, let window): return .left(renamed(name), window)
    case .memberOn(let name, let date): return .memberOn(renamed(name), date)
    }
  }
}
