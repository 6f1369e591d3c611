internal import CustomerSchema

/// What the lines of a file are: the word after `--as`.
package enum ImportKind: String, Sendable, Hashable, Codable, CaseIterable {
  case customers, prospects, companies, contacts, orders
  case orderLines = "order-lines"
  case products, subscriptions, events, campaigns, reviews, referrals, survey, tickets
  case opportunities, costs, consents
  case lifeEvents = "life-events"

  /// The key of this kind's name in the catalogues.
  package var term: String { "import_kind.\(rawValue)" }

  /// Whether each line describes a customer, and columns are attributes.
  package var describesCustomers: Bool {
    switch self {
    case .customers, .prospects, .companies, .contacts: true
    default: false
    }
  }

  var isOrders: Bool { self == .orders || self == .orderLines }
}

/// A role of a kind's columns.
struct KindRole: Sendable {
  let role: ColumnRole
  /// The column of the canonical table.
  let column: String
  let type: AttributeType
  /// Folded headers, the most telling first.
  let words: [String]
  /// How many of the words, from the first, tell the kind of a file as well.
  let telling: Int
  /// Words that a header of the role never has.
  let denied: Set<Substring>
  /// Without a column for it the file is refused; a line without it is set aside.
  let isRequired: Bool
  /// Words of values that are stored as another one, folded.
  let values: [String: String]

  init(
    _ role: ColumnRole, _ column: String, _ type: AttributeType, _ words: [String],
    telling: Int? = nil, denied: Set<Substring> = [], isRequired: Bool = false,
    values: [String: String] = [:]
  ) {
    self.telling = telling ?? words.count
    self.role = role
    self.column = column
    self.type = type
    self.words = words
    self.denied = denied
    self.isRequired = isRequired
    self.values = values
  }
}

/// How the files of one kind become rows of a canonical table.
struct KindDescription: Sendable {
  let kind: ImportKind
  let table: String
  /// Besides `customer`, `key` and `date`.
  let roles: [KindRole]
  /// Headers of the column that tells rows apart.
  let keyWords: [String]
  /// Headers of the instant, before those that every kind knows.
  let dateWords: [String]
  /// A file without a date happened when it was exported.
  let needsDate: Bool
  /// Whether rows belong to customers and have an instant.
  let isStream: Bool
  /// Whether a row without a customer is of use.
  let allowsAnonymous: Bool
  /// Columns of the table for what has no column of its own, as JSON.
  let rest: String?
  /// Roles of which each set, named outright by headers, tells this kind.
  let telling: [[ColumnRole]]

  init(
    _ kind: ImportKind, _ table: String, key: [String] = [], date: [String] = [],
    needsDate: Bool = true, isStream: Bool = true, allowsAnonymous: Bool = false,
    rest: String? = nil,
    telling: [[ColumnRole]] = [], _ roles: [KindRole]
  ) {
    self.kind = kind
    self.table = table
    self.roles = roles
    keyWords = key
    dateWords = date.isEmpty ? [] : date + ["happened at", "occurred at"]
    self.needsDate = needsDate
    self.isStream = isStream
    self.allowsAnonymous = allowsAnonymous
    self.rest = rest
    self.telling = telling
  }

  subscript(role: ColumnRole) -> KindRole? { roles.first { $0.role == role } }
}
