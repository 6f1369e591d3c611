internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension FormatShaping {
  /// Sales of accounting entries, one row per entry, document and customer.
  ///
  /// A sale is an entry with an account of sales (70) that a customer (411) or a till or bank
  /// (class 5) stands against: payments, openings, closings and accruals are none. What the
  /// customer owes is the amount with tax; what the accounts 70 get is the amount without. Credit
  /// notes are negative.
  func ledger(_ source: LoadedSource) async throws(IngestionError) -> [String] {
    let form = NumberForm(decimal: .comma, isPlain: false, isProven: true)
    func number(_ headers: [String]) -> SQL {
      let cell = first(source, headers)
      return """
        CAST(coalesce(\(cells.number("trim(\(cell))", .text, form)), 0) AS DECIMAL(18,2))
        """
    }
    func text(_ headers: [String]) -> SQL { first(source, headers) }
    let debit: SQL
    let credit: SQL
    if position(source, "debit") != nil {
      debit = number(["Debit"])
      credit = number(["Credit"])
    } else {
      // One amount, and the side on which it stands.
      let amount = number(["Montant"])
      debit = "CASE WHEN upper(\(text(["Sens"]))) IN ('D', '+1', '1') THEN \(amount) ELSE 0 END"
      credit = "CASE WHEN upper(\(text(["Sens"]))) IN ('C', '-1') THEN \(amount) ELSE 0 END"
    }
    let account = text([
      "CompteNum", "Compte", "N° compte", "Numéro compte", "Compte général",
    ])
    let journal = text(["JournalCode", "Code journal", "Journal"])
    let piece = text(["PieceRef", "Pièce", "N° pièce", "Numéro pièce", "Référence"])
    let entry = text(["EcritureNum"])
    let date =
      "coalesce(\(text(["PieceDate"])), \(text(["EcritureDate", "Date", "Date de pièce"])))" as SQL
    let auxiliary = text([
      "CompAuxNum", "Compte auxiliaire", "N° compte auxiliaire", "Compte tiers", "Code tiers",
    ])
    let rows = "import_ledger_\(index)"
    try await session.perform(
      """
      CREATE OR REPLACE TEMP TABLE \(identifier: rows) AS
      SELECT line, defect, \(journal) AS journal, \(account) AS account,
        coalesce(\(piece), \(entry)) AS piece,
        coalesce(\(entry), \(piece), \(date)) AS entry, \(date) AS day,
        CASE WHEN \(account) LIKE '411%' THEN coalesce(\(auxiliary),
          CASE WHEN regexp_full_match(\(account), '4110*') THEN NULL ELSE \(account) END) END
          AS customer,
        \(debit) AS debit, \(credit) AS credit
      FROM \(base(source))
      """)
    let whole: SQL = "PARTITION BY journal, entry, piece"
    let names = try await create(
      [
        ("Pièce", "piece"), ("Compte client", "customer"), ("Date de pièce", "day"),
        ("Montant TTC", "CAST(CAST(ttc AS DECIMAL(18,2)) AS VARCHAR)"),
        ("Montant HT", "CAST(CAST(ht AS DECIMAL(18,2)) AS VARCHAR)"), ("Journal", "journal"),
      ],
      from: """
        (SELECT min(line) AS line, NULL::VARCHAR AS defect, journal, piece, customer,
          min(day) AS day,
          CASE WHEN any_value(owed) = 0 THEN any_value(sold) + any_value(taxed)
            WHEN any_value(is_on_account) THEN sum(debit - credit) FILTER (account LIKE '411%')
            ELSE any_value(sold) + any_value(taxed) END AS ttc,
          CASE WHEN any_value(is_on_account) AND any_value(owed) <> 0
            THEN round(CAST(any_value(sold) AS DOUBLE)
              * sum(debit - credit) FILTER (account LIKE '411%') / any_value(owed), 2)
            ELSE any_value(sold) END AS ht
        FROM (
          SELECT *, bool_or(account LIKE '70%') OVER one AS is_sale,
            bool_or(account LIKE '411%') OVER one AS is_on_account,
            bool_or(account LIKE '5%') OVER one AS is_paid,
            bool_or(account LIKE '12%' OR account LIKE '89%') OVER one AS is_closing,
            sum(CASE WHEN account LIKE '70%' THEN credit - debit ELSE 0 END) OVER one AS sold,
            sum(CASE WHEN account LIKE '4457%' THEN credit - debit ELSE 0 END) OVER one AS taxed,
            sum(CASE WHEN account LIKE '411%' THEN debit - credit ELSE 0 END) OVER one AS owed
          FROM \(identifier: rows) WHERE defect IS NULL WINDOW one AS (\(whole)))
        WHERE is_sale AND NOT is_closing AND (is_on_account OR is_paid)
          AND (account LIKE '411%' OR NOT is_on_account)
        GROUP BY journal, entry, piece, customer
        UNION ALL
        SELECT line, defect, NULL, NULL, NULL, NULL, NULL, NULL FROM \(identifier: rows)
        WHERE defect IS NOT NULL)
        """)
    try await session.drop(rows)
    return names
  }
}
