internal import SQLBuilder

/// SQL that turns the cells of a column into points in time. What is costly stands in columns of
/// its own, one layer upon the other: the engine would compute it anew for every mention.
struct MomentSQL: Sendable {
  let cells: CellSQL

  private static let clockParts =
    "(\\d{1,2})[:hH](\\d{2})(?::(\\d{2})(?:[.,](\\d{1,6})\\d*)?)?(?: ?([AaPp])\\.?[Mm]\\.?)?$"

  /// What a cell says: `zoned` where it names its offset, `local` where it is a wall clock.
  ///
  /// - Parameter time: a cell with the time of day of a date that has none.
  func parts(
    _ cell: SQL, _ type: CellType, _ form: DateForm, time: SQL? = nil
  ) -> (zoned: SQL, local: SQL) {
    switch form {
    case .native(.instant): return (cell, "NULL::TIMESTAMP")
    case .native(.date): return ("NULL::TIMESTAMPTZ", with(time, "\(cell)::TIMESTAMP"))
    case .native: return ("NULL::TIMESTAMPTZ", "\(cell)::TIMESTAMP")
    case .text(let order, let engine):
      let text: SQL = type == .text ? cell : "\(cell)::VARCHAR"
      return (zoned(text), with(time, local(text, order, engine)))
    case .serial(let is1904):
      return ("NULL::TIMESTAMPTZ", with(time, serial("TRY_CAST(\(cell) AS DOUBLE)", is1904)))
    case .cell(let order, let is1904):
      let number: SQL = "TRY_CAST(\(cell) AS DOUBLE)"
      return (
        zoned(cell),
        with(
          time,
          """
          CASE WHEN \(number) BETWEEN 1 AND 2958465 THEN \(serial(number, is1904)) \
          ELSE \(local(cell, order, nil)) END
          """)
      )
    case .epochSeconds:
      return ("to_timestamp(TRY_CAST(\(cell) AS DOUBLE))", "NULL::TIMESTAMP")
    case .epochMilliseconds:
      return (
        "make_timestamptz((TRY_CAST(\(cell) AS DOUBLE) * 1000)::BIGINT)", "NULL::TIMESTAMP"
      )
    }
  }

  /// The point in time (`TIMESTAMPTZ`) of two such columns.
  func instant(zoned: SQL, local: SQL) -> SQL {
    "coalesce(\(zoned), \(cells.zone.instant(local)))"
  }

  private func zoned(_ cell: SQL) -> SQL {
    let shape = CellSQL.isoDay + CellSQL.clock + CellSQL.zoneMark
    return """
      CASE WHEN regexp_full_match(\(cell), \(literal: shape)) \
      THEN TRY_CAST(replace(\(cells.zoneNormalised(cell)), ',', '.') AS TIMESTAMPTZ) END
      """
  }

  private func local(_ cell: SQL, _ order: DateOrder?, _ engine: DateForm.EngineDate?) -> SQL {
    let whole = CellSQL.shortISO
    var cases: [SQL] = []
    if let engine, let format = engine.format, let shape = engine.shape {
      cases.append(
        """
        WHEN regexp_full_match(\(cell), \(literal: shape)) \
        THEN try_strptime(\(cell), \(literal: format))
        """)
    }
    let shape = CellSQL.isoDay + CellSQL.clock + CellSQL.zoneMark
    cases += [
      "WHEN regexp_full_match(\(cell), \(literal: whole)) THEN TRY_CAST(\(cell) AS TIMESTAMP)",
      "WHEN regexp_full_match(\(cell), '\\d{14}') THEN try_strptime(\(cell), '%Y%m%d%H%M%S')",
      "WHEN regexp_full_match(\(cell), \(literal: shape)) THEN NULL",
    ]
    return """
      CASE \(cases.joined(separator: " ")) \
      ELSE \(cells.textDay(cell, order, engine))::TIMESTAMP + \(clock(cell)) END
      """
  }

  /// The time of day at the end of a text as an interval; nothing for none.
  private func clock(_ cell: SQL) -> SQL {
    func part(_ group: SQL) -> SQL {
      "regexp_extract(\(cell), \(literal: Self.clockParts), \(group))"
    }
    func number(_ group: SQL) -> SQL {
      "coalesce(TRY_CAST(nullif(\(part(group)), '') AS BIGINT), 0)"
    }
    let hour: SQL = """
      CASE WHEN lower(\(part("5"))) = 'p' THEN \(number("1")) % 12 + 12 \
      WHEN lower(\(part("5"))) = 'a' THEN \(number("1")) % 12 ELSE \(number("1")) END
      """
    let fraction: SQL =
      "coalesce(TRY_CAST(rpad(nullif(\(part("4")), ''), 6, '0') AS BIGINT), 0)"
    return """
      CASE WHEN regexp_matches(\(cell), '[:hH]\\d{2}') \
      THEN to_microseconds(((\(hour)) * 3600 + \(number("2")) * 60 + \(number("3"))) * 1000000 \
      + \(fraction)) ELSE to_microseconds(0) END
      """
  }

  /// A day at midnight, with the time of day of another cell.
  private func with(_ time: SQL?, _ local: SQL) -> SQL {
    guard let time else { return local }
    let text: SQL = "\(time)::VARCHAR"
    // `930` and `0930`, as tills write them.
    let written: SQL = """
      CASE WHEN regexp_full_match(\(text), '\\d{3,4}') \
      THEN regexp_replace(lpad(\(text), 4, '0'), '(..)(..)', '\\1:\\2') ELSE coalesce(\(text), '') END
      """
    return "(\(local)) + \(clock("(\(written))"))"
  }

  private func serial(_ number: SQL, _ is1904: Bool) -> SQL {
    let start: SQL = is1904 ? "TIMESTAMP '1904-01-01'" : "TIMESTAMP '1899-12-30'"
    return """
      (\(start) + to_seconds(CASE WHEN \(number) BETWEEN 0 AND 2958465 \
      THEN round(\(number) * 86400) END))
      """
  }
}
