import Testing

@testable import ReferenceData

@Suite struct `Sensitive data` {
  @Test(
    "Numbers from public documentation are recognised",
    arguments: [
      "2 55 08 14 168 025 38", "255081416802538", "1 84 12 76 451 089 46", "1510276110022 63",
    ]
  )
  func socialSecurity(written: String) {
    #expect(PersonalNumbers.isSocialSecurityNumber(written) == Self.keyHolds(written))
  }

  /// The rule again, by long division over the characters.
  private static func keyHolds(_ written: String) -> Bool {
    let digits = written.filter { $0 != " " }.compactMap(\.wholeNumberValue)
    let remainder = digits.prefix(13).reduce(0) { ($0 * 10 + $1) % 97 }
    return 97 - remainder == digits[13] * 10 + digits[14]
  }

  @Test func `social security numbers need their key and their form`() {
    #expect(PersonalNumbers.isSocialSecurityNumber("255081416802538"))
    #expect(!PersonalNumbers.isSocialSecurityNumber("255081416802539"))
    #expect(!PersonalNumbers.isSocialSecurityNumber("555081416802538"))
    #expect(!PersonalNumbers.isSocialSecurityNumber("255131416802538"))
    #expect(PersonalNumbers.hasSocialSecurityForm("2 55 08 14 168 025"))
    // Corsica: 1 85 05 2A 004 001; its key counts 2A as 19.
    // 97 − 1850519004001 mod 97 = 81.
    #expect(PersonalNumbers.isSocialSecurityNumber("185052A00400181"))
    #expect(!PersonalNumbers.isSocialSecurityNumber("185052B00400181"))
  }

  @Test(
    "IBAN examples of the SWIFT registry",
    arguments: [
      "FR14 2004 1010 0505 0001 3M02 606", "DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19",
      "BE68 5390 0754 7034", "ES91 2100 0418 4502 0005 1332", "CH93 0076 2011 6238 5295 7",
      "IT60 X054 2811 1010 0000 0123 456", "LU28 0019 4006 4475 0000", "NL91 ABNA 0417 1643 00",
      "MC58 1122 2000 0101 2345 6789 030", "PT50 0002 0123 1234 5678 9015 4", "NO93 8601 1117 947",
      "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "fr1420041010050500013m02606",
    ])
  func iban(written: String) { #expect(PersonalNumbers.isIBAN(written)) }

  @Test(
    "Wrong IBAN",
    arguments: ["FR15 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505", "ZZ142004", "", "FR"])
  func wrongIBAN(written: String) { #expect(!PersonalNumbers.isIBAN(written)) }

  @Test(
    "Card numbers that payment services publish for tests",
    arguments: [
      "4242 4242 4242 4242", "4000056655665556", "5555 5555 5555 4444", "2223003122003222",
      "378282246310005", "6011111111111117", "3056930009020004", "36227206271667",
      "3566002020360505",
      "4970-1000-0000-0154",
    ])
  func card(written: String) {
    let digits = written.filter(\.isNumber)
    // Sixteen digits of Diners are no longer theirs; everything else has to be found.
    #expect(
      PersonalNumbers.isPaymentCard(written)
        == (!digits.hasPrefix("30569") && Checksum.luhn(digits)))
  }

  @Test(
    "Ordinary numbers are no cards",
    arguments: [
      "34513048800017", "4242424242424241", "3017620422003", "0000000000000000", "356938035643809",
    ])
  func notCard(written: String) { #expect(!PersonalNumbers.isPaymentCard(written)) }

  @Test(
    "Column names",
    arguments: [
      ("groupe_sanguin", SensitiveKind.health, SensitiveFinding.Certainty.certain),
      ("groupeSanguin", .health, .certain), ("Pathologies", .health, .certain),
      ("Handicap (RQTH)", .health, .certain), ("religion", .religion, .certain),
      ("num_secu", .socialSecurityNumber, .certain), ("NIR", .socialSecurityNumber, .certain),
      ("opinion politique", .politics, .certain), ("syndicat", .tradeUnion, .certain),
      ("orientation_sexuelle", .sexualLife, .certain),
      ("données biométriques", .biometrics, .certain),
      ("origine", .ethnicOrigin, .possible), ("casier", .criminalRecord, .certain),
      ("IBAN", .bankAccount, .certain), ("numero_carte_bancaire", .paymentCard, .certain),
    ])
  func columns(name: String, kind: SensitiveKind, certainty: SensitiveFinding.Certainty) throws {
    let found = try SensitiveDataDetector.load().findings(column: name, values: [])
    #expect(found.contains { $0.kind == kind && $0.certainty == certainty })
  }

  @Test(
    "Ordinary columns",
    arguments: [
      "email", "origine_commande", "Origine du contact", "culture", "statut_traitement", "nom",
      "code_iris", "participation", "mutuelle", "date_traitement", "partie", "race_chien", "ville",
      "santa", "voter_id", "adnet", "origine_trafic", "id_client",
    ])
  func ordinary(name: String) throws {
    #expect(try SensitiveDataDetector.load().findings(column: name, values: []).isEmpty)
  }

  @Test func `values tell what names do not`() throws {
    let detector = try SensitiveDataDetector.load()
    let numbers = ["255081416802538", "", "2 55 08 14 168 025 38", "inconnu"]
    let found = detector.findings(column: "matricule", values: numbers)
    #expect(found.map(\.kind) == [.socialSecurityNumber])
    #expect(found.first?.certainty == .certain)
    #expect(found.first?.matches == 2 && found.first?.values == 3)
    // SIRET and EAN-13 columns are neither cards nor social security numbers.
    let sirets = ["34513048800017", "13002526500013", "35600000000048", "73282932000074"]
    #expect(detector.findings(column: "siret", values: sirets).isEmpty)
    let barcodes = [
      "3017620422003", "5449000000996", "3168930010265", "3228857000852", "8076809513753",
    ]
    #expect(detector.findings(column: "ean", values: barcodes).isEmpty)
  }

  @Test func `numbers and words inside comments are found`() throws {
    let detector = try SensitiveDataDetector.load()
    #expect(
      detector.kinds(in: "Rembourser sur FR14 2004 1010 0505 0001 3M02 606 svp") == [.bankAccount])
    #expect(detector.kinds(in: "CB 4242 4242 4242 4242 exp 12/27") == [.paymentCard])
    #expect(detector.kinds(in: "cliente enceinte, livrer au rez-de-chaussée") == [.health])
    #expect(detector.kinds(in: "nss:255081416802538") == [.socialSecurityNumber])
    #expect(detector.kinds(in: "Livraison le 12/03/2024, appeler avant 18 h").isEmpty)
    #expect(detector.kinds(in: "").isEmpty)
  }

  @Test func `retention periods are those of the rules`() throws {
    #expect(try ComplianceRule.all().count == 58)
    #expect(try RetentionPeriod.prospect.months() == 36)
    #expect(try RetentionPeriod.customer.months() == 36)
    #expect(try RetentionPeriod.accounting.months() == 120)
    #expect(try RetentionPeriod.paymentCard.months() == 13)
    #expect(try RetentionPeriod.telephoneConsent.months() == 12)
    for period in RetentionPeriod.allCases {
      #expect(try period.months() > 0)
      #expect(try !period.rule().frenchSource.isEmpty)
    }
  }
}
