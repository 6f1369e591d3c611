internal import CustomerSchema
internal import Foundation
internal import NumericalMethods

/// What the generated shop sells and sends: the same for every seed but prices.
struct Catalogue: Sendable {
  struct Product: Sendable {
    let id: String
    let name: String
    let category: Int
    let brand: String
    let cents: Int
  }

  let products: [Product]
  /// Positions of the products of each category.
  let byCategory: [[Int]]
  let campaigns: [(id: String, channel: String, day: LocalDate)]
  let promotions: [(id: String, first: LocalDate, last: LocalDate, percent: Int)]

  static let categories = [
    "Cuisine", "Décoration", "Textile", "Jardin", "Beauté", "Épicerie fine", "Jeux", "Papeterie",
  ]
  private static let things = [
    ["Poêle", "Théière", "Couteau", "Cocotte", "Tasse"],
    ["Lampe", "Vase", "Cadre", "Bougie", "Miroir"],
    ["Plaid", "Nappe", "Coussin", "Serviette", "Drap"],
    ["Sécateur", "Pot", "Arrosoir", "Graines", "Hamac"],
    ["Savon", "Crème", "Parfum", "Baume", "Huile"],
    ["Thé", "Miel", "Chocolat", "Confiture", "Épices"],
    ["Puzzle", "Jeu de cartes", "Peluche", "Maquette", "Dominos"],
    ["Carnet", "Stylo", "Agenda", "Papier", "Encre"],
  ]
  private static let kinds = ["classique", "en lin", "artisanal", "d’été", "de voyage"]
  private static let brands = ["Aubépine", "Clairière", "Marelle", "Ondine", "Tilleul"]

  init(_ options: GenerationOptions) {
    var random = RandomSource(seed: options.seed, stream: UInt64.max)
    var products: [Product] = []
    for (category, things) in Self.things.enumerated() {
      for thing in things {
        for kind in Self.kinds {
          let price = 18 * exp(0.7 * random.normal())
          products.append(
            Product(
              id: "P\(Digits.padded(products.count + 1, 4))", name: "\(thing) \(kind)",
              category: category, brand: Self.brands[random.integer(below: Self.brands.count)],
              cents: max(200, Int(price * 100) / 10 * 10)))
        }
      }
    }
    self.products = products
    byCategory = Self.categories.indices.map { category in
      products.indices.filter { products[$0].category == category }
    }
    campaigns = (0..<(options.years * 4)).map { quarter in
      let day = options.firstDay.adding(months: 3 * quarter).adding(days: 40)
      return ("N\(Digits.padded(quarter + 1, 3))", quarter % 4 == 3 ? "sms" : "email", day)
    }
    promotions = (0..<options.years).flatMap { year in
      [(1, 10, 28, 30), (6, 25, 28, 30), (11, 24, 7, 20)].map { month, day, length, percent in
        let first = options.firstDay.adding(months: 12 * year).components.year
        // The twelve months that begin with the first day hold each event once.
        let start =
          [first, first + 1].compactMap { LocalDate(year: $0, month: month, day: day) }
          .first { $0 >= options.firstDay.adding(months: 12 * year) } ?? options.firstDay
        return (
          "PROMO\(start.components.year)-\(Digits.padded(month, 2))", start,
          start.adding(days: length - 1), percent
        )
      }
    }
  }

  func write(_ rows: inout RowBuffer, _ options: GenerationOptions) {
    for product in products {
      rows.append(
        .products,
        [
          product.id, product.name, Self.categories[product.category], product.brand,
          Digits.money(cents: product.cents), "0.45",
        ])
    }
    for promotion in promotions {
      rows.append(
        .promotions,
        [
          promotion.id, promotion.first.description, promotion.last.description,
          Digits.decimal(Double(promotion.percent) / 100),
        ])
    }
    for campaign in campaigns {
      rows.append(
        .campaigns,
        [
          campaign.id, campaign.channel, campaign.day.description + " 08:00:00",
          Digits.money(cents: options.customers * (campaign.channel == "sms" ? 5 : 1)),
        ])
    }
  }
}
