// How many single events live evaluation takes per second on one core, and what a customer weighs.
//
// 200 segments over ten streams, twenty on each, so that an event touches twenty. Every event is an
// order of a customer chosen at random, told at its own instant.
internal import CustomerSchema
internal import DuckDBEngine
internal import Foundation
internal import SQLBuilder
internal import SegmentLanguage
internal import Segments
internal import Warehouse

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let customers = arguments.first ?? 20_000
let events = arguments.dropFirst().first ?? 200_000
let rowsEach = 20

func resident() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
  return (Int(line.filter(\.isNumber)) ?? 0) * 1024
}

func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let folder = FileManager.default.temporaryDirectory.appending(path: "live-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 1)).session()
try await Store.attach(folder.appending(path: "store.duckdb").path, to: session)
try await session.execute("USE quartier")
let start: Int64 = 1_704_067_200_000_000
let day: Int64 = 86_400_000_000
let language = RuleLanguage(SegmentSchema.standard())
guard let clock = WorkspaceClock(timeZone: "Europe/Paris") else { fatalError("no time zone") }

let streams = [
  "orders", "returns", "order_lines", "events", "campaign_contacts", "survey_answers", "tickets",
  "reviews", "referrals", "subscriptions",
]
var yaml = ""
for stream in streams {
  for index in 0..<20 {
    let days = 7 + 11 * index
    let rule =
      switch (stream, index % 4) {
      case ("orders", 1): "sum(orders.amount, last \(days) days) > \(20 * (index + 1)) EUR"
      case ("orders", 2): "average(orders.amount, last \(days) days) > \(20 + index) EUR"
      case ("orders", 3): "stopped(orders, for \(days) days)"
      default: "count(\(stream), last \(days) days) >= \(1 + index / 3)"
      }
    yaml += "- {name: \(stream) \(index), rule: \"\(rule)\"}\n"
  }
}
let catalogue = SegmentCatalogue(session, language)
let plan = try await DefinitionResolver(session, language).resolve(
  try DefinitionReader.read(yaml, file: "segments.yaml"), current: [], prune: false
).plan
try await catalogue.apply(plan, at: start)
try await session.execute(
  "INSERT INTO customer (first_seen) SELECT \(SQLValue.instant(start)) FROM range(\(customers))")
try await session.execute(
  """
  INSERT INTO orders (customer_id, happened_at, local_at, source, key, row_id, kind, amount)
  SELECT 1 + i % \(customers), moment, timezone('Europe/Paris', moment), 'till', i::VARCHAR,
    nextval('row_ids'), 'purchase', 5 + hash(i) % 60
  FROM (SELECT i, make_timestamptz(\(SQLValue.int(start))
      + (hash(i, 1) % \(SQLValue.int(300 * 86_400))::UBIGINT)::BIGINT * 1000000) AS moment
    FROM range(\(customers * rowsEach)) AS t(i))
  """)
let opened = start + 300 * day
_ = try await SegmentRefresh(session, language, clock).run(asOf: opened) { "\($0)" }

let live = try await LiveMembership.open(session, language, clock, capacity: customers)
let before = resident()
for first in stride(from: 1, through: customers, by: 5_000) {
  try await live.load((first..<min(first + 5_000, customers + 1)).map(Int64.init))
}
let perCustomer = (resident() - before) / customers

/// A linear congruential generator: the same feed every time.
struct Feed {
  private var state: UInt64 = 42

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}

var random = Feed()
var instant = opened
let feed = (0..<events).map { index -> LiveChange in
  instant += Int64(random.next() % 2_000_000) + 1
  let customer = Int64(random.next() % UInt64(customers)) + 1
  return LiveChange(
    customer: customer, instant: instant,
    .row(
      stream: "orders", local: clock.local(at: instant), source: "live", key: String(index),
      fields: ["amount": .decimal(SQLDecimal(units: Int128(random.next() % 600_000), scale: 4))]))
}
let began = processorSeconds()
var changes = 0
for change in feed { changes += live.absorb(change, now: change.instant).count }
let spent = processorSeconds() - began
let flushBegan = processorSeconds()
try await live.flush()
let flushed = processorSeconds() - flushBegan
let perSecond = Int(Double(events) / spent)
print(
  """
  customers \(customers), rows each \(rowsEach), segments \(plan.definitions.count)
  \(events) events in \(spent) processor seconds: \(perSecond) events/s per core
  \(changes) entries and exits; written in \(flushed) processor seconds
  \(perCustomer) bytes of live state per customer (growth of the resident set)
  """)
