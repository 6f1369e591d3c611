internal import CustomerSchema

/// Which column of a file plays which role, and why.
struct RoleAssignment: Sendable {
  /// Positions from 0.
  var columns: [ColumnRole: Int] = [:]
  /// Message codes by role.
  var evidence: [ColumnRole: String] = [:]
  var amount: AmountPlan?
  /// Columns that could have played a role as well, by role.
  var rivals: [ColumnRole: [Int]] = [:]
  /// Whether customers are told apart by an address, which upper case does not change.
  var customerIsEmail = false

  func role(of column: Int) -> ColumnRole? { columns.first { $0.value == column }?.key }
}

/// How the amount of a line is found.
struct AmountPlan: Sendable, Hashable {
  enum Source: Sendable, Hashable {
    case column(Int)
    case product(quantity: Int, price: Int)
  }

  let source: Source
  /// Whether the column is an order's total by its name.
  let isOrderTotal: Bool
  /// A column whose sign makes a line a return.
  let quantity: Int?
  /// A column to take off the product of quantity and price.
  let discount: Int?
  /// Whether that column holds percentages.
  let discountIsPercent: Bool
  /// A column of tax to add (+1) or to take off (−1).
  let tax: (column: Int, sign: Int)?
  let basis: AmountBasis
  /// The file has amounts both with and without tax, and no one said which.
  let hasBothBases: Bool

  /// The column whose sign says whether a line is a return.
  var signed: Int? {
    if case .product(let quantity, _) = source { quantity } else { quantity }
  }

  static func == (left: AmountPlan, right: AmountPlan) -> Bool {
    left.source == right.source && left.basis == right.basis
      && left.tax?.column == right.tax?.column && left.discount == right.discount
  }

  func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// Finds the roles of an order file's columns.
struct OrderRecognition {
  let file: String
  let profiles: [ColumnProfile]
  let hasHeader: Bool
  let mapping: Mapping
  let options: ImportOptions
  /// Whether the same order id comes on several records of the sample, once it is known.
  private var isLineLevel = false

  init(
    file: String, profiles: [ColumnProfile], hasHeader: Bool, mapping: Mapping,
    options: ImportOptions
  ) {
    self.file = file
    self.profiles = profiles
    self.hasHeader = hasHeader
    self.mapping = mapping
    self.options = options
  }

  /// - Throws: `columnUnknown` for a mapped column that is not there; the roles that are missing
  ///   are not an error here.
  mutating func assign() throws(IngestionError) -> RoleAssignment {
    var result = RoleAssignment()
    var taken: Set<Int> = []
    for (role, choices) in mapping.columns {
      guard let index = try Self.resolve(choices, role, profiles.map(\.name), file) else {
        continue
      }
      result.columns[role] = index
      result.evidence[role] = "mapping.evidence.told"
      taken.insert(index)
    }
    if hasHeader {
      assignByWords(&result, &taken)
    } else {
      assignByValues(&result, &taken)
    }
    if let order = result.columns[.order] { isLineLevel = profiles[order].repeats }
    if let customer = result.columns[.customer] {
      let profile = profiles[customer]
      result.customerIsEmail = profile.share(profile.emails) > 0.8
    }
    try chooseAmount(&result, &taken)
    return result
  }

  static func resolve(
    _ choices: [Mapping.ColumnChoice], _ role: ColumnRole, _ names: [String], _ file: String
  ) throws(IngestionError) -> Int? {
    for choice in choices {
      switch choice {
      case .name(let name):
        if let index = names.firstIndex(of: name)
          ?? names.firstIndex(where: { Vocabulary.fold($0) == Vocabulary.fold(name) })
        {
          return index
        }
      case .position(let position):
        if names.indices.contains(position - 1) { return position - 1 }
      }
    }
    guard let first = choices.first else { return nil }
    let wanted =
      switch first {
      case .name(let name): name
      case .position(let position): String(position)
      }
    throw .columnUnknown(file: file, role: role, column: wanted, columns: names)
  }

  // MARK: By the header's words

  private struct Candidate {
    let column: Int
    let role: ColumnRole
    let score: Int
  }

  private func assignByWords(_ result: inout RoleAssignment, _ taken: inout Set<Int>) {
    let roles: [(ColumnRole, Vocabulary.HeaderRole, Int)] = [
      (.date, .date, 0), (.order, .order, 0), (.customer, .customer, 0),
      // An address or a name tells customers apart only where no number does.
      (.customer, .customerEmail, -100), (.customer, .customerName, -200),
      (.currency, .currency, 0), (.status, .status, 0), (.product, .product, 0),
      (.product, .productName, -100), (.category, .category, 0), (.channel, .channel, 0),
      (.time, .time, 0), (.quantity, .quantity, 0),
    ]
    var candidates: [Candidate] = []
    for profile in profiles {
      for (role, header, handicap) in roles {
        let score = Vocabulary.score(profile.header, header)
        guard score > 0, isPlausible(profile, role, header) else { continue }
        candidates.append(Candidate(column: profile.index, role: role, score: score + handicap))
      }
    }
    addShopifyOrder(&candidates)
    // A bare `id` numbers the rows of a file: its orders, or its lines.
    if let id = profiles.first(where: { $0.header.words == "id" }),
      isPlausible(id, .order, .order)
    {
      candidates.append(Candidate(column: id.index, role: .order, score: 35))
    }
    // The strongest name first; fuller columns and then earlier ones first among equals.
    candidates.sort {
      ($0.score, profiles[$0.column].filled, -$0.column)
        > ($1.score, profiles[$1.column].filled, -$1.column)
    }
    for candidate in candidates {
      guard mapping.columns[candidate.role] == nil else { continue }
      if result.columns[candidate.role] != nil {
        if !taken.contains(candidate.column), candidate.score >= 60 {
          result.rivals[candidate.role, default: []].append(candidate.column)
        }
        continue
      }
      guard !taken.contains(candidate.column) else { continue }
      result.columns[candidate.role] = candidate.column
      let score = (candidate.score + 300) % 100
      result.evidence[candidate.role] =
        score == 0 || score >= 60 ? "mapping.evidence.words" : "mapping.evidence.similar"
      taken.insert(candidate.column)
    }
  }

  /// The order's number is called `Name` where every line of an order repeats it.
  private func addShopifyOrder(_ candidates: inout [Candidate]) {
    guard profiles.contains(where: { $0.header.words.hasPrefix("lineitem") }),
      let name = profiles.first(where: { $0.header.words == "name" })
    else { return }
    candidates.append(Candidate(column: name.index, role: .order, score: 100))
  }

  private func isPlausible(
    _ profile: ColumnProfile, _ role: ColumnRole, _ header: Vocabulary.HeaderRole
  ) -> Bool {
    // An empty column may fill later; it is only worth less than a filled one.
    guard profile.filled > 0 else { return role != .customer || header == .customer }
    switch role {
    case .date:
      let looksLikeSerial = profile.numberShare > 0.9 && profile.numbers.minimum >= 20_000
      return profile.dateShare >= 0.5 || looksLikeSerial
    case .order:
      return profile.type != .double || !profile.hasFractions
    case .customer:
      return !profile.type.isTemporal && profile.dateShare < 0.9
        && !profile.numbers.hasOnlyFractions
        && profile.type != .boolean
        && !(profile.distinct <= 2 && profile.filled > 20
          && profile.values.isSubset(of: Self.booleans))
    case .quantity: return profile.numberShare >= 0.8
    case .currency:
      return profile.share(profile.values.count { CellShape.currencyCode($0) != nil }) > 0
    case .status:
      return ["status", "statut", "etat"].contains { profile.header.words.contains($0) }
        ? profile.numberShare < 0.5 : profile.statusWords > 0
    case .product where ["reference", "ref"].contains(profile.header.words):
      // A reference is an order's where nothing else tells of products.
      return profiles.contains {
        Vocabulary.score($0.header, .productName) >= 60
          || Vocabulary.score($0.header, .quantity) >= 60
      }
    case .product, .category, .channel: return profile.dateShare < 0.9 || profile.type == .integer
    default: return true
    }
  }

  private static let booleans: Set<String> = [
    "0", "1", "true", "false", "True", "False", "yes", "no", "oui", "non", "Oui", "Non", "Yes",
    "No",
  ]

  // MARK: By the values alone

  private func assignByValues(_ result: inout RoleAssignment, _ taken: inout Set<Int>) {
    func assign(_ role: ColumnRole, _ column: Int?) {
      guard let column, mapping.columns[role] == nil else { return }
      result.columns[role] = column
      result.evidence[role] = "mapping.evidence.values"
      taken.insert(column)
    }
    let free = { (taken: Set<Int>) in profiles.filter { !taken.contains($0.index) && $0.filled > 0 }
    }
    assign(.date, free(taken).first { $0.dateShare > 0.95 }?.index)
    let ids = free(taken).filter { !$0.hasFractions && $0.numbers.negatives == 0 }
    // Numbers with leading zeros, letters or addresses are names, not measures.
    let named = ids.filter {
      $0.leadingZeros > 0 || $0.share($0.emails) > 0.8 || $0.numberShare < 0.5
        || $0.numbers.minimum > 999
    }
    assign(.customer, (named.first { $0.repeats } ?? named.first)?.index)
    let measures = free(taken).filter { $0.numberShare > 0.95 && $0.leadingZeros == 0 }
    assign(
      .amount,
      (measures.first { $0.hasFractions } ?? (measures.count == 1 ? measures[0] : nil))?.index)
    assign(
      .quantity,
      free(taken).first {
        $0.numberShare > 0.95 && !$0.hasFractions && $0.leadingZeros == 0
          && abs($0.numbers.maximum) < 10_000
      }?.index)
  }

  // MARK: Amounts

  private struct AmountCandidate {
    let column: Int
    let isTotal: Bool
    let score: Int
    let tax: Vocabulary.AmountBasisHint?
  }

  private mutating func chooseAmount(
    _ result: inout RoleAssignment, _ taken: inout Set<Int>
  ) throws(IngestionError) {
    func best(_ role: ColumnRole, _ header: Vocabulary.HeaderRole) -> Int? {
      if let told = mapping.columns[role] { return told.isEmpty ? nil : result.columns[role] }
      guard hasHeader else { return result.columns[role] }
      var found: (column: Int, score: Int)?
      for profile in profiles where !taken.contains(profile.index) && profile.numberShare >= 0.8 {
        let score = Vocabulary.score(profile.header, header)
        if score > found?.score ?? 0 { found = (profile.index, score) }
      }
      return found?.column
    }
    let wanted: Vocabulary.AmountBasisHint? =
      (options.amounts ?? mapping.amounts).map { $0 == .ttc ? .included : .excluded }
    let candidates = amountCandidates(result, taken)
    let prices = profiles.filter {
      !taken.contains($0.index) && Vocabulary.score($0.header, .unitPrice) > 0
        && ($0.numberShare >= 0.8 || $0.filled == 0)
    }
    let price =
      mapping.columns[.unitPrice].map { $0.isEmpty ? nil : result.columns[.unitPrice] }
      ?? pick(
        prices.map {
          AmountCandidate(
            column: $0.index, isTotal: false, score: Vocabulary.score($0.header, .unitPrice),
            tax: $0.header.tax)
        }, wanted)?.column
    let quantity = result.columns[.quantity]
    let discount = best(.discount, .discount)
    let tax = best(.tax, .tax)
    let shipping = best(.shipping, .shipping)
    for (role, column) in [
      (ColumnRole.discount, discount), (.tax, tax), (.shipping, shipping),
    ] {
      guard let column, result.columns[role] == nil else { continue }
      result.columns[role] = column
      result.evidence[role] = "mapping.evidence.words"
      taken.insert(column)
    }

    // Of several amounts: on order lines the line's own, on orders the total.
    let lines = candidates.filter { !$0.isTotal }
    let totals = candidates.filter(\.isTotal)
    let product: (Int, Int)? = quantity.flatMap { quantity in price.map { (quantity, $0) } }
    let chosen: AmountCandidate?
    if mapping.columns[.amount] != nil {
      chosen = candidates.first
    } else if isLineLevel {
      // An amount that most lines leave empty is their order's.
      let own = lines.filter { profiles[$0.column].filled * 10 >= profiles[$0.column].count * 9 }
      chosen =
        pick(own, wanted) ?? (product == nil ? pick(lines, wanted) ?? pick(totals, wanted) : nil)
    } else {
      chosen = pick(totals, wanted) ?? pick(lines, wanted)
    }
    let source: AmountPlan.Source
    let named: ColumnProfile
    if let chosen {
      source = .column(chosen.column)
      named = profiles[chosen.column]
      setAmount(&result, chosen, candidates, isTotal: chosen.isTotal)
    } else if let product {
      source = .product(quantity: product.0, price: product.1)
      named = profiles[product.1]
      result.columns[.unitPrice] = product.1
    } else if let price {
      source = .column(price)
      named = profiles[price]
      result.columns[.unitPrice] = price
    } else {
      return
    }
    if result.columns[.unitPrice] == nil, let price, price != chosen?.column {
      result.columns[.unitPrice] = price
    }
    if result.columns[.unitPrice] != nil, result.evidence[.unitPrice] == nil {
      result.evidence[.unitPrice] = "mapping.evidence.words"
    }
    let isProduct = if case .product = source { true } else { false }
    let hints = Set(
      (chosen.map { c in candidates.filter { $0.isTotal == c.isTotal } } ?? []).compactMap(\.tax)
    )
    .union(isProduct ? prices.compactMap(\.header.tax) : [])
    result.amount = try plan(
      source, named, wanted, quantity: quantity, discount: discount, tax: tax, shipping: shipping,
      isTotal: chosen?.isTotal ?? false, isProduct: isProduct, hasBoth: hints.count == 2)
  }

  private func setAmount(
    _ result: inout RoleAssignment, _ chosen: AmountCandidate, _ candidates: [AmountCandidate],
    isTotal: Bool
  ) {
    result.columns[.amount] = chosen.column
    if result.evidence[.amount] == nil {
      result.evidence[.amount] =
        chosen.score >= 60 ? "mapping.evidence.words" : "mapping.evidence.similar"
    }
    let rivals = candidates.filter {
      $0.column != chosen.column && $0.isTotal == chosen.isTotal && $0.tax == chosen.tax
        && $0.score >= 60
    }
    if !rivals.isEmpty { result.rivals[.amount] = rivals.map(\.column) }
  }

  private func amountCandidates(
    _ result: RoleAssignment, _ taken: Set<Int>
  ) -> [AmountCandidate] {
    if let told = mapping.columns[.amount] {
      guard !told.isEmpty, let column = result.columns[.amount] else { return [] }
      return [
        AmountCandidate(
          column: column, isTotal: Vocabulary.score(profiles[column].header, .total) > 0,
          score: 100, tax: profiles[column].header.tax)
      ]
    }
    guard hasHeader else {
      return result.columns[.amount].map {
        [AmountCandidate(column: $0, isTotal: false, score: 100, tax: nil)]
      } ?? []
    }
    return profiles.compactMap { profile in
      guard !taken.contains(profile.index), profile.numberShare >= 0.8 || profile.filled == 0
      else { return nil }
      let line = Vocabulary.score(profile.header, .amount)
      let total = Vocabulary.score(profile.header, .total)
      guard max(line, total) > 0 else { return nil }
      return AmountCandidate(
        column: profile.index, isTotal: total > line, score: max(line, total),
        tax: profile.header.tax)
    }
  }

  /// The best candidate: of the wanted tax basis (with tax unless told), then by its name.
  private func pick(
    _ candidates: [AmountCandidate], _ wanted: Vocabulary.AmountBasisHint?
  ) -> AmountCandidate? {
    func fit(_ candidate: AmountCandidate) -> Int {
      if let wanted { return candidate.tax == wanted ? 2 : candidate.tax == nil ? 1 : 0 }
      return candidate.tax == .excluded ? 0 : 1
    }
    return candidates.max {
      let left = (profiles[$0.column].filled > 0 ? 1 : 0, fit($0), $0.score, -$0.column)
      let right = (profiles[$1.column].filled > 0 ? 1 : 0, fit($1), $1.score, -$1.column)
      return left < right
    }
  }

  private func plan(
    _ source: AmountPlan.Source, _ named: ColumnProfile, _ wanted: Vocabulary.AmountBasisHint?,
    quantity: Int?, discount: Int?, tax: Int?, shipping: Int?, isTotal: Bool, isProduct: Bool,
    hasBoth: Bool
  ) throws(IngestionError) -> AmountPlan {
    var adjustment: (column: Int, sign: Int)?
    let basisTax: AmountBasis.Tax
    let taxSource: AmountBasis.Source
    switch (named.header.tax, wanted) {
    case (let told?, let wanted?) where told != wanted:
      // The other basis follows from a column of tax of the same lines.
      guard let tax, !isProduct else {
        throw .amountsUnavailable(
          wanted: wanted == .included ? .ttc : .ht, columns: [named.name], file: file)
      }
      adjustment = (tax, wanted == .included ? 1 : -1)
      basisTax = wanted == .included ? .included : .excluded
      taxSource = .option
    case (let told?, _):
      basisTax = told == .included ? .included : .excluded
      taxSource = .file
    case (nil, let wanted?):
      basisTax = wanted == .included ? .included : .excluded
      taxSource = .option
    case (nil, nil):
      basisTax = .unknown
      taxSource = .assumption
    }
    let percent =
      discount.map {
        profiles[$0].name.contains("%") || profiles[$0].header.words.contains("taux")
          || profiles[$0].values.contains { $0.hasSuffix("%") }
      } ?? false
    return AmountPlan(
      source: source, isOrderTotal: isTotal, quantity: isProduct ? nil : quantity,
      discount: isProduct ? discount : nil, discountIsPercent: percent, tax: adjustment,
      basis: AmountBasis(
        tax: basisTax, taxSource: taxSource,
        shipping: shipping == nil ? .unknown : isTotal ? .included : .excluded,
        discount: discount == nil ? .unknown : .excluded),
      hasBothBases: hasBoth && wanted == nil)
  }
}

extension NumberStatistics {
  /// Whether most numbers have decimals: a measure, no name of anything.
  var hasOnlyFractions: Bool { count > 0 && broken * 2 > count }
}
