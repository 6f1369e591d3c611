import Foundation
import Testing

/// `quartier model`, as a person runs it.
@Suite struct `Models from the command line` {
  private let program: Program
  private let header = "customer_id,order_date,amount\n"

  init() throws { program = try Program() }

  private static let cdnow = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "third_party/data/cdnow/CDNOW_sample.txt").path

  static let realData = ProcessInfo.processInfo.environment["QUARTIER_DATA"]

  private func orders(_ rows: [(String, Int, String)]) throws -> String {
    let lines = rows.map { customer, day, amount -> String in
      let date = Date(timeIntervalSince1970: 1_704_067_200 + Double(day) * 86_400)
      return "\(customer),\(date.ISO8601Format().prefix(10)),\(amount)\n"
    }
    return try program.write(header + lines.joined(), to: "orders.csv")
  }

  private func double(_ value: Any?) throws -> Double {
    try #require(value as? NSNumber).doubleValue
  }

  private func object(_ value: Any?) throws -> [String: Any] {
    try #require(value as? [String: Any])
  }

  /// Published parameters of the record shop's sample; each from a command line alone.
  @Test func `lifetime models give the published numbers`() async throws {
    let answer = try await program.run(
      "model", "clv", Self.cdnow, "--as-of", "1998-06-30", "--calibration-end", "1997-09-30",
      "--zero-orders", "purchase", "--horizon", "39w", "--out", "value", "--json")
    #expect(answer.status == 0)
    let check = try object(try answer.json()["hold_out"])
    let methods = try #require(check["methods"] as? [[String: Any]])
    #expect(try double(check["actual_purchases"]) == 1882)
    let expected: [String: ([(String, Double, Double)], Double)] = [
      "bg-nbd": (
        [("r", 0.2426, 1e-3), ("alpha", 4.414, 0.01), ("a", 0.793, 0.005), ("b", 2.426, 0.02)],
        -9582.4292
      ),
      "mbg-nbd": (
        [("r", 0.5248, 1e-3), ("alpha", 6.183, 0.01), ("a", 0.8914, 2e-3), ("b", 1.614, 5e-3)],
        -9582.136
      ),
      "pareto-nbd": (
        [("r", 0.5533, 1e-3), ("alpha", 10.578, 0.01), ("s", 0.606, 2e-3), ("beta", 11.66, 0.06)],
        -9594.976
      ),
    ]
    for (name, values) in expected {
      let method = try #require(methods.first { $0["method"] as? String == name })
      let fit = try object(method["fit"])
      #expect(abs(try double(fit["log_likelihood"]) - values.1) < 0.01, "\(name)")
      let parameters = try #require(fit["parameters"] as? [[String: Any]])
      for (parameter, value) in zip(parameters, values.0) {
        #expect(parameter["name"] as? String == value.0)
        #expect(abs(try double(parameter["estimate"]) - value.1) < value.2, "\(name) \(value.0)")
      }
    }
    for name in ["clv.parquet", "clv.csv", "clv.json", "model-card.md"] {
      #expect(program.exists("value/" + name))
    }
  }

  /// By hand: S(1) = 3/4, S(3) = 3/4 · 1/2; mean up to 4 = 1 + 2 · 3/4 + 3/8.
  @Test func `survival of four subscriptions is what one counts by hand`() async throws {
    let file = try program.write(
      "tenure;churn\n1;oui\n2;non\n3;oui\n4;non\n", to: "subscriptions.csv")
    let answer = try await program.run("model", "survival", file, "--json")
    #expect(answer.status == 0)
    let report = try answer.json()
    let curve = try #require(report["curve"] as? [[String: Any]])
    let survival = try Dictionary(
      uniqueKeysWithValues: curve.map { (try double($0["time"]), try double($0["survival"])) })
    #expect(survival[1] == 0.75 && survival[3] == 0.375)
    #expect(abs(try double(try object(report["restricted_mean"])["estimate"]) - 2.875) < 1e-12)
  }

  @Test(.enabled(if: realData != nil, "QUARTIER_DATA names no folder"))
  func `survival of telephone contracts is that of other programs`() async throws {
    let file = try #require(Self.realData) + "/telco_churn.csv"
    let answer = try await program.run(
      "model", "survival", file, "--covariates", "SeniorCitizen,MonthlyCharges,Contract",
      "--group", "Contract", "--json")
    #expect(answer.status == 0)
    let report = try answer.json()
    #expect(try double(report["subscriptions"]) == 7043)
    let coefficients = try #require(
      try object(report["cox"])["coefficients"] as? [[String: Any]])
    let values = try Dictionary(
      uniqueKeysWithValues: coefficients.map {
        (try #require($0["name"] as? String), try double($0["coefficient"]))
      })
    let expected = [
      "SeniorCitizen": 0.022769, "MonthlyCharges": 0.000134, "Contract=One year": -2.187104,
      "Contract=Two year": -4.217371,
    ]
    for (name, value) in expected {
      #expect(abs(try #require(values[name]) - value) < 1e-4, "\(name)")
    }
  }

  @Test func `bases that carry no model get a sentence and simple figures`() async throws {
    let day = (0..<50).map { ("c\($0)", $0, "10") }
    let bases: [([(String, Int, String)], [String], String)] = [
      ([("a", 0, "10")], [], "model.refusal.one_day"),
      (day, [], "model.refusal.no_repeat"),
      ((0..<50).map { ("c\($0)", 0, "10") }, [], "model.refusal.one_day"),
      (day + [("c1", 60, "10")], [], "model.refusal.few_repeat"),
    ]
    for (rows, arguments, code) in bases {
      let file = try orders(rows)
      let answer = try await program.run(["model", "clv", file, "--json"] + arguments)
      #expect(answer.status == 0)
      let report = try answer.json()
      #expect(try object(report["refusal"])["code"] as? String == code)
      #expect(report["fit"] == nil && report["alternative"] != nil)
      // A run goes on all the same, and says so.
      let run = try await program.run("run", file, "--json")
      #expect(run.status == 0)
      let models = try object(try run.json()["models"])
      #expect(try object(try object(models["lifetime"])["refusal"])["code"] as? String == code)
    }
  }

  @Test func `what cannot be is refused with what to do`() async throws {
    let file = try orders(
      (0..<60).flatMap { [("c\($0)", $0 % 30, "10"), ("c\($0)", 40 + $0 % 3, "20")] })
    let refused: [([String], Int32, String)] = [
      (["model", "clv", file, "--calibration-end", "2023-06-01"], 1, "calibration"),
      (["model", "clv", file, "--calibration-end", "2030-01-01"], 1, "calibration"),
      (["model", "clusters", file, "--groups", "50"], 1, "fewer groups"),
      (["model", "clusters", file, "--attributes", "shoe_size"], 2, "shoe_size"),
      (["model", "clusters", file, "--treatment", "orders=sqrt"], 2, "orders=sqrt"),
      (["model", "clusters", file, "--groups", "1"], 2, "groups"),
      (["model", "clv", file, "--discount", "-5%"], 2, "discount"),
      (["model", "survival", file], 1, "--duration"),
      (["model", "survival", file, "--duration", "amount", "--event", "nothing"], 2, "nothing"),
      (["model", "list"], 1, "workspace"),
    ]
    for (arguments, status, word) in refused {
      let answer = try await program.run(arguments + ["--lang", "en"])
      #expect(answer.status == status, "\(arguments): \(answer.error)")
      #expect(answer.error.contains(word), "\(arguments): \(answer.error)")
    }
  }

  @Test func `returns, huge and negative amounts do not disturb the models`() async throws {
    var rows: [(String, Int, String)] = []
    for customer in 0..<120 {
      for purchase in 0..<(1 + customer * 7 % 6) {
        let day = (customer * 11 + purchase * (17 + customer % 23)) % 300
        rows.append(("c\(customer)", day, "\(10 + customer % 9)"))
      }
    }
    rows += [("c1", 200, "-500"), ("c2", 210, "-1"), ("c3", 220, "1e300"), ("c4", 230, "0")]
    let file = try orders(rows)
    let answer = try await program.run("run", file, "--json", "--out", "result")
    #expect(answer.status == 0)
    #expect(!answer.output.contains("nan") && !answer.output.contains("inf"))
    let table = try String(contentsOfFile: program.path("result/customers.csv"), encoding: .utf8)
    #expect(table.contains("p_alive,expected_purchases_12_months,clv_12_months,found_group"))
    let without = try await program.run("run", file, "--models", "none", "--json", "--out", "bare")
    #expect(without.status == 0)
    #expect(try without.json()["models"] == nil)
    let bare = try String(contentsOfFile: program.path("bare/customers.csv"), encoding: .utf8)
    #expect(!bare.contains("p_alive"))
  }

  @Test func `ten thousand categories are taken together or left out`() async throws {
    let lines = (0..<10_000).map {
      "c\($0),2024-\(String(format: "%02d", 1 + $0 % 12))-15,\(5 + $0 % 40),cat\($0)\n"
    }
    let file = try program.write(
      "customer_id,order_date,amount,category\n" + lines.joined(), to: "orders.csv")
    let answer = try await program.run(
      "model", "clusters", file, "--groups", "3", "--attributes",
      "average_basket,days_since_last_purchase,favourite_category", "--json")
    #expect(answer.status == 0)
    let attributes = try #require(try answer.json()["attributes"] as? [[String: Any]])
    let category = try #require(
      attributes.first { $0["name"] as? String == "favourite_category" })
    #expect(category["treatment"] as? String == "out")
    #expect(category["reasons"] as? [String] == ["too-many-classes"])
  }

  @Test func `a survey of one question says what it cannot`() async throws {
    let file = try program.write(
      "nps\n" + (0..<40).map { "\($0 % 11)\n" }.joined(), to: "survey.csv")
    let answer = try await program.run("model", "tribes", file, "--json")
    #expect(answer.status == 0)
    let report = try answer.json()
    let codes = try #require(report["cautions"] as? [[String: Any]]).compactMap {
      $0["code"] as? String
    }
    #expect(codes.contains("model.tribes.caution.few_questions"))
    let satisfaction = try #require(report["satisfaction"] as? [[String: Any]])
    // 0 to 10 nearly evenly: 7 of 40 answers are 9 or 10 less 26 of 0 to 6.
    let answers = (0..<40).map { $0 % 11 }
    let expected =
      100 * Double(answers.count { $0 >= 9 } - answers.count { $0 <= 6 }) / 40
    #expect(abs(try double(satisfaction.first?["value"]) - expected) < 1e-9)
  }

  @Test func `a workspace keeps models, and shows, compares and names them again`() async throws {
    #expect(try await program.run("init", "shop").status == 0)
    let shop = URL(filePath: program.path("shop"))
    for _ in 0..<2 {
      let run = try await program.run(["run", Self.cdnow], in: shop)
      #expect(run.status == 0, "\(run.error)")
    }
    let list = try await program.run(["model", "list", "--json"], in: shop)
    let models = try #require(try list.json()["models"] as? [[String: Any]])
    #expect(models.count == 4)
    // The same customers: no drift at all of the first version.
    let first = try #require(
      models.first { $0["kind"] as? String == "clusters" && $0["version"] as? Int == 1 })
    #expect(abs(try double(first["stability_index"])) < 1e-9)
    for arguments in [
      ["model", "show", "clv"], ["model", "card", "clusters", "--number", "1"],
      ["model", "compare", "clusters", "1", "2"],
    ] {
      let answer = try await program.run(arguments, in: shop)
      #expect(answer.status == 0 && !answer.output.contains("⟦"), "\(arguments): \(answer.error)")
    }
    let compared = try await program.run(["model", "compare", "clv", "1", "2", "--json"], in: shop)
    let rows = try #require(try compared.json()["rows"] as? [[String: Any]])
    for row in rows where row["first"] != nil {
      #expect(abs(try double(row["first"]) - (try double(row["second"]))) < 1e-6)
    }
  }
}
