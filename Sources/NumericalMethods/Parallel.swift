import Dispatch
import Synchronization

/// Work split into fixed chunks, so that results do not depend on the number of threads.
package enum Parallel {
  /// Results of `body` for consecutive ranges of at most `size` of 0 ..< count, in order.
  ///
  /// Chunk boundaries depend on `count` and `size` only. `threads` nil uses every core; `body` must
  /// not depend on which thread runs it.
  package static func chunks<R: Sendable>(
    count: Int, size: Int, threads: Int? = nil, _ body: @Sendable (Range<Int>) -> R
  ) -> [R] {
    precondition(size > 0, "chunks need a size")
    let number = (count + size - 1) / size
    @Sendable func range(_ i: Int) -> Range<Int> { i * size..<min(count, (i + 1) * size) }
    if number <= 1 || threads == 1 { return (0..<number).map { body(range($0)) } }
    let next = Atomic<Int>(0)
    var slots = [R?](repeating: nil, count: number)
    slots.withUnsafeMutableBufferPointer { buffer in
      // Each slot is written once, by the worker that drew its index; reads follow the join.
      nonisolated(unsafe) let storage = buffer
      DispatchQueue.concurrentPerform(iterations: min(threads ?? number, number)) { _ in
        while true {
          let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if i >= number { return }
          storage[i] = body(range(i))
        }
      }
    }
    return slots.compactMap { $0 }
  }
}
