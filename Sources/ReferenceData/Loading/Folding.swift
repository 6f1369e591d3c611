internal import Foundation

/// Text reduced to capital ASCII letters and digits, for comparison only.
package enum Folding {
  /// Capital letters and digits of `text`, words separated by one space: « L’Haÿ-les-Roses » gives
  /// `L HAY LES ROSES`. Accents, ligatures and invisible characters go; every other sign separates.
  ///
  /// Letters without a Latin form are left out.
  package static func words(_ text: some StringProtocol) -> String {
    String(decoding: wordBytes(text), as: UTF8.self)
  }

  /// The same without spaces.
  package static func key(_ text: some StringProtocol) -> String {
    String(decoding: wordBytes(text).filter { $0 != 0x20 }, as: UTF8.self)
  }

  /// ASCII bytes of `words`.
  static func wordBytes(_ text: some StringProtocol) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    var pending = false
    func put(_ byte: UInt8) {
      if pending, !out.isEmpty { out.append(0x20) }
      pending = false
      out.append(byte)
    }
    for scalar in text.unicodeScalars {
      let value = scalar.value
      switch value {
      case 0x61...0x7A: put(UInt8(value - 32))
      case 0x41...0x5A, 0x30...0x39: put(UInt8(value))
      case 0...0x7F: pending = true
      // Combining marks, soft hyphen, zero-width and direction marks leave no trace.
      case 0x300...0x36F, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF: break
      default:
        if let plain = plainForm(of: scalar) {
          for byte in plain.utf8 { put(byte) }
        } else if !scalar.properties.isAlphabetic {
          pending = true
        }
      }
    }
    return out
  }

  /// Capital ASCII letters for an accented letter or a ligature; nil when there is no Latin form.
  static func plainForm(of scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0xC0...0xC5, 0xE0...0xE5: return "A"
    case 0xC6, 0xE6: return "AE"
    case 0xC7, 0xE7: return "C"
    case 0xC8...0xCB, 0xE8...0xEB: return "E"
    case 0xCC...0xCF, 0xEC...0xEF: return "I"
    case 0xD1, 0xF1: return "N"
    case 0xD2...0xD6, 0xD8, 0xF2...0xF6, 0xF8: return "O"
    case 0xD9...0xDC, 0xF9...0xFC: return "U"
    case 0xDD, 0xFD, 0xFF, 0x178: return "Y"
    case 0x152, 0x153: return "OE"
    case 0xDF, 0x1E9E: return "SS"
    case 0xD0, 0xF0, 0x110, 0x111: return "D"
    case 0xDE, 0xFE: return "TH"
    case 0x141, 0x142: return "L"
    case 0x131: return "I"
    default: break
    }
    guard scalar.value >= 0x100 else { return nil }
    // What decomposes into a Latin letter and marks, full-width forms included.
    let decomposed = String(Character(scalar)).decomposedStringWithCompatibilityMapping.uppercased()
    let letters = decomposed.unicodeScalars.filter { $0.isASCII && $0.properties.isAlphabetic }
    return letters.isEmpty ? nil : String(String.UnicodeScalarView(letters))
  }
}
