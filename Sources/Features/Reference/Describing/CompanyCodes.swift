internal import ReferenceData

/// What the codes of companies in files mean.
enum CompanyCodes {
  /// The SIREN that the identifiers agree on, and whether each of them is valid; a SIRET or VAT
  /// number of another company than the SIREN's is a `mismatch`. Nil where nothing was written.
  static func identifiers(siren: String?, siret: String?, vat: String?) -> [String?] {
    let ofSIREN = siren.flatMap { CompanyIdentifier.siren($0) }
    let ofSIRET = siret.flatMap { CompanyIdentifier.siret($0) }
    let ofVAT = vat.flatMap { CompanyIdentifier.vat($0) }
    let owner =
      ofSIREN ?? ofSIRET.map { String($0.prefix(9)) } ?? ofVAT.map { String($0.suffix(9)) }
    func check(_ written: String?, _ found: String?, _ company: Substring?) -> String? {
      guard written != nil else { return nil }
      guard found != nil, let company else { return "invalid" }
      return owner.map { company == $0 } ?? true ? "valid" : "mismatch"
    }
    return [
      owner, check(siren, ofSIREN, ofSIREN.map { $0[...] }),
      check(siret, ofSIRET, ofSIRET?.prefix(9)), check(vat, ofVAT, ofVAT?.suffix(9)),
    ]
  }

  /// The band of employees, the size class and what it rests on.
  static func size(
    headcount: String?, band: String?, turnover: String?, balance: String?
  ) throws -> [String?] {
    let employees = headcount.flatMap { Int($0) }
    let told = try band.flatMap { try HeadcountBand.named($0) }
    let counted = try employees.flatMap { try HeadcountBand.holding(employees: $0) }
    let range = employees.map { Double($0)...Double($0) } ?? told?.range
    let found = CompanySize.classify(
      headcount: range, turnover: turnover.flatMap { Double($0) },
      balance: balance.flatMap { Double($0) })
    return [
      (counted ?? told)?.code, found.map { className($0.size) },
      found.map { $0.isCertain ? "decided" : "estimated" },
    ]
  }

  private static func className(_ size: CompanySize) -> String {
    switch size {
    case .microenterprise: "tpe"
    case .smallOrMedium: "pme"
    case .intermediate: "eti"
    case .large: "ge"
    }
  }

  /// The kind of a legal category: a Sirene code, or the usual short names.
  static func legalKind(_ written: String) throws -> String? {
    let key = Folding.key(written)
    if key.allSatisfy(\.isNumber) { return try LegalCategory.named(key).map { name($0.kind) } }
    switch key {
    case "EI", "EIRL", "MICROENTREPRISE", "AUTOENTREPRENEUR", "MICROENTREPRENEUR",
      "ENTREPRENEURINDIVIDUEL", "ENTREPRISEINDIVIDUELLE", "SOLETRADER":
      return name(.soleTrader)
    case "SA", "SAS", "SASU", "SARL", "EURL", "SNC", "SCA", "SCS", "SELARL", "SELAS":
      return name(.company)
    case "SCI", "SCM", "SCP", "GIE", "SCOP", "SCIC": return name(.other)
    default:
      if key.hasPrefix("ASSOCIATION") { return name(.association) }
      return key.hasPrefix("FONDATION") ? name(.foundation) : nil
    }
  }

  private static func name(_ kind: LegalCategory.Kind) -> String {
    switch kind {
    case .soleTrader: "sole_trader"
    case .association: "association"
    case .foundation: "foundation"
    case .publicBody: "public_body"
    case .company: "company"
    case .other: "other"
    }
  }
}
