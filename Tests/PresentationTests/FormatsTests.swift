import CustomerSchema
import Presentation
import SQLBuilder
import Testing

struct FormatsTests {
  @Test(
    "Amounts follow each language's typography",
    arguments: [
      ("1234.56", "EUR", "1\u{202F}234,56\u{A0}€", "€1,234.56"),
      ("-1234.565", "EUR", "−1\u{202F}234,57\u{A0}€", "−€1,234.57"),
      ("0", "GBP", "0,00\u{A0}£", "£0.00"),
      ("1000000", "USD", "1\u{202F}000\u{202F}000,00\u{A0}$", "$1,000,000.00"),
      ("1234.5", "CHF", "1\u{202F}234,50\u{A0}CHF", "CHF\u{A0}1,234.50"),
      ("1234.5", "JPY", "1\u{202F}235\u{A0}¥", "¥1,235"),
      ("1.2345", "TND", "1,235\u{A0}TND", "TND\u{A0}1.235"),
      ("951100.5", "XXX", "951\u{202F}100,50", "951,100.50"),
    ])
  func exactMoney(amount: String, currency: String, french: String, english: String) throws {
    let money = try self.money(amount, currency)
    #expect(Formats(.french).money(money) == french)
    #expect(Formats(.english).money(money) == english)
  }

  @Test(
    "Big amounts keep two or three figures, and never show 1,000 of a unit",
    arguments: [
      ("2500000", "2,5\u{A0}M€", "€2.5M"), ("999499", "999\u{A0}k€", "€999k"),
      ("999500", "1\u{A0}M€", "€1M"), ("9949", "9,9\u{A0}k€", "€9.9k"),
      ("64012", "64\u{A0}k€", "€64k"), ("999.49", "999\u{A0}€", "€999"),
      ("999.5", "1\u{A0}k€", "€1k"), ("1234567890", "1,2\u{A0}Md€", "€1.2bn"),
      ("999500000", "1\u{A0}Md€", "€1bn"), ("-2500000", "−2,5\u{A0}M€", "−€2.5M"),
      ("1000000000000", "1\u{202F}000\u{A0}Md€", "€1,000bn"),
    ])
  func shortMoney(amount: String, french: String, english: String) throws {
    let money = try self.money(amount, "EUR")
    #expect(Formats(.french).money(money, .short) == french)
    #expect(Formats(.english).money(money, .short) == english)
  }

  @Test("Rounded amounts drop cents from 100 on")
  func roundedMoney() throws {
    let formats = Formats(.french)
    #expect(formats.money(try money("99.95", "EUR"), .rounded) == "99,95\u{A0}€")
    #expect(formats.money(try money("191403.9", "EUR"), .rounded) == "191\u{202F}404\u{A0}€")
  }

  @Test(
    "Shares are whole percents from 10 % on, and never a 0 % or 100 % that is not one",
    arguments: [
      (0.6412, "64\u{202F}%", "64%"), (0.0412, "4,1\u{202F}%", "4.1%"),
      (0.05, "5\u{202F}%", "5%"), (0.0996, "10\u{202F}%", "10%"), (0, "0\u{202F}%", "0%"),
      (0.0004, "moins de 0,1\u{202F}%", "under 0.1%"), (1, "100\u{202F}%", "100%"),
      (0.9996, "99,9\u{202F}%", "99.9%"), (1.84, "184\u{202F}%", "184%"),
      (.nan, "–", "–"), (.infinity, "–", "–"),
    ])
  func shares(ratio: Double, french: String, english: String) {
    #expect(Formats(.french).share(ratio) == french)
    #expect(Formats(.english).share(ratio) == english)
  }

  @Test(
    "Changes carry their sign",
    arguments: [
      (0.12, "+12\u{202F}%"), (-0.052, "−5,2\u{202F}%"), (0, "0\u{202F}%"),
      (0.0001, "0\u{202F}%"), (-1, "−100\u{202F}%"), (2.99, "+299\u{202F}%"), (3, "×4"),
      (4.26, "×5,3"), (9.83, "×11"),
      (.infinity, "–"),
    ])
  func changes(ratio: Double, french: String) {
    #expect(Formats(.french).change(ratio) == french)
  }

  @Test("Numbers group thousands, round half away from zero and drop what is not finite")
  func numbers() {
    #expect(Formats(.french).number(1_234_567) == "1\u{202F}234\u{202F}567")
    #expect(Formats(.english).number(-1_234) == "−1,234")
    #expect(Formats(.english).number(Int.min) == "−9,223,372,036,854,775,808")
    #expect(Formats(.english).number(2.5, decimals: 0) == "3")
    #expect(Formats(.english).number(-2.5, decimals: 0) == "−3")
    #expect(Formats(.french).number(2.50, atMost: 2) == "2,5")
    #expect(Formats(.french).number(100, atMost: 2) == "100")
    #expect(Formats(.french).number(100, atMost: 0) == "100")
    #expect(Formats(.english).number(-0.004, atMost: 2) == "0")
    #expect(Formats(.english).number(.nan, decimals: 1) == "–")
    #expect(Formats(.english).number(1e300, decimals: 1) == "–")
  }

  @Test("Dates are written in full, short and by month")
  func dates() throws {
    let first = try #require(LocalDate(iso: "2024-01-01"))
    let twelfth = try #require(LocalDate(iso: "2024-08-12"))
    #expect(Formats(.french).date(first) == "1er\u{A0}janvier 2024")
    #expect(Formats(.english).date(first) == "1\u{A0}January 2024")
    #expect(Formats(.french).date(twelfth) == "12\u{A0}août 2024")
    #expect(Formats(.french).date(first, .short) == "1er\u{A0}janv. 2024")
    #expect(Formats(.english).date(twelfth, .short) == "12\u{A0}Aug 2024")
    #expect(Formats(.french).date(first, .month) == "janvier 2024")
    #expect(Formats(.english).date(twelfth, .shortMonth) == "Aug 24")
  }

  @Test("Lists end with the language's «and»")
  func lists() {
    #expect(Formats(.french).list(["a", "b", "c"]) == "a, b et c")
    #expect(Formats(.english).list(["a", "b"]) == "a and b")
    #expect(Formats(.english).list(["a"]) == "a")
    #expect(Formats(.english).list([]) == "")
  }

  private func money(_ amount: String, _ currency: String) throws -> Money {
    Money(try #require(SQLDecimal(amount)), try #require(CurrencyCode(rawValue: currency)))
  }
}
