internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension FileImporter {
  /// Says what a sample of a file tells, without importing anything.
  ///
  /// - Throws: `IngestionError` when the file or the mapping cannot be read at all, or nothing
  ///   tells what its lines are.
  package func understand(_ request: Request) async throws(IngestionError) -> Understanding {
    var mapping = try readMapping()
    guard let zone = ZoneOffsets(options.timeZone) else { throw .timeZoneUnknown(options.timeZone) }
    try await session.createQuarantine()
    var loaded = try await loader(mapping, request.kind).load(request.file, 0)
    let format = try ExportFormat.of(loaded, options, request.kind)
    if let format {
      loaded = try await shaping(zone).apply(format, to: loaded)
      mapping = format.completing(mapping, loaded.table.columns)
    }
    let profiles = loaded.profiles
    let kind: ImportKind
    if let told = format?.kind ?? request.kind {
      kind = told
    } else {
      kind = try detect(loaded, profiles, mapping)
    }
    if kind.isOrders {
      return try await OrderImporter(
        session: session, excelExtension: excelExtension, scratchDirectory: scratch,
        orders: [request.file], options: options
      ).understand()
    }
    var roles = RoleAssignment()
    var attributes: [AttributeColumn] = []
    var problems: [UserMessage] = []
    do throws(IngestionError) {
      if let description = KindDescription.of(kind) {
        roles = try KindRecognition(
          file: request.file, profiles: profiles, mapping: mapping, description: description
        ).assign()
        let missing = description.missing(roles)
        if let role = missing.first {
          throw .columnMissing(file: request.file, role: role, columns: loaded.table.columns)
        }
      } else {
        let known: [AttributeStore.Entry]
        do throws(WarehouseError) { known = try await AttributeStore.entries(session) } catch {
          throw .engine(error)
        }
        let naming = try CustomerNaming(
          file: request.file, profiles: profiles, mapping: mapping, kind: kind,
          columns: loaded.table.columns)
        roles.columns = [.customer: naming.id]
        attributes = try naming.attributes(loaded, profiles, mapping, known)
      }
    } catch {
      problems.append(error.userMessage)
    }
    let lines = KindMappingWriter(
      kind: kind, loaded: loaded, roles: roles, attributes: attributes, mapping: mapping,
      options: options
    ).lines()
    return Understanding(
      sources: [Self.report(loaded, profiles, roles, nil, 0)], problems: problems, mapping: lines)
  }
}

extension KindDescription {
  /// Roles without which a file of this kind is of no use, and that no column plays.
  func missing(_ roles: RoleAssignment) -> [ColumnRole] {
    var needed: [ColumnRole] = isStream ? [.customer] : []
    if isStream, needsDate { needed.append(.date) }
    needed += self.roles.filter(\.isRequired).map(\.role)
    return needed.filter { roles.columns[$0] == nil }
  }
}

/// Writes mapping documents of files that are no orders.
struct KindMappingWriter {
  let kind: ImportKind
  let loaded: LoadedSource
  let roles: RoleAssignment
  let attributes: [AttributeColumn]
  let mapping: Mapping
  let options: ImportOptions

  func lines() -> [MappingLine] {
    let file = loaded.table.file.name
    var lines: [MappingLine] = [
      .comment(UserMessage("mapping.doc.title", ["file": .text(file)])),
      .comment(UserMessage("mapping.doc.import_usage", ["kind": .text(kind.rawValue)])), .text(""),
    ]
    if let dialect = loaded.dialect {
      lines += [
        .comment(UserMessage("mapping.doc.encoding")),
        .text("encoding: \(dialect.encoding.rawValue)"),
        .comment(UserMessage("mapping.doc.separator")),
        .text("separator: \(MappingWriter.separator(dialect))"),
      ]
    }
    lines += [
      .comment(UserMessage("mapping.doc.header")),
      .text("header: \(loaded.hasHeader ? String(loaded.headerLine) : "none")"),
      .comment(UserMessage("mapping.doc.dates")),
      .text((options.dateOrder ?? mapping.dates).map { "dates: \($0.rawValue)" } ?? "# dates:"),
      .comment(UserMessage("mapping.doc.decimal")),
      .text(
        mapping.decimal.map { "decimal: \(MappingWriter.quoted($0.rawValue))" } ?? "# decimal:"),
      .text(""), .comment(UserMessage("mapping.doc.columns")), .text("columns:"),
    ]
    for role in kindRoles {
      let value = roles.columns[role].map(reference) ?? "none"
      // An explicit none keeps a column from being found: only what plays a part is written.
      lines.append(
        .text(value == "none" ? "  # \(role.rawValue):" : "  \(role.rawValue): \(value)"))
    }
    if !attributes.isEmpty {
      lines += [
        .text(""), .comment(UserMessage("mapping.doc.attributes")), .text("attributes:"),
      ]
      lines += attributes.map {
        .text("  \($0.id): \(reference($0.column)) # \($0.type.storedName)")
      }
      lines += [.comment(UserMessage("mapping.doc.ignore")), .text("ignore: []")]
    }
    return lines
  }

  private var kindRoles: [ColumnRole] {
    guard let description = KindDescription.of(kind) else { return [.customer, .email, .date] }
    let first: [ColumnRole] = description.isStream ? [.customer, .key, .date] : []
    return first + description.roles.map(\.role)
  }

  /// The column's name, or its position where the name would not find it.
  private func reference(_ column: Int) -> String {
    let name = loaded.table.columns[column]
    let isUnique = loaded.table.columns.count { $0 == name } == 1
    return loaded.hasHeader && isUnique ? MappingWriter.quoted(name) : String(column + 1)
  }
}
