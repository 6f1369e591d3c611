import Foundation
import Testing

/// `quartier model` in a workspace: what it learns lands where rules find it.
@Suite struct `Models in a workspace` {
  private let program: Program
  private let shop: URL

  init() throws {
    program = try Program()
    shop = URL(filePath: program.path("shop"))
  }

  private static let today = Date()

  private static func day(_ before: Int) -> String {
    String((today - Double(before) * 86_400).ISO8601Format().prefix(10))
  }

  /// 240 customers over two years, in two channels, who buy at rates of their own and leave after any
  /// purchase with probabilities of their own; the same each time.
  private static func orders() -> String {
    var state: UInt64 = 2024
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }
    var lines = ["customer_id,order_id,order_date,amount,channel"]
    for customer in 0..<240 {
      let gap = 15 + 120 * uniform() * uniform()
      let leaving = 0.4 * uniform()
      let level = 20 + 90 * uniform() * uniform()
      var before = 700 * uniform() + 20
      var purchase = 0
      repeat {
        let amount = Int(level * (0.6 + 0.8 * uniform()))
        let channel = customer % 2 == 0 ? "web" : "shop"
        lines.append(
          "C\(customer),o\(customer)-\(purchase),\(day(Int(before))),\(amount).50,\(channel)")
        purchase += 1
        before -= -log(uniform()) * gap
      } while before > 1 && uniform() > leaving
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func run(_ arguments: String...) async throws -> [String: Any] {
    let answer = try await program.run(arguments + ["--json"], in: shop)
    #expect(answer.status == 0, "\(arguments): \(answer.error)")
    return try answer.json()
  }

  private func open() async throws {
    #expect(try await program.run("init", "shop").status == 0)
    let file = try program.write(Self.orders(), to: "orders.csv")
    let imported = try await program.run(["import", file], in: shop)
    #expect(imported.status == 0, "\(imported.error)")
  }

  /// A question to the workspace's store, by an independent reader.
  private func ask(_ sql: String) async throws -> String {
    try await Package.python(
      """
      import duckdb, sys
      base = duckdb.connect(sys.argv[1], read_only=True)
      print(";".join(",".join(str(v) for v in row) for row in base.execute(sys.argv[2]).fetchall()))
      """, shop.appending(path: "quartier.duckdb").path, sql
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func `values and groups become attributes that rules use, and new customers get them`()
    async throws
  {
    try await open()
    let value = try await run("model", "clv", "--model", "mbg-nbd")
    #expect((value["data"] as? [String: Any])?["customers"] as? Int == 240)
    #expect(value["fit"] != nil && value["totals"] != nil)
    let groups = try await run(
      "model", "clusters", "--groups", "3", "--attributes",
      "orders,average_basket,days_since_last_purchase,p_alive")
    #expect((groups["groups"] as? [Any])?.count == 3)
    // Typical customers are kept by ids that say nothing.
    let typical = (groups["groups"] as? [[String: Any]])?.first?["typical_customers"] as? [String]
    #expect(try #require(typical?.first).count == 36)

    try program.write(
      """
      - name: Valuable
        rule: p_alive >= 0.5 and clv_12_months > 100 EUR
      - name: First group
        rule: found_group = "group_1"
      """, to: "shop/segments.yaml")
    let applied = try await program.run(["segments", "apply", "-f", "segments.yaml"], in: shop)
    #expect(applied.status == 0, "\(applied.error)")
    let refreshed = try await run("refresh")
    let models = try #require(refreshed["models"] as? [[String: Any]])
    #expect(models.compactMap { $0["kind"] as? String } == ["clv", "clusters"])
    #expect(models.allSatisfy { $0["customers"] as? Int == 240 && $0["version"] as? Int == 1 })
    let drift = try #require(models[1]["drift"] as? [String: Any])
    #expect(drift["reading"] as? String == "stable")
    let sizes = try #require(refreshed["segments"] as? [[String: Any]])
    let expected = try await ask(
      """
      SELECT count(*) FILTER (p_alive >= 0.5 AND clv_12_months > 100),
        count(*) FILTER (found_group = 'group_1') FROM customer_attribute
      """)
    let told = sizes.sorted { ($0["name"] as? String ?? "") > ($1["name"] as? String ?? "") }
      .map { "\($0["size"] as? Int ?? -1)" }.joined(separator: ",")
    #expect(told == expected)
    #expect(Int(expected.split(separator: ",")[0]) ?? 0 > 10)
    #expect(
      try await ask(
        """
        SELECT model, model_version, computed_at IS NOT NULL FROM attribute_definition
        WHERE attribute_id IN ('clv_12_months', 'found_group') ORDER BY model
        """) == "clusters,1,True;clv,1,True")

    // Somebody new, and someone who comes back.
    let more = try program.write(
      """
      customer_id,order_id,order_date,amount,channel
      NEW,n1,\(Self.day(40)),90.00,web
      NEW,n2,\(Self.day(3)),95.00,web
      C1,c1-back,\(Self.day(1)),20.00,shop

      """, to: "more.csv")
    #expect(try await program.run(["import", more], in: shop).status == 0)
    let again = try await run("refresh")
    let updated = try #require(again["models"] as? [[String: Any]])
    #expect(updated.allSatisfy { $0["customers"] as? Int == 241 && $0["version"] as? Int == 1 })
    let new = try await ask(
      """
      SELECT p_alive > 0.5, clv_12_months > 0, found_group LIKE 'group_%'
      FROM customer_attribute JOIN identifier USING (customer_id) WHERE value = 'NEW'
      """)
    #expect(new == "True,True,True")
    let shown = try await program.run(["model", "show", "clusters", "--lang", "en"], in: shop)
    #expect(shown.status == 0 && shown.output.contains("Stability index"))

    // Found anew with another seed: the numbers stay with the customers.
    let before = try await ask(
      "SELECT customer_id, found_group FROM customer_attribute ORDER BY customer_id")
    _ = try await run(
      "model", "clusters", "--groups", "3", "--seed", "7", "--attributes",
      "orders,average_basket,days_since_last_purchase,p_alive")
    let after = try await ask(
      "SELECT customer_id, found_group FROM customer_attribute ORDER BY customer_id")
    let same = zip(before.split(separator: ";"), after.split(separator: ";")).filter { $0 == $1 }
    #expect(same.count > 230)
    let list = try await run("model", "list")
    #expect((list["models"] as? [Any])?.count == 3)
  }

  @Test func `costs and covariates of the workspace enter the value`() async throws {
    try await open()
    let plain = try await run("model", "clv", "--model", "mbg-nbd", "--margin", "50%")
    let costs =
      (0..<240).map { "C\($0),\(Self.day(300)),acquisition,12.00\n" }.joined()
      + (0..<240).map { "C\($0),\(Self.day(20)),support,5.00\n" }.joined()
    let file = try program.write("customer_id,cost_date,cost_type,cost\n" + costs, to: "costs.csv")
    let imported = try await program.run(["import", file, "--as", "costs"], in: shop)
    #expect(imported.status == 0, "\(imported.error)")
    let net = try await run(
      "model", "clv", "--model", "mbg-nbd", "--margin", "50%", "--covariates", "first_channel")
    func amount(_ report: [String: Any], _ key: String) throws -> Double {
      let totals = try #require(report["totals"] as? [String: Any])
      let money = try #require(totals[key] as? [String: Any])
      let text = try #require(money["amount"] as? String)
      return try #require(Double(text))
    }
    #expect(try amount(net, "acquisition_cost") == 240 * 12)
    #expect(try amount(net, "service_cost") > 0)
    #expect(try amount(net, "value") < (try amount(plain, "value")) - 240 * 12)
    let test = try #require(net["covariate_test"] as? [String: Any])
    #expect(test["degrees_of_freedom"] as? Int == 2)
    let given = try await run(
      "model", "clv", "--model", "mbg-nbd", "--acquisition-cost", "0", "--cost-per-order", "0.01")
    #expect(try amount(given, "service_cost") < (try amount(net, "service_cost")))
    let unknown = try await program.run(
      ["model", "clv", "--covariates", "shoe_size", "--lang", "en"], in: shop)
    #expect(unknown.status == 2 && unknown.error.contains("first_channel"))
  }

  @Test func `surveys and subscriptions of the workspace land as attributes`() async throws {
    try await open()
    var answers = ["customer_id,survey,question,answer,answered_at"]
    var state: UInt64 = 7
    func noise(_ below: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % below)
    }
    for customer in 0..<200 {
      let isHappy = customer % 2 == 0
      for question in ["nps", "price", "quality", "service", "choice"] {
        let value =
          question == "nps"
          ? (isHappy ? 9 + noise(2) : 3 + noise(4)) : (isHappy ? 3 : 1) + noise(3)
        answers.append("C\(customer),spring,\(question),\(value),\(Self.day(10))")
      }
    }
    let survey = try program.write(answers.joined(separator: "\n") + "\n", to: "survey.csv")
    var contracts = ["customer_id,subscription_id,start_date,end_date,plan,monthly_amount"]
    for customer in 0..<200 {
      let begin = 120 + customer * 3
      let ended = customer % 3 == 0 ? Self.day(begin - 60 - customer % 50) : ""
      contracts.append(
        "C\(customer),s\(customer),\(Self.day(begin)),\(ended),plan\(customer % 2),9.90")
    }
    let subscriptions = try program.write(contracts.joined(separator: "\n") + "\n", to: "subs.csv")
    for (file, kind) in [(survey, "survey"), (subscriptions, "subscriptions")] {
      let imported = try await program.run(["import", file, "--as", kind], in: shop)
      #expect(imported.status == 0, "\(imported.error)")
    }
    try program.write(
      "- name: Bought\n  rule: count(orders) >= 1\n", to: "shop/segments.yaml")
    #expect(
      try await program.run(["segments", "apply", "-f", "segments.yaml"], in: shop).status == 0)
    _ = try await run("refresh")

    let tribes = try await run("model", "tribes")
    #expect((tribes["tribes"] as? [Any])?.count ?? 0 >= 2)
    let satisfaction = try #require(tribes["satisfaction"] as? [[String: Any]]).first
    let bySegment = try #require(satisfaction?["by_group"] as? [[String: Any]])
    #expect(bySegment.first?["group"] as? String == "Bought")
    #expect(bySegment.first?["answers"] as? Int == 200)
    #expect(
      try await ask(
        """
        SELECT count(tribe), count(DISTINCT tribe) >= 2, min(nps_answer), max(nps_answer),
          count(survey_factor_1) FROM customer_attribute
        """) == "200,True,3,10,200")

    let survival = try await run("model", "survival", "--group", "plan", "--horizon", "6")
    #expect(survival["subscriptions"] as? Int == 200 && survival["log_rank"] != nil)
    #expect(
      try await ask(
        """
        SELECT count(*) > 0, min(subscription_survival_6_months) >= 0,
          max(subscription_value_6_months) <= 6 * 9.90
        FROM customer_attribute WHERE subscription_survival_6_months IS NOT NULL
        """) == "True,True,True")
    for kind in ["tribes", "survival"] {
      for language in ["fr", "en"] {
        for command in ["show", "card"] {
          let answer = try await program.run(
            ["model", command, kind, "--lang", language], in: shop)
          #expect(answer.status == 0 && !answer.output.contains("⟦"), "\(answer.error)")
        }
      }
    }
    let rule = try await program.run(
      ["segments", "preview", "nps_answer >= 9 and subscription_value_6_months > 1 EUR"],
      in: shop)
    #expect(rule.status == 0, "\(rule.error)")
  }

  @Test func `nothing to learn from is said, with what to do`() async throws {
    let outside = try await program.run("model", "clv", "--lang", "en")
    #expect(outside.status == 2 && outside.error.contains("--workspace"))
    #expect(try await program.run("init", "shop").status == 0)
    for kind in ["clv", "clusters", "tribes", "survival"] {
      let answer = try await program.run(["model", kind, "--lang", "en"], in: shop)
      #expect(answer.status == 1 && answer.error.contains("quartier import"), "\(answer.error)")
    }
    let file = try program.write(Self.orders(), to: "orders.csv")
    let both = try await program.run("model", "clv", file, "--workspace", "shop", "--lang", "en")
    #expect(both.status == 2 && both.error.contains("--workspace"))
    #expect(try await ask("SELECT count(*) FROM models") == "0")
  }
}
