internal import ReferenceData
internal import SQLBuilder
internal import Warehouse

/// Reads the user agents of events into their device, system and browser, where the source gives
/// only the string that browsers send.
struct VisitedDevices {
  let session: any QuerySession

  /// Headers under which files and event services have it.
  private static let names = [
    "user_agent", "userAgent", "User-Agent", "user agent", "useragent", "context.userAgent",
    "context_user_agent", "User Agent", "agent",
  ]

  /// Fills rows after `row` that have a user agent and no device of their own.
  func fill(after row: Int) async throws {
    let written = Self.names.map {
      "json_extract_string(properties, \(literal: "$.\"\($0)\""))" as SQL
    }.joined()
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_visit AS
      SELECT row_id, coalesce(\(written)) AS agent FROM quartier.events
      WHERE row_id > \(row) AND properties IS NOT NULL
        AND (device IS NULL OR os IS NULL OR browser IS NULL) AND agent IS NOT NULL
      """)
    guard try await session.value("SELECT count(*) FROM description_visit").int ?? 0 > 0 else {
      try await session.execute("DROP TABLE description_visit")
      return
    }
    let parser = try UserAgentParser.load()
    try await ReferenceLookup(
      relation: "description_visit", inputs: [("agent", "agent")],
      outputs: ["device", "os", "browser"]
    ).create("description_agent", in: session) { row in
      guard let text = row[0] else { return [nil, nil, nil] }
      let agent = parser.parse(text)
      return [
        agent.device == .unknown ? nil : agent.device.rawValue, agent.system, agent.browserFamily,
      ]
    }
    try await session.execute(
      """
      UPDATE quartier.events AS e SET device = coalesce(e.device, a.device),
        os = coalesce(e.os, a.os), browser = coalesce(e.browser, a.browser)
      FROM description_visit AS v JOIN description_agent AS a USING (agent)
      WHERE e.row_id = v.row_id
      """)
    try await session.execute("DROP TABLE description_visit")
    try await session.execute("DROP TABLE description_agent")
  }
}
