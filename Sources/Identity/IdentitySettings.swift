internal import Foundation
internal import Yams

/// How records become profiles: `identity.yaml` in the workspace, or these values without it.
package struct IdentitySettings: Sendable, Hashable {
  /// Which of several values a profile shows.
  package enum GoldenRule: String, Sendable, Hashable, CaseIterable {
    /// The one said last.
    case mostRecent = "most_recent"
    /// The one of the source named first in `trust`.
    case mostTrusted = "most_trusted"
    /// The one that most records have.
    case mostFrequent = "most_frequent"
  }

  /// Probability from which a pair is joined without asking.
  package var accept = 0.995
  /// Probability from which a pair waits for a decision.
  package var review = 0.6
  /// An address or number of more records, or of more different names, says nothing of who it is.
  package var sharedByRecords = 20
  package var sharedByNames = 8
  /// Pairs are looked for among records with something in common, up to so many records.
  package var blockSize = 100
  /// More records than that are no single person.
  package var profileSize = 50
  /// Attributes whose equal values mean the same customer, such as the number of a card.
  package var keys: [String] = []
  /// Sources, the most trusted first.
  package var trust: [String] = []
  package var golden: [String: GoldenRule] = [
    "first_name": .mostFrequent, "last_name": .mostFrequent, "name": .mostFrequent,
    "birth_date": .mostFrequent, "gender": .mostFrequent, "siren": .mostFrequent,
    "siret": .mostFrequent,
  ]

  /// The rules of matching; a change of them is a new number.
  package static let rulesVersion = 1

  package init() {}

  /// The name of the file in the workspace.
  package static let fileName = "identity.yaml"

  /// Reads a file of settings; without one, the values above hold.
  ///
  /// - Throws: `IdentityError.settingsUnreadable` with the line.
  package init(file: String) throws(IdentityError) {
    self.init()
    guard FileManager.default.fileExists(atPath: file) else { return }
    guard let data = FileManager.default.contents(atPath: file), data.count <= 1 << 20 else {
      throw .settingsUnreadable(file: file, line: nil, reason: "1 MB")
    }
    let root: Node?
    do { root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
      throw .settingsUnreadable(file: file, line: nil, reason: String(describing: error))
    }
    guard let root else { return }
    guard let mapping = root.mapping else {
      throw .settingsUnreadable(file: file, line: root.mark?.line, reason: Self.known)
    }
    for (key, value) in mapping {
      try read(key.string ?? "?", value, file: file, line: key.mark?.line)
    }
    guard review <= accept else {
      throw .settingsUnreadable(file: file, line: nil, reason: "review ≤ accept")
    }
  }

  private static let known =
    "accept, review, shared_by_records, shared_by_names, block_size, profile_size, keys, trust, golden"

  private mutating func read(
    _ key: String, _ value: Node, file: String, line: Int?
  ) throws(IdentityError) {
    func wrong(_ reason: String) -> IdentityError {
      .settingsUnreadable(file: file, line: value.mark?.line ?? line, reason: reason)
    }
    func share() throws(IdentityError) -> Double {
      guard let number = value.float, (0.5...1).contains(number) else {
        throw wrong("\(key): 0.5 … 1")
      }
      return number
    }
    func count(_ range: ClosedRange<Int>) throws(IdentityError) -> Int {
      guard let number = value.int, range.contains(number) else {
        throw wrong("\(key): \(range.lowerBound) … \(range.upperBound)")
      }
      return number
    }
    func texts() throws(IdentityError) -> [String] {
      guard let sequence = value.sequence else { throw wrong("\(key): [a, b]") }
      let list = sequence.compactMap(\.string)
      guard list.count == sequence.count else { throw wrong("\(key): [a, b]") }
      return list
    }
    switch key {
    case "accept": accept = try share()
    case "review": review = try share()
    case "shared_by_records": sharedByRecords = try count(2...10_000)
    case "shared_by_names": sharedByNames = try count(1...10_000)
    case "block_size": blockSize = try count(2...2_000)
    case "profile_size": profileSize = try count(2...10_000)
    case "keys": keys = try texts()
    case "trust": trust = try texts()
    case "golden":
      guard let rules = value.mapping else { throw wrong("golden: {email: most_recent}") }
      for (attribute, rule) in rules {
        guard let id = attribute.string, let rule = GoldenRule(rawValue: rule.string ?? "") else {
          throw .settingsUnreadable(
            file: file, line: attribute.mark?.line,
            reason: GoldenRule.allCases.map(\.rawValue).joined(separator: ", "))
        }
        golden[id] = rule
      }
    default: throw .settingsUnreadable(file: file, line: line, reason: "\(key) ≠ \(Self.known)")
    }
  }
}
