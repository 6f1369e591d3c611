import CustomerSchema
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Identity

@Suite struct `One profile for each person` {
  static let crm = """
    id client;prénom;nom;date naissance;email;téléphone;adresse;code postal;ville
    C1;Jean;Dupont;12/03/1980;jean.dupont@gmail.com;06 48 21 57 93;12 rue des Lilas;75011;Paris
    C2;Marie;Durand;01/07/1991;marie.durand@orange.fr;;3 av. Foch;69003;Lyon

    """
  static let shop = """
    id client;prénom;nom;email;téléphone;code postal;ville
    S1;J.;DUPONT;Jean.Dupont@Gmail.com;;75011;PARIS
    S2;Paul;Martin;paul.martin@free.fr;07 11 22 33 44;13001;Marseille

    """
  static let loyalty = """
    id client;nom;prénom;date naissance;téléphone;code postal
    L1;Dupont;Jean;12/03/1980;+33 6 48 21 57 93;75011
    L2;Durand;Marie;15/07/1991;;69100

    """
  static let orders = """
    id client;date;montant;numéro commande
    S1;05/01/2024;40,00;O1
    S1;07/02/2024;25,00;O2
    S2;08/02/2024;10,00;O3

    """

  /// Three systems that do not talk, and orders of the shop.
  private func silos() async throws -> IdentityBench {
    let bench = try await IdentityBench()
    try await bench.bring("crm.csv", Self.crm, as: .customers, source: "crm", on: "2024-01-01")
    try await bench.bring("shop.csv", Self.shop, as: .customers, source: "shop", on: "2024-02-01")
    try await bench.bring(
      "loyalty.csv", Self.loyalty, as: .customers, source: "loyalty", on: "2024-03-01")
    try await bench.bring("orders.csv", Self.orders, as: .orders, source: "shop", on: "2024-04-01")
    return bench
  }

  @Test func `three records of one person become one profile that keeps everything`() async throws {
    let bench = try await silos()
    let report = try await bench.resolve()
    #expect(report.records == 6 && report.profilesBefore == 6 && report.profilesAfter == 4)
    #expect(report.links["email"] == 1 && report.links["phone"] == 1)
    #expect(try await bench.areOne("crm:C1", "shop:S1"))
    #expect(try await bench.areOne("shop:S1", "loyalty:L1"))
    #expect(try await !bench.areOne("crm:C1", "S2"))
    // Orders belong to the profile and remember the record that they came from.
    #expect(
      try await bench.texts(
        """
        SELECT key, customer_id, source_customer_id FROM quartier.orders ORDER BY key
        """) == ["O1 1 3", "O2 1 3", "O3 4 –"])
    #expect(try await bench.texts("SELECT customer_id FROM quartier.customer").count == 4)
    // The golden record: the fullest, each value with its origin.
    let values = try await bench.reading.values(of: 1, now: bench.now)
    let shown = Dictionary(uniqueKeysWithValues: values.map { ($0.attribute, $0) })
    #expect(shown["first_name"]?.value == "Jean" && shown["birth_date"]?.value == "1980-03-12")
    #expect(shown["email"]?.value == "Jean.Dupont@Gmail.com" && shown["email"]?.source == "shop")
    #expect(shown["address"]?.source == "crm" && shown["address"]?.line == 2)
    #expect(shown["phone"]?.source == "loyalty")
    #expect(shown["first_name"]?.others == ["J."])
    #expect(
      try await bench.texts(
        """
        SELECT first_name, last_name, birth_date::VARCHAR, city
        FROM quartier.customer_attribute WHERE customer_id = 1
        """) == ["Jean Dupont 1980-03-12 PARIS"])
    // Old public ids answer with the survivor.
    let old = try #require(
      try await bench.texts(
        "SELECT public_id::VARCHAR FROM quartier.customer_alias WHERE customer_id = 3"
      ).first)
    #expect(try await bench.find(old).profile == 1)
    // The evidence says how, never what.
    let links = try await bench.reading.links(of: 1)
    #expect(links.map(\.rule) == ["email", "phone"] || links.map(\.rule).contains("phone"))
    #expect(links.allSatisfy { $0.madeBy == "Claire" && !$0.evidence.contains("upont") })
  }

  @Test func `undoing puts every row back, exactly`() async throws {
    let bench = try await silos()
    let before = try await bench.state()
    let report = try await bench.resolve()
    #expect(try await bench.state() != before)
    let undone = try await bench.decisions.undo(nil)
    #expect(undone.run == report.run && undone.action == "resolve")
    let after = try await bench.state()
    for (table, rows) in before { #expect(after[table] == rows, "\(table)") }
    // What was undone can be done again, and comes to the same.
    #expect(try await bench.resolve().profilesAfter == 4)
    await #expect(throws: IdentityError.runUndone(1)) { try await bench.decisions.undo(1) }
    await #expect(throws: IdentityError.runUnknown(99)) { try await bench.decisions.undo(99) }
  }

  @Test func `a trial changes nothing, and a second resolution neither`() async throws {
    let bench = try await silos()
    let before = try await bench.state()
    let trial = try await bench.resolve(isTrial: true)
    #expect(trial.run == nil && trial.profilesAfter == 4)
    #expect(try await bench.state() == before)
    try await bench.resolve()
    let first = try await bench.state()
    let again = try await bench.resolve()
    #expect(again.links.isEmpty && again.profilesBefore == 4 && again.profilesAfter == 4)
    #expect(try await bench.state() == first)
  }

  @Test func `imports after a merge land on the survivor and are known again`() async throws {
    let bench = try await silos()
    try await bench.resolve()
    let state = try await bench.state()
    let same = try await bench.bring(
      "orders2.csv", Self.orders + "\n", as: .orders, source: "shop", on: "2024-04-01")
    #expect(same.rows.unchanged == 3 && same.rows.added == 0 && same.customersCreated == 0)
    #expect(try await bench.state() == state)
    let more = try await bench.bring(
      "orders3.csv", Self.orders + "S1;09/03/2024;99,00;O4\nL1;10/03/2024;5,00;O5\n", as: .orders,
      source: "shop", on: "2024-05-01")
    // L1 is a card of the loyalty system: the shop's L1 is somebody else.
    #expect(more.rows.added == 2 && more.customersCreated == 1)
    #expect(
      try await bench.texts(
        "SELECT customer_id, source_customer_id FROM quartier.orders WHERE key = 'O4'") == ["1 3"])
    // A newer value of one source changes the golden record; withdrawing it brings back the others.
    try await bench.bring(
      "loyalty2.csv", Self.loyalty.replacing("+33 6 48 21 57 93", with: "0698765432"),
      as: .customers, source: "loyalty", on: "2024-05-01")
    func phone() async throws -> [String] {
      try await bench.texts("SELECT phone FROM quartier.customer_attribute WHERE customer_id = 1")
    }
    #expect(try await phone() == ["0698765432"])
    try await bench.bring(
      "loyalty3.csv", Self.loyalty.replacing("+33 6 48 21 57 93", with: ""),
      as: .customers, source: "loyalty", on: "2024-05-20")
    #expect(try await phone() == ["06 48 21 57 93"])
    #expect(
      try await bench.texts(
        """
        SELECT count(*) FROM quartier.touched_customer
        WHERE customer_id NOT IN (SELECT customer_id FROM quartier.customer)
          AND customer_id < 0
        """) == ["0"])
    // Everything that came since goes back to its record.
    _ = try await bench.decisions.undo(nil)
    #expect(
      try await bench.texts(
        "SELECT customer_id, source_customer_id FROM quartier.orders WHERE key = 'O4'") == ["3 –"])
    #expect(
      try await bench.texts("SELECT count(*) FROM quartier.profile_record") == ["0"])
    #expect(
      try await bench.texts(
        "SELECT count(*) FROM quartier.attribute_history WHERE customer_id < 0") == ["0"])
  }

  @Test func `a doubtful pair waits, is decided, and the decision is undone`() async throws {
    let bench = try await silos()
    let report = try await bench.resolve()
    #expect(report.newlyWaiting == 1)
    let waiting = try await bench.reading.waiting(limit: 10)
    let pair = try #require(waiting.pairs.first)
    // Marie Durand of one department and one year, but not of one day.
    #expect(pair.first == 2 && pair.second == 6 && pair.reason == "score")
    await #expect(throws: IdentityError.pairUnknown(99)) { try await bench.decisions.accept([99]) }
    let before = try await bench.state()
    let run = try await bench.decisions.accept([pair.number])
    #expect(try await bench.areOne("crm:C2", "loyalty:L2"))
    await #expect(throws: IdentityError.pairDecided(pair.number)) {
      try await bench.decisions.reject([pair.number])
    }
    _ = try await bench.decisions.undo(run)
    #expect(try await bench.state() == before)
    #expect(try await bench.reading.waiting(limit: 10).total == 1)
    _ = try await bench.decisions.reject([pair.number])
    let after = try await bench.resolve()
    #expect(after.newlyWaiting == 0 && after.waiting.isEmpty)
    #expect(try await !bench.areOne("crm:C2", "loyalty:L2"))
    #expect(try await bench.reading.areToldApart(2, 6))
  }

  @Test func `a record that was split off stays apart`() async throws {
    let bench = try await silos()
    try await bench.resolve()
    let found = try await bench.find("loyalty:L1")
    await #expect(throws: IdentityError.singleRecord("x")) {
      try await bench.decisions.split(profile: 4, records: [4], written: "x")
    }
    await #expect(throws: IdentityError.notInProfile("x")) {
      try await bench.decisions.split(profile: 1, records: [1, 3, 5], written: "x")
    }
    let before = try await bench.state()
    _ = try await bench.decisions.split(
      profile: found.profile, records: [found.record], written: "L1")
    #expect(try await !bench.areOne("crm:C1", "loyalty:L1"))
    #expect(try await bench.areOne("crm:C1", "shop:S1"))
    try await bench.resolve()
    #expect(try await !bench.areOne("crm:C1", "loyalty:L1"))
    // Neither through the shop's record.
    #expect(try await bench.areOne("crm:C1", "shop:S1"))
    _ = try await bench.decisions.undo(nil)
    _ = try await bench.decisions.undo(nil)
    #expect(try await bench.areOne("crm:C1", "loyalty:L1"))
    let after = try await bench.state()
    // Golden rows are made anew, with new row numbers.
    for table in before.keys where table != "attribute_history" {
      #expect(after[table] == before[table], "\(table)")
    }
  }

  @Test func `the golden record follows the rule of each attribute`() async throws {
    let bench = try await silos()
    bench.settings.trust = ["crm", "shop"]
    bench.settings.golden["email"] = .mostTrusted
    bench.settings.golden["city"] = .mostTrusted
    bench.settings.golden["last_name"] = .mostFrequent
    bench.settings.golden["first_name"] = .mostRecent
    try await bench.resolve()
    #expect(
      try await bench.texts(
        """
        SELECT email, city, last_name, first_name FROM quartier.customer_attribute
        WHERE customer_id = 1
        """) == ["jean.dupont@gmail.com Paris Dupont Jean"])
    // What was known at each instant is in the history.
    #expect(
      try await bench.texts(
        """
        SELECT value, strftime(timezone('UTC', valid_from), '%m') FROM quartier.attribute_history
        WHERE customer_id = 1 AND attribute_id = 'first_name' ORDER BY valid_from
        """) == ["Jean 01", "J. 02", "Jean 03"])
  }
}
