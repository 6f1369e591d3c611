import Foundation
import Testing

/// The built `quartier`, run as a person runs it.
struct Program {
  /// A folder of its own, removed at the end.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-e2e-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  struct Answer {
    let status: Int32
    let output: String
    let error: String

    /// The answer as JSON.
    func json() throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(object as? [String: Any])
    }
  }

  /// Built beside the tests.
  static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "quartier")

  func run(
    _ arguments: String..., environment: [String: String] = [:], in directory: URL? = nil
  ) async throws -> Answer {
    try await run(arguments, environment: environment, in: directory)
  }

  func run(
    _ arguments: [String], environment: [String: String] = [:], in directory: URL? = nil
  ) async throws -> Answer {
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.currentDirectoryURL = directory ?? folder
    var variables = ProcessInfo.processInfo.environment
    variables["LANG"] = "en_GB.UTF-8"
    variables["LC_ALL"] = ""
    variables["QUARTIER_KEYS"] = keys
    variables.merge(environment) { $1 }
    process.environment = variables
    let output = folder.appending(path: ".stdout-\(UUID().uuidString)")
    let error = folder.appending(path: ".stderr-\(UUID().uuidString)")
    for file in [output, error] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    process.standardInput = FileHandle.nullDevice
    try await process.finish()
    defer {
      for file in [output, error] { try? FileManager.default.removeItem(at: file) }
    }
    return Answer(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
  }

  @discardableResult
  func write(_ text: String, to name: String, encoding: String.Encoding = .utf8) throws -> String {
    let data = try #require(text.data(using: encoding))
    return try write(data, to: name)
  }

  @discardableResult
  func write(_ data: Data, to name: String) throws -> String {
    let file = folder.appending(path: name)
    try data.write(to: file)
    return file.path
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// The keys of the workspaces, beside the folder.
  var keys: String { folder.path + "-keys" }

  func remove() {
    for path in [folder.path, keys] { try? FileManager.default.removeItem(atPath: path) }
  }
}

/// Folders of the package.
enum Package {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let python = root.appending(path: "third_party/test-venv/bin/python")

  /// Runs a Python script with the set-up's test packages and returns what it prints.
  static func python(_ script: String, _ arguments: String...) async throws -> String {
    let process = Process()
    process.executableURL = python
    process.arguments = ["-c", script] + arguments
    // Answers are a few lines: they fit in the pipe.
    let output = Pipe()
    process.standardOutput = output
    try await process.finish()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }

  static let data: String? = ProcessInfo.processInfo.environment["QUARTIER_DATA"]
}

extension Process {
  /// Runs to the end without blocking a thread that other tests need.
  func finish() async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      terminationHandler = { _ in continuation.resume() }
      do {
        try run()
      } catch {
        terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}
