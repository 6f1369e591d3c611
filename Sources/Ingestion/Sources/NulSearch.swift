internal import Foundation

/// Looks for NUL bytes in a text file, which the engine would take for text.
struct NulSearch: Sendable {
  let source: OrderSource

  /// False for other files, and for a file that cannot be read: its reader will say why.
  func finds() async -> Bool {
    guard case .csv = source.table.reading else { return false }
    let file = source.file
    return (try? await offPool { (stop) throws(IngestionError) in try Self.search(file, stop) })
      ?? false
  }

  private static func search(_ file: SourceFile, _ stop: StopSignal) throws(IngestionError) -> Bool
  {
    let reader = try FileReader(path: file.path, name: file.name)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      try stop.check()
      let count = try reader.read(at: offset, into: buffer)
      guard count > 0, let start = buffer.baseAddress else { return false }
      if memchr(start, 0, count) != nil { return true }
      offset += count
    }
  }
}
