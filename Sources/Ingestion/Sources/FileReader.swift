internal import Foundation
internal import Warehouse

/// A file open for reading, closed when it goes away.
struct FileReader: ~Copyable {
  let descriptor: Int32
  let name: String
  let size: Int

  /// - Parameter name: the path as the person typed it, for errors.
  init(path: String, name: String) throws(IngestionError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .fileMissing(file: name)
      case EACCES, EPERM: throw .notPermitted(file: name)
      default: throw .unreadable(file: name, reason: String(cString: strerror(errno)))
      }
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw .unreadable(file: name, reason: reason)
    }
    self.descriptor = descriptor
    self.name = name
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Reads at `offset` as much as fits and is there; 0 at the end.
  func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(IngestionError) -> Int {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .unreadable(file: name, reason: String(cString: strerror(errno)))
      }
      done += count
    }
    return done
  }

  /// The bytes of a part of the file, shorter where the file ends.
  func bytes(at offset: Int, count: Int) throws(IngestionError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, size - offset)))
    let done = try read(at: offset, bytes.count, into: &bytes)
    bytes.removeLast(bytes.count - done)
    return bytes
  }

  /// Reads at `offset` up to `count` bytes into the start of `bytes`; 0 at the end.
  func read(
    at offset: Int, _ count: Int, into bytes: inout [UInt8]
  ) throws(IngestionError) -> Int {
    guard count > 0 else { return 0 }
    var failure: IngestionError?
    var done = 0
    bytes.withUnsafeMutableBytes { buffer in
      do throws(IngestionError) {
        done = try read(
          at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count]))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return done
  }
}

/// A file being written in the scratch directory, buffered.
struct FileWriter: ~Copyable {
  private let descriptor: Int32
  let path: String
  private var buffer: [UInt8] = []

  init(path: String) throws(IngestionError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    self.path = path
    buffer.reserveCapacity(1 << 20 + 1 << 16)
  }

  deinit { close(descriptor) }

  mutating func write(_ bytes: some Sequence<UInt8>) throws(IngestionError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 20 { try flush() }
  }

  /// Lets `body` append to the buffer, which is written out when it is full.
  mutating func append(_ body: (inout [UInt8]) -> Void) throws(IngestionError) {
    body(&buffer)
    if buffer.count >= 1 << 20 { try flush() }
  }

  mutating func flush() throws(IngestionError) {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeBytes {
        $0.baseAddress.map { Foundation.write(descriptor, $0 + done, buffer.count - done) } ?? 0
      }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw Self.failure(path)
      }
      done += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func failure(_ path: String) -> IngestionError {
    let isFull = errno == ENOSPC || errno == EDQUOT
    let reason = String(cString: strerror(errno))
    return .engine(.engine(isFull ? .diskFull : .inputOutput, reason: reason))
  }
}
