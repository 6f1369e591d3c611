internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

/// What a person should know of an import and could change.
struct Notices {
  let sources: [OrderSource]
  let options: ImportOptions

  /// What the files tell, and what their staging showed.
  func all(
    outcome: Deduplication.Outcome, cancelled: [String], future: (lines: Int, last: LocalDate)?,
    repeatedTotals: Int
  ) -> [UserMessage] {
    var notices: [UserMessage] = []
    for source in sources {
      // Only what is refused: of the other columns, a run reads what it needs.
      notices += source.sensitive.filter { $0.decision == .refused }.map { $0.notice(source.name) }
      notices += source.format?.notices(source.name) ?? []
      notices += choices(source)
      let roles = source.roles
      if roles.customerIsEmail || isName(source) {
        notices.append(
          message("customer_by", source, ["column": .text(name(.customer, source))]))
      }
      if let plan = roles.amount {
        if plan.hasBothBases { notices.append(message("both_bases", source)) }
        if plan.discount != nil {
          notices.append(
            message("discount_taken_off", source, ["column": .text(name(.discount, source))]))
        }
        if let tax = plan.tax {
          notices.append(
            message(
              tax.sign > 0 ? "tax_added" : "tax_taken_off", source,
              ["column": .text(name(.tax, source))]))
        }
        if case .product = plan.source {
          notices.append(
            message(
              "amount_is_product", source,
              [
                "quantity": .text(name(.quantity, source)),
                "price": .text(name(.unitPrice, source)),
              ]))
        }
      }
      if roles.columns[.order] == nil { notices.append(message("line_is_order", source)) }
    }
    for finding in sources.compactMap(\.encodings) where finding.utf8 > 0 && finding.windows1252 > 0
    {
      notices.append(
        UserMessage(
          "import.notice.mixed_encodings",
          ["file": .text(finding.file), "count": .count(finding.windows1252)]))
    }
    if !cancelled.isEmpty {
      notices.append(
        UserMessage("import.notice.cancelled_statuses", ["statuses": .texts(cancelled)]))
    }
    if repeatedTotals > 0 {
      notices.append(
        UserMessage("import.notice.repeated_totals", ["count": .count(repeatedTotals)]))
    }
    if outcome.cutOrders > 0 {
      notices.append(
        UserMessage("import.notice.orders_cut", ["count": .count(outcome.cutOrders)]))
    }
    if let future {
      notices.append(
        UserMessage(
          "import.notice.future_dates",
          ["count": .count(future.lines), "date": .date(future.last)]))
    }
    return notices
  }

  private func message(
    _ code: String, _ source: OrderSource, _ arguments: [String: MessageArgument] = [:]
  ) -> UserMessage {
    UserMessage(
      "import.notice.\(code)", arguments.merging(["file": .text(source.name)]) { old, _ in old },
      at: SourceLocation(file: source.name))
  }

  private func name(_ role: ColumnRole, _ source: OrderSource) -> String {
    source.column(role).map { source.table.columns[$0] } ?? ""
  }

  private func isName(_ source: OrderSource) -> Bool {
    guard let column = source.column(.customer), source.hasHeader else { return false }
    let header = source.profiles[column].header
    return Vocabulary.score(header, .customer) == 0
      && Vocabulary.score(header, .customerName) > 0
  }

  /// Roles for which several columns would have done.
  private func choices(_ source: OrderSource) -> [UserMessage] {
    source.roles.rivals.sorted { $0.key.rawValue < $1.key.rawValue }.map { role, rivals in
      message(
        "column_choice", source,
        [
          "role": .term(role.term), "key": .text(role.rawValue),
          "column": .text(name(role, source)),
          "columns": .texts(rivals.map { source.table.columns[$0] }),
        ])
    }
  }
}

/// What a copy of a file showed of its characters.
struct EncodingFindings: Sendable, Hashable {
  let file: String
  let utf8: Int
  let windows1252: Int
}
