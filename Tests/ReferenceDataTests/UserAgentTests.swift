import Foundation
import Testing

@testable import ReferenceData

@Suite struct `User agents` {
  /// Strings that the makers of the browsers document.
  @Test(
    "Devices, systems and browsers",
    arguments: [
      (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "Chrome", "Windows", DeviceClass.desktop
      ),
      (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
        "Edge", "Windows", .desktop
      ),
      (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
        "Safari", "Mac OS X", .desktop
      ),
      (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
        "Safari", "iOS", .mobile
      ),
      (
        "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
        "Safari", "iOS", .tablet
      ),
      (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
        "Chrome", "Android", .mobile
      ),
      (
        "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "Chrome", "Android", .tablet
      ),
      (
        "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/21.0 Chrome/110.0.5481.154 Mobile Safari/537.36",
        "Samsung Internet", "Android", .mobile
      ),
      (
        "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "Firefox",
        "Linux",
        .desktop
      ),
      (
        "Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/109.0 Firefox/115.0", "Firefox",
        "Android",
        .mobile
      ),
      (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "Chrome", "Chrome OS", .desktop
      ),
      (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot",
        nil,
        .bot
      ),
      (
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
        nil, nil, .television
      ),
    ] as [(String, String?, String?, DeviceClass)])
  func documented(text: String, browser: String?, system: String?, device: DeviceClass) throws {
    let agent = try UserAgentParser.load().parse(text)
    if let browser { #expect(agent.browserFamily == browser) }
    if let system { #expect(agent.system == system) }
    #expect(agent.device == device)
  }

  @Test func `versions are read`() throws {
    let agent = try UserAgentParser.load().parse(
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1"
    )
    #expect(agent.browserVersion == "120")
    #expect(agent.systemVersion == "17")
    #expect(agent.brand == "Apple")
    #expect(agent.model == "iPhone")
  }

  @Test func `nothing, rubbish and endless text say nothing`() throws {
    let parser = try UserAgentParser.load()
    for text in ["", "-", "🙂", String(repeating: "(", count: 100_000)] {
      let agent = parser.parse(text)
      #expect(agent.browser == nil && agent.system == nil && agent.device == .unknown)
    }
  }

  @Test func `uap-core's own examples agree`() throws {
    let file = try #require(
      Bundle.module.url(forResource: "Fixtures/user_agents.tsv", withExtension: nil))
    let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
    let parser = try UserAgentParser.load()
    var totals: [String: (right: Int, count: Int)] = [:]
    var different: [String] = []
    let clock = ContinuousClock()
    let time = clock.measure {
      for row in rows {
        let fields = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        let agent = parser.parse(fields[1])
        func same(_ found: String?, _ expected: String) -> Bool {
          (found ?? "") == expected || (found == nil && expected == "Other")
        }
        let isRight =
          switch fields[0] {
          case "browser":
            same(agent.browser, fields[2]) && same(agent.browserVersion, fields[3])
          case "system": same(agent.system, fields[2]) && same(agent.systemVersion, fields[3])
          default: same(agent.brand, fields[3]) && same(agent.model, fields[4])
          }
        let total = totals[fields[0]] ?? (0, 0)
        totals[fields[0]] = (total.right + (isRight ? 1 : 0), total.count + 1)
        if !isRight { different.append("\(fields) \(agent)") }
      }
    }
    print("\(rows.count) user agents: \(time), \(totals)")
    for line in different.prefix(12) { print("DIFF", line) }
    // The examples are of 2022, the patterns of 2026: some families were renamed since.
    for (kind, total) in totals {
      #expect(total.count > 200)
      #expect(Double(total.right) / Double(total.count) > 0.95, "\(kind): \(total)")
    }
  }
}
