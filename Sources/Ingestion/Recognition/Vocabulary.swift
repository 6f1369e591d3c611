internal import Foundation

/// The words of headers and statuses in French and English exports.
enum Vocabulary {
  /// Lower case, without accents, punctuation and camel case: `N° Client` and `numClient` become
  /// `n client` and `num client`.
  static func fold(_ text: String) -> String {
    var result = ""
    var previous: Character = " "
    for character in text.decomposedStringWithCanonicalMapping {
      // A decomposed character keeps its marks: only its base counts.
      guard let base = character.unicodeScalars.first else { continue }
      let plain = Character(base)
      if plain != "º", plain.isLetter || plain.isNumber {
        let startsWord =
          plain.isUppercase && previous.isLowercase
          || plain.isLetter && previous.isNumber || plain.isNumber && previous.isLetter
        if startsWord, result.last != " ", !result.isEmpty { result.append(" ") }
        switch base {
        case "œ", "Œ": result += "oe"
        case "æ", "Æ": result += "ae"
        default: result += plain.lowercased()
        }
      } else if result.last != " ", !result.isEmpty {
        result.append(" ")
      }
      previous = plain
    }
    if result.last == " " { result.removeLast() }
    return result
  }

  /// A header cut into what it says: its words, whether amounts have tax, and their currency.
  struct Header: Sendable, Hashable {
    /// Folded, without the words about tax and currency.
    let words: String
    let tax: AmountBasisHint?
    /// ISO code named in the header, such as in `Montant (€)`.
    let currency: String?
    /// The words after those of a list of lines, as nested documents name their fields: `sku` of
    /// `lines.sku`.
    var lineWords: String?
  }

  enum AmountBasisHint: Sendable, Hashable { case included, excluded }

  static func read(_ header: String) -> Header {
    var currency: String?
    for character in header where currency == nil && !character.isASCII || character == "$" {
      currency = CellShape.currencyCode(String(character)) ?? currency
    }
    var words = fold(header)
    var tax: AmountBasisHint?
    for (phrases, hint) in taxWords {
      for phrase in phrases where contains(words, phrase) {
        tax = tax ?? hint
        words = removing(phrase, from: words)
      }
    }
    var kept: [Substring] = []
    for word in words.split(separator: " ") {
      if ["eur", "euro", "euros", "usd", "gbp", "chf", "cad"].contains(word) {
        currency = currency ?? (word.hasPrefix("euro") ? "EUR" : word.uppercased())
      } else if !articles.contains(word) {
        kept.append(word)
      }
    }
    let lines = lineLists.first { header.lowercased().hasPrefix($0 + ".") }
    return Header(
      words: kept.joined(separator: " "), tax: tax, currency: currency,
      lineWords: lines.map { read(String(header.dropFirst($0.count + 1))).words })
  }

  /// What nested documents call the lists of an order's lines.
  private static let lineLists = [
    "lines", "line_items", "lineitems", "order_lines", "orderlines", "order_items", "orderitems",
    "items", "products", "lignes", "lignes_commande", "articles", "produits", "details",
  ]

  /// What such a field can tell: an order's own facts are not in its lines.
  private static let lineRoles: Set<HeaderRole> = [
    .product, .productName, .category, .quantity, .unitPrice, .discount,
  ]

  private static let articles: Set<Substring> = [
    "de", "du", "des", "d", "la", "le", "l", "les", "of", "the",
  ]

  private static let taxWords: [([String], AmountBasisHint)] = [
    (
      [
        "toutes taxes comprises", "taxes comprises", "tva comprise", "ttc", "tax incl",
        "incl tax", "including tax", "tax included", "incl vat", "including vat", "vat incl",
        "inc vat", "inc tax", "tax inclusive",
      ], .included
    ),
    (
      [
        "hors taxes", "hors taxe", "hors tva", "h t", "ht", "tax excl", "excl tax", "excluding tax",
        "tax excluded", "excl vat", "ex vat", "ex tax", "excluding vat", "vat excl", "untaxed",
        "tax exclusive", "before tax",
      ], .excluded
    ),
  ]

  private static func contains(_ words: String, _ phrase: String) -> Bool {
    (" " + words + " ").contains(" " + phrase + " ")
  }

  private static func removing(_ phrase: String, from words: String) -> String {
    (" " + words + " ").replacing(" " + phrase + " ", with: " ").trimmed
  }

  /// Whether any role's words are exactly this header's.
  static func knows(_ header: String) -> Bool {
    let words = read(header).words
    return !words.isEmpty && exact[words] != nil
  }

  /// How strongly a header names a role: 100 down to 60 for its exact words (the first words of
  /// a list are the most telling), 50 where the words are there among few others, 0 otherwise.
  static func score(_ header: Header, _ role: HeaderRole) -> Int {
    let phrases = phrases[role] ?? []
    let denied = denials[role] ?? []
    let score = score(header, phrases, denied: denied)
    guard score == 0, let line = header.lineWords, lineRoles.contains(role) else { return score }
    let last = Header(words: line, tax: header.tax, currency: nil)
    return self.score(last, phrases, denied: denied)
  }

  /// As above, with phrases and words that deny them of any list.
  static func score(_ header: Header, _ phrases: [String], denied: Set<Substring> = []) -> Int {
    guard !header.words.isEmpty else { return 0 }
    if let rank = phrases.firstIndex(of: header.words) {
      return max(60, 100 - rank)
    }
    let tokens = Set(header.words.split(separator: " "))
    if !tokens.isDisjoint(with: denied) { return 0 }
    for phrase in phrases {
      let wanted = Set(phrase.split(separator: " "))
      if wanted.count >= 2, wanted.isSubset(of: tokens), tokens.count <= wanted.count + 2 {
        return 50
      }
      if wanted.count == 1, phrase.count >= 4, wanted.isSubset(of: tokens),
        tokens.count <= 2, !weakAlone.contains(phrase)
      {
        return 40
      }
    }
    return 0
  }

  private static let exact: [String: Bool] = Dictionary(
    phrases.values.joined().map { ($0, true) }, uniquingKeysWith: { first, _ in first })

  /// Words too common to tell anything when another word stands beside them.
  private static let weakAlone: Set<String> = [
    "name", "total", "type", "state", "date", "source", "reference", "transaction", "order",
    "commande", "client", "customer", "value", "valeur", "price", "prix", "time", "document",
    "item", "article", "product", "produit", "user", "invoice", "facture", "livraison", "shipping",
    "port", "site", "status", "statut", "etat",
  ]

  /// Words that a header of the role never has.
  private static let denials: [HeaderRole: Set<Substring>] = [
    .customer: [
      "new", "nouveau", "note", "notes", "type", "group", "groupe", "date", "since", "depuis",
      "locale", "ip", "agent", "segment", "age", "country", "pays", "city", "ville", "name", "nom",
    ],
    .order: [
      "date", "time", "timestamp", "heure", "total", "status", "statut", "type", "note", "by",
    ],
    .date: [
      "naissance", "birth", "update", "updated", "modified", "modification", "echeance", "due",
      "expedition", "shipped", "delivery", "livraison", "inscription", "signup", "registered",
      "cancelled", "fulfilled", "refunded", "expiry", "expiration",
    ],
    .amount: [
      "tax", "tva", "taxe", "vat", "discount", "remise", "shipping", "port", "livraison", "unit",
      "unitaire", "cost", "cout", "marge", "margin", "refund", "refunded", "rembourse", "points",
      "disc", "fee", "frais", "articles", "items", "quantity", "qty", "weight", "poids",
      "outstanding",
    ],
    .total: [
      "tax", "tva", "taxe", "vat", "discount", "remise", "shipping", "port", "livraison", "unit",
      "unitaire", "refund", "refunded", "fee", "frais", "articles", "items", "quantity", "qty",
      "points", "weight", "poids", "outstanding", "discounts", "products",
    ],
    .quantity: ["stock", "refunded", "returned", "price", "prix", "total"],
    .unitPrice: ["total", "compare", "cost", "barre"],
  ]

  /// What a header can name: the roles, with amounts of lines and totals of orders apart.
  enum HeaderRole: Sendable, Hashable, CaseIterable {
    case customer, customerEmail, customerName, order, date, time, amount, total, quantity
    case unitPrice, discount, tax, shipping, currency, status, product, productName, category
    case channel
    case name, firstName, lastName, email, phone, postalCode, city, country, signedUp
  }
}
