import DuckDBEngine
import SQLBuilder
import Testing
import Warehouse

@testable import SegmentLanguage

/// A relation with the column `x`.
private func rows(_ texts: [String]) -> SQL {
  let json = JSONValue.array(texts.map(JSONValue.string)).text
  return #"(SELECT unnest(from_json(\#(json), '["VARCHAR"]')) AS x)"#
}

@Suite struct `Folded text` {
  @Test func `every scalar folds as the engine folds it`() async throws {
    let session = try await DuckDBEngine().session()
    let folded: SQL = TextFolding.fold("chr(i::INTEGER)" as SQL)
    let table = try await session.query(
      """
      SELECT i, \(folded) FROM range(1, 1114112) numbers(i)
      WHERE i NOT BETWEEN 55296 AND 57343
      """)
    #expect(table.rows.count == 1_112_063)
    var differing: [Int] = []
    for row in table.rows {
      guard let value = row[0].int, let scalar = Unicode.Scalar(UInt32(value)) else { continue }
      let mine = TextFolding.fold(String(Character(scalar)))
      if !mine.utf8.elementsEqual((row[1].text ?? "?").utf8) { differing.append(value) }
    }
    #expect(differing == [])
  }

  @Test func `texts fold as the engine folds them`() async throws {
    let session = try await DuckDBEngine().session()
    var random = Seeded(7)
    let alphabet: [ClosedRange<Int>] = [
      0x41...0x7A, 0xC0...0x24F, 0x300...0x36F, 0x1100...0x11FF, 0xAC00...0xAD00, 0x900...0x9FF,
      0x1E00...0x1FFF, 0x3040...0x30FF, 0x1F600...0x1F640, 0x11300...0x11360, 0x20...0x2F,
      0x2000...0x2030,
    ]
    let texts = (0..<5000).map { _ in
      var scalars = String.UnicodeScalarView()
      for _ in 0..<random.int(0...8) {
        scalars.append(Unicode.Scalar(UInt32(random.int(random.one(of: alphabet))))!)
      }
      return String(scalars)
    }
    let list = rows(texts)
    let keys = try await session.query(
      """
      SELECT \(TextFolding.fold("x" as SQL)), \(TextFolding.likeKey("x" as SQL))
      FROM \(list)
      """)
    #expect(keys.rows.count == texts.count)
    for (text, row) in zip(texts, keys.rows) {
      #expect(TextFolding.fold(text).utf8.elementsEqual((row[0].text ?? "?").utf8))
      #expect(TextFolding.likeKey(text).utf8.elementsEqual((row[1].text ?? "?").utf8))
    }
  }

  @Test func `French names are found however they are written`() {
    #expect(TextFolding.fold("ÉVRY-Courcouronnes") == "evry-courcouronnes")
    #expect(TextFolding.fold("e\u{301}te\u{301}") == TextFolding.fold("Été"))
    #expect(TextFolding.likeKey("L’Haÿ-les-Roses") == TextFolding.likeKey("l'hay les roses"))
    #expect(TextFolding.likeKey("Saint-Étienne") == TextFolding.likeKey("SAINT ETIENNE"))
    #expect(TextFolding.fold("Œuvre") == "œuvre")
    #expect(TextFolding.fold("İstanbul ΣΑΣ") == "istanbul σασ")
  }
}

@Suite struct `Regular expressions` {
  static let patterns = [
    "a", "^a", "a$", "^a$", "a.b", "[abc]", "[^abc]", "[a-cé-ü]", "^[]a]+$", "[^]a]", "[a-]",
    "[-a]",
    "a*", "a+b?", "(ab|cd)*e", "a{2}", "a{2,}", "^a{1,3}$", "(a|b|)c", "(?:ab)+", "\\d+", "\\D",
    "\\w+\\s\\w+", "\\W", "\\S+$", "\\bab\\b", "\\Bb", "\\Aa", "a\\z", "^$", "$^", "a|", "|", "()",
    "(a*)*", "(a*)+b", "(|a)*b", "^(a?){20}a{20}$", "\\.", "\\$", "\\[x\\]", "é+", "^.{2}$", "^.$",
    "\\x41", "\\x{1F600}", "[\\d\\s]", "[^\\d]", "[\\w.-]+@[\\w-]+\\.[a-z]{2,}", "^(75|92)\\d{3}$",
    "^\\b", "\\b$", "a*?b", "a??b", "x{0}", "}", "]", "(^a)*b", "^*a", "[\\]\\-]", "\\t|\\n",
    "(a{1,10}){1,10}$", "^(.*a){3}", "[🙂-🙉]", "\\v", "a\\n", "(?:)", "[^\\W]b", "\\-",
  ]

  static let texts = [
    "", "a", "b", "ab", "ba", "aab", "aaab", "abab", "abcde", "a\nb", "a\n", "\n", "é", "éa", "ü",
    "e\u{301}", "🙂", "🙂a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "75011", "92100", "750111", "ab ab",
    "ab-ab", "x@y.fr", "jean.dupont@exemple.fr", "A", "]", "[x]", "-", "a b", "\ta", "$", ".", "}",
    "cdabe", "aé b", "שלום", "\u{A0}", "_", "bcbca", "\u{B}",
  ]

  @Test func `match what the engine's match`() async throws {
    let session = try await DuckDBEngine().session()
    let list = rows(Self.texts)
    for pattern in Self.patterns {
      let expression = try RegularExpression(pattern)
      let answers = try await session.query(
        "SELECT \(RegularExpression.matches("x", pattern: pattern)) FROM \(list)")
      for (text, row) in zip(Self.texts, answers.rows) {
        #expect(expression.matches(text) == row[0].bool, "\(pattern) on \(text.debugDescription)")
      }
    }
  }

  @Test func `random ones are accepted and answered as the engine does`() async throws {
    let session = try await DuckDBEngine().session()
    let pieces = [
      "a", "b", "é", ".", "[ab]", "[^a]", "\\d", "\\w", "\\s", "^", "$", "\\b", "\\B", "(", ")",
      "(?:",
      "|", "*", "+", "?", "{2}", "{0,3}", "{1,}", "\\.", "-", "[a-c]", "🙂", "*?", "{", "[", "]",
      "\\", "\\1", "(?=", "(?i)", "\\pL", "[[:alpha:]]", "{3,1}", "[b-a]", "\\q", "\n",
    ]
    let alphabet = ["a", "b", "c", "é", " ", "1", "🙂", "\n", ".", "_"]
    var random = Seeded(11)
    var accepted = 0
    for _ in 0..<3000 {
      let pattern = (0..<random.int(1...7)).map { _ in random.one(of: pieces) }.joined()
      guard let expression = try? RegularExpression(pattern) else { continue }
      accepted += 1
      let texts = (0..<6).map { _ in
        (0..<random.int(0...7)).map { _ in random.one(of: alphabet) }.joined()
      }
      let list = rows(texts)
      let answers = try await session.query(
        "SELECT \(RegularExpression.matches("x", pattern: pattern)) FROM \(list)")
      for (text, row) in zip(texts, answers.rows) {
        #expect(
          expression.matches(text) == row[0].bool,
          "\(pattern.debugDescription) on \(text.debugDescription)")
      }
    }
    #expect(accepted > 500)
  }

  @Test(arguments: [
    ("", RegularExpression.Failure.empty), ("(a)\\1", .backReference), ("a(?!b)", .lookAround),
    ("(?<=a)b", .lookAround), ("(?i)a", .groupOption), ("(?P<n>a)", .groupOption),
    ("\\pL", .unicodeClass), ("[[:alpha:]]", .unicodeClass), ("\\q", .escape("\\q")),
    ("a\\", .escape("\\")), ("*a", .nothingToRepeat), ("(+a)", .nothingToRepeat),
    ("a**", .stackedQuantifier), ("a{2}{3}", .stackedQuantifier), ("a{", .strayBrace),
    ("{a", .strayBrace), ("a{,3}", .strayBrace), ("a{1001}", .repeatedTooOften),
    ("(a{100}){11}", .repeatedTooOften), ("a{99999999999999999999}", .repeatedTooOften),
    ("[b-a]", .range("b-a")), ("a{3,1}", .range("{3,1}")), ("[a", .unclosedClass),
    ("[]", .unclosedClass), ("(a", .unclosedGroup), ("a)", .strayParenthesis),
    ("[[a-b]" + String(repeating: "x", count: 1000), .tooLong), ("[\\b]", .escape("\\b")),
    ("([a-z]{100}){10}([a-z]{100}){10}" + String(repeating: "(a{1000})", count: 9), .tooLarge),
    (String(repeating: "(", count: 200) + String(repeating: ")", count: 200), .tooLarge),
  ])
  func `what is not in the subset is refused`(pattern: String, failure: RegularExpression.Failure) {
    #expect(throws: failure) { try RegularExpression(pattern) }
  }

  @Test func `what explodes elsewhere is answered at once`() throws {
    let text = String(repeating: "a", count: 20_000) + "!"
    let time = try ContinuousClock().measure {
      for pattern in ["^(a+)+$", "^(a|aa)+$", "(a*)*b", "^(a?){100}a{100}b"] {
        let expression = try RegularExpression(pattern)
        #expect(!expression.matches(text))
      }
    }
    #expect(time < .seconds(80))
  }
}
