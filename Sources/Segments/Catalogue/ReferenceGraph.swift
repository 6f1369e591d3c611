/// Which segment uses which.
package struct ReferenceGraph: Sendable {
  private let uses: [String: [String]]

  /// - Parameter uses: of each segment, those that its rule names.
  package init(_ uses: [String: [String]]) { self.uses = uses }

  /// The segments of a cycle, each using the next and the last the first; nil when there is none.
  /// Linear in segments and references, whatever the depth.
  package func cycle(startingWith names: [String]) -> [String]? {
    enum State { case open, done }
    var states: [String: State] = [:]
    for start in names where states[start] == nil {
      var path: [(name: String, next: Int)] = [(start, 0)]
      states[start] = .open
      while let (name, next) = path.last {
        let below = uses[name] ?? []
        guard next < below.count else {
          states[name] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let child = below[next]
        switch states[child] {
        case .open:
          let from = path.firstIndex { $0.name == child } ?? 0
          return path[from...].map(\.name)
        case .done: break
        case nil:
          states[child] = .open
          path.append((child, 0))
        }
      }
    }
    return nil
  }

  /// Those whose answer may change with one of these, themselves included.
  package func affected(by names: Set<String>) -> Set<String> {
    var users: [String: [String]] = [:]
    for (name, used) in uses { for one in used { users[one, default: []].append(name) } }
    var result = names
    var pending = Array(names)
    while let name = pending.popLast() {
      for user in users[name] ?? [] where result.insert(user).inserted { pending.append(user) }
    }
    return result
  }
}
