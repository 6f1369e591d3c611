internal import CustomerSchema
internal import NumericalMethods

/// What somebody and the shop tell each other: consents, campaigns, surveys, tickets and the rest.
struct Relations {
  let person: Person
  let silos: Silos
  let catalogue: Catalogue
  let options: GenerationOptions

  func write(_ random: inout RandomSource, _ rows: inout RowBuffer) {
    let id = silos.anyID
    let emails = consents(id, &random, &rows)
    if emails { campaigns(id, &random, &rows) }
    let end = min(person.churn, options.lastDay)
    func day(_ random: inout RandomSource) -> LocalDate {
      let span = Int(end.daysSinceEpoch - person.joined.daysSinceEpoch)
      return person.joined.adding(days: random.integer(below: max(1, span + 1)))
    }
    if random.uniform() < 0.08 {
      // Satisfaction goes with staying: half a point of score for each unit of life, as an assumption.
      let stays = person.churn > options.lastDay
      let score = min(10, max(0, Int((stays ? 7.8 : 6.2) + 2 * random.normal())))
      rows.append(
        .surveyAnswers,
        [
          "NPS", id, "Nous recommanderiez-vous ?", String(score), String(score),
          "\(day(&random)) 18:30:00",
        ])
    }
    if random.uniform() < 0.1 {
      let opened = day(&random)
      let closed = opened.adding(days: random.integer(below: 12))
      let category = ["livraison", "produit", "facture", "compte"][random.integer(below: 4)]
      let isOpen = closed > options.lastDay
      rows.append(
        .tickets,
        [
          "T\(Digits.padded(person.number, 8))", id, "Question sur \(category)", category,
          ["email", "telephone", "chat"][random.integer(below: 3)], isOpen ? "ouvert" : "résolu",
          random.uniform() < 0.1 ? "haute" : "normale", "\(opened) 10:00:00",
          isOpen ? "" : "\(closed) 16:00:00",
          isOpen || random.uniform() < 0.6 ? "" : String(1 + random.integer(below: 5)),
        ])
    }
    if random.uniform() < 0.06 {
      let start = day(&random)
      let ended = person.churn <= options.lastDay
      rows.append(
        .subscriptions,
        [
          id, random.uniform() < 0.7 ? "mensuel" : "annuel", "9.90", ended ? "résilié" : "actif",
          start.description, ended ? max(start, person.churn).description : "",
        ])
    }
    if random.uniform() < 0.03 {
      rows.append(
        .referrals,
        [id, "filleul\(person.number)", "inscrit", "\(day(&random)) 12:00:00"])
    }
    if random.uniform() < 0.05 {
      let kinds = ["déménagement", "naissance", "mariage", "retraite"]
      rows.append(
        .lifeEvents, [id, kinds[random.integer(below: kinds.count)], day(&random).description])
    }
    if random.uniform() < 0.2 {
      rows.append(
        .costs,
        [
          id, random.uniform() < 0.5 ? "livraison" : "service",
          Digits.money(cents: 300 + random.integer(below: 900)), day(&random).description,
        ])
    }
  }

  /// Returns whether e-mail marketing is agreed to.
  private func consents(
    _ id: String, _ random: inout RandomSource, _ rows: inout RowBuffer
  ) -> Bool {
    // Shares that agree: assumptions of the reference data.
    let shares = [
      ("email", person.isProspect ? 0.45 : 0.62), ("sms", 0.28), ("telephone", 0.08), ("post", 0.8),
    ]
    var emails = false
    for (channel, share) in shares {
      let isGranted = random.uniform() < share
      if channel == "email" { emails = isGranted }
      // Consent to be called holds a year.
      let expiry =
        channel == "telephone" && isGranted ? person.joined.adding(months: 12).description : ""
      rows.append(
        .consents,
        [
          id, "prospection", channel, isGranted ? "oui" : "non",
          channel == "post" ? "intérêt légitime" : "consentement", "formulaire",
          "formulaire-\(person.number)", "\(person.joined) 09:00:00", expiry,
        ])
    }
    return emails
  }

  private func campaigns(_ id: String, _ random: inout RandomSource, _ rows: inout RowBuffer) {
    for campaign in catalogue.campaigns
    where campaign.channel == "email" && campaign.day >= person.joined
      && campaign.day <= options.lastDay
    {
      rows.append(
        .campaignContacts, [campaign.id, id, "sent", "\(campaign.day) 08:00:00"])
      let isActive = person.churn > campaign.day
      guard random.uniform() < (isActive ? 0.38 : 0.12) else { continue }
      rows.append(
        .campaignContacts, [campaign.id, id, "opened", "\(campaign.day) 12:30:00"])
      guard random.uniform() < 0.08 else { continue }
      rows.append(
        .campaignContacts, [campaign.id, id, "clicked", "\(campaign.day) 12:31:00"])
    }
  }
}
