import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@Suite struct `Days on the calendar` {
  @Test func `agree with the system's calendar for two thousand years`() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    for days in stride(from: Int32(-141_000), through: 600_000, by: 97) {
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(days) * 86_400))
      let date = LocalDate(daysSinceEpoch: days)
      #expect(date.components.year == parts.year)
      #expect(date.components.month == parts.month)
      #expect(date.components.day == parts.day)
      #expect(
        LocalDate(
          year: date.components.year, month: date.components.month, day: date.components.day)
          == date)
      #expect(LocalDate(iso: date.description) == date)
    }
  }

  @Test(arguments: [
    ("2024-01-31", 1, "2024-02-29"), ("2023-01-31", 1, "2023-02-28"),
    ("2024-03-31", -1, "2024-02-29"), ("2024-01-15", -13, "2022-12-15"),
    ("2024-02-29", 12, "2025-02-28"), ("2024-12-31", -6, "2024-06-30"),
    ("0001-01-01", -1, "0000-12-01"),
  ])
  func `months are added to the same day or the month's end`(
    start: String, months: Int, end: String
  ) {
    #expect(LocalDate(iso: start)?.adding(months: months).description == end)
  }

  @Test(arguments: ["2024-02-30", "2023-02-29", "2024-13-01", "24-01-01", "2024-1-1", "", "x"])
  func `what is no day is refused`(text: String) {
    #expect(LocalDate(iso: text) == nil)
  }
}

@Suite struct `Exact amounts` {
  @Test(arguments: [
    ("0.00005", "0.0001"), ("-0.00005", "-0.0001"), ("0.00004", "0.0000"),
    ("12345678901234.56785", "12345678901234.5679"), ("7", "7.0000"),
  ])
  func `are rounded half away from zero to the ten-thousandth`(
    text: String, rounded: String
  ) throws {
    let money = Money(try #require(SQLDecimal(text)), .euro)
    #expect(money.amount.description == rounded)
  }

  @Test func `of different scales compare and hash as the same value`() throws {
    let one = try #require(SQLDecimal("1.50"))
    let other = try #require(SQLDecimal("1.5"))
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
    #expect(try #require(SQLDecimal("-2")) < one)
  }

  @Test func `survive JSON as text`() throws {
    let money = Money(try #require(SQLDecimal("-1234567890123456.7891")), .euro)
    let data = try JSONEncoder().encode(money)
    #expect(String(decoding: data, as: UTF8.self).contains("\"-1234567890123456.7891\""))
    #expect(try JSONDecoder().decode(Money.self, from: data) == money)
  }

  @Test func `divide by a count as a hand does`() throws {
    let money = Money(try #require(SQLDecimal("100")), .euro)
    #expect(money.divided(by: 3)?.amount.description == "33.3333")
    #expect(money.divided(by: 0) == nil)
  }
}
