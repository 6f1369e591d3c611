internal import CustomerSchema
internal import SQLBuilder

/// What makes a line of one file the same as a line of another.
enum LineIdentity: Sendable, Hashable {
  /// Files of one layout: all their columns, by name.
  case columns([String])
  /// Files of several layouts: the roles that all of them have.
  case roles([ColumnRole])

  /// Nil for a single file.
  init?(_ sources: [OrderSource]) {
    guard sources.count > 1, let first = sources.first else { return nil }
    let layout = Layout(first)
    if sources.allSatisfy({ Layout($0) == layout }) {
      self = .columns(layout.names)
    } else {
      self = .roles(
        [.customer, .order, .quantity, .product, .category, .channel].filter { role in
          sources.allSatisfy { $0.column(role) != nil }
        })
    }
  }

  /// What two files must share for their cells to be comparable as they are.
  private struct Layout: Equatable {
    let names: [String]
    let format: SourceFormat
    let date: DateForm?
    let types: [CellType]
    let decimals: Set<DecimalSeparator>

    init(_ source: OrderSource) {
      let order = source.table.columns.indices.sorted {
        source.table.columns[$0] < source.table.columns[$1]
      }
      names = order.map { source.table.columns[$0] }
      types = order.map { source.table.types[$0] }
      format = source.file.format
      date = source.date
      decimals = Set(source.numbers.values.map(\.decimal))
    }
  }
}

extension LineSQL {
  /// A hash of what identifies the line across files.
  func identity(_ identity: LineIdentity) -> SQL {
    var parts: [SQL] = []
    switch identity {
    case .columns(let names):
      for name in Set(names).sorted() {
        // Columns of one name are told apart by their order, which the layout shares.
        for column in source.table.columns.indices where source.table.columns[column] == name {
          parts.append(text(column))
        }
      }
    case .roles(let roles):
      parts += [day, amount]
      if shape.currency { parts.append(lineCurrency) }
      for role in roles {
        guard let column = source.column(role) else { continue }
        parts.append(
          role == .customer ? customer : role == .quantity ? number(column) : text(column))
      }
    }
    return "hash(\(parts.joined()))"
  }
}
