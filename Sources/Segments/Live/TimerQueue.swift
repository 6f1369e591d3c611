/// Customers by the instant at which they fall due: a binary heap.
///
/// A customer may stand in it several times; whoever takes one out checks whether it still holds.
struct TimerQueue: Sendable {
  struct Timer: Sendable, Hashable {
    /// µs since 1970.
    let due: Int64
    let customer: Int64
  }

  private var heap: [Timer] = []

  var count: Int { heap.count }
  /// The earliest; nil when there is none.
  var first: Timer? { heap.first }

  mutating func insert(_ timer: Timer) {
    heap.append(timer)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard Self.precedes(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest out.
  mutating func removeFirst() -> Timer? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && Self.precedes(heap[child], heap[least]) {
        least = child
      }
      guard least != parent else { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private static func precedes(_ left: Timer, _ right: Timer) -> Bool {
    (left.due, left.customer) < (right.due, right.customer)
  }
}
