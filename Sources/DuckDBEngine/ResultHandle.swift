internal import CDuckDB
internal import SQLBuilder
internal import Warehouse

/// Owns a native result and decodes its chunks.
final class ResultHandle {
  var raw = duckdb_result()

  deinit { duckdb_destroy_result(&raw) }

  var failure: WarehouseError { .fromDuckDB(message(duckdb_result_error(&raw))) }
  var rowsChanged: UInt64 { duckdb_rows_changed(&raw) }
  var columns: [String] {
    (0..<duckdb_column_count(&raw)).map { String(cString: duckdb_column_name(&raw, $0)) }
  }

  private lazy var decoders: [ColumnDecoder] = (0..<duckdb_column_count(&raw)).map { index in
    var type = duckdb_column_logical_type(&raw, index)
    defer { duckdb_destroy_logical_type(&type) }
    return ColumnDecoder(type)
  }

  /// The next rows; nil at the end. A streamed query may fail or be interrupted half-way.
  func nextBatch() throws(WarehouseError) -> [[SQLValue]]? {
    var chunk = duckdb_fetch_chunk(raw)
    guard decoders.allSatisfy(\.isSupported) else {
      throw .unexpectedResult("a column has a type that only SQL knows: cast it in the query")
    }
    guard chunk != nil else {
      if duckdb_result_error(&raw) != nil { throw failure }
      return nil
    }
    defer { duckdb_destroy_data_chunk(&chunk) }
    let count = Int(duckdb_data_chunk_get_size(chunk))
    var rows = [[SQLValue]](repeating: [], count: count)
    for row in rows.indices { rows[row].reserveCapacity(decoders.count) }
    for (index, decoder) in decoders.enumerated() {
      let vector = duckdb_data_chunk_get_vector(chunk, idx_t(index))
      decoder.decode(vector, 0..<count) { row, value in rows[row].append(value) }
    }
    return rows
  }
}

/// Decodes the vectors of one column.
indirect enum ColumnDecoder {
  case bool
  case int8, int16, int32, int64, uint8, uint16, uint32, uint64, hugeint
  case float, double
  case decimal(storage: duckdb_type, scale: UInt8)
  case text, date
  /// Ticks of `microseconds / divisor * multiplier`; instants have a zone.
  case timestamp(multiplier: Int64, divisor: Int64, isInstant: Bool)
  case enumeration(storage: duckdb_type, values: [String])
  case list(ColumnDecoder)
  case null
  /// A type that has no place in `SQLValue`: queries cast it.
  case unsupported

  /// Whether every value, nested ones included, has a place in `SQLValue`.
  var isSupported: Bool {
    switch self {
    case .unsupported: false
    case .list(let element): element.isSupported
    default: true
    }
  }

  init(_ type: duckdb_logical_type?) {
    switch duckdb_get_type_id(type) {
    case DUCKDB_TYPE_BOOLEAN: self = .bool
    case DUCKDB_TYPE_TINYINT: self = .int8
    case DUCKDB_TYPE_SMALLINT: self = .int16
    case DUCKDB_TYPE_INTEGER: self = .int32
    case DUCKDB_TYPE_BIGINT: self = .int64
    case DUCKDB_TYPE_UTINYINT: self = .uint8
    case DUCKDB_TYPE_USMALLINT: self = .uint16
    case DUCKDB_TYPE_UINTEGER: self = .uint32
    case DUCKDB_TYPE_UBIGINT: self = .uint64
    case DUCKDB_TYPE_HUGEINT: self = .hugeint
    case DUCKDB_TYPE_FLOAT: self = .float
    case DUCKDB_TYPE_DOUBLE: self = .double
    case DUCKDB_TYPE_VARCHAR: self = .text
    case DUCKDB_TYPE_DATE: self = .date
    case DUCKDB_TYPE_TIMESTAMP: self = .timestamp(multiplier: 1, divisor: 1, isInstant: false)
    case DUCKDB_TYPE_TIMESTAMP_S:
      self = .timestamp(multiplier: 1_000_000, divisor: 1, isInstant: false)
    case DUCKDB_TYPE_TIMESTAMP_MS:
      self = .timestamp(multiplier: 1_000, divisor: 1, isInstant: false)
    case DUCKDB_TYPE_TIMESTAMP_NS:
      self = .timestamp(multiplier: 1, divisor: 1_000, isInstant: false)
    case DUCKDB_TYPE_TIMESTAMP_TZ: self = .timestamp(multiplier: 1, divisor: 1, isInstant: true)
    case DUCKDB_TYPE_DECIMAL:
      self = .decimal(
        storage: duckdb_decimal_internal_type(type), scale: duckdb_decimal_scale(type))
    case DUCKDB_TYPE_ENUM:
      self = .enumeration(
        storage: duckdb_enum_internal_type(type), values: ColumnDecoder.enumValues(type))
    case DUCKDB_TYPE_LIST:
      var child = duckdb_list_type_child_type(type)
      defer { duckdb_destroy_logical_type(&child) }
      self = .list(ColumnDecoder(child))
    case DUCKDB_TYPE_SQLNULL: self = .null
    default: self = .unsupported
    }
  }

  private static func enumValues(_ type: duckdb_logical_type?) -> [String] {
    (0..<idx_t(duckdb_enum_dictionary_size(type))).map { index in
      let value = duckdb_enum_dictionary_value(type, index)
      defer { duckdb_free(value) }
      return message(value)
    }
  }

  /// Calls `emit` with the position in the range and the value, in order, for every row.
  func decode(_ vector: duckdb_vector?, _ range: Range<Int>, emit: (Int, SQLValue) -> Void) {
    let validity = duckdb_vector_get_validity(vector)
    let data = duckdb_vector_get_data(vector)
    func each<Element>(_: Element.Type, _ convert: (Element) -> SQLValue) {
      let elements = data?.assumingMemoryBound(to: Element.self)
      for row in range {
        let isValid = validity.map { $0[row >> 6] >> UInt64(row & 63) & 1 == 1 } ?? true
        let value = isValid ? elements.map { convert($0[row]) } : nil
        emit(row - range.lowerBound, value ?? .null)
      }
    }
    switch self {
    case .bool: each(Bool.self) { .bool($0) }
    case .int8: each(Int8.self) { .int(Int64($0)) }
    case .int16: each(Int16.self) { .int(Int64($0)) }
    case .int32: each(Int32.self) { .int(Int64($0)) }
    case .int64: each(Int64.self) { .int($0) }
    case .uint8: each(UInt8.self) { .int(Int64($0)) }
    case .uint16: each(UInt16.self) { .int(Int64($0)) }
    case .uint32: each(UInt32.self) { .int(Int64($0)) }
    case .uint64:
      each(UInt64.self) {
        Int64(exactly: $0).map { .int($0) } ?? .decimal(SQLDecimal(units: Int128($0), scale: 0))
      }
    case .hugeint:
      each(duckdb_hugeint.self) {
        let value = $0.int128
        return Int64(exactly: value).map { .int($0) }
          ?? .decimal(SQLDecimal(units: value, scale: 0))
      }
    case .float: each(Float.self) { .double(Double($0)) }
    case .double: each(Double.self) { .double($0) }
    case .date: each(duckdb_date.self) { .date($0.days) }
    case .timestamp(let multiplier, let divisor, let isInstant):
      each(Int64.self) { ticks in
        let (product, overflow) = ticks.multipliedReportingOverflow(by: multiplier)
        let micros = overflow ? (ticks < 0 ? Int64.min : Int64.max) : product / divisor
        return isInstant ? .instant(micros) : .localTimestamp(micros)
      }
    case .text:
      each(duckdb_string_t.self) { .text(ColumnDecoder.string($0)) }
    case .decimal(let storage, let scale):
      func decimal(_ units: Int128) -> SQLValue {
        .decimal(SQLDecimal(units: units, scale: scale))
      }
      switch storage {
      case DUCKDB_TYPE_SMALLINT: each(Int16.self) { decimal(Int128($0)) }
      case DUCKDB_TYPE_INTEGER: each(Int32.self) { decimal(Int128($0)) }
      case DUCKDB_TYPE_BIGINT: each(Int64.self) { decimal(Int128($0)) }
      default: each(duckdb_hugeint.self) { decimal($0.int128) }
      }
    case .enumeration(let storage, let values):
      switch storage {
      case DUCKDB_TYPE_UTINYINT: each(UInt8.self) { .text(values[Int($0)]) }
      case DUCKDB_TYPE_USMALLINT: each(UInt16.self) { .text(values[Int($0)]) }
      default: each(UInt32.self) { .text(values[Int($0)]) }
      }
    case .list(let element):
      let child = duckdb_list_vector_get_child(vector)
      each(duckdb_list_entry.self) { entry in
        let start = Int(entry.offset)
        var elements: [SQLValue] = []
        elements.reserveCapacity(Int(entry.length))
        element.decode(child, start..<(start + Int(entry.length))) { elements.append($1) }
        return .list(elements)
      }
    case .null, .unsupported: for row in range { emit(row - range.lowerBound, .null) }
    }
  }

  private static func string(_ value: duckdb_string_t) -> String {
    let length = Int(value.value.inlined.length)
    guard length > 12 else {
      return withUnsafeBytes(of: value.value.inlined.inlined) {
        String(decoding: $0.prefix(length), as: UTF8.self)
      }
    }
    let bytes = UnsafeRawBufferPointer(start: value.value.pointer.ptr, count: length)
    return String(decoding: bytes, as: UTF8.self)
  }
}
