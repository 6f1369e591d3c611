/// Checks of the identifiers of French companies. Pure functions; nothing is looked up.
package enum CompanyIdentifier {
  /// The nine digits of a SIREN as written with spaces, dots or hyphens; nil when it is not valid.
  package static func siren(_ written: some StringProtocol) -> String? {
    digits(written, count: 9).flatMap { Checksum.luhn($0) && $0 != zeros(9) ? $0 : nil }
  }

  /// The fourteen digits of a SIRET; nil when it is not valid.
  ///
  /// Establishments of La Poste (SIREN 356 000 000) satisfy either Luhn's rule, as the head office
  /// does, or the rule that the sum of their digits is a multiple of 5.
  package static func siret(_ written: some StringProtocol) -> String? {
    guard let digits = digits(written, count: 14), Checksum.luhn(String(digits.prefix(9))),
      digits.prefix(9) != zeros(9)
    else { return nil }
    if Checksum.luhn(digits) { return digits }
    guard digits.hasPrefix("356000000") else { return nil }
    let sum = digits.utf8.reduce(0) { $0 + Int($1 - 0x30) }
    return sum % 5 == 0 ? digits : nil
  }

  /// A French VAT number as `FR` and eleven characters; nil when it is not valid.
  ///
  /// A key with a letter (the former system) is only checked for its form.
  package static func vat(_ written: some StringProtocol) -> String? {
    let bare = Folding.key(written)
    guard bare.hasPrefix("FR"), bare.utf8.count == 13 else { return nil }
    let key = bare.dropFirst(2).prefix(2)
    guard let siren = siren(bare.suffix(9)) else { return nil }
    if let number = Int(key) { return number == vatKey(siren: siren) ? bare : nil }
    let allowed = key.utf8.allSatisfy { $0 != 0x49 && $0 != 0x4F }
    return allowed ? bare : nil
  }

  /// The VAT number of a valid SIREN: key (12 + 3 × (SIREN mod 97)) mod 97.
  package static func vat(ofSIREN siren: String) -> String? {
    guard let siren = self.siren(siren), let key = vatKey(siren: siren) else { return nil }
    return "FR" + (key < 10 ? "0" : "") + String(key) + siren
  }

  /// The number of an association in the RNA: W and nine digits; nil when it has another form.
  package static func association(_ written: some StringProtocol) -> String? {
    let bare = Folding.key(written)
    guard bare.utf8.count == 10, bare.hasPrefix("W"), bare.dropFirst().utf8.allSatisfy(isDigit)
    else { return nil }
    return bare
  }

  private static func vatKey(siren: String) -> Int? {
    Int(siren).map { (12 + 3 * ($0 % 97)) % 97 }
  }

  /// `count` digits among spaces, no-break spaces, dots, hyphens and invisible characters.
  private static func digits(_ written: some StringProtocol, count: Int) -> String? {
    var digits = ""
    for scalar in written.unicodeScalars {
      switch scalar.value {
      case 0x30...0x39: digits.unicodeScalars.append(scalar)
      case 0x20, 0x09, 0x2D, 0x2E, 0xA0, 0x2007, 0x202F, 0x200B...0x200F, 0x2010, 0x2011, 0xFEFF:
        break
      default: return nil
      }
    }
    return digits.utf8.count == count ? digits : nil
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// Check digits that several identifiers share.
package enum Checksum {
  /// Luhn's rule over ASCII digits; false for anything else or for no digits.
  package static func luhn(_ digits: some StringProtocol) -> Bool {
    var sum = 0
    var double = false
    for byte in digits.utf8.reversed() {
      guard (0x30...0x39).contains(byte) else { return false }
      let digit = Int(byte - 0x30)
      sum += double ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit
      double.toggle()
    }
    return sum % 10 == 0 && !digits.isEmpty
  }

  /// ISO 7064 mod 97-10 of ASCII digits and capital letters (A is 10): the remainder, or nil.
  package static func mod97(_ characters: some StringProtocol) -> Int? {
    var remainder = 0
    for byte in characters.utf8 {
      switch byte {
      case 0x30...0x39: remainder = (remainder * 10 + Int(byte - 0x30)) % 97
      case 0x41...0x5A: remainder = (remainder * 100 + Int(byte - 0x41) + 10) % 97
      default: return nil
      }
    }
    return remainder
  }
}
