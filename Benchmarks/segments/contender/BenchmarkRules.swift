import SegmentLanguage

/// Two hundred rules as a business writes them: every construct, thresholds of their own.
enum BenchmarkRules {
  static func texts() -> [String] {
    var rules: [String] = []
    for (index, days) in [30, 60, 90, 180, 365].enumerated() {
      rules += [
        "count(orders, last \(days) days) >= \(index + 2)",
        "sum(orders.amount, last \(days) days) > \(100 * (index + 1)) EUR",
        "stopped(orders, for \(days) days)",
        "any(events where name = \"cart\", last \(days) days)",
        "days_since_last_purchase > \(days)",
        "count(events where channel = \"mobile\", last \(days) days) >= \(index + 2)",
        "not any(orders, last \(days) days) and any(events, last \(days) days)",
        "average(orders.amount, last \(days) days) > \(50 + 10 * index) EUR",
        "sum(orders.amount, last \(days) days) < 70% * sum(orders.amount, from \(2 * days) days ago to \(days) days ago)",
        "first_time(orders, last \(days) days)",
        "max(orders.amount, last \(days) days) > 150 EUR",
        "count(orders where promotion is not missing, last \(days) days) > 50% * count(orders, last \(days) days)",
        "signed_up in last \(days) days and not any(orders)",
        "resumed(orders, after \(days) days, last 30 days)",
      ]
    }
    for months in [1, 2, 3, 6, 12] {
      rules += [
        "count(orders, last \(months) months) >= 2",
        "sum(orders.amount, last \(months) months) between 100 EUR and 400 EUR",
        "distinct(orders.channel, last \(months) months) >= 2",
        "regularly(orders, in at least 2 of last \(months + 2) months)",
        "count(events where name = \"search\", last \(months) months) > 3 and not any(orders, last \(months) months)",
      ]
    }
    for channel in ["web", "shop", "app", "phone"] {
      rules += [
        "count(orders where channel = \"\(channel)\") > 60% * count(orders)",
        "last(orders.channel) = \"\(channel)\"",
        "any(orders where channel = \"\(channel)\" and amount > 100 EUR, last 90 days)",
        "sum(orders.amount where channel = \"\(channel)\", last 365 days) >= 200 EUR",
        "count(orders where channel = \"\(channel)\" and weekday >= 6) >= 2",
        "count(orders where channel = \"\(channel)\" and hour >= 18, last 180 days) >= 2",
      ]
    }
    for city in ["Paris", "Lyon", "Marseille", "Lille", "Nantes"] {
      rules += [
        "city = \"\(city)\" and revenue > 500 EUR",
        "city is like \"\(city.lowercased())\" and orders >= 3",
        "city starts with \"\(city.prefix(2))\" and age between 25 and 40",
      ]
    }
    for share in [1, 5, 10, 20, 50] {
      rules += [
        "top \(share)% by revenue", "bottom \(share)% by orders", "top \(share)% by average_basket",
        "orders > 1 and revenue > percentile(revenue, \(100 - share)%)",
      ]
    }
    for days in [1, 3, 7, 14] {
      rules += [
        "any(events where name = \"cart\", last \(days) days) and not any(orders, last \(days) days)",
        "anniversary(birth_date) within \(days) days",
        "status = \"gold\" for at least \(days * 10) days",
        "any(events where page contains \"promo\", last \(days) days)",
        "days_since_last(events) <= \(days) and optin = true",
      ]
    }
    rules += [
      "sequence(events where name = \"cart\" then orders within 1 days)",
      "sequence(events where name = \"search\" then events where name = \"cart\" within 2 hours)",
      "sequence(events where name = \"cart\" then no events where name = \"buy\" within 3 days, last 30 days)",
      "regularly(orders, in at least 3 of last 4 quarters)",
      "regularly(events, in at least 6 of last 8 weeks)",
      "age < 26", "age >= 65", "birth_date is missing", "revenue > median(revenue)",
      "average_basket > 1.5 * average(average_basket)",
      "score > 0.9", "score > 0.5 and optin = true", "tags in (\"vip\", \"press\")",
      "returned_amount > 30% * gross_revenue", "any(orders, this month)",
      "any(orders, last quarter)",
      "not any(orders, this year) and any(orders, last year)",
      "any(orders where amount > average_basket * 2, last 365 days)",
      "any(events where page matches \"^/product/[0-9]+$\", last 30 days)",
      "member of \"s1\" and not member of \"s7\"", "member of \"s0\" or member of \"s12\"",
    ]
    var index = 0
    while rules.count < 200 {
      rules.append(
        "count(events where name = \"visit\" and device = \"\(["mobile", "desktop"][index % 2])\", last \(10 + index) days) >= \(1 + index % 4) and revenue > \(20 * (index + 1)) EUR"
      )
      index += 1
    }
    return Array(rules.prefix(200))
  }

  /// The heaviest kinds alone, to find the most expensive single one.
  static func candidates(_ count: Int) -> [Int] {
    let texts = texts()
    let heavy = ["sequence(", "regularly(", "resumed(", "last(orders", "distinct(", "matches"]
    return heavy.flatMap { word in
      texts.indices.filter { texts[$0].contains(word) }.prefix(3)
    } + [0, 1, texts.count / 2].prefix(count)
  }
}
