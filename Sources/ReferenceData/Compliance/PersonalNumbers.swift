/// Numbers of people and accounts that a customer file has no business with. Forms and check digits
/// only; nothing is looked up and nothing is kept.
package enum PersonalNumbers {
  /// Whether the text is a French social security number (NIR) of fifteen characters with its key.
  ///
  /// Key: 97 − (number mod 97), Corsica's 2A and 2B counted as 19 and 18 (INSEE).
  package static func isSocialSecurityNumber(_ written: some StringProtocol) -> Bool {
    let bare = compact(written)
    guard bare.utf8.count == 15, isSocialSecurityForm(bare) else { return false }
    var digits = String(bare.prefix(13))
    let department = digits.dropFirst(5).prefix(2)
    if department == "2A" || department == "2B" {
      digits = digits.prefix(5) + (department == "2A" ? "19" : "18") + digits.suffix(6)
    }
    guard let number = Int(digits), let key = Int(bare.suffix(2)) else { return false }
    return key == 97 - number % 97
  }

  /// Whether the text has the form of a NIR without its key: thirteen characters that begin with a
  /// sex, a year and a month. Barcodes may have it too, so one value proves nothing.
  package static func hasSocialSecurityForm(_ written: some StringProtocol) -> Bool {
    let bare = compact(written)
    return bare.utf8.count == 13 && isSocialSecurityForm(bare)
  }

  private static func isSocialSecurityForm(_ bare: String) -> Bool {
    let bytes = Array(bare.utf8)
    // 3, 4, 7 and 8 are given to people being registered.
    guard [0x31, 0x32, 0x33, 0x34, 0x37, 0x38].contains(bytes[0]) else { return false }
    for (position, byte) in bytes.enumerated() where !(0x30...0x39).contains(byte) {
      guard position == 6, bytes[5] == 0x32, byte == 0x41 || byte == 0x42 else { return false }
    }
    let month = Int(bytes[3] - 0x30) * 10 + Int(bytes[4] - 0x30)
    return (1...12).contains(month) || (20...42).contains(month) || (50...99).contains(month)
  }

  /// Whether the text is an international bank account number: the length of its country and
  /// ISO 7064 mod 97-10.
  package static func isIBAN(_ written: some StringProtocol) -> Bool {
    let bare = compact(written)
    guard let length = ibanLengths[String(bare.prefix(2))], bare.utf8.count == length else {
      return false
    }
    return Checksum.mod97(bare.dropFirst(4) + bare.prefix(4)) == 1
  }

  /// Whether the text is a payment card number: Luhn's rule, and the first digits and the length of
  /// Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay or Maestro.
  package static func isPaymentCard(_ written: some StringProtocol) -> Bool {
    let bare = compact(written)
    guard (13...19).contains(bare.utf8.count), bare.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      Checksum.luhn(bare), Set(bare.utf8).count > 1
    else { return false }
    guard let four = Int(bare.prefix(4)) else { return false }
    let length = bare.utf8.count
    switch four {
    case 4000...4999: return [13, 16, 19].contains(length)
    case 5100...5599, 2221...2720: return length == 16
    case 3400...3499, 3700...3799: return length == 15
    case 3000...3059, 3600...3699, 3800...3999: return length == 14
    case 3528...3589: return length >= 16
    case 6011, 6440...6599, 6200...6299: return length >= 16
    case 5018, 5020, 5038, 5893, 6304, 6759, 6761...6763: return length >= 13
    default: return false
    }
  }

  /// Without spaces, hyphens, dots and invisible characters, in capitals; other signs make it fail.
  private static func compact(_ written: some StringProtocol) -> String {
    var bare = ""
    for scalar in written.unicodeScalars {
      switch scalar.value {
      case 0x20, 0x09, 0x2D, 0x2E, 0xA0, 0x202F, 0x2007, 0x200B...0x200F, 0x2010, 0x2011, 0xFEFF:
        break
      case 0x61...0x7A: bare.unicodeScalars.append(Unicode.Scalar(scalar.value - 32)!)
      default: bare.unicodeScalars.append(scalar)
      }
    }
    return bare
  }

  /// Lengths of the SWIFT registry, and of countries that use the form without being in it.
  private static let ibanLengths: [String: Int] = [
    "AD": 24, "AE": 23, "AL": 28, "AO": 25, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BF": 28,
    "BG": 22, "BH": 22, "BI": 27, "BJ": 28, "BR": 29, "BY": 28, "CF": 27, "CG": 27, "CH": 21,
    "CI": 28, "CM": 27, "CR": 22, "CV": 25, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18,
    "DO": 28, "DZ": 26, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GA": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GQ": 27, "GR": 27, "GT": 28, "GW": 25,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IR": 26, "IS": 26, "IT": 27,
    "JO": 30, "KM": 27, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "LY": 25, "MA": 28, "MC": 27, "MD": 24, "ME": 22, "MG": 27, "MK": 19, "ML": 28,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "MZ": 25, "NE": 28, "NI": 28, "NL": 18, "NO": 15,
    "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
    "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SN": 28, "SO": 23,
    "ST": 25, "SV": 28, "TD": 27, "TG": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20, "YE": 30,
  ]
}
