/// Joins records by links, the strongest first, so that no chain joins people who are told apart.
struct Clustering {
  /// What became of a link.
  enum Outcome: UInt8 {
    case joined, redundant, refused
  }

  private let traits: [RecordTraits]
  /// For each record, those it must not be joined with.
  private let apart: [Int: Set<Int>]
  private let limit: Int
  private var parent: [Int]
  /// Of roots.
  private var members: [[Int]]
  /// Distinct traits of the members of roots.
  private var known: [[RecordTraits]]

  /// - Parameters:
  ///   - traits: of each record, by position.
  ///   - apart: pairs of positions that somebody told apart, both ways.
  ///   - limit: the most records of one profile.
  init(traits: [RecordTraits], apart: [Int: Set<Int>], limit: Int) {
    self.traits = traits
    self.apart = apart
    self.limit = limit
    parent = Array(traits.indices)
    members = traits.indices.map { [$0] }
    known = traits.map { [$0] }
  }

  mutating func root(_ record: Int) -> Int {
    var place = record
    while parent[place] != place {
      parent[place] = parent[parent[place]]
      place = parent[place]
    }
    return place
  }

  /// Joins what is known to be one already, or what somebody decided, without looking further.
  mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (root(a), root(b))
    if x != y { unite(x, y) }
  }

  /// Joins the clusters of two records unless something speaks against it.
  mutating func propose(_ a: Int, _ b: Int) -> Outcome {
    let (x, y) = (root(a), root(b))
    if x == y { return .redundant }
    guard members[x].count + members[y].count <= limit else { return .refused }
    for one in known[x] { for other in known[y] where one.contradicts(other) { return .refused } }
    if !apart.isEmpty {
      let others = Set(members[y])
      for one in members[x] {
        if let enemies = apart[one], !enemies.isDisjoint(with: others) { return .refused }
      }
    }
    unite(x, y)
    return .joined
  }

  private mutating func unite(_ x: Int, _ y: Int) {
    let (big, small) = members[x].count >= members[y].count ? (x, y) : (y, x)
    parent[small] = big
    members[big] += members[small]
    members[small] = []
    for one in known[small] where !known[big].contains(one) { known[big].append(one) }
    known[small] = []
  }
}
