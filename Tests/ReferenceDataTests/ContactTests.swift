import Testing

@testable import ReferenceData

@Suite struct `E-mail addresses` {
  @Test(
    "One mailbox has one key, and is written to as it was given",
    arguments: [
      ("Jean.Dupont@Gmail.com", "Jean.Dupont@gmail.com", "jeandupont@gmail.com"),
      (
        "jean.dupont+promo@googlemail.com", "jean.dupont+promo@googlemail.com",
        "jeandupont@gmail.com"
      ),
      (" JEAN@Orange.FR ", "JEAN@orange.fr", "jean@orange.fr"),
      ("jean+shop@orange.fr", "jean+shop@orange.fr", "jean+shop@orange.fr"),
      ("j.d+x@hotmail.fr", "j.d+x@hotmail.fr", "j.d@hotmail.fr"),
      ("jean@me.com", "jean@me.com", "jean@icloud.com"),
      ("a.b@pm.me", "a.b@pm.me", "a.b@proton.me"),
      ("jean@wanadoo.fr", "jean@wanadoo.fr", "jean@wanadoo.fr"),
      ("Jean Dupont <jean@free.fr>", "jean@free.fr", "jean@free.fr"),
      ("mailto:jean@free.fr", "jean@free.fr", "jean@free.fr"),
      ("jea\u{200B}n@free.fr", "jean@free.fr", "jean@free.fr"),
      ("contact@café.fr", "contact@xn--caf-dma.fr", "contact@xn--caf-dma.fr"),
    ])
  func keys(written: String, sendable: String, key: String) throws {
    let address = try #require(try EmailAddress(written))
    #expect(address.sendable == sendable)
    #expect(address.key == key)
  }

  @Test(
    "What is no address is refused",
    arguments: [
      "", "jean", "jean@", "@free.fr", "jean@free", "je an@free.fr", ".jean@free.fr",
      "jean.@free.fr", "je..an@free.fr", "jean@-free.fr", "jean@free..fr", "jean@free.fr.",
      "jean@192.168.1.1", "je\u{202E}an", String(repeating: "a", count: 65) + "@free.fr",
    ])
  func refused(written: String) throws { #expect(try EmailAddress(written) == nil) }

  @Test(
    "Suspicious addresses are flagged",
    arguments: [
      ("test@test.com", EmailAddress.Flag.placeholder), ("toto@toto.fr", .placeholder),
      ("azerty@test.fr", .placeholder), ("a@a.fr", .placeholder), ("aaaa@aaa.com", .placeholder),
      ("contact@boulangerie.fr", .role), ("NoReply@boutique.fr", .role),
      ("x@mailinator.com", .disposable), ("x@yopmail.com", .disposable),
      ("x@sub.mailinator.com", .disposable), ("jean@voila.fr", .deadDomain),
      ("jean@gmial.com", .probableTypo), ("jean@gmail.com", .publicProvider),
      ("jean@example.com", .reserved), ("jean@shop.test", .reserved),
    ])
  func flags(written: String, flag: EmailAddress.Flag) throws {
    #expect(try #require(try EmailAddress(written)).flags.contains(flag))
  }

  @Test func `an ordinary address has no flag, and a slip has a suggestion`() throws {
    let ordinary = try #require(try EmailAddress("marie.durand@entreprise-durand.fr"))
    #expect(ordinary.flags.isEmpty)
    #expect(ordinary.identifiesAPerson)
    let slip = try #require(try EmailAddress("jean@gmial.com"))
    #expect(slip.suggestion == "jean@gmail.com")
    #expect(try EmailAddress("test@test.com")?.identifiesAPerson == false)
  }
}

@Suite struct `Telephone numbers` {
  @Test(
    "French numbers",
    arguments: [
      ("01 99 00 12 34", "+33199001234", PhoneNumber.Kind.landline),
      ("+33 (0)6 39 98 12 34", "+33639981234", .mobile), ("0033639981234", "+33639981234", .mobile),
      ("06.39.98.12.34", "+33639981234", .mobile), ("0800 123 456", "+33800123456", .special),
      ("0899 70 12 34", "+33899701234", .special),
      ("09 72 10 20 30", "+33972102030", .nonGeographic),
      ("33612345678", "+33612345678", .mobile), ("+33 06 12 34 56 78", "+33612345678", .mobile),
      ("06\u{A0}12\u{202F}34-56/78", "+33612345678", .mobile),
      ("0700 123 456", "+33700123456", .machine),
      // Overseas departments have their own calling codes.
      ("0690 12 34 56", "+590690123456", .mobile), ("0692123456", "+262692123456", .mobile),
      ("0639 01 23 45", "+262639012345", .mobile), ("0596 12 34 56", "+596596123456", .landline),
      ("0594 12 34 56", "+594594123456", .landline),
      ("+262 692 12 34 56", "+262692123456", .mobile),
      ("+33 692 12 34 56", "+262692123456", .mobile),
    ])
  func french(written: String, e164: String, kind: PhoneNumber.Kind) throws {
    let number = try #require(try PhoneNumber(written))
    #expect(number.e164 == e164)
    #expect(number.kind == kind)
  }

  @Test(
    "What is no number is refused",
    arguments: [
      "1234", "", "06 12 34 56", "06 12 34 56 7A", "00 00 00 00 00", "+", "++33612345678",
      "012345678901234567", "appeler le soir",
    ])
  func refused(written: String) throws { #expect(try PhoneNumber(written) == nil) }

  @Test func `notes tell what deserves a look`() throws {
    #expect(try PhoneNumber("613579248")?.notes == [.zeroRestored])
    #expect(try PhoneNumber("01 99 00 12 34")?.notes == [.fictional])
    #expect(try PhoneNumber("06 39 98 12 34")?.identifiesAPerson == false)
    #expect(try PhoneNumber("0162123457")?.notes == [.canvassing])
    #expect(try PhoneNumber("0666666666")?.notes == [.placeholder])
    #expect(try PhoneNumber("0612345678")?.notes == [.placeholder])
    #expect(try PhoneNumber("06 13 57 92 48")?.notes == [])
    #expect(try PhoneNumber("0800123458")?.identifiesAPerson == false)
  }

  @Test func `libphonenumber's example numbers of the world agree`() throws {
    // Written as dialled inside each country and as dialled from abroad.
    var national = 0
    var international = 0
    var different: [String] = []
    let rows = try fixture("phone_examples.csv")
    for row in rows {
      // Overseas numbers typed as French ones follow the prefix, so they are compared too.
      if try PhoneNumber(row[2])?.e164 == row[3] {
        international += 1
      } else {
        different.append(row[2])
      }
      if try PhoneNumber(row[1], country: row[0])?.e164 == row[3] { national += 1 }
    }
    #expect(rows.count > 450)
    #expect(Double(international) / Double(rows.count) > 0.99, "\(different)")
    // Some countries rewrite the number when it is dialled inside (Argentina, Brazil, Mexico…).
    #expect(Double(national) / Double(rows.count) > 0.95, "\(national) of \(rows.count)")
  }
}

@Suite struct `Names of people` {
  @Test(
    "Names are shown properly",
    arguments: [
      ("DUPONT", "Dupont"), ("jean-pierre", "Jean-Pierre"), ("DE LA TOUR", "de La Tour"),
      ("D'ORMESSON", "d'Ormesson"), ("McDonald", "McDonald"), ("  Marie   Curie ", "Marie Curie"),
      ("ÉLODIE", "Élodie"), ("Du\u{200B}pont", "Dupont"), ("\u{202E}Martin", "Martin"),
      ("Duроnt", "Dupont"), ("O'BRIEN", "O'Brien"), ("Владимир", "Владимир"), ("X", "X"),
      ("Cafe\u{301}", "Café"),
    ])
  func display(written: String, shown: String) { #expect(PersonName.display(written) == shown) }

  @Test func `names are compared without case, accents, hyphens and particles`() {
    let same = ["de La Tour", "DE LA TOUR", "Delatour", "de\u{A0}la tour", "De-La-Tour"]
    #expect(Set(same.map { PersonName.key($0) }) == ["DELATOUR"])
    #expect(PersonName.key("Lefèvre-Œuvrard") == "LEFEVRE OEUVRARD")
    #expect(PersonName.key("D’Ormesson") == PersonName.key("Dormesson"))
    #expect(PersonName.key("Иванов") == "ИВАНОВ")
    #expect(PersonName.key("محمد") == PersonName.key("\u{202B}محمد\u{202C}"))
    #expect(PersonName.key("Müller") != PersonName.key("Miller"))
  }

  @Test func `one letter and test names are doubtful`() {
    for name in ["J", "", "test", "N0m", "xx"] { #expect(PersonName.isDoubtful(name), "\(name)") }
    for name in ["Li", "Dupont", "Ng"] { #expect(!PersonName.isDoubtful(name), "\(name)") }
  }

  @Test func `a first name gives a probability, never a certainty`() throws {
    let names = try FirstNames.load()
    let marie = try #require(names.womanProbability("MARIE"))
    #expect(marie.probability > 0.99 && marie.probability < 1)
    #expect(try #require(names.womanProbability("Pierre")).probability < 0.01)
    // Camille and Dominique are given to both.
    for name in ["Camille", "Dominique", "Claude"] {
      let probability = try #require(names.womanProbability(name)).probability
      #expect(probability > 0.1 && probability < 0.9, "\(name): \(probability)")
    }
    #expect(names.womanProbability("Xqzwv") == nil)
    // INSEE: Camille was mostly for boys before 1950, mostly for girls since 1980.
    let old = try #require(names.womanProbability("Camille", born: 1900...1939))
    let young = try #require(names.womanProbability("Camille", born: 1990...2019))
    #expect(old.probability < 0.5 && young.probability > 0.5)
  }

  @Test func `decades of a first name add up to one`() throws {
    let names = try FirstNames.load()
    let kevin = try #require(names.decadeShares("Kévin"))
    #expect(abs(kevin.reduce(0) { $0 + $1.probability } - 1) < 1e-9)
    #expect(kevin.max { $0.probability < $1.probability }?.decade == 1990)
    #expect(names.decadeShares("Xqzwv") == nil)
  }
}
