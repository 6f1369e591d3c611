internal import CustomerSchema
internal import Foundation
internal import NumericalMethods

/// The orders of somebody: a Poisson process until she leaves, thinned by the season.
struct Purchases {
  let person: Person
  let silos: Silos
  let catalogue: Catalogue
  let options: GenerationOptions

  /// Writes orders, returns, the visits that led to them, and reviews.
  func write(_ random: inout RandomSource, _ rows: inout RowBuffer) {
    guard !person.isProspect else { return }
    let favourite = random.integer(below: Catalogue.categories.count)
    let agent = Self.agents[Self.agentWeights.draw(&random)]
    let end = min(person.churn, options.lastDay.adding(days: 1))
    // The season never exceeds this, so that thinning keeps what it should.
    let ceiling = max(1.41, 1.41 * person.behaviour.giftSeason)
    let seasons = Self.seasons(person.behaviour)
    let average = seasons.reduce(0, +) / 12
    var day = Double(person.joined.daysSinceEpoch)
    var number = 0
    // The first purchase is what makes a customer.
    order(&number, person.joined, favourite, agent, &random, &rows)
    while true {
      day += random.exponential(rate: person.ordersPerYear * ceiling / average) * 365.25
      guard day < Double(end.daysSinceEpoch) else { return }
      let date = LocalDate(daysSinceEpoch: Int32(day))
      guard random.uniform() < seasons[date.components.month - 1] / ceiling else { continue }
      order(&number, date, favourite, agent, &random, &rows)
    }
  }

  private static func seasons(_ behaviour: Behaviour) -> [Double] {
    Behaviour.months.enumerated().map { month, index in
      index / 100 * (month >= 10 ? behaviour.giftSeason : 1)
    }
  }

  private func order(
    _ number: inout Int, _ date: LocalDate, _ favourite: Int, _ agent: String,
    _ random: inout RandomSource, _ rows: inout RowBuffer
  ) {
    number += 1
    let id = "O\(Digits.padded(person.number, 8))-\(number)"
    let isWeb = random.uniform() < person.behaviour.webShare
    let customer = silos.customer(web: isWeb, &random) ?? ""
    let time = Self.time(web: isWeb, &random)
    let instant = "\(date) \(time)"
    let promotion =
      random.uniform() < person.behaviour.promotionShare
      ? catalogue.promotions.first { ($0.first...$0.last).contains(date) } : nil
    let target = person.medianBasket * exp(0.5 * random.normal())
    var spent = 0.0
    var bought: [(product: Catalogue.Product, quantity: Int)] = []
    repeat {
      let category =
        random.uniform() < 0.55 ? favourite : random.integer(below: Catalogue.categories.count)
      let choices = catalogue.byCategory[category]
      let product = catalogue.products[choices[random.integer(below: choices.count)]]
      let room = max(1, Int((target - spent) * 100) / max(product.cents, 1))
      let quantity = min(1 + (random.uniform() < 0.15 ? 1 : 0), room)
      bought.append((product, quantity))
      spent += Double(product.cents * quantity) / 100
    } while spent < target * 0.85 && bought.count < 8
    let shop = isWeb ? "" : "Magasin \(1 + person.commune % 40)"
    let payment = isWeb ? "carte" : Self.payments[random.integer(below: Self.payments.count)]
    for line in bought {
      let gross = line.product.cents * line.quantity
      let discount = promotion.map { gross * $0.percent / 100 } ?? 0
      rows.append(
        .orders,
        [
          id, customer, instant, line.product.id, line.product.name,
          Catalogue.categories[line.product.category], String(line.quantity),
          Digits.money(cents: gross - discount), Digits.money(cents: discount),
          isWeb ? "web" : "magasin", shop, payment, "payée", promotion?.id ?? "",
        ])
    }
    // One line in twenty-five comes back within three weeks.
    if random.uniform() < 0.06 {
      let line = bought[random.integer(below: bought.count)]
      let back = date.adding(days: 3 + random.integer(below: 18))
      if back <= options.lastDay {
        let gross = line.product.cents * line.quantity
        let discount = promotion.map { gross * $0.percent / 100 } ?? 0
        rows.append(
          .orders,
          [
            id + "R", customer, "\(back) \(Self.time(web: isWeb, &random))", line.product.id,
            line.product.name, Catalogue.categories[line.product.category],
            String(-line.quantity), Digits.money(cents: discount - gross), "0.00",
            isWeb ? "web" : "magasin", shop, payment, "retour", "",
          ])
      }
    }
    if isWeb { visit(id, instant, customer, agent, bought[0].product, &rows) }
    if random.uniform() < 0.04, !customer.isEmpty {
      let rating = [1, 2, 3, 4, 4, 5, 5, 5][random.integer(below: 8)]
      let after = date.adding(days: 2 + random.integer(below: 10))
      if after <= options.lastDay {
        rows.append(
          .reviews,
          [
            customer, bought[0].product.id, String(rating), Self.comments[rating - 1],
            after.description + " 20:15:00",
          ])
      }
    }
  }

  private func visit(
    _ order: String, _ instant: String, _ customer: String, _ agent: String,
    _ product: Catalogue.Product, _ rows: inout RowBuffer
  ) {
    for (position, event) in ["product_view", "add_to_cart", "purchase"].enumerated() {
      rows.append(
        .events,
        [
          "\(order)-\(position)", "a\(person.number)", position == 2 ? customer : "", event,
          instant, "/p/\(product.id)", product.id, Catalogue.categories[product.category], agent,
        ])
    }
  }

  private static func time(web: Bool, _ random: inout RandomSource) -> String {
    let hour =
      web
      ? [7, 9, 12, 13, 18, 20, 21, 22][random.integer(below: 8)]
      : 9 + random.integer(below: 10)
    return "\(Digits.padded(hour, 2)):\(Digits.padded(random.integer(below: 60), 2)):00"
  }

  private static let payments = ["carte", "carte", "carte", "espèces", "chèque"]
  private static let comments = [
    "Déçu, le produit est arrivé cassé.", "Moyen pour le prix.", "Correct.",
    "Bien, livraison rapide.",
    "Parfait, je recommande !",
  ]
  private static let agents = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      + "Version/17.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
      + "Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
      + "Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      + "Version/17.2 Safari/605.1.15",
  ]
  private static let agentWeights = Weighted([24, 36, 30, 10])
}
