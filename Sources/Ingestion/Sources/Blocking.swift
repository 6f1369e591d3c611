internal import Dispatch
internal import Synchronization
internal import Warehouse

/// Tells work on another thread that its task was cancelled.
final class StopSignal: Sendable {
  private let isSet = Atomic<Bool>(false)

  func set() { isSet.store(true, ordering: .relaxed) }

  /// - Throws: `engine(.cancelled)` once the task was cancelled.
  func check() throws(IngestionError) {
    if isSet.load(ordering: .relaxed) { throw .engine(.cancelled) }
  }
}

/// Runs work that blocks (reading, writing, unpacking) on a thread of its own, never on the shared
/// pool. The work looks at the signal from time to time.
func offPool<Value: Sendable>(
  _ work: @escaping @Sendable (StopSignal) throws(IngestionError) -> Value
) async throws(IngestionError) -> Value {
  let signal = StopSignal()
  let outcome: Result<Value, IngestionError> = await withTaskCancellationHandler {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        do throws(IngestionError) {
          continuation.resume(returning: .success(try work(signal)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  } onCancel: {
    signal.set()
  }
  return try outcome.get()
}
