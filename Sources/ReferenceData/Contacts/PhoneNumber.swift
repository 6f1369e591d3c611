/// A telephone number in E.164.
package struct PhoneNumber: Sendable, Hashable {
  /// `+33123456789`.
  package let e164: String
  /// The calling code, such as 33 or 590.
  package let callingCode: Int
  /// ISO code of the country, or of the main one of those that share the calling code.
  package let region: String
  package let kind: Kind
  /// What deserves a look although the form is right.
  package let notes: Set<Note>

  package enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    case mobile, landline
    /// 09: boxes and internet telephony.
    case nonGeographic = "non_geographic"
    /// 08: free, shared and premium numbers.
    case special
    /// 0700 and 14 digits: machines, not people.
    case machine
    /// Countries whose plan Quartier does not read further.
    case unknown
  }

  package enum Note: String, Sendable, Hashable, CaseIterable, Codable {
    /// Nine digits without the 0 that a spreadsheet dropped: a proposal, not a certainty.
    case zeroRestored = "zero_restored"
    /// Kept by Arcep for films and documentation.
    case fictional
    /// A prefix that automatic canvassing must use since 2023.
    case canvassing
    /// The same digit throughout, or a run of digits: typed to get past a form.
    case placeholder
    /// Longer or shorter than numbers of that country are.
    case unusualLength = "unusual_length"
  }

  /// Whether the number can serve to recognise a person or a household.
  package var identifiesAPerson: Bool {
    kind != .special && kind != .machine && notes.isDisjoint(with: [.fictional, .placeholder])
  }

  /// A number as people write it: spaces, dots, `00`, `+33 (0)…`, overseas prefixes.
  ///
  /// - Parameter country: ISO code of the country where a number without `+` or `00` is dialled.
  /// - Returns: nil when it is no telephone number.
  package init?(
    _ written: some StringProtocol, country: String = "FR"
  ) throws(ReferenceDataError) {
    guard let (written, isInternational) = Self.digits(written) else { return nil }
    var digits = written
    var notes: Set<Note> = []
    let codes = try CallingCodes.load()
    let plan: CallingCodes.Plan
    if !isInternational, Country.french.contains(country) || country == "MC" {
      switch digits.utf8.count {
      case 10 where digits.hasPrefix("0"): digits.removeFirst()
      case 9 where !digits.hasPrefix("0"): notes.insert(.zeroRestored)
      case 11 where digits.hasPrefix("33"): digits.removeFirst(2)
      case 14 where digits.hasPrefix("07"): digits.removeFirst()
      default:
        // Countries of the calling-code zone with numbers of another length.
        guard let local = codes.plan(region: country), local.code != 33,
          local.lengths.contains(digits.utf8.count)
        else { return nil }
        self.init(plan: local, national: digits, notes: notes)
        return
      }
      plan =
        codes.plan(code: Self.frenchCode(digits))
        ?? CallingCodes.Plan(code: 33, region: "FR", prefix: "0", lengths: [9])
    } else if isInternational {
      guard let found = codes.plan(startOf: digits) else { return nil }
      digits.removeFirst(String(found.code).utf8.count)
      // « +33 (0)1… » written without its brackets.
      if found.prefix == "0", digits.hasPrefix("0"), found.code != 39 { digits.removeFirst() }
      plan = found.code == 33 ? codes.plan(code: Self.frenchCode(digits)) ?? found : found
    } else {
      guard let found = codes.plan(region: country) else { return nil }
      if !found.prefix.isEmpty, digits.hasPrefix(found.prefix), found.code != 39 {
        digits.removeFirst(found.prefix.utf8.count)
      }
      plan = found
    }
    self.init(plan: plan, national: digits, notes: notes)
  }

  private init?(plan: CallingCodes.Plan, national: String, notes: Set<Note>) {
    var notes = notes
    guard (4...14).contains(national.utf8.count) else { return nil }
    let isFrenchPlan = plan.code == 33 || Self.overseas.contains { $0.value == plan.code }
    if isFrenchPlan {
      let isMachine = national.utf8.count == 13 && national.hasPrefix("7")
      guard national.utf8.count == 9 || isMachine, !national.hasPrefix("0") else { return nil }
    } else if !plan.lengths.contains(national.utf8.count) {
      notes.insert(.unusualLength)
    }
    e164 = "+" + String(plan.code) + national
    callingCode = plan.code
    region = plan.region
    kind = isFrenchPlan ? Self.kind(national) : .unknown
    if plan.code == 33, Self.fictional.contains(where: { national.hasPrefix($0) }) {
      notes.insert(.fictional)
    }
    if isFrenchPlan, Self.canvassing.contains(where: { national.hasPrefix($0) }) {
      notes.insert(.canvassing)
    }
    let subscriber = Array(national.utf8.dropFirst(isFrenchPlan ? 1 : 0))
    let steps = zip(subscriber, subscriber.dropFirst()).map { Int($1) - Int($0) }
    if steps.allSatisfy({ $0 == 0 }) || steps.allSatisfy({ $0 == 1 || $0 == -9 }) {
      notes.insert(.placeholder)
    }
    self.notes = notes
  }

  /// Digits, and whether they start with a calling code; nil where something else is written.
  private static func digits(_ written: some StringProtocol) -> (String, Bool)? {
    var digits = ""
    var isInternational = false
    var text = ""
    for scalar in written.unicodeScalars {
      switch scalar.value {
      case 0x30...0x39, 0x28, 0x29, 0x2B: text.unicodeScalars.append(scalar)
      case 0x20, 0x09, 0x2D, 0x2E, 0x2F, 0x5F, 0xA0, 0x2007, 0x2009, 0x202F, 0x2010...0x2015,
        0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF, 0x27, 0x2C:
        break
      // Full-width digits.
      case 0xFF10...0xFF19: text.unicodeScalars.append(Unicode.Scalar(scalar.value - 0xFEE0)!)
      default: return nil
      }
    }
    if let bracketed = text.firstRange(of: "(0)"), bracketed.lowerBound > text.startIndex {
      text.removeSubrange(bracketed)
    }
    for character in text {
      switch character {
      case "+":
        guard digits.isEmpty, !isInternational else { return nil }
        isInternational = true
      case "(", ")": break
      default: digits.append(character)
      }
    }
    if !isInternational, digits.hasPrefix("00") {
      digits.removeFirst(2)
      isInternational = true
    }
    return (4...15).contains(digits.utf8.count) ? (digits, isInternational) : nil
  }

  private static let overseas: [String: Int] = [
    "590": 590, "690": 590, "691": 590, "594": 594, "694": 594, "596": 596, "696": 596, "697": 596,
    "262": 262, "263": 262, "692": 262, "693": 262, "269": 262, "639": 262,
  ]

  /// The calling code of nine digits: overseas departments have their own.
  private static func frenchCode(_ national: String) -> Int {
    let start = String(national.prefix(3))
    // 0639 98 is fictional in metropolitan France, the rest of 0639 is Mayotte's.
    if national.hasPrefix("63998") { return 33 }
    return overseas[start] ?? 33
  }

  private static func kind(_ national: String) -> Kind {
    if national.utf8.count > 9 || national.hasPrefix("700") { return .machine }
    switch national.utf8.first {
    case 0x36, 0x37: return .mobile
    case 0x38: return .special
    case 0x39: return .nonGeographic
    default: return .landline
    }
  }

  private static let fictional = ["19900", "26191", "35301", "46571", "53649", "63998"]
  private static let canvassing = [
    "162", "163", "270", "271", "377", "378", "424", "425", "568", "569", "948", "949", "9475",
    "9476", "9477", "9478", "9479",
  ]
}

/// Calling codes of the world with the lengths of their numbers.
struct CallingCodes: Sendable {
  struct Plan: Sendable {
    let code: Int
    let region: String
    /// Dialled before a number inside the country, mostly `0`.
    let prefix: String
    let lengths: Set<Int>
  }

  private let byCode: [Int: Plan]
  private let byRegion: [String: Plan]

  static func load() throws(ReferenceDataError) -> CallingCodes { try shared.get() }

  private static let shared = Lazy<CallingCodes> { () throws(ReferenceDataError) in
    let rows = try ReferenceTable("contact/calling_codes.csv").records([
      "calling_code", "regions", "national_prefix", "lengths",
    ]) { row -> (Plan, [String])? in
      guard let code = row.int(0) else { return nil }
      let regions = row[1].split(separator: "|").map(String.init)
      return (
        Plan(
          code: code, region: regions.first ?? "", prefix: row[2],
          lengths: Set(row[3].split(separator: "|").compactMap { Int($0) })), regions
      )
    }
    var byRegion: [String: Plan] = [:]
    for (plan, regions) in rows {
      for region in regions { byRegion[region] = plan }
    }
    return CallingCodes(
      byCode: Dictionary(rows.map { ($0.0.code, $0.0) }, uniquingKeysWith: { first, _ in first }),
      byRegion: byRegion)
  }

  func plan(code: Int) -> Plan? { byCode[code] }
  func plan(region: String) -> Plan? { byRegion[region] }

  /// No calling code starts another one, so the first that fits is the only one.
  func plan(startOf digits: String) -> Plan? {
    for length in 1...3 {
      if let code = Int(digits.prefix(length)), let plan = byCode[code] { return plan }
    }
    return nil
  }
}
