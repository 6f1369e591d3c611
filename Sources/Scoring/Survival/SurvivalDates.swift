internal import CustomerSchema
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Durations from dates of beginnings and ends, as files in French and English write them.
struct SurvivalDates {
  static let duration = "quartier_duration"
  static let ended = "quartier_ended"

  let settings: SurvivalSettings

  /// Ways to write a day, without those that mean another day in another country.
  private static let plain: SQL = """
    '%Y-%m-%d', '%Y/%m/%d', '%Y%m%d', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S',
    '%Y-%m-%dT%H:%M:%S', '%Y-%m-%dT%H:%M:%SZ'
    """
  private static let dayFirst: SQL = """
    '%d/%m/%Y', '%d.%m.%Y', '%d-%m-%Y', '%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S', '%d/%m/%y'
    """
  private static let monthFirst: SQL = """
    '%m/%d/%Y', '%m.%d.%Y', '%m-%d-%Y', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%y'
    """

  private func day(_ column: String, _ formats: SQL) -> SQL {
    """
    CAST(coalesce(TRY_CAST(\(identifier: column) AS TIMESTAMP),
      try_strptime(trim(\(identifier: column)), [\(formats), \(Self.plain)])) AS DATE)
    """
  }

  /// Makes `survival_dates`: the table with its durations and whether each has ended, in its order.
  ///
  /// Days are read day first unless more of them are days month first. A subscription that begins
  /// after the day of observation, or ends before it begins, has no duration; one that ends later
  /// still runs.
  ///
  /// - Returns: the day of observation.
  func create(from table: String, in session: any QuerySession) async throws -> LocalDate {
    let columns = [settings.start] + (settings.end.isEmpty ? [] : [settings.end])
    func unread(_ formats: SQL) -> SQL {
      columns.map {
        """
        count(*) FILTER (\(identifier: $0) IS NOT NULL AND \(day($0, formats)) IS NULL)
        """ as SQL
      }.joined(separator: " + ")
    }
    let row = try await session.row(
      """
      SELECT \(unread(Self.dayFirst)), \(unread(Self.monthFirst)) FROM \(identifier: table)
      """)
    let formats =
      (row[1].int ?? 0) < (row[0].int ?? 0) ? Self.monthFirst : Self.dayFirst
    let start = day(settings.start, formats)
    let end: SQL = settings.end.isEmpty ? "NULL::DATE" : day(settings.end, formats)
    let isUnreadEnd: SQL =
      settings.end.isEmpty
      ? "false" : "(\(identifier: settings.end) IS NOT NULL AND (\(end)) IS NULL)"
    let last = try await session.value(
      "SELECT greatest(max(\(start)), max(\(end))) FROM \(identifier: table)")
    guard let asOf = settings.asOf ?? last.days.map(LocalDate.init(daysSinceEpoch:)) else {
      throw ScoringError.noDates(settings.start)
    }
    // Whether it has ended may also be a column of its own, where the day of the end is not known.
    let event: SQL =
      settings.event.isEmpty
      ? "ended_on IS NOT NULL AND ended_on <= \(asOf.sqlValue)"
      : """
      (ended_on IS NOT NULL AND ended_on <= \(asOf.sqlValue)
        AND coalesce(lower(\(identifier: settings.event)), 'yes')
          IN ('1', 'yes', 'y', 'true', 'oui', 'o', 'vrai'))
      """
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE survival_dates AS
      SELECT * EXCLUDE (begun_on, ended_on, unread),
        CASE WHEN NOT unread AND begun_on <= \(asOf.sqlValue)
          AND (ended_on IS NULL OR ended_on >= begun_on)
          THEN CAST((least(coalesce(ended_on, \(asOf.sqlValue)), \(asOf.sqlValue)) - begun_on)
            / \(settings.unit.days) AS VARCHAR) END AS \(identifier: Self.duration),
        CASE WHEN \(event) THEN 'yes' ELSE 'no' END AS \(identifier: Self.ended)
      FROM (
        SELECT *, \(start) AS begun_on, \(end) AS ended_on, \(isUnreadEnd) AS unread, rowid AS n
        FROM \(identifier: table))
      ORDER BY n
      """)
    return asOf
  }
}
