/// How the numbers of one column are written.
struct NumberForm: Sendable, Hashable {
  var decimal: DecimalSeparator
  /// The engine reads the sample's texts by itself, once it knows the decimal mark.
  var isPlain: Bool
  /// Whether anything proves the decimal mark, or it does not matter.
  var isProven: Bool

  /// As the engine itself holds numbers.
  static let native = NumberForm(decimal: .point, isPlain: true, isProven: true)

  /// What people see.
  func description(hasFractions: Bool) -> String? {
    switch (decimal, isPlain) {
    case (.point, true): hasFractions ? "1234.56" : nil
    case (.comma, true): "1234,56"
    case (.point, false): "1,234.56"
    case (.comma, false): "1 234,56"
    }
  }
}

/// How the dates of one column are written.
enum DateForm: Sendable, Hashable {
  /// The engine's own dates or times.
  case native(CellType)
  /// Texts, with the order of day and month where it matters.
  case text(order: DateOrder?, engine: EngineDate?)
  /// Days since 1899-12-30 (or 1904-01-01), as workbooks count them.
  case serial(is1904: Bool)
  /// Workbook cells: numbers are days, texts are texts.
  case cell(order: DateOrder?, is1904: Bool)
  case epochSeconds
  case epochMilliseconds

  /// A way of writing that the engine's reader takes as it is.
  struct EngineDate: Sendable, Hashable {
    /// `DATE`, `TIMESTAMP` or `TIMESTAMPTZ`.
    let type: CellType
    /// A strptime format; nil for ISO.
    let format: String?
    /// A regular expression of the texts that the format reads; nil for ISO.
    let shape: String?
    /// What people see, such as `dd/MM/yyyy`.
    let description: String
  }

  var order: DateOrder? {
    switch self {
    case .text(let order, _), .cell(let order, _): order
    default: nil
    }
  }

  func withOrder(_ order: DateOrder) -> DateForm {
    switch self {
    case .text(_, let engine): .text(order: order, engine: engine)
    case .cell(_, let is1904): .cell(order: order, is1904: is1904)
    default: self
    }
  }
}

extension DateForm {
  /// The form of a column, from its sample; the order of day and month as far as it is known.
  init(_ profile: ColumnProfile, order: DateOrder?, isWorkbook: Bool, is1904: Bool) {
    if profile.type.isTemporal {
      self = .native(profile.type)
    } else if isWorkbook {
      self = .cell(order: order, is1904: is1904)
    } else if profile.dates.count * 2 < profile.filled, profile.numberShare > 0.9 {
      self =
        switch profile.numbers.minimum {
        case 100_000_000_000...: .epochMilliseconds
        case 100_000_000...: .epochSeconds
        default: .serial(is1904: is1904)
        }
    } else {
      self = .text(order: order, engine: Self.engineForm(profile.dates, order))
    }
  }

  /// The engine's own way to read the sample's dates, if they are all written alike.
  private static func engineForm(_ dates: DateStatistics, _ order: DateOrder?) -> EngineDate? {
    let kinds = dates.shapes
    let isISO = kinds.allSatisfy { if case .iso = $0 { true } else { false } }
    if isISO, !kinds.isEmpty {
      guard dates.zoned == 0 || dates.zoned == dates.count else { return nil }
      if dates.zoned > 0 {
        return EngineDate(
          type: .instant, format: nil, shape: nil, description: "yyyy-MM-dd'T'HH:mm:ssXXX")
      }
      return EngineDate(
        type: .date, format: nil, shape: nil,
        description: dates.timed > 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd")
    }
    guard kinds.count == 1, let kind = kinds.first else { return nil }
    switch kind {
    case .compact(time: false):
      return EngineDate(
        type: .date, format: "%Y%m%d", shape: "\\d{8}", description: "yyyyMMdd")
    case .parts(let separator, let longYear, let time):
      guard let order, order != .ymd else { return nil }
      let mark = String(Unicode.Scalar(separator))
      let year = longYear ? "%Y" : "%y"
      let day = order == .dmy ? ["%d", "%m", year] : ["%m", "%d", year]
      let clock: (String, String)? =
        switch time {
        case .minutes: ("%H:%M", "HH:mm")
        case .seconds: ("%H:%M:%S", "HH:mm:ss")
        case .minutesHalf: ("%I:%M %p", "h:mm a")
        case .secondsHalf: ("%I:%M:%S %p", "h:mm:ss a")
        case nil: nil
        }
      let shape =
        "\\d{1,2}[\(mark)]\\d{1,2}[\(mark)]\\d{\(longYear ? 4 : 2)}"
        + (clock.map { Self.pattern($0.0) } ?? "")
      let shown = Self.description(order, mark, longYear: longYear)
      return EngineDate(
        type: clock == nil ? .date : .timestamp,
        format: day.joined(separator: mark) + (clock.map { " " + $0.0 } ?? ""), shape: shape,
        description: shown + (clock.map { " " + $0.1 } ?? ""))
    default: return nil
    }
  }

  /// A regular expression of a blank and a time of day.
  private static func pattern(_ clock: String) -> String {
    " "
      + clock.replacing("%I", with: "\\d{1,2}").replacing("%H", with: "\\d{1,2}")
      .replacing("%M", with: "\\d{2}").replacing("%S", with: "\\d{2}")
      .replacing("%p", with: "[AaPp][Mm]")
  }

  static func description(_ order: DateOrder, _ mark: String, longYear: Bool) -> String {
    let year = longYear ? "yyyy" : "yy"
    return
      switch order
    {
    case .dmy: ["dd", "MM", year].joined(separator: mark)
    case .mdy: ["MM", "dd", year].joined(separator: mark)
    case .ymd: [year, "MM", "dd"].joined(separator: mark)
    }
  }

  /// What people see.
  var description: String? {
    switch self {
    case .native: nil
    case .text(_, let engine?): engine.description
    case .text(.mdy, nil): "MM/dd/yyyy"
    case .text(.dmy, nil): "dd/MM/yyyy"
    case .text: nil
    case .serial, .cell: nil
    case .epochSeconds: "epoch (s)"
    case .epochMilliseconds: "epoch (ms)"
    }
  }
}
