internal import CustomerSchema

extension OrderSource {
  func report(lines: Int) -> SourceReport {
    // A file that announces nothing and has no valid UTF-8 beyond ASCII is in the other encoding.
    let isOther = encodings.map { $0.windows1252 > 0 && $0.utf8 == 0 } ?? false
    let encoding = dialect.map { (isOther ? .windows1252 : $0.encoding).rawValue }
    let mark = amountColumns.first.flatMap { numbers[$0] }?.decimal.rawValue
    return SourceReport(
      file: name, bytes: file.bytes, format: file.format, compression: file.compression,
      encoding: encoding, separator: dialect?.separatorText,
      decimalSeparator: dialect == nil ? nil : mark, hasHeader: hasHeader, sheet: sheet,
      lines: lines,
      columns: profiles.map { profile in
        let role = roles.role(of: profile.index)
        return ColumnReport(
          name: profile.name, role: role, form: form(of: profile, role),
          evidence: role.flatMap { roles.evidence[$0] })
      })
  }

  private func form(of profile: ColumnProfile, _ role: ColumnRole?) -> String? {
    if role == .date { return date?.description }
    guard role != nil, profile.type == .text, let form = numbers[profile.index] else { return nil }
    return form.description(hasFractions: profile.hasFractions)
  }
}
