package import CustomerSchema
package import SQLBuilder

/// A node of a rule's tree, with the place it was read from.
///
/// Text, JSON and what a rule builder shows are three spellings of this one tree. Two trees are
/// equal when they mean the same structure, wherever they were read.
package struct Expression: Sendable {
  package let form: Form
  /// UTF-8 offsets in the rule's text; nil for a tree that was not read from text.
  package let span: Range<Int>?

  package init(_ form: Form, span: Range<Int>? = nil) {
    self.form = form
    self.span = span
  }

  /// What a node can be. Names of attributes, streams and fields are not resolved here: the type
  /// checker does that.
  package indirect enum Form: Sendable, Hashable {
    // Values
    case literal(Literal)
    /// An attribute of the customer, or inside a filter a field of the row (fields come first).
    case name(String)
    /// `$threshold`: a parameter of the segment.
    case parameter(String)
    /// `now`: the instant as of which the rule is told.
    case now
    /// `today`: its day on the workspace's calendar.
    case today
    /// `30 days ago`: an instant for elapsed units, a day for calendar units.
    case ago(Span)
    /// `30 days from now`.
    case fromNow(Span)
    case negative(Expression)
    case arithmetic(ArithmeticOperator, Expression, Expression)
    /// `days_since(x)`: calendar days from a date or instant to today; negative for the future.
    case daysSince(Expression)
    /// `years_since(x)`: full years, an age.
    case yearsSince(Expression)
    case aggregate(Aggregate)
    /// `median(revenue)`, `percentile(revenue, 90%)` over customers, of the base or a segment.
    case population(PopulationStatistic)

    // Conditions
    case all([Expression])
    case any([Expression])
    case not(Expression)
    case comparison(ComparisonOperator, Expression, Expression)
    /// Both ends included.
    case between(Expression, low: Expression, high: Expression)
    /// `x in ("a", "b")`; for a list attribute: any of its elements is.
    case oneOf(Expression, [Expression])
    /// `contains`, `starts with`, `ends with`, `is like`, `matches`; the pattern is literal text or
    /// a parameter. For a list attribute: any of its elements does.
    case text(TextOperator, Expression, Expression)
    case missing(Expression)
    /// A date or instant inside a window: `signed_up in last 30 days`.
    case within(Expression, Window)
    /// `anniversary(birth_date) within 7 days`: today or in the next n days.
    case anniversary(Expression, withinDays: Int)
    /// `any(orders where amount > 100, last 30 days)`.
    case exists(Source)
    /// `status = "gold" for at least 30 days`: the condition on attributes has held that long.
    case held(Expression, Span)
    /// `sequence(A then B within 3 days)`.
    case sequence(Sequence)
    /// `first_time(events where name = "login", last 7 days)`: the first such row ever lies there.
    case firstTime(Source, Window)
    /// `stopped(orders, for 90 days)`: there were some, none in the last 90 days.
    case stopped(Source, Span)
    /// `resumed(orders, after 6 months, last 30 days)`: one in the window that came after a gap.
    case resumed(Source, gap: Span, Window)
    /// `regularly(orders, in at least 3 of last 4 months)`: in m of the n unit-long windows that
    /// end now, one after the other.
    case regularly(Source, atLeast: Int, of: Int, Unit)
    /// `top 10% by revenue`, `bottom 100 by revenue in segment "vip"`.
    case rank(Rank)
    /// `member of "vip"`.
    case member(String)
    /// `entered "vip" in last 30 days`, `left "vip" in last 30 days`.
    case entered(String, Window)
    case left(String, Window)
    /// `member of "vip" on 2024-01-01`: at that day's end.
    case memberOn(String, LocalDate)
  }
}

extension Expression: Hashable {
  package static func == (left: Expression, right: Expression) -> Bool { left.form == right.form }
  package func hash(into hasher: inout Hasher) { hasher.combine(form) }
}

package enum Literal: Sendable, Hashable {
  /// Exact: `4`, `0.7`.
  case number(SQLDecimal)
  /// `30%`, held as 30.
  case percent(SQLDecimal)
  case money(Money)
  case text(String)
  case boolean(Bool)
  case date(LocalDate)
  /// Microseconds since 1970-01-01T00:00:00Z.
  case instant(Int64)
  case span(Span)
}

package enum ArithmeticOperator: String, Sendable, Hashable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
}

package enum ComparisonOperator: String, Sendable, Hashable, CaseIterable {
  case equal = "="
  /// The negation of `equal`, and so true for a missing value.
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

package enum TextOperator: String, Sendable, Hashable, CaseIterable {
  case contains
  case startsWith = "starts with"
  case endsWith = "ends with"
  case isLike = "is like"
  case matches
}

/// A length of time as written.
package struct Span: Sendable, Hashable {
  /// Positive.
  package let count: Int
  package let unit: Unit

  package init(_ count: Int, _ unit: Unit) {
    self.count = count
    self.unit = unit
  }
}

/// Units of time. The first four are elapsed time (a day is 24 hours), the others go by the
/// workspace's calendar.
package enum Unit: String, Sendable, Hashable, CaseIterable {
  case minutes, hours, days, weeks
  case calendarDays = "calendar days"
  case months, quarters, years

  package var isCalendar: Bool {
    switch self {
    case .minutes, .hours, .days, .weeks: false
    case .calendarDays, .months, .quarters, .years: true
    }
  }
}

/// A stretch of time, told from `as_of` or absolute.
package enum Window: Sendable, Hashable {
  /// `last 90 days`: `(as_of − d, as_of]`; for calendar units: local date after the local date of
  /// as_of − n (clamped to the month's end), and not after as_of.
  case last(Span)
  /// `from 180 days ago to 90 days ago`: `(as_of − from, as_of − to]`, by calendar date when the
  /// unit is a calendar one. `from` is the longer; units may differ only within one kind.
  case between(from: Span, to: Span)
  /// `next 30 days`: `(as_of, as_of + d]`; only for a date or instant value, not for a stream.
  case next(Span)
  /// `today`, `this month`, `last quarter`: days of the workspace's calendar, not after as_of for
  /// streams.
  case period(Period, offset: Int)
  /// `since 2024-01-01`: from that day's start.
  case since(LocalDate)
  /// `before 2024-01-01`: up to that day's start, excluded.
  case before(LocalDate)
  /// `from 2024-01-01 to 2024-03-31`: both days included.
  case days(LocalDate, LocalDate)
}

/// A calendar period; offset 0 is the current one (`today`, `this month`), −1 the one before
/// (`yesterday`, `last month`), 1 the next (`tomorrow`, `next month`; only for values). Weeks begin
/// on Monday.
package enum Period: String, Sendable, Hashable, CaseIterable {
  case day, week, month, quarter, year
}

/// Rows of a stream, or elements of an attribute that is a list of objects, as a filter and a
/// window leave them.
package struct Source: Sendable, Hashable {
  /// The stream's or the attribute's id.
  package let collection: String
  package let filter: Expression?
  /// Streams only.
  package let window: Window?

  package init(_ collection: String, filter: Expression? = nil, window: Window? = nil) {
    self.collection = collection
    self.filter = filter
    self.window = window
  }
}

/// `sum(orders.amount where channel = "web", last 90 days)`.
package struct Aggregate: Sendable, Hashable {
  package let function: AggregateFunction
  package let source: Source
  /// The value taken of each row: a field, or arithmetic of fields; nil for `count` and the
  /// functions of time.
  package let value: Expression?
  /// For `favourite`: what is summed for each value; nil to count its rows.
  package let weight: Expression?

  package init(
    _ function: AggregateFunction, _ source: Source, value: Expression? = nil,
    weight: Expression? = nil
  ) {
    self.function = function
    self.source = source
    self.value = value
    self.weight = weight
  }
}

package enum AggregateFunction: String, Sendable, Hashable, CaseIterable {
  case count, sum, average, min, max
  /// How many different values; missing ones do not count.
  case distinct
  /// The value of the earliest or latest row that has one.
  case first, last
  /// The value of most rows, or of the greatest sum of something; of several, the least.
  case favourite
  /// Calendar days since the earliest or latest row.
  case daysSinceFirst = "days_since_first"
  case daysSinceLast = "days_since_last"
}

/// A then B within a duration, or A not followed by B within it.
package struct Sequence: Sendable, Hashable {
  package let first: Source
  /// Each step follows the one before, strictly later in the order of rows, within its span.
  package let steps: [Step]
  /// Where the first row must lie; nil for ever.
  package let window: Window?

  package struct Step: Sendable, Hashable {
    package let source: Source
    /// Elapsed units only.
    package let within: Span
    /// The last step only: no such row follows within the span, which has passed.
    package let isAbsent: Bool

    package init(_ source: Source, within: Span, isAbsent: Bool = false) {
      self.source = source
      self.within = within
      self.isAbsent = isAbsent
    }
  }

  package init(_ first: Source, _ steps: [Step], window: Window? = nil) {
    self.first = first
    self.steps = steps
    self.window = window
  }
}

/// A place in the order of all customers by a value. Customers without the value have no place;
/// equal values share theirs, so that a tie at the limit is in.
package struct Rank: Sendable, Hashable {
  package let direction: Direction
  package let size: Size
  package let value: Expression
  /// Among the members of this segment; nil for the whole base.
  package let segment: String?

  package enum Direction: String, Sendable, Hashable { case top, bottom }
  package enum Size: Sendable, Hashable {
    /// So many percent of those who have the value, rounded up to whole customers.
    case percent(SQLDecimal)
    case customers(Int)
  }

  package init(
    _ direction: Direction, _ size: Size, by value: Expression, in segment: String? = nil
  ) {
    self.direction = direction
    self.size = size
    self.value = value
    self.segment = segment
  }
}

/// A number of the whole base or of a segment, frozen at each refresh.
package struct PopulationStatistic: Sendable, Hashable {
  package let function: Function
  package let value: Expression
  /// Among the members of this segment; nil for the whole base.
  package let segment: String?

  package enum Function: Sendable, Hashable {
    case median, average
    /// In percent, 0 to 100; type 7 as for the RFM cuts.
    case percentile(SQLDecimal)
  }

  package init(_ function: Function, of value: Expression, in segment: String? = nil) {
    self.function = function
    self.value = value
    self.segment = segment
  }
}
