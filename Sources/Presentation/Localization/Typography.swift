/// The spaces and quotation marks that a language's printed texts have.
package enum Typography {
  /// U+00A0, before `:` and inside « » and before a unit in French.
  package static let noBreakSpace = "\u{A0}"
  /// U+202F, before `;`, `!`, `?` and `%` and between thousands in French.
  package static let narrowNoBreakSpace = "\u{202F}"

  /// Makes a catalogue's plainly typed text typographically right: apostrophes between letters
  /// are curled, and in French the plain spaces around double punctuation become unbreakable.
  package static func compose(_ text: String, _ language: Language) -> String {
    let characters = Array(text)
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for (index, character) in characters.enumerated() {
      let previous = index > 0 ? characters[index - 1] : nil
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      switch character {
      case "'":
        let joins = previous?.isLetter == true && (next?.isLetter == true || next == "{")
        result += joins ? "’" : "'"
      case " " where language == .french:
        if previous == "«" || next == "»" || (next == ":" && isSpaced(characters, index + 1)) {
          result += noBreakSpace
        } else if next == "!" || next == "?" || next == ";" || next == "%" {
          result += narrowNoBreakSpace
        } else {
          result.append(" ")
        }
      default: result.append(character)
      }
    }
    return result
  }

  /// Whether the mark at `index` ends a word group, as in «Segment : fidèles», and is not part of
  /// something written as it is, such as a command.
  private static func isSpaced(_ characters: [Character], _ index: Int) -> Bool {
    index + 1 >= characters.count || characters[index + 1].isWhitespace
  }
}
