import CustomerSchema
import SQLBuilder
import Testing

@testable import Ingestion

@Suite struct CurrencyTests {
  private static let mixed = """
    customer,date,amount,currency
    A,2024-01-05,10.00,EUR
    B,2024-01-31,10.00,USD
    C,2024-02-15,10.00,usd

    """

  @Test func twoCurrenciesAreRefusedWithoutRates() async throws {
    let bench = try await Workbench()
    let column = try bench.write("a.csv", Self.mixed)
    let failure = try await bench.failure([column])
    #expect(failure?.code == "import.currency.several")
    #expect(failure?.arguments["currencies"] == .texts(["EUR", "USD"]))
    let signs = try bench.write(
      "b.csv", "client;date;montant\nA;2024-01-05;10,00 €\nB;2024-01-05;$10,00\n")
    #expect(try await bench.failure([signs])?.code == "import.currency.several")
    let euros = try bench.write("c.csv", "client;date;montant (€)\nA;2024-01-05;10,00\n")
    let dollars = try bench.write("d.csv", "client;date;amount (USD)\nA;2024-01-05;10,00\n")
    #expect(
      try await bench.failure([euros, dollars])?.code == "import.currency.several")
  }

  @Test func aStrayCurrencyFarBelowTheSampleIsFound() async throws {
    let bench = try await Workbench()
    var text = "client;date;montant\n"
    for line in 0..<30_000 { text += "A;2024-01-05;\(line == 17_001 ? "1,50 $" : "1,50 €")\n" }
    #expect(
      try await bench.failure([bench.write("a.csv", text)])?.code == "import.currency.several")
    text = text.replacing(" €", with: "")
    let one = try await bench.stage([bench.write("b.csv", text)])
    #expect(one.currency.rawValue == "USD")
  }

  @Test func datedRatesConvert() async throws {
    let bench = try await Workbench()
    let path = try bench.write("a.csv", Self.mixed)
    let rates = try bench.write(
      "rates.csv", "date,currency,rate\n2024-02-01,USD,0.9\n2024-01-01,USD,0.8\n")
    let report = try await bench.stage([path], ImportOptions(ratesPath: rates))
    #expect(report.currency == .euro)
    #expect(
      try await bench.rows("SELECT customer, amount FROM staged_lines ORDER BY 1")
        == [
          [.text("A"), decimal("10.0000")], [.text("B"), decimal("8.0000")],
          [.text("C"), decimal("9.0000")],
        ])
    let late = try bench.write("late.csv", "date;devise;taux\n2024-02-01;USD;0,9\n")
    let failure = try await bench.failure([path], ImportOptions(ratesPath: late))
    #expect(failure?.code == "import.currency.rate_missing")
    #expect(failure?.arguments["date"] == .text("2024-01-31"))
    let broken = try bench.write("broken.csv", "date,currency,rate\n2024-02-01,USD,0.9\nx,USD,1\n")
    let refused = try await bench.failure([path], ImportOptions(ratesPath: broken))
    #expect(refused?.code == "import.currency.rates_unusable")
    #expect(refused?.location?.line == 3)
  }

  @Test func theCurrencyComesFromWhereTheFileHasIt() async throws {
    let bench = try await Workbench()
    for (text, expected) in [
      ("customer,date,amount\nA,2024-01-05,1.5\n", "XXX"),
      ("customer,date,amount (£)\nA,2024-01-05,1.5\n", "GBP"),
      ("customer,date,amount\nA,2024-01-05,CHF 1.5\n", "CHF"),
      ("customer,date,amount,currency\nA,2024-01-05,1.5,sek\n", "SEK"),
    ] {
      #expect(try await bench.stage([bench.write("a.csv", text)]).currency.rawValue == expected)
    }
    let told = try await bench.stage(
      [bench.write("a.csv", "customer,date,amount\nA,2024-01-05,1.5\n")],
      ImportOptions(currency: .euro))
    #expect(told.currency == .euro)
  }

  @Test func anOptionComesBeforeTheMapping() async throws {
    let bench = try await Workbench()
    let plain = try bench.write("a.csv", "customer,date,amount\nA,2024-01-05,1.5\n")
    let mapping = try bench.write("m.yaml", "currency: USD\n")
    func currency(_ options: ImportOptions) async throws -> String {
      try await bench.stage([plain], options).currency.rawValue
    }
    #expect(try await currency(ImportOptions(mappingPath: mapping)) == "USD")
    #expect(
      try await currency(ImportOptions(mappingPath: mapping, defaultCurrency: .euro)) == "USD")
    #expect(try await currency(ImportOptions(mappingPath: mapping, currency: .euro)) == "EUR")
    #expect(try await currency(ImportOptions(defaultCurrency: .euro)) == "EUR")
  }

  @Test func whatTheMappingOrAHeaderNamesIsConverted() async throws {
    let bench = try await Workbench()
    let plain = try bench.write("a.csv", "customer,date,amount\nA,2024-01-05,10.00\n")
    let header = try bench.write("b.csv", "customer,date,amount (USD)\nA,2024-01-05,10.00\n")
    let mapping = try bench.write("m.yaml", "currency: USD\n")
    let rates = try bench.write("rates.csv", "date,currency,rate\n2024-01-01,USD,0.8\n")
    for (path, mapping) in [(plain, mapping as String?), (header, nil)] {
      let report = try await bench.stage(
        [path], ImportOptions(mappingPath: mapping, ratesPath: rates, currency: .euro))
      #expect(report.currency == .euro)
      #expect(try await bench.value("SELECT amount FROM staged_lines") == decimal("8.0000"))
    }
    // A file that names none is in the target currency already.
    let told = try await bench.stage([plain], ImportOptions(ratesPath: rates, currency: .euro))
    #expect(told.currency == .euro)
    #expect(try await bench.value("SELECT amount FROM staged_lines") == decimal("10.0000"))
  }

  @Test func amountsWithAndWithoutTaxDoNotAddUp() async throws {
    let bench = try await Workbench()
    let with = try bench.write("a.csv", "client;date;montant TTC\nA;2024-01-05;10,00\n")
    let without = try bench.write("b.csv", "client;date;montant HT\nA;2024-01-06;10,00\n")
    #expect(try await bench.failure([with, without])?.code == "import.amounts.mixed")
  }
}

@Suite struct CustomerFileTests {
  private static let orders = """
    Code client;Date;Montant
    00012;25/01/2024;10,00
    00013;26/01/2024;3,00
    00099;26/01/2024;3,00

    """

  @Test func readsTheCustomersOfAFile() async throws {
    let bench = try await Workbench()
    let orders = try bench.write("o.csv", Self.orders)
    let customers = try bench.write(
      "c.csv",
      """
      N° client;Nom;Prénom;E-mail;Téléphone;CP;Ville;Pays;Date d'inscription;Notes
      00012;Dupont;Zoé;zoe@example.org;0601020304;01200;Bellegarde;France;13/02/2023;x
      00013;Martin;Léo;;;75011;Paris;France;01/03/2023;
      ;Sans;Numéro;;;;;;;
      00013;Martin;Léon;leo@example.org;;75012;Paris;France;02/03/2023;

      """)
    let report = try await bench.stage([orders], customers: customers)
    #expect(report.sources.count == 2)
    #expect(report.quarantinedLines == 0)
    let codes = Dictionary(
      uniqueKeysWithValues: report.notices.compactMap { notice in
        notice.code.hasPrefix("import.notice.customers_")
          ? (notice.code, notice.arguments["count"]) : nil
      })
    #expect(
      codes == [
        "import.notice.customers_repeated": .count(1),
        "import.notice.customers_unusable": .count(1),
        "import.notice.customers_unknown": .count(1),
      ])
    #expect(
      try await bench.rows(
        """
        SELECT customer, last_name, first_name, email, phone, postal_code, city, country,
          signed_up::VARCHAR FROM staged_customers ORDER BY customer
        """)
        == [
          [
            .text("00012"), .text("Dupont"), .text("Zoé"), .text("zoe@example.org"),
            .text("0601020304"), .text("01200"), .text("Bellegarde"), .text("France"),
            .text("2023-02-13"),
          ],
          [
            .text("00013"), .text("Martin"), .text("Léon"), .text("leo@example.org"), .null,
            .text("75012"), .text("Paris"), .text("France"), .text("2023-03-02"),
          ],
        ])
    #expect(
      try await bench.rows("SELECT line, column_name, value, reason FROM quarantine")
        == [[.int(4), .null, .null, .text("quarantine.customer.missing")]])
  }

  @Test func customersMeetTheirOrdersByAddress() async throws {
    let bench = try await Workbench()
    let orders = try bench.write(
      "o.csv", "email,date,amount\nZoe@Example.org,2024-01-25,10\nzoe@example.org,2024-01-26,5\n")
    let customers = try bench.write(
      "c.csv", "id,name,email\n7,Zoé,zoe@example.ORG\n8,Léo,leo@example.org\n")
    let report = try await bench.stage([orders], customers: customers)
    #expect(report.notices.contains { $0.code == "import.notice.customer_by" })
    #expect(
      try await bench.rows(
        """
        SELECT l.customer, c.name, count(*) FROM staged_lines AS l
        JOIN staged_customers AS c USING (customer) GROUP BY ALL
        """) == [[.text("zoe@example.org"), .text("Zoé"), .int(2)]])
  }

  @Test func aCustomerFileWithoutCustomersIsRefused() async throws {
    let bench = try await Workbench()
    let orders = try bench.write("o.csv", Self.orders)
    let customers = try bench.write("c.csv", "Ville;Pays\nParis;France\n")
    await #expect(throws: IngestionError.self) {
      _ = try await bench.stage([orders], customers: customers)
    }
  }
}
