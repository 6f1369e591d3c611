package import ReferenceData
package import SQLBuilder
package import Warehouse

/// Places and occupations of many rows, by their distinct addresses and job titles.
package enum CustomerLookups {
  /// Makes `table` with `postal_code`, `city`, `country`, and what `Geography.place` says of them:
  /// `commune`, `district`, `department` (INSEE's codes), `outcome` and `basis`.
  ///
  /// - Returns: the number of distinct addresses.
  @discardableResult
  package static func places(
    _ table: String, of relation: SQL, postalCode: SQL, city: SQL, country: SQL = "NULL",
    in session: any QuerySession
  ) async throws -> Int {
    let geography = try Geography.load()
    return try await ReferenceLookup(
      relation: relation,
      inputs: [
        ("postal_code", "CAST(\(postalCode) AS VARCHAR)"), ("city", "CAST(\(city) AS VARCHAR)"),
        ("country", "CAST(\(country) AS VARCHAR)"),
      ], outputs: ["commune", "district", "department", "outcome", "basis"]
    ).create(table, in: session) { row in
      let answer = try geography.place(postalCode: row[0], city: row[1], country: row[2])
      var district: String?
      if case .commune(_, let found) = answer.outcome { district = found?.code }
      return [
        answer.commune?.code, district, answer.department?.code, answer.outcome.name,
        answer.basis.rawValue,
      ]
    }
  }

  /// Makes `table` with `job_title`, its PCS 2020 `occupation` (of any level), `pcs_group`,
  /// `confidence` from 0 to 1 as text, `evidence`, and `activity_status` of people without a job.
  ///
  /// - Returns: the number of distinct titles.
  @discardableResult
  package static func occupations(
    _ table: String, of relation: SQL, jobTitle: SQL, in session: any QuerySession
  ) async throws -> Int {
    let classifier = try JobTitleClassifier.load()
    return try await ReferenceLookup(
      relation: relation, inputs: [("job_title", "CAST(\(jobTitle) AS VARCHAR)")],
      outputs: ["occupation", "pcs_group", "confidence", "evidence", "activity_status"]
    ).create(table, in: session) { row in
      let match = classifier.classify(row[0] ?? "")
      var status: String?
      if case .outside(let found) = match.outcome { status = found.rawValue }
      return [
        match.occupation?.code, match.occupation.map { String($0.code.prefix(1)) },
        String(match.confidence), match.evidence?.rawValue, status,
      ]
    }
  }
}

extension PlaceAnswer.Outcome {
  /// A stable word for tables.
  package var name: String {
    switch self {
    case .commune: "commune"
    case .ambiguous: "ambiguous"
    case .department: "department"
    case .collectivity: "collectivity"
    case .military: "military"
    case .foreign: "foreign"
    case .unknown: "unknown"
    }
  }
}
