import CustomerSchema
import SQLBuilder
import Testing

@testable import Presentation

struct LocalizerTests {
  private static let texts = [
    "items#one": "{count} item", "items#other": "{count} items", "name": "Nina",
    "hello": "Hello {who}, {amount:short} on {day:short}", "hello.fix": "Ask {who}.",
    "quoted": "«{value}»",
  ]
  private let english = Localizer(Catalogue(.english, texts: texts))
  private let french = Localizer(Catalogue(.french, texts: texts))

  @Test("A count chooses singular or plural, and 0 is singular in French only")
  func plurals() {
    #expect(english.text("items", ["count": 0]) == "0 items")
    #expect(english.text("items", ["count": 1]) == "1 item")
    #expect(english.text("items", ["count": 2_000]) == "2,000 items")
    #expect(french.text("items", ["count": 0]) == "0 item")
    #expect(french.text("items", ["count": 2_000]) == "2\u{202F}000 items")
  }

  @Test("Terms, amounts and dates are worded in the language, in the form asked for")
  func arguments() throws {
    let amount = Money(try #require(SQLDecimal("2500000")), .euro)
    let day = try #require(LocalDate(iso: "2024-03-01"))
    let message = UserMessage(
      "hello", ["who": .term("name"), "amount": .money(amount), "day": .date(day)])
    #expect(english.text(message) == "Hello Nina, €2.5M on 1\u{A0}Mar 2024")
    #expect(french.text(message) == "Hello Nina, 2,5\u{A0}M€ on 1er\u{A0}mars 2024")
    #expect(english.fix(message) == "Ask Nina.")
    #expect(english.fix(UserMessage("name")) == nil)
  }

  @Test("Every kind of argument has its words")
  func kinds() {
    #expect(french.text(.share(0.64)) == "64\u{202F}%")
    #expect(french.text(.number(2.5, decimals: 1)) == "2,5")
    #expect(french.text(.count(1_200)) == "1\u{202F}200")
    #expect(english.text(.texts(["a", "b", "c"])) == "a, b and c")
  }

  @Test("What is missing shows between brackets that no text has")
  func missing() {
    #expect(english.text("nowhere") == "⟦nowhere⟧")
    #expect(english.text("quoted") == "«⟦{value}⟧»")
    #expect(english.has("items") && !english.has("nowhere"))
  }

  @Test("A value is never read as a placeholder again")
  func noSecondReading() {
    #expect(english.text("quoted", ["value": "{who} {value}"]) == "«{who} {value}»")
  }

  @Test("Control characters in values are made visible")
  func control() {
    #expect(english.text("quoted", ["value": "a\u{1B}[31m\nb"]) == "«a␛[31m␊b»")
    #expect(Localizer.printable("\u{9B}31m\u{7F}") == "\u{FFFD}31m\u{FFFD}")
    #expect(Localizer.printable("abc\u{202E}def") == "abc\u{FFFD}def")
    #expect(Localizer.printable("Crème brûlée 🍮") == "Crème brûlée 🍮")
  }

  @Test("A place is file, line and column")
  func location() {
    func place(_ line: Int?, _ column: String?) -> String? {
      english.location(
        UserMessage("name", at: SourceLocation(file: "o.csv", line: line, column: column)))
    }
    #expect(place(12, "total") == "o.csv:12:total")
    #expect(place(nil, nil) == "o.csv")
    #expect(english.location(UserMessage("name")) == nil)
  }

  @Test(
    "Periods are worded, and anything else is shown as it is",
    arguments: [("3mo", "3 mois"), ("1y", "1 an"), ("30d", "30 jours"), ("soon", "soon")])
  func periods(text: String, worded: String) throws {
    #expect(try Localizer(.french).period(text) == worded)
  }

  @Test("Labels are the texts without placeholders under a prefix")
  func labels() {
    let localizer = Localizer(
      Catalogue(.english, texts: ["report.a": "A", "report.b": "{x}", "run.c": "C"]))
    #expect(localizer.labels(under: "report.") == ["a": "A"])
  }
}

struct TypographyTests {
  @Test(
    "French spaces before double punctuation do not break, options and times stay as they are",
    arguments: [
      ("Quoi ? Oui !", "Quoi\u{202F}? Oui\u{202F}!"), ("a ; b", "a\u{202F}; b"),
      ("Segment : « A »", "Segment\u{A0}: «\u{A0}A\u{A0}»"), ("80 % du CA", "80\u{202F}% du CA"),
      ("l'option --as-of", "l’option --as-of"), ("fichier :12", "fichier :12"),
      ("l'{x}", "l’{x}"), ("'a'", "'a'"),
    ])
  func french(plain: String, composed: String) {
    #expect(Typography.compose(plain, .french) == composed)
  }

  @Test("English keeps its spaces and curls its apostrophes")
  func english() {
    #expect(Typography.compose("the file's name : 5 %", .english) == "the file’s name : 5 %")
  }
}

struct LanguageTests {
  @Test(
    "The locale's language is French or English, English when it is another",
    arguments: [
      (["LANG": "fr_FR.UTF-8"], Language.french), (["LANG": "fr-CA"], .french),
      (["LANG": "en_GB.UTF-8"], .english), (["LANG": "de_DE.UTF-8"], .english),
      (["LC_ALL": "fr_FR", "LANG": "en_US"], .french),
      (["LC_ALL": "", "LC_MESSAGES": "fr", "LANG": "en"], .french), (["LANG": "C"], .english),
      ([:], .english), (["LANG": "frp_FR"], .english),
    ])
  func locale(environment: [String: String], language: Language) {
    #expect(Language(environment: environment) == language)
  }
}
