import CustomerSchema
import Foundation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Privacy

@Suite struct `Who may be reached` {
  /// 2026-11-02, after the telephone became a matter of consent.
  static let now: Int64 = 1_793_577_600_000_000
  static let day: Int64 = 86_400_000_000

  /// Persons `P-…` and a company `E-…`, each with a story, and what imports said of consents.
  private func filled() async throws -> Base {
    let base = try await Base()
    let people = [
      "P-agreed;1980-01-01", "P-refused;1980-01-01", "P-silent;1980-01-01", "P-both;1980-01-01",
      "P-future;1980-01-01", "P-expired;1980-01-01", "P-child;2012-06-01", "P-nochannel;1980-01-01",
      "P-allrefused;1980-01-01", "P-oldphone;1980-01-01", "P-phone;1980-01-01",
      "P-buyer;1980-01-01",
    ]
    try await base.bring(
      base.write(
        "p.csv", "id client;date naissance\n" + people.joined(separator: "\n") + "\n"),
      as: .customers)
    try await base.bring(
      base.write("e.csv", "id client;société\nE-silent;Menuiserie\nE-refused;Garage\n"),
      as: .companies)
    try await base.bring(
      base.write(
        "o.csv",
        "id client;commande;date;montant\nP-buyer;1;25/06/2026;10\nP-silent;2;25/06/2020;10\n"),
      as: .orders)
    try await base.bring(
      base.write(
        "c.csv",
        """
        id client;finalité;canal;consentement;date recueil;date expiration
        P-agreed;newsletter;e-mail;oui;25/06/2026 10:00:00;
        P-refused;newsletter;e-mail;oui;20/06/2026 10:00:00;
        P-refused;newsletter;e-mail;non;25/06/2026 10:00:00;
        P-both;newsletter;e-mail;non;25/06/2026 10:00:00;
        P-both;prospection;courriel;oui;25/06/2026 10:00:00;
        P-expired;newsletter;e-mail;oui;25/06/2024 10:00:00;25/06/2025 10:00:00
        P-child;newsletter;e-mail;oui;25/06/2026 10:00:00;
        P-nochannel;newsletter;;oui;25/06/2026 10:00:00;
        P-allrefused;newsletter;e-mail;oui;20/06/2026 10:00:00;
        P-allrefused;prospection;;non;25/06/2026 10:00:00;
        P-oldphone;démarchage;téléphone;oui;25/06/2025 10:00:00;
        P-phone;démarchage;téléphone;oui;25/06/2026 10:00:00;
        E-refused;newsletter;e-mail;non;25/06/2026 10:00:00;

        """), as: .consents)
    let future = try await base.person("P-future")
    try await ConsentLedger(base.session).record(
      future, .directMarketing, .email, isGranted: true, givenAt: Self.now + Self.day,
      expiresAt: nil, source: "person", proof: "form 2", now: Self.now)
    return base
  }

  private func permitted(
    _ channel: Channel, in base: Base, now: Int64 = Self.now, customers: Bool = false
  ) async throws -> Set<String> {
    let permissions = Permissions(
      base.session, settings: .init(allowsCustomersWithoutConsent: customers))
    let audience = try await permissions.audience(
      AudienceRequest(.marketing(channel), candidates: "SELECT customer_id FROM quartier.customer"),
      now: now)
    let refused = audience.refused.values.reduce(0, +)
    let session = base.session
    let found = try await audience.use { relation in
      try await session.query(
        """
        SELECT i.value FROM \(relation) JOIN quartier.identifier AS i USING (customer_id)
        WHERE i.type = 'customer'
        """
      ).rows.compactMap { $0[0].text }
    }
    #expect(found.count + refused == 14)
    return Set(found)
  }

  @Test func `an e-mail needs a consent that holds, except to companies`() async throws {
    let base = try await filled()
    #expect(try await permitted(.email, in: base) == ["P-agreed", "E-silent"])
    // A day later the consent dated in the future counts; a rule of the law lets buyers in.
    let later = Self.now + 2 * Self.day
    #expect(
      try await permitted(.email, in: base, now: later, customers: true)
        == ["P-agreed", "E-silent", "P-future", "P-buyer"])
  }

  @Test func `a call needs a consent of less than a year since 11 August 2026`() async throws {
    let base = try await filled()
    #expect(
      try await permitted(.phone, in: base)
        == ["P-phone", "E-silent", "E-refused"])
    // 10 August 2026, 21:59:59 UTC is still that day in Paris.
    let before = Permissions.telephoneConsentSince - 1_000_000
    let then = try await permitted(.phone, in: base, now: before)
    #expect(then.count == 13 && !then.contains("P-allrefused"))
    let on = try await permitted(.phone, in: base, now: Permissions.telephoneConsentSince)
    #expect(on == ["P-phone", "E-silent", "E-refused"])
  }

  @Test func `a letter may go to everybody who has not refused`() async throws {
    let base = try await filled()
    let found = try await permitted(.post, in: base)
    #expect(found.count == 13 && !found.contains("P-allrefused"))
  }

  @Test func `an objection made while a message waits stops it`() async throws {
    let base = try await filled()
    let queued = AudienceRequest(
      .marketing(.email), candidates: "SELECT customer_id FROM quartier.customer")
    let permissions = Permissions(
      base.session, settings: .init(allowsCustomersWithoutConsent: false))
    #expect(try await permissions.audience(queued, now: Self.now).permitted == 2)
    let person = try await base.person("P-agreed")
    let decisions = Decisions(base.session)
    #expect(try await decisions.begin(.marketing, of: person, at: Self.now))
    let sent = try await permissions.audience(queued, now: Self.now + 1)
    #expect(sent.permitted == 1 && sent.refused[.objected] == 1)
    try await decisions.end(.marketing, of: person, at: Self.now + 2)
    #expect(try await permissions.audience(queued, now: Self.now + 3).permitted == 2)
    #expect(try await decisions.begin(.restriction, of: person, at: Self.now + 4))
    #expect(try await permissions.audience(queued, now: Self.now + 5).refused[.restricted] == 1)
    _ = try await base.erase("P-agreed")
    #expect(try await permissions.audience(queued, now: Self.now + 6).permitted == 1)
  }

  @Test func `the ledger is only added to, and shows a proof that was changed`() async throws {
    let base = try await filled()
    let ledger = ConsentLedger(base.session)
    try await ledger.absorb(now: Self.now)
    let before = try await base.count("SELECT count(*) FROM quartier.consent_ledger")
    #expect(before == 14)
    #expect(try await ledger.absorb(now: Self.now) == 0)
    // A file that says otherwise of the same statement adds an entry.
    try await base.bring(
      base.write(
        "c2.csv",
        """
        id client;finalité;canal;consentement;date recueil
        P-agreed;newsletter;e-mail;non;30/06/2026 10:00:00

        """), as: .consents)
    #expect(try await ledger.absorb(now: Self.now) == 1)
    let agreed = try await base.person("P-agreed")
    #expect(try await ledger.entries(of: agreed).map(\.granted) == [false, true])
    let future = try await base.person("P-future")
    #expect(try await ledger.entries(of: future).first?.proofIsIntact == true)
    try await base.session.execute("UPDATE quartier.consent_proof SET proof = 'form 3'")
    #expect(try await ledger.entries(of: future).first?.proofIsIntact == false)
    // Of somebody erased the entry stays, its proof and salt do not.
    _ = try await base.erase("P-future")
    #expect(try await base.count("SELECT count(*) FROM quartier.consent_proof") == 0)
    #expect(try await base.count("SELECT count(*) FROM quartier.consent_ledger") == before + 1)
  }

  @Test func `a refusal of profiling is an objection to it until she agrees`() async throws {
    let base = try await filled()
    func profiled() async throws -> Int {
      try await base.count("SELECT count(*) FROM quartier.profiled_customer")
    }
    #expect(try await profiled() == 14)
    for (day, said, left) in [("01/07/2026", "non", 13), ("25/07/2026", "oui", 14)] {
      try await base.bring(
        base.write(
          "f\(left).csv",
          "id client;finalité;consentement;date recueil\nP-agreed;profilage;\(said);\(day) 08:00:00\n"
        ),
        as: .consents)
      try await ConsentLedger(base.session).absorb(now: Self.now)
      #expect(try await profiled() == left)
    }
  }
}

@Suite struct `Retention periods` {
  /// 2026-11-02T00:00:00Z.
  static let now: Int64 = 1_793_577_600_000_000

  @Test func `contacts of the person count, messages and openings do not`() async throws {
    let base = try await Base()
    try await base.bring(
      base.write(
        "p.csv",
        "id client;depuis\nP1;x\nP2;x\nP3;x\nC1;x\nC2;x\nC3;x\nC4;x\n"), as: .customers)
    // Known since 2020, so that only what they did counts.
    try await base.session.execute(
      "UPDATE quartier.customer SET first_seen = TIMESTAMPTZ '2020-01-01 00:00:00+00'")
    try await base.bring(
      base.write(
        "v.csv",
        """
        id client;event;date
        P1;open;25/10/2026
        P2;page_view;03/11/2023
        P3;page_view;01/11/2023
        C4;email_opened;25/10/2026

        """), as: .events)
    try await base.bring(
      base.write(
        "o.csv",
        """
        id client;commande;date;montant
        C1;1;01/11/2023;10
        C2;2;03/11/2023;10
        C3;3;01/01/2015;10
        C4;4;25/01/2016;10

        """), as: .orders)
    try await base.bring(
      base.write(
        "s.csv",
        "id client;abonnement;date debut;formule\nC3;S-1;25/01/2016;mensuel\n"), as: .subscriptions)
    let retention = Retention(base.session, now: Self.now)
    let plan = try await retention.plan()
    // Three years before 2 November 2026 is 2 November 2023: the 1st is over, the 3rd is not.
    #expect(plan.due.map(\.people) == [2, 2])
    #expect(plan.due.map(\.months) == [36, 36] && plan.orderMonths == 120)
    #expect(plan.orders == 2)
    let ids = try await base.session.query(
      """
      SELECT value FROM quartier.identifier
      WHERE customer_id IN (\(try retention.customers())) ORDER BY value
      """
    ).rows.compactMap { $0[0].text }
    #expect(ids == ["C1", "C4", "P1", "P3"])
    let person = try await base.person("C1")
    _ = try await Decisions(base.session).begin(.restriction, of: person, at: Self.now)
    #expect(try await retention.plan().due.map(\.people) == [2, 1])
    try await retention.dropOldOrders()
    #expect(try await base.count("SELECT count(*) FROM quartier.orders") == 2)
  }
}
