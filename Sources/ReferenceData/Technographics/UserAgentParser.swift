internal import Foundation
internal import Synchronization

/// Reads user-agent strings by the patterns of uap-core, in its order: the first that fits counts.
///
/// A string costs a few milliseconds the first time and a look-up afterwards. An iPad that asks for
/// desktop pages says it is a Mac, and counts as one.
package final class UserAgentParser: Sendable {
  private let browsers: [Rule]
  private let systems: [Rule]
  private let devices: [Rule]
  private let known = Mutex<[String: UserAgent]>([:])
  /// Distinct strings kept; a shop sees some thousands.
  private static let capacity = 20_000
  /// Longer strings are cut: browsers send some hundred characters.
  private static let longest = 1024

  package static func load() throws(ReferenceDataError) -> UserAgentParser { try shared.get() }

  private static let shared = Lazy<UserAgentParser> { () throws(ReferenceDataError) in
    try UserAgentParser()
  }

  private init() throws(ReferenceDataError) {
    struct Patterns: Decodable {
      let browsers: [[String?]]
      let systems: [[String?]]
      let devices: [[String?]]
    }
    let table = ReferenceTable("technographics/user_agents.json")
    guard let patterns = try? JSONDecoder().decode(Patterns.self, from: Data(try table.bytes()))
    else { throw .corrupt(table: table.name) }
    func rules(_ rows: [[String?]], flagged: Bool) throws(ReferenceDataError) -> [Rule] {
      var rules: [Rule] = []
      for row in rows {
        guard let rule = Rule(row, flagged: flagged) else { throw .corrupt(table: table.name) }
        rules.append(rule)
      }
      return rules
    }
    browsers = try rules(patterns.browsers, flagged: false)
    systems = try rules(patterns.systems, flagged: false)
    devices = try rules(patterns.devices, flagged: true)
  }

  /// What a string says; everything nil for an empty or unknown one.
  package func parse(_ text: String) -> UserAgent {
    if let agent = known.withLock({ $0[text] }) { return agent }
    let subject = Subject(String(text.prefix(Self.longest)))
    let browser = Self.first(browsers, subject)
    let system = Self.first(systems, subject)
    let device = Self.first(devices, subject)
    // A device rule gives family, brand, model; without replacements the family is the model.
    let agent = UserAgent(
      browser: browser?[0], browserVersion: browser?[1], system: system?[0],
      systemVersion: system?[1], brand: device?[1], model: device?[2] ?? device?[0],
      device: Self.deviceClass(
        subject.text, system: system?[0], browser: browser?[0], brand: device?[1],
        family: device?[0]))
    known.withLock {
      if $0.count >= Self.capacity { $0.removeAll() }
      $0[text] = agent
    }
    return agent
  }

  private static func first(_ rules: [Rule], _ subject: Subject) -> [String?]? {
    for rule in rules {
      if let values = rule.match(subject) { return values }
    }
    return nil
  }

  private static func deviceClass(
    _ text: String, system: String?, browser: String?, brand: String?, family: String?
  ) -> DeviceClass {
    if brand == "Spider" || family == "Spider" { return .bot }
    let lowered = text.lowercased()
    if ["bot/", "crawler", "spider", "curl/", "wget/", "python-requests", "headlesschrome"]
      .contains(where: lowered.contains)
    {
      return .bot
    }
    if ["playstation", "xbox", "nintendo"].contains(where: lowered.contains) { return .console }
    if [
      "smart-tv", "smarttv", "hbbtv", "appletv", "tvos", "googletv", "bravia", "aftt", "aftb",
      "android tv", "web0s", "crkey", "roku",
    ].contains(where: lowered.contains) {
      return .television
    }
    switch system {
    case "iOS": return lowered.contains("ipad") ? .tablet : .mobile
    case "Android":
      return lowered.contains("mobile") || browser == "Opera Mini" ? .mobile : .tablet
    case "Windows Phone", "Windows Mobile", "BlackBerry OS", "Symbian OS", "KaiOS", "Firefox OS",
      "Bada", "Nokia Series 40", "HarmonyOS":
      return .mobile
    case "BlackBerry Tablet OS": return .tablet
    case "Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora", "Debian", "FreeBSD",
      "OpenBSD", "NetBSD", "SUSE", "Red Hat", "Mandriva", "Gentoo", "Solaris", "Mac OS":
      return .desktop
    default: return lowered.contains("mobile") ? .mobile : .unknown
    }
  }
}

/// A string and its bytes, made once for all rules.
private struct Subject {
  let text: String
  let foundation: NSString
  let lowered: [UInt8]

  init(_ text: String) {
    self.text = text
    foundation = text as NSString
    lowered = Array(text.utf8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }
}

/// One pattern with what replaces its groups.
private struct Rule: Sendable {
  private let expression: NSRegularExpression
  /// Family, then up to three parts; nil takes the group of that position.
  private let replacements: [String?]
  private let isDevice: Bool
  /// Letters that every match holds, in small letters: most rules are refused by them alone.
  private let literal: [UInt8]

  init?(_ row: [String?], flagged: Bool) {
    guard let pattern = row.first ?? nil else { return nil }
    let ignoresCase = flagged && row.count > 1 && row[1] == "i"
    guard
      let expression = try? NSRegularExpression(
        pattern: pattern, options: ignoresCase ? [.caseInsensitive] : [])
    else { return nil }
    self.expression = expression
    replacements = Array(row.dropFirst(flagged ? 2 : 1))
    isDevice = flagged
    literal = Self.required(pattern)
  }

  func match(_ subject: Subject) -> [String?]? {
    guard literal.isEmpty || subject.lowered.holds(literal) else { return nil }
    let whole = NSRange(location: 0, length: subject.foundation.length)
    guard let match = expression.firstMatch(in: subject.text, range: whole) else { return nil }
    func group(_ index: Int) -> String? {
      guard index < match.numberOfRanges, match.range(at: index).location != NSNotFound else {
        return nil
      }
      let text = subject.foundation.substring(with: match.range(at: index))
      return text.isEmpty ? nil : text
    }
    return (0..<3).map { position in
      guard position < replacements.count, let replacement = replacements[position] else {
        // A device has no brand but by a rule, and its model is the first group.
        if isDevice { return position == 1 ? nil : group(1) }
        return group(position + 1)
      }
      var text = ""
      var characters = Substring(replacement)
      while let character = characters.first {
        characters.removeFirst()
        if character == "$", let number = characters.first?.wholeNumberValue {
          characters.removeFirst()
          text += group(number) ?? ""
        } else {
          text.append(character)
        }
      }
      text = text.trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
  }

  /// The longest run of plain letters outside groups, classes and alternatives, in small letters;
  /// empty when there is none of three or more.
  private static func required(_ pattern: String) -> [UInt8] {
    var best: [UInt8] = []
    var run: [UInt8] = []
    var depth = 0
    func close() {
      if run.count > best.count { best = run }
      run = []
    }
    let bytes = Array(pattern.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case 0x5C:
        // An escaped sign is itself; an escaped letter or digit is a class.
        index += 1
        let escaped = index < bytes.count ? bytes[index] : 0
        let isLetter = (escaped | 0x20) >= 0x61 && (escaped | 0x20) <= 0x7A
        if isLetter || (0x30...0x39).contains(escaped) || depth > 0 {
          close()
        } else {
          run.append(escaped)
        }
      case 0x28:
        close()
        depth += 1
      case 0x29:
        close()
        depth -= 1
      case 0x5B:
        close()
        index += 1
        if index < bytes.count, bytes[index] == 0x5E { index += 1 }
        if index < bytes.count, bytes[index] == 0x5D { index += 1 }
        while index < bytes.count, bytes[index] != 0x5D {
          if bytes[index] == 0x5C { index += 1 }
          index += 1
        }
      case 0x7C:
        // Alternatives at the top need none of their parts.
        if depth == 0 { return [] }
        close()
      case 0x3F, 0x2A, 0x7B:
        // What is before may be missing.
        if !run.isEmpty { run.removeLast() }
        close()
        if byte == 0x7B {
          while index < bytes.count, bytes[index] != 0x7D { index += 1 }
        }
      case 0x2B, 0x2E, 0x5E, 0x24: close()
      default:
        if depth == 0 { run.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) }
      }
      index += 1
    }
    close()
    return best.count >= 3 ? best : []
  }
}

extension Array where Element == UInt8 {
  /// Whether the bytes occur in a row.
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard let first = part.first, count >= part.count else { return part.isEmpty }
    return withUnsafeBufferPointer { whole in
      part.withUnsafeBufferPointer { part in
        for start in 0...(whole.count - part.count) where whole[start] == first {
          if memcmp(whole.baseAddress! + start, part.baseAddress!, part.count) == 0 { return true }
        }
        return false
      }
    }
  }
}
