internal import SQLBuilder

/// What two records of people are compared by, with how much they agree.
///
/// A level of 0 is disagreement, the highest is equality; −1 where one of the two lacks it.
package enum ComparedField: Int, Sendable, Hashable, CaseIterable, Codable {
  case firstName, lastName, birthDate, email, phone, place

  /// The word in evidence and documents.
  package var name: String {
    switch self {
    case .firstName: "first_name"
    case .lastName: "last_name"
    case .birthDate: "birth_date"
    case .email: "email"
    case .phone: "phone"
    case .place: "place"
    }
  }

  /// The words of its levels, from 0.
  package var levels: [String] {
    switch self {
    case .firstName: ["different", "alike", "initial", "close", "same"]
    case .lastName: ["different", "alike", "close", "same", "same_rare"]
    case .birthDate: ["different", "part", "close", "same"]
    case .email: ["different", "close", "same"]
    case .phone: ["different", "close", "same"]
    case .place: ["different", "department", "postal_code", "address"]
    }
  }

  /// Chances of each level among pairs that are one, before anything is learned: what a small base
  /// goes by. Orders of magnitude of published linkages, not measurements.
  var startingM: [Double] {
    switch self {
    case .firstName: [0.03, 0.02, 0.04, 0.09, 0.82]
    case .lastName: [0.04, 0.01, 0.09, 0.56, 0.30]
    case .birthDate: [0.02, 0.02, 0.06, 0.90]
    case .email: [0.20, 0.05, 0.75]
    case .phone: [0.20, 0.05, 0.75]
    case .place: [0.10, 0.10, 0.40, 0.40]
    }
  }

  /// The same among pairs that are not.
  var startingU: [Double] {
    switch self {
    case .firstName: [0.925, 0.05, 0.01, 0.005, 0.01]
    case .lastName: [0.946, 0.04, 0.01, 0.0038, 0.0002]
    case .birthDate: [0.96, 0.038, 0.00195, 0.00005]
    case .email: [0.9988, 0.0011, 0.0001]
    case .phone: [0.99985, 0.0001, 0.00005]
    case .place: [0.90, 0.088, 0.0118, 0.0002]
    }
  }

  var levelCount: Int { levels.count }

  /// The level of a pair `a`, `b` of `identity_record`.
  var level: SQL {
    switch self {
    case .firstName:
      """
      CASE WHEN a.first IS NULL OR b.first IS NULL THEN -1 WHEN a.first = b.first THEN 4
        WHEN length(a.first) = 1 OR length(b.first) = 1
          THEN CASE WHEN left(a.first, 1) = left(b.first, 1) THEN 2 ELSE 0 END
        WHEN a.first = b.last AND a.last = b.first THEN 3
        WHEN jaro_winkler_similarity(a.first, b.first) >= 0.92 THEN 3
        WHEN jaro_winkler_similarity(a.first, b.first) >= 0.8
          OR starts_with(a.first, b.first || ' ') OR starts_with(b.first, a.first || ' ') THEN 1
        ELSE 0 END
      """
    case .lastName:
      """
      CASE WHEN a.last IS NULL OR b.last IS NULL THEN -1
        WHEN a.last = b.last THEN CASE WHEN a.last_rare THEN 4 ELSE 3 END
        WHEN a.first = b.last AND a.last = b.first THEN 2
        WHEN jaro_winkler_similarity(a.last, b.last) >= 0.92 THEN 2
        WHEN jaro_winkler_similarity(a.last, b.last) >= 0.8
          OR starts_with(a.last, b.last || ' ') OR starts_with(b.last, a.last || ' ')
          OR ends_with(a.last, ' ' || b.last) OR ends_with(b.last, ' ' || a.last) THEN 1
        ELSE 0 END
      """
    case .birthDate:
      """
      CASE WHEN a.birth IS NULL OR b.birth IS NULL THEN -1 WHEN a.birth = b.birth THEN 3
        WHEN (year(a.birth) = year(b.birth) AND month(a.birth) = day(b.birth)
            AND day(a.birth) = month(b.birth))
          OR damerau_levenshtein(strftime(a.birth, '%Y%m%d'), strftime(b.birth, '%Y%m%d')) = 1
          THEN 2
        WHEN year(a.birth) = year(b.birth)
          OR (month(a.birth) = month(b.birth) AND day(a.birth) = day(b.birth)) THEN 1
        ELSE 0 END
      """
    case .email:
      """
      CASE WHEN a.email IS NULL OR b.email IS NULL THEN -1 WHEN a.email = b.email THEN 2
        WHEN (a.email_user = b.email_user AND length(a.email_user) > 5)
          OR damerau_levenshtein(a.email, b.email) = 1 THEN 1
        ELSE 0 END
      """
    case .phone:
      """
      CASE WHEN a.phone IS NULL OR b.phone IS NULL THEN -1 WHEN a.phone = b.phone THEN 2
        WHEN damerau_levenshtein(a.phone, b.phone) = 1 OR right(a.phone, 7) = right(b.phone, 7)
          THEN 1
        ELSE 0 END
      """
    case .place:
      """
      CASE WHEN a.postal IS NULL OR b.postal IS NULL THEN -1
        WHEN a.postal = b.postal THEN CASE WHEN a.street = b.street
          OR jaro_winkler_similarity(a.street, b.street) >= 0.95 THEN 3 ELSE 2 END
        WHEN a.department = b.department THEN 1 ELSE 0 END
      """
    }
  }
}

/// How a pair agrees in every field, and whether a configured key is equal.
package struct AgreementPattern: Sendable, Hashable {
  /// By field; −1 where one of the two lacks it.
  package let levels: [Int]
  package let sharesKey: Bool

  package init(levels: [Int], sharesKey: Bool = false) {
    self.levels = levels
    self.sharesKey = sharesKey
  }

  package subscript(field: ComparedField) -> Int { levels[field.rawValue] }

  /// One number for each pattern.
  init(code: Int) {
    var rest = code / 2
    var levels: [Int] = []
    for field in ComparedField.allCases {
      levels.append(rest % (field.levelCount + 1) - 1)
      rest /= field.levelCount + 1
    }
    self.levels = levels
    sharesKey = code % 2 == 1
  }

  /// The number of this pattern.
  var code: Int {
    var factor = 2
    var code = sharesKey ? 1 : 0
    for field in ComparedField.allCases {
      code += (self[field] + 1) * factor
      factor *= field.levelCount + 1
    }
    return code
  }

  /// The number of the pattern of a pair `a`, `b`.
  static func code(keys: Int) -> SQL {
    var factor = 2
    var parts: [SQL] = []
    for field in ComparedField.allCases {
      parts.append("(\(field.level) + 1) * \(SQLValue.int(Int64(factor)))")
      factor *= field.levelCount + 1
    }
    if keys > 0 {
      let same = (0..<keys).map { index -> SQL in
        "a.\(SQL.quotedKey(index)) = b.\(SQL.quotedKey(index))"
      }
      parts.append("CASE WHEN \(same.joined(separator: " OR ")) THEN 1 ELSE 0 END")
    }
    return "CAST(\(parts.joined(separator: " + ")) AS INTEGER)"
  }

  /// `email=same last_name=close`: never a value.
  package var evidence: String {
    var words = ComparedField.allCases.compactMap { field -> String? in
      let level = self[field]
      return level < 0 ? nil : "\(field.name)=\(field.levels[level])"
    }
    if sharesKey { words.append("key=same") }
    return words.joined(separator: " ")
  }

  /// Both have it and it cannot be one person's.
  package var contradicts: Bool { self[.birthDate] == 0 || self[.firstName] == 0 }
}
