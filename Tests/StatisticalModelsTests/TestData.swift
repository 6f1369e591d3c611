import Foundation
import StatisticalModels

/// Real data for tests: the folder named by QUARTIER_DATA, or what set-up fetched.
enum TestData {
  static let folder: URL? = ProcessInfo.processInfo.environment["QUARTIER_DATA"].map {
    URL(fileURLWithPath: $0, isDirectory: true)
  }

  static func has(_ name: String) -> Bool { url(name) != nil }

  static func url(_ name: String) -> URL? {
    guard let candidate = folder?.appendingPathComponent(name),
      FileManager.default.fileExists(atPath: candidate.path)
    else { return nil }
    return candidate
  }

  static func text(_ name: String) throws -> String {
    guard let url = url(name) else { throw CocoaError(.fileNoSuchFile) }
    return try String(contentsOf: url, encoding: .utf8)
  }

  static func fixture(_ name: String) throws -> String {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
    return try String(contentsOf: url, encoding: .utf8)
  }

  /// Rows of a comma separated file without quoting, and its header.
  static func table(_ text: String) -> (header: [String], rows: [[String]]) {
    var lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let header = lines.isEmpty ? [] : lines.removeFirst()
    return (header, lines)
  }
}

/// The CDNOW purchases of the papers, from either distribution of the data.
struct CDNOW {
  let repeatPurchases: [Double]
  let lastPurchaseAge: [Double]
  let customerAge: [Double]
  /// Mean dollars over repeat purchase days; 0 without repeat purchases.
  let meanSpend: [Double]
  let holdoutPurchases: [Double]
  let purchaseDays: [[Int]]

  private static var source: URL? {
    if let url = TestData.url("CDNOW_sample.txt") { return url }
    let fetched = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../third_party/data/cdnow/CDNOW_sample.txt").standardizedFileURL
    return FileManager.default.fileExists(atPath: fetched.path) ? fetched : nil
  }

  static var isAvailable: Bool { source != nil }

  /// Days since 1970 of a yyyymmdd number (civil calendar).
  static func day(_ number: Int) -> Int {
    let (y0, m, d) = (number / 10000, number / 100 % 100, number % 100)
    let y = m <= 2 ? y0 - 1 : y0
    let era = y / 400
    let yoe = y - era * 400
    let doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1
    return era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
  }

  /// The sample of 2,357 customers with calibration to a given day.
  init(calibrationEnd: Int = 19_970_930, holdoutEnd: Int = 19_980_630) throws {
    guard let source = Self.source else { throw CocoaError(.fileNoSuchFile) }
    let end = Self.day(calibrationEnd)
    let last = Self.day(holdoutEnd)
    var spend: [Int: [Int: Double]] = [:]
    for line in try String(contentsOf: source, encoding: .utf8).split(
      whereSeparator: \.isNewline)
    {
      let cells = line.split(separator: " ")
      guard let id = Int(cells[0]), let date = Int(cells[cells.count - 3]),
        let dollars = Double(cells[cells.count - 1])
      else { continue }
      spend[id, default: [:]][Self.day(date), default: 0] += dollars
    }
    var columns = [[Double]](repeating: [], count: 5)
    var days: [[Int]] = []
    for id in spend.keys.sorted() {
      let all = (spend[id] ?? [:]).sorted { $0.key < $1.key }
      let inside = all.filter { $0.key <= end }
      guard let first = inside.first?.key, let latest = inside.last?.key else { continue }
      let repeats = inside.dropFirst().map(\.value)
      columns[0].append(Double(repeats.count))
      columns[1].append(Double(latest - first) / 7)
      columns[2].append(Double(end - first) / 7)
      columns[3].append(repeats.isEmpty ? 0 : repeats.reduce(0, +) / Double(repeats.count))
      columns[4].append(Double(all.filter { $0.key > end && $0.key <= last }.count))
      days.append(all.map(\.key))
    }
    repeatPurchases = columns[0]
    lastPurchaseAge = columns[1]
    customerAge = columns[2]
    meanSpend = columns[3]
    holdoutPurchases = columns[4]
    purchaseDays = days
  }

  func table() throws -> HistoryTable {
    try HistoryTable(
      repeatPurchases: repeatPurchases, lastPurchaseAge: lastPurchaseAge, customerAge: customerAge,
      unit: .week)
  }
}
