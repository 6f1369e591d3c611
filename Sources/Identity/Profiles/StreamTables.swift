internal import CustomerSchema

/// The tables whose rows belong to a customer and remember the record they came from.
enum StreamTables {
  static let all: [String] = Set(StreamCatalogue.canonical.streams.map(\.table)).sorted()
}
