package import SegmentLanguage

extension Expression {
  /// The same rule with other names for the segments it mentions; places in the text are kept.
  ///
  /// - Parameter rename: takes a name and the place of the condition that mentions it.
  package func renamingSegments(_ rename: (String, Range<Int>?) -> String) -> Expression {
    let below = map { $0.renamingSegments(rename) }
    let form: Form
    switch below.form {
    case .member(let name): form = .member(rename(name, span))
    case .entered(let name, let window): form = .entered(rename(name, span), window)
    case .left(let name, let window): form = .left(rename(name, span), window)
    case .memberOn(let name, let date): form = .memberOn(rename(name, span), date)
    case .rank(let rank):
      form = .rank(
        Rank(
          rank.direction, rank.size, by: rank.value, in: rank.segment.map { rename($0, span) }))
    case .population(let statistic):
      form = .population(
        PopulationStatistic(
          statistic.function, of: statistic.value,
          in: statistic.segment.map { rename($0, span) }))
    default: return below
    }
    return Expression(form, span: span)
  }
}
