internal import Identity
internal import SQLBuilder
internal import Warehouse

/// What people decide about profiles: pairs that waited, splits, undoing.
package struct DecideIdentity: Sendable {
  private let desk: SegmentDesk
  private let author: String

  /// - Parameter author: who decides.
  package init(_ desk: SegmentDesk, author: String) {
    self.desk = desk
    self.author = author
  }

  /// `docs/schemas/identity-decision-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.identity-decision/1"
    /// accept, reject, split or undo.
    package let action: String
    /// What was written; of an undo, what was taken back.
    package let run: Int
    /// Of an undo: what that run was.
    package let undone: String?
    package let profilesBefore: Int
    package let profilesAfter: Int
  }

  package enum Decision: Sendable, Hashable {
    case accept([Int])
    case reject([Int])
    /// A customer, and the records that leave her.
    case split(String, [String])
    /// A run; nil for the last one.
    case undo(Int?)
  }

  package func decide(_ decision: Decision) async throws -> Answer {
    let before = try await profiles()
    let decisions = PairDecisions(
      desk.session, try desk.identitySettings, now: SegmentDesk.now, author: author)
    var action = "undo"
    var undone: String?
    let run: Int
    switch decision {
    case .accept(let pairs):
      action = "accept"
      run = try await decisions.accept(pairs)
    case .reject(let pairs):
      action = "reject"
      run = try await decisions.reject(pairs)
    case .split(let customer, let records):
      action = "split"
      let search = CustomerSearch(desk.session)
      let profile = try await search.find(customer).profile
      var leaving: [Int] = []
      for record in records { leaving.append(try await search.find(record).record) }
      run = try await decisions.split(
        profile: profile, records: leaving, written: records.first ?? customer)
    case .undo(let number):
      let taken = try await decisions.undo(number)
      run = taken.run
      undone = taken.action
    }
    return Answer(
      action: action, run: run, undone: undone, profilesBefore: before,
      profilesAfter: try await profiles())
  }

  private func profiles() async throws -> Int {
    try await desk.session.value("SELECT count(*) FROM customer").int ?? 0
  }
}
