internal import Synchronization

/// A value made at its first use and kept; a failure is not kept, so a repaired installation works.
package final class Lazy<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let make: @Sendable () throws(ReferenceDataError) -> Value

  package init(_ make: @escaping @Sendable () throws(ReferenceDataError) -> Value) {
    self.make = make
  }

  package func get() throws(ReferenceDataError) -> Value {
    // The lock's closure is rethrown untyped; a result keeps the type.
    let result: Result<Value, ReferenceDataError> = value.withLock { kept in
      if let kept { return .success(kept) }
      do throws(ReferenceDataError) {
        let made = try make()
        kept = made
        return .success(made)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
