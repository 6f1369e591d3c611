internal import SQLBuilder

/// SQL that turns the cells of a column into text, amounts and days. A cell that cannot be
/// turned gives null.
struct CellSQL: Sendable {
  let zone: ZoneOffsets

  init(zone: ZoneOffsets) { self.zone = zone }

  // MARK: Text

  /// Blanks that are cut off at both ends: ASCII's, the no-break ones and the mark of UTF-8.
  private static let blanks = " \t\r\n\u{A0}\u{202F}\u{2009}\u{FEFF}"

  /// The text of a cell, null where it stands for nothing.
  ///
  /// - Parameter isClean: whether blanks and words for nothing are known to be gone.
  func text(_ cell: SQL, _ type: CellType, isClean: Bool = false) -> SQL {
    switch type {
    case .text:
      if isClean { return cell }
      let words = NullWords.all.sorted().map { "\(literal: $0)" as SQL }.joined()
      // Trimming is slow, and hardly any cell needs it.
      let bare: SQL = """
        CASE WHEN regexp_full_match(\(cell), '[!-~]+(?:[ -~]*[!-~])?') THEN \(cell) \
        ELSE trim(regexp_replace(\(cell), '[\u{200B}\u{2060}\u{FEFF}]', '', 'g'), \
        \(literal: Self.blanks)) END
        """
      return "CASE WHEN (\(bare)) NOT IN (\(words)) THEN \(bare) END"
    case .double:
      // A workbook or a data frame holds the number 17850 as 17850.0; what is no number is null.
      return """
        CASE WHEN NOT isfinite(\(cell)) THEN NULL \
        WHEN \(cell) = trunc(\(cell)) AND abs(\(cell)) < 1e15 \
        THEN \(cell)::BIGINT::VARCHAR ELSE \(cell)::VARCHAR END
        """
    default: return "\(cell)::VARCHAR"
    }
  }

  // MARK: Numbers

  private static let groupBlanks = " '\u{2019}\u{A0}\u{202F}\u{2009}"
  private static let currency = "(?:€|\\$|£|¥|[A-Za-z]{3})"

  /// A regular expression of the numbers that are written with this decimal mark: with a sign, in
  /// parentheses or with a minus behind, and a currency on either side.
  private static func pattern(_ decimal: DecimalSeparator) -> String {
    let blanks = "[\(groupBlanks)]*"
    let group = "[\\\(decimal.other.rawValue)\(groupBlanks)]"
    let mark = "\\\(decimal.rawValue)"
    let digits = "(?:\\d+|\\d{1,3}(?:\(group)\\d{3})+)?(?:\(mark)\\d*)?"
    let before = "(?:\(currency)\(blanks))?"
    let after = "(?:\(blanks)(?:\(currency)|%))?"
    let minus = "[-\u{2212}]"
    return "(?:[-+\u{2212}]?\(blanks)\(before)\(digits)\(after)"
      + "|\(currency)\(blanks)\(minus)\(blanks)\(digits)"
      + "|\\(\(blanks)\(before)\(digits)\(after)\(blanks)\\)"
      + "|\(before)\(digits)\(after)\(blanks)\(minus))"
  }

  private static func plain(_ decimal: DecimalSeparator) -> String {
    "-?\\d+(?:\\\(decimal.rawValue)\\d+)?"
  }

  /// `-1 234,56 €` with blanks of three kinds, or groups by the other mark.
  private static func grouped(_ decimal: DecimalSeparator) -> String {
    let blanks = " \u{A0}\u{202F}"
    return "-?(?:\\d+|\\d{1,3}(?:[\\\(decimal.other.rawValue)\(blanks)]\\d{3})+)"
      + "(?:\\\(decimal.rawValue)\\d+)?(?:[\(blanks)]?[€$£])?"
  }

  /// Such a text as the engine reads it.
  private func ungrouped(_ cell: SQL, _ decimal: DecimalSeparator) -> SQL {
    let removed = [" ", "\u{A0}", "\u{202F}", "€", "$", "£", decimal.other.rawValue]
    let bare = removed.reduce(cell) { "replace(\($0), \(literal: $1), '')" }
    return decimal == .comma ? "replace(\(bare), ',', '.')" : bare
  }

  /// Numbers as spreadsheets shorten them: `1.5E+03`.
  private static let scientific = "[-+]?\\d+(?:[.,]\\d+)?[eE][-+]?\\d{1,3}"

  /// The sign or code of the currency in a text of an amount; null for none.
  func currency(_ cell: SQL) -> SQL {
    "nullif(regexp_extract(\(cell), '(€|\\$|£|¥|[A-Za-z]{3})', 1), '')"
  }

  /// Whether a text is a number, be it too large to hold.
  func isNumber(_ cell: SQL, _ type: CellType) -> SQL {
    guard type == .text else { return "\(cell) IS NOT NULL" }
    return """
      (regexp_full_match(\(cell), \(literal: Self.pattern(.point))) \
      OR regexp_full_match(\(cell), \(literal: Self.pattern(.comma))) \
      OR regexp_full_match(\(cell), \(literal: Self.scientific))) \
      AND regexp_matches(\(cell), '\\d')
      """
  }

  /// A number of a cell as `DECIMAL(18,scale)`.
  func number(_ cell: SQL, _ type: CellType, _ form: NumberForm, scale: Int = 4) -> SQL {
    let decimal: SQL = scale == 4 ? "DECIMAL(18,4)" : "DECIMAL(18,6)"
    guard type == .text else { return "TRY_CAST(\(cell) AS \(decimal))" }
    let proven = form.decimal
    let point: SQL = proven == .comma ? "replace(\(cell), ',', '.')" : cell
    // What nearly all cells are comes first, by what the engine does quickest.
    return """
      CASE WHEN regexp_full_match(\(cell), \(literal: Self.plain(proven))) \
      THEN TRY_CAST(\(point) AS \(decimal)) \
      WHEN regexp_full_match(\(cell), \(literal: Self.grouped(proven))) \
      THEN TRY_CAST(\(ungrouped(cell, proven)) AS \(decimal)) \
      WHEN regexp_full_match(\(cell), \(literal: Self.pattern(proven))) \
      THEN \(read(cell, proven, decimal)) \
      WHEN regexp_full_match(\(cell), \(literal: Self.pattern(proven.other))) \
      THEN \(read(cell, proven.other, decimal)) \
      WHEN regexp_full_match(\(cell), \(literal: Self.scientific)) \
      THEN TRY_CAST(replace(\(cell), ',', '.') AS \(decimal)) END
      """
  }

  private func read(_ cell: SQL, _ mark: DecimalSeparator, _ decimal: SQL) -> SQL {
    let kept = "[^0-9\(mark.rawValue)]"
    let digits: SQL = "regexp_replace(\(cell), \(literal: kept), '', 'g')"
    let plain: SQL = mark == .comma ? "replace(\(digits), ',', '.')" : digits
    let negative: SQL = "regexp_matches(\(cell), \(literal: "[-\u{2212}(]"))"
    return "TRY_CAST(CASE WHEN \(negative) THEN '-' ELSE '' END || \(plain) AS \(decimal))"
  }

  // MARK: Dates

  static let clock =
    "[ T,]+\\d{1,2}[:hH]\\d{2}(:\\d{2}([.,]\\d+)?)?( ?[AaPp]\\.?[Mm]\\.?)?"
  static let isoDay = "(\\d{4})[-/. ](\\d{1,2})[-/. ](\\d{1,2})"
  static let shortISO = "\\d{4}-\\d{2}-\\d{2}(?:[ T]\\d{2}:\\d{2}:\\d{2})?"
  static let zoneMark = " ?(Z|z|UTC|GMT|[+-]\\d{2}(:?\\d{2})?)"
  private static let partsDay = "(\\d{1,2})[-/. ](\\d{1,2})[-/. ](\\d{4}|\\d{2})"
  private static let month =
    "(jan|fev|feb|mar|avr|apr|mai|may|juin|jun|juil|jul|aou|aug|sep|oct|nov|dec)"
  private static var wordsDayFirst: String {
    "(\\d{1,2})(er|st|nd|rd|th)?[ .-]*(?:de |of )?\(month)[a-z]*[ .,-]*(\\d{4}|\\d{2})\\b"
  }
  private static var wordsMonthFirst: String {
    "\(month)[a-z]*[ .-]*(\\d{1,2})(st|nd|rd|th)?[ ,-]+(\\d{4})\\b"
  }

  /// The local calendar day of a cell.
  func day(_ cell: SQL, _ type: CellType, _ form: DateForm) -> SQL {
    switch form {
    case .native(.instant): localDay(ofInstant: cell)
    case .native: "\(cell)::DATE"
    case .text(let order, let engine):
      textDay(type == .text ? cell : "\(cell)::VARCHAR", order, engine)
    case .serial(let is1904): serialDay("TRY_CAST(\(cell) AS DOUBLE)", is1904)
    case .cell(let order, let is1904):
      """
      CASE WHEN TRY_CAST(\(cell) AS DOUBLE) BETWEEN 1 AND 2958465 \
      THEN \(serialDay("TRY_CAST(\(cell) AS DOUBLE)", is1904)) ELSE \(textDay(cell, order)) END
      """
    case .epochSeconds: localDay(ofInstant: "to_timestamp(TRY_CAST(\(cell) AS DOUBLE))")
    case .epochMilliseconds:
      localDay(ofInstant: "to_timestamp(TRY_CAST(\(cell) AS DOUBLE) / 1000)")
    }
  }

  /// The calendar day, in the zone, of a point in time.
  func localDay(ofInstant instant: SQL) -> SQL {
    zone.day(instant)
  }

  private func serialDay(_ number: SQL, _ is1904: Bool) -> SQL {
    let start: SQL = is1904 ? "DATE '1904-01-01'" : "DATE '1899-12-30'"
    return
      "(\(start) + CASE WHEN \(number) BETWEEN 0 AND 2958465 THEN floor(\(number))::INTEGER END)"
  }

  func textDay(
    _ cell: SQL, _ order: DateOrder?, _ engine: DateForm.EngineDate? = nil
  ) -> SQL {
    let iso = "\(Self.isoDay)(\(Self.clock))?"
    let zoned = "\(Self.isoDay)\(Self.clock)\(Self.zoneMark)"
    let parts = "\(Self.partsDay)(\(Self.clock))?"
    let folded: SQL = "lower(strip_accents(\(cell)))"
    var cases: [SQL] = []
    // The sample's own way of writing comes first: it is what nearly all cells have.
    if let engine, let format = engine.format, let shape = engine.shape {
      cases.append(
        """
        WHEN regexp_full_match(\(cell), \(literal: shape)) \
        THEN TRY_CAST(try_strptime(\(cell), \(literal: format)) AS DATE)
        """)
    }
    cases += [
      """
      WHEN regexp_full_match(\(cell), \(literal: Self.shortISO)) THEN TRY_CAST(left(\(cell), 10) AS DATE)
      """,
      """
      WHEN regexp_full_match(\(cell), \(literal: iso)) \
      THEN TRY_CAST(regexp_replace(\(cell), \(literal: "^" + Self.isoDay + ".*$"), '\\1-\\2-\\3') AS DATE)
      """,
      """
      WHEN regexp_full_match(\(cell), \(literal: zoned)) \
      THEN \(localDay(ofInstant: "TRY_CAST(\(zoneNormalised(cell)) AS TIMESTAMPTZ)"))
      """,
      """
      WHEN regexp_full_match(\(cell), '\\d{8}') THEN TRY_CAST(try_strptime(\(cell), '%Y%m%d') AS DATE) \
      WHEN regexp_full_match(\(cell), '\\d{14}') \
      THEN TRY_CAST(try_strptime(\(cell), '%Y%m%d%H%M%S') AS DATE)
      """,
    ]
    if let order, order != .ymd {
      let (day, month): (SQL, SQL) = order == .dmy ? ("1", "2") : ("2", "1")
      func part(_ group: SQL) -> SQL { "regexp_extract(\(cell), \(literal: parts), \(group))" }
      cases.append(
        """
        WHEN regexp_full_match(\(cell), \(literal: parts)) \
        THEN TRY_CAST(\(longYear(part("3"))) || '-' || \(part(month)) || '-' || \(part(day)) AS DATE)
        """)
    } else if order == .ymd {
      let short = "(\\d{2})[-/. ](\\d{1,2})[-/. ](\\d{1,2})(\(Self.clock))?"
      cases.append(
        """
        WHEN regexp_full_match(\(cell), \(literal: short)) \
        THEN TRY_CAST('20' || regexp_replace(\(cell), \(literal: "^" + short + "$"), '\\1-\\2-\\3') AS DATE)
        """)
    }
    func words(_ pattern: String, day: SQL, month: SQL, year: SQL) -> SQL {
      func part(_ group: SQL) -> SQL { "regexp_extract(\(folded), \(literal: pattern), \(group))" }
      let months = MonthWords.prefixes.map {
        "WHEN \(literal: $0.prefix) THEN \(literal: String($0.month))" as SQL
      }
      return """
        WHEN regexp_matches(\(folded), \(literal: pattern)) \
        THEN TRY_CAST(\(longYear(part(year))) || '-' || CASE \(part(month)) \(months.joined(separator: " ")) END \
        || '-' || \(part(day)) AS DATE)
        """
    }
    cases.append(words(Self.wordsDayFirst, day: "1", month: "3", year: "4"))
    cases.append(words(Self.wordsMonthFirst, day: "2", month: "1", year: "4"))
    return "CASE \(cases.joined(separator: " ")) END"
  }

  private func longYear(_ year: SQL) -> SQL {
    """
    CASE WHEN length(\(year)) = 4 THEN \(year) WHEN \(year) >= '69' THEN '19' || \(year) \
    ELSE '20' || \(year) END
    """
  }

  /// `2024-01-05T10:00:00 +0100` as the engine reads it: `…+01:00`, `UTC` as `+00`.
  func zoneNormalised(_ cell: SQL) -> SQL {
    """
    regexp_replace(regexp_replace(\(cell), ' ?(Z|z|UTC|GMT)$', '+00'), \
    ' ?([+-]\\d{2}):?(\\d{2})$', '\\1:\\2')
    """
  }

  /// Whether a text is a day in the other order of day and month, and in no other way.
  func isOtherOrder(_ cell: SQL, _ order: DateOrder) -> SQL {
    let other: DateOrder = order == .dmy ? .mdy : .dmy
    return """
      regexp_full_match(\(cell), \(literal: Self.openDay)) AND \(textDay(cell, other)) IS NOT NULL
      """
  }

  /// A regular expression of days whose order is open, with the two numbers as groups.
  static var openDay: String { "\(partsDay)(\(clock))?" }
}
