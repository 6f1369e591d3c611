internal import Foundation
internal import SegmentLanguage

/// How names of segments are compared: two names that differ only by case, accents, width or
/// spacing are one.
package enum SegmentName {
  /// Characters; a name is read in lists and files.
  package static let limit = 120

  /// The form under which names are compared.
  package static func folded(_ name: String) -> String {
    name.folding(
      options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive],
      locale: Locale(identifier: "en_US_POSIX")
    )
    .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Why a text cannot be a name; nil when it can.
  static func flaw(_ name: String) -> Flaw? {
    if folded(name).isEmpty { return .empty }
    if name.count > limit { return .tooLong }
    if name.unicodeScalars.contains(where: isControl) { return .control }
    return nil
  }

  enum Flaw: String { case empty, tooLong = "too_long", control }

  /// C0 and C1 controls, and the marks that reorder text around them: a name must not be able to
  /// steer a terminal or to look like another one.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The names that somebody who typed `name` may have meant, the nearest first.
  package static func nearest(to name: String, among names: [String], limit: Int = 3) -> [String] {
    Array(EditDistance.nearest(name, in: names, folding: folded).prefix(limit))
  }
}
