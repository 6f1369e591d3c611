package import CustomerSchema
internal import SegmentLanguage

/// What a definition file says, before rules are read and customers are looked for.
package struct DefinitionFile: Sendable, Hashable {
  /// As the person wrote it.
  package let file: String
  package let segments: [WrittenSegment]

  package init(file: String, segments: [WrittenSegment]) {
    self.file = file
    self.segments = segments
  }
}

/// One segment as a file writes it.
package struct WrittenSegment: Sendable, Hashable {
  package var name: String
  package var intention: String?
  package var owner: String?
  package var description: String?
  /// `#RRGGBB`.
  package var colour: String?
  package var tags: [String] = []
  package var rule: WrittenRule
  package var parameters: [WrittenParameter] = []
  package var included: [WrittenCustomer] = []
  package var excluded: [WrittenCustomer] = []
  package var renamedFrom: String?
  /// Where its name stands.
  package var place: SourceLocation

  package init(name: String, rule: WrittenRule, place: SourceLocation) {
    self.name = name
    self.rule = rule
    self.place = place
  }
}

/// A rule in one of its two spellings, with the places of its text in the file.
package struct WrittenRule: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    case text(String)
    /// The tree as a JSON document.
    case json(String)
  }

  package let content: Content
  package let place: SourceLocation
  let positions: TextPositions?

  /// A rule that stands in no file, such as one typed on the command line.
  package init(text: String) {
    content = .text(text)
    place = SourceLocation(file: "")
    positions = nil
  }

  /// A rule typed by itself: its places are line and column of what was typed.
  package init(typed text: String) {
    content = .text(text)
    place = SourceLocation(file: Self.typed, line: 1, column: "1")
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    positions = TextPositions(value: text, lines: lines, line: 1, column: 1, style: .plain)
  }

  /// What stands for the file's name in places of a typed rule.
  package static let typed = "rule"

  init(_ content: Content, place: SourceLocation, positions: TextPositions? = nil) {
    self.content = content
    self.place = place
    self.positions = positions
  }

  /// The rule's text; of a tree, its canonical one.
  var text: String? {
    switch content {
    case .text(let text): text
    case .json(let json): try? Expression(json: json).text
    }
  }

  /// Something to say of a part of the rule.
  ///
  /// - Parameters:
  ///   - span: UTF-8 offsets in `text`, which is given where it is known already.
  ///   - path: where it is in the tree, such as `$.all[2].left`.
  func message(
    _ code: String, _ arguments: [String: MessageArgument], at span: Range<Int>?,
    path: String? = nil, of text: String?
  ) -> UserMessage {
    var location = span.map { place(at: $0.lowerBound) } ?? place
    if span == nil, let path {
      location = SourceLocation(file: place.file, line: place.line, column: path)
    }
    return UserMessage(
      code, arguments, at: location,
      showing: span.flatMap { span in text.map { SourceExcerpt($0, span) } })
  }

  /// Where a UTF-8 offset of the rule's text stands in the file.
  package func place(at offset: Int) -> SourceLocation {
    guard let positions, let (line, column) = positions[offset] else { return place }
    return SourceLocation(file: place.file, line: line, column: String(column))
  }
}

/// A parameter's value.
package struct WrittenParameter: Sendable, Hashable {
  package let name: String
  package let text: String
  /// Whether the file has it in quotes, and so means the text itself.
  package let isQuoted: Bool
  package let place: SourceLocation
}

/// A customer put in or kept out by hand.
package struct WrittenCustomer: Sendable, Hashable {
  /// A public id, or the value of an external identifier.
  package let value: String
  /// The source and type of the identifier; nil for any.
  package let source: String?
  package let type: String?
  package let place: SourceLocation
}

/// Finds where an offset of a YAML scalar's value stands in the file.
///
/// The value differs from what is written by its indentation, folding and quotation; what is not
/// blank comes in the same order in both.
struct TextPositions: Sendable, Hashable {
  private let value: [UInt8]
  /// Of each byte of the value that is not blank: line and column, from 1.
  private let places: [(line: Int, column: Int)]

  /// - Parameters:
  ///   - lines: the file's lines.
  ///   - start: where the scalar begins, from 1; for a block scalar the `|` or `>`.
  init(value: String, lines: [Substring], line: Int, column: Int, style: Style) {
    self.value = Array(value.utf8)
    var places: [(Int, Int)] = []
    let wanted = self.value.count { !Self.isBlank($0) }
    var lineIndex = style == .block ? line : line - 1
    var skipped = style == .block ? 0 : column - 1 + (style == .plain ? 0 : 1)
    while places.count < wanted, lineIndex < lines.count {
      var position = 0
      var isEscaped = false
      for scalar in lines[lineIndex].unicodeScalars {
        position += 1
        guard position > skipped else { continue }
        if style == .double, scalar == "\\", !isEscaped {
          isEscaped = true
          continue
        }
        if style == .single, scalar == "'", !isEscaped {
          isEscaped = true
          continue
        }
        isEscaped = false
        guard !Self.isBlank(scalar) else { continue }
        for _ in 0..<UTF8.width(scalar) { places.append((lineIndex + 1, position)) }
      }
      lineIndex += 1
      skipped = 0
    }
    self.places = places
  }

  enum Style { case plain, single, double, block }

  subscript(offset: Int) -> (line: Int, column: Int)? {
    let before = value.prefix(max(0, offset)).count { !Self.isBlank($0) }
    if before < places.count { return places[before] }
    // Past the end: just after the last thing written.
    return places.last.map { ($0.line, $0.column + 1) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value)
  }

  static func == (left: Self, right: Self) -> Bool {
    left.value == right.value
      && left.places.elementsEqual(right.places) { $0.line == $1.line && $0.column == $1.column }
  }

  func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension UTF8 {
  /// The bytes of a scalar in UTF-8.
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x1_0000 ? 3 : 4
  }
}
