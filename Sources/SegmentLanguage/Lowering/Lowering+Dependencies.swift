internal import CustomerSchema

extension Lowering {
  /// What each root reads, through everything below it.
  func dependencies(of roots: [NodeID]) -> [SegmentProgram.Dependencies] {
    // Children come first, so one pass in order would do; sets of many nodes would weigh too much.
    roots.map { root in
      var result = SegmentProgram.Dependencies()
      var waiting = [root]
      var seen = Set<NodeID>()
      func look(_ node: NodeID?) { if let node { waiting.append(node) } }
      func read(_ collection: Int) {
        if collections[collection].stream != nil {
          result.streams.insert(collections[collection].id)
        } else {
          result.attributes.insert(collections[collection].id)
        }
      }
      while let next = waiting.popLast() {
        guard seen.insert(next).inserted else { continue }
        waiting += nodes[next].children
        switch nodes[next] {
        case .attribute(let index), .listTest(let index, _), .listIsEmpty(let index):
          result.attributes.insert(attributes[index].id)
        case .aggregate(let index):
          read(aggregates[index].collection)
          look(aggregates[index].filter)
          look(aggregates[index].value)
          look(aggregates[index].weight)
        case .sequence(let index):
          for step in sequences[index].steps {
            read(step.collection)
            look(step.filter)
          }
        case .resumed(let index):
          read(resumptions[index].collection)
          look(resumptions[index].filter)
        case .regularly(let index):
          read(rhythms[index].collection)
          look(rhythms[index].filter)
        case .held(let index):
          for attribute in helds[index].attributes {
            result.attributes.insert(attributes[attribute].id)
          }
        case .frozen(let index): result.requirements.insert(index)
        case .entered(let segment, _, _), .left(let segment, _, _), .memberAt(let segment, _, _),
          .decision(let segment, _):
          result.segments.insert(segment)
        default: break
        }
      }
      return result
    }
  }
}

extension SegmentProgram {
  /// The rules that a row of a stream can change; positions in `rules`.
  package func rules(reading stream: String) -> [Int] {
    dependencies.indices.filter { dependencies[$0].streams.contains(stream) }
  }

  /// The rules that a change of an attribute can change.
  package func rules(readingAttribute attribute: String) -> [Int] {
    dependencies.indices.filter { dependencies[$0].attributes.contains(attribute) }
  }

  /// The rules that a recorded change of a segment, or a decision about one, can change.
  package func rules(readingSegment segment: Int64) -> [Int] {
    dependencies.indices.filter { dependencies[$0].segments.contains(segment) }
  }
}
