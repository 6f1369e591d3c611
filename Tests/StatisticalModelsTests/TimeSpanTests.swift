import StatisticalModels
import Testing

@Suite("Time units")
struct TimeSpanTests {
  @Test("A year is 365.25 days, twelve months and about 52.18 weeks")
  func conversions() throws {
    let year = try TimeSpan(1, .year)
    #expect(year.value(in: .day) == 365.25)
    #expect(abs(year.value(in: .month) - 12) < 1e-12)
    #expect(abs(year.value(in: .week) - 365.25 / 7) < 1e-12)
    #expect(try TimeSpan(3, .week).value(in: .week) == 3)
  }

  @Test("Compounding the continuous rate over a year gives the yearly rate")
  func discount() throws {
    let rate = try DiscountRate(perYear: 0.1)
    var factor = 1.0
    for _ in 0..<12 { factor *= 1 + rate.continuous(per: .month) }
    // Simple compounding of the small continuous rate differs by its square.
    #expect(abs(factor - 1.1) < 5e-4)
    #expect(DiscountRate.none.continuous(per: .day) == 0)
  }

  @Test("Negative and infinite spans and rates are refused")
  func refused() {
    #expect(throws: ModelError.self) { try TimeSpan(-1, .day) }
    #expect(throws: ModelError.self) { try TimeSpan(.infinity, .day) }
    #expect(throws: ModelError.self) { try DiscountRate(perYear: -0.1) }
  }
}
