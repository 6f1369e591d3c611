/// How the engine holds a column's values.
enum CellType: Sendable, Hashable {
  case text, integer, double, decimal, boolean
  case date
  /// A wall-clock time.
  case timestamp
  /// A point in time, in UTC.
  case instant
  case other

  init(engineType: String) {
    let name = engineType.uppercased()
    self =
      switch name {
      case "VARCHAR": .text
      case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
        "UINTEGER", "UBIGINT", "UHUGEINT":
        .integer
      case "FLOAT", "DOUBLE": .double
      case "BOOLEAN": .boolean
      case "DATE": .date
      case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS": .timestamp
      case "TIMESTAMP WITH TIME ZONE": .instant
      default:
        if name.hasPrefix("DECIMAL") {
          .decimal
        } else if name.hasPrefix("ENUM") {
          .text
        } else {
          .other
        }
      }
  }

  var isTemporal: Bool { self == .date || self == .timestamp || self == .instant }
  var isNumeric: Bool { self == .integer || self == .double || self == .decimal }
}

/// What a sample of a column's cells looks like.
struct ColumnProfile: Sendable {
  let index: Int
  let name: String
  let header: Vocabulary.Header
  let type: CellType
  /// Cells looked at, and those that are not empty.
  let count: Int
  let filled: Int
  private(set) var distinct = 0
  private(set) var leadingZeros = 0
  private(set) var emails = 0
  /// Whole numbers that a program of floating-point numbers wrote as `17850.0`.
  private(set) var floatingWholes = 0
  /// Cells with blanks at their ends, or with a word that stands for nothing.
  private(set) var padded = 0
  private(set) var integers = 0
  private(set) var shortest = Int.max
  private(set) var longest = 0
  private(set) var numbers = NumberStatistics()
  private(set) var dates = DateStatistics()
  /// Cells that tell of returns, cancellations or of orders' lives.
  private(set) var statusWords = 0
  /// The distinct values, while they are few.
  private(set) var values: Set<String> = []

  /// - Parameter isWithheld: its name tells nothing either: no role may come of it.
  init(index: Int, name: String, type: CellType, cells: [String], isWithheld: Bool = false) {
    self.index = index
    self.name = name
    self.type = type
    header =
      isWithheld
      ? Vocabulary.Header(words: "", tax: nil, currency: nil) : Vocabulary.read(name)
    count = cells.count
    var seen: Set<String> = []
    var filled = 0
    for raw in cells {
      let cell = raw.trimmed
      guard !NullWords.all.contains(cell) else {
        if !raw.isEmpty { padded += 1 }
        continue
      }
      if cell.utf8.count != raw.utf8.count { padded += 1 }
      filled += 1
      seen.insert(cell)
      let length = cell.utf8.count
      shortest = min(shortest, length)
      longest = max(longest, length)
      if cell.contains("@") { emails += 1 }
      if cell.hasSuffix(".0"), cell.utf8.dropLast(2).allSatisfy({ (0x30...0x39).contains($0) }) {
        floatingWholes += 1
      }
      let shape = CellShape(cell)
      if let number = shape.number {
        numbers.add(number, cell)
        if cell.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
          integers += 1
          if length > 1, cell.utf8.first == 0x30 { leadingZeros += 1 }
        }
      }
      if let date = shape.date { dates.add(date, cell) }
    }
    self.filled = filled
    distinct = seen.count
    if seen.count <= 60 {
      values = seen
      statusWords = seen.count { StatusWords.isKnown($0) }
    }
  }

  /// Shares of the cells that are not empty.
  var numberShare: Double { type.isNumeric ? 1 : share(numbers.count) }
  var dateShare: Double {
    type.isTemporal ? 1 : type == .text || type == .integer ? share(dates.count) : 0
  }
  /// Whether the same values come again.
  var repeats: Bool { distinct < filled }
  var hasFractions: Bool { numbers.fractions > 0 }
  /// Whether its ids are all written as `17850.0`.
  var hasFloatingIds: Bool { type == .text && filled > 0 && floatingWholes == filled }

  func share(_ part: Int) -> Double { filled == 0 ? 0 : Double(part) / Double(filled) }
}

/// Texts that stand for nothing.
enum NullWords {
  static let all: Set<String> = ["", "NULL", "null", "\\N", "NaN", "nan", "N/A", "#N/A", "None"]
}

/// What the numbers of a sample prove about how they are written.
struct NumberStatistics: Sendable {
  private(set) var count = 0
  /// Numbers that the engine reads by itself once it knows the decimal mark.
  private(set) var plain = 0
  private(set) var fractions = 0
  /// Numbers with decimals other than zeros.
  private(set) var broken = 0
  private(set) var negatives = 0
  /// Numbers that prove the mark for decimals, with an example.
  private(set) var point = 0
  private(set) var comma = 0
  /// Numbers such as `1.234` that prove nothing.
  private(set) var undecided = 0
  private(set) var undecidedSample: String?
  private(set) var currencies: Set<String> = []
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity

  mutating func add(_ number: NumberShape, _ text: String) {
    count += 1
    if number.isPlain { plain += 1 }
    if number.isNegative { negatives += 1 }
    if number.hasFraction { broken += 1 }
    switch number.evidence {
    case .unmarked: break
    case .either:
      undecided += 1
      undecidedSample = undecidedSample ?? text
    case .decimal(let byte):
      if byte == UInt8(ascii: ".") { point += 1 } else { comma += 1 }
      fractions += 1
    }
    if let currency = number.currency { currencies.insert(currency) }
    minimum = min(minimum, number.value)
    maximum = max(maximum, number.value)
  }
}

/// What the dates of a sample prove about how they are written.
struct DateStatistics: Sendable {
  private(set) var count = 0
  private(set) var iso = 0
  private(set) var timed = 0
  private(set) var zoned = 0
  private(set) var parts = 0
  private(set) var compact = 0
  private(set) var words = 0
  /// Examples of what can only be day first, only month first, or either.
  private(set) var dayFirst: String?
  private(set) var monthFirst: String?
  private(set) var undecided: String?
  private(set) var shapes: Set<DateShape.Kind> = []

  mutating func add(_ date: DateShape, _ text: String) {
    count += 1
    shapes.insert(date.kind)
    switch date {
    case .iso(let time, let zone):
      iso += 1
      if time { timed += 1 }
      if zone { zoned += 1 }
    case .parts(let a, let b, _, _, let time):
      parts += 1
      if time != nil { timed += 1 }
      if a > 12 {
        dayFirst = dayFirst ?? text
      } else if b > 12 {
        monthFirst = monthFirst ?? text
      } else if a != b {
        undecided = undecided ?? text
      }
    case .compact(let time):
      compact += 1
      if time { timed += 1 }
    case .words: words += 1
    }
  }

  mutating func merge(dayFirst: String?, monthFirst: String?) {
    self.dayFirst = self.dayFirst ?? dayFirst
    self.monthFirst = self.monthFirst ?? monthFirst
  }
}

extension DateShape {
  /// The shape without its values.
  enum Kind: Sendable, Hashable {
    case iso(time: Bool, zone: Bool)
    case parts(separator: UInt8, longYear: Bool, time: TimeShape?)
    case compact(time: Bool)
    case words
  }

  var kind: Kind {
    switch self {
    case .iso(let time, let zone): .iso(time: time, zone: zone)
    case .parts(_, _, let separator, let longYear, let time):
      .parts(separator: separator, longYear: longYear, time: time)
    case .compact(let time): .compact(time: time)
    case .words: .words
    }
  }
}

/// Words of status columns.
enum StatusWords {
  private static let others: Set<String> = [
    "paid", "paye", "payee", "pending", "en attente", "shipped", "expedie", "expediee", "livre",
    "livree", "delivered", "completed", "complete", "termine", "terminee", "processing", "en cours",
    "wc completed", "wc processing", "fulfilled", "unfulfilled", "authorized", "partially refunded",
    "partially paid", "closed", "cloture", "cloturee", "open", "ouverte", "validee", "valide",
    "confirmed", "confirmee", "sale", "vente", "facture", "invoice", "order", "commande", "sent",
    "done", "draft", "on hold", "wc on hold", "traitee", "preparation en cours", "paiement accepte",
    "payment accepted", "canceled", "purchase", "achat", "ok", "success", "succeeded", "approved",
    "invoiced", "to invoice", "remboursement partiel", "expedition", "archived",
  ]

  /// Whether a value is a word of an order's life.
  static func isKnown(_ value: String) -> Bool {
    let folded = Vocabulary.fold(value)
    return others.contains(folded) || isCancelled(folded)
  }

  /// Whether a folded status tells of a return or a cancellation of the whole order.
  static func isCancelled(_ folded: String) -> Bool {
    guard !folded.contains("partiel"), !folded.contains("partial") else { return false }
    let rest = folded.hasPrefix("wc ") ? String(folded.dropFirst(3)) : folded
    let first = rest.prefix { $0 != " " }
    return firstWords.contains(String(first))
      || [
        "erreur paiement", "erreur de paiement", "payment error", "paiement refuse", "credit note",
        "litige perdu",
      ]
      .contains { (rest + " ").hasPrefix($0 + " ") }
  }

  private static let firstWords: Set<String> = [
    "cancel", "canceled", "cancelled", "annul", "annule", "annulee", "annules", "annulees",
    "annulation", "rembours", "rembourse", "remboursee", "rembourses", "remboursees",
    "remboursement", "refund", "refunded", "retour", "retourne", "retournee", "retournes",
    "retournees", "return", "returned", "returns", "avoir", "void", "voided", "fail", "failed",
    "echec", "echoue", "echouee", "refuse", "refusee", "refused", "rejete", "rejetee", "rejected",
    "chargeback",
  ]
}
