internal import Warehouse

/// Numbers texts in the order in which they are first seen.
///
/// A text is 16 bytes as the engine has it: its length, then its bytes where there are at most 12
/// (the rest is 0), else their first 4 and an address. Long texts are copied, because the engine's
/// own go away.
struct KeyTable: ~Copyable {
  struct Key {
    /// The length in the lower half; the first four bytes in the upper one.
    let head: UInt64
    /// Bytes 5 to 12, or the address of all bytes.
    let tail: UInt64

    var length: Int { Int(UInt32(truncatingIfNeeded: head)) }
    var isLong: Bool { length > 12 }
  }

  private struct Slot {
    var head: UInt64
    var tail: UInt64
    /// The text's number plus 1; 0 where there is none.
    var code: UInt32
  }

  private(set) var count = 0
  private var capacity: Int
  private var slots: UnsafeMutablePointer<Slot>
  private var copies: [UnsafeMutableRawPointer] = []
  /// What is left of the last block of copies.
  private var room = 0
  private var end: UnsafeMutableRawPointer?

  init() {
    capacity = 1 << 8
    slots = Self.empty(capacity)
  }

  deinit {
    slots.deallocate()
    for copy in copies { copy.deallocate() }
  }

  private static func empty(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
    slots.initialize(repeating: Slot(head: 0, tail: 0, code: 0), count: capacity)
    return slots
  }

  /// The number of a text, from 0.
  mutating func code(of key: Key) -> UInt32 {
    if key.isLong { return codeOfLong(key) }
    let mask = capacity - 1
    var place = Self.hash(key.head, key.tail) & mask
    while true {
      let slot = slots[place]
      if slot.code == 0 { return insert(key, at: place) }
      if slot.head == key.head && slot.tail == key.tail { return slot.code - 1 }
      place = (place + 1) & mask
    }
  }

  /// The numbers of a column's texts; `none` for nulls.
  mutating func number(
    _ column: ColumnBatch.Column, count: Int, into codes: UnsafeMutablePointer<UInt32>
  ) {
    let keys = column.values.assumingMemoryBound(to: Key.self)
    for row in 0..<count {
      let isValid = column.validity.map { $0[row >> 6] >> UInt64(row & 63) & 1 == 1 } ?? true
      codes[row] = isValid ? code(of: keys[row]) : Self.none
    }
  }

  static let none = UInt32.max

  private mutating func codeOfLong(_ key: Key) -> UInt32 {
    let bytes = Self.bytes(key)
    let mask = capacity - 1
    var place = Self.hash(bytes) & mask
    while true {
      let slot = slots[place]
      if slot.code == 0 { break }
      if slot.head == key.head {
        let other = Self.bytes(Key(head: slot.head, tail: slot.tail))
        if bytes.elementsEqual(other) { return slot.code - 1 }
      }
      place = (place + 1) & mask
    }
    return insert(Key(head: key.head, tail: UInt64(UInt(bitPattern: copy(bytes)))), at: place)
  }

  private mutating func insert(_ key: Key, at place: Int) -> UInt32 {
    count += 1
    slots[place] = Slot(head: key.head, tail: key.tail, code: UInt32(count))
    if count * 2 > capacity { grow() }
    return UInt32(count - 1)
  }

  private mutating func grow() {
    let old = UnsafeBufferPointer(start: slots, count: capacity)
    capacity *= 2
    slots = Self.empty(capacity)
    let mask = capacity - 1
    for slot in old where slot.code != 0 {
      let key = Key(head: slot.head, tail: slot.tail)
      var place = (key.isLong ? Self.hash(Self.bytes(key)) : Self.hash(key.head, key.tail)) & mask
      while slots[place].code != 0 { place = (place + 1) & mask }
      slots[place] = slot
    }
    old.deallocate()
  }

  private mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer {
    if room < bytes.count || end == nil {
      room = max(1 << 20, bytes.count)
      let block = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 1)
      copies.append(block)
      end = block + room
    }
    let place = end.unsafelyUnwrapped - room
    UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyMemory(from: bytes)
    room -= bytes.count
    return place
  }

  private static func hash(_ head: UInt64, _ tail: UInt64) -> Int {
    let product = (head ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(
      by: tail ^ 0xD1B5_4A32_D192_ED03)
    return Int(truncatingIfNeeded: (product.high ^ product.low) & 0x7FFF_FFFF_FFFF_FFFF)
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var index = 0
    func mix(_ word: UInt64) {
      let product = (state ^ word).multipliedFullWidth(by: 0xD1B5_4A32_D192_ED03)
      state = product.high ^ product.low
    }
    while index + 8 <= bytes.count {
      mix(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var rest: UInt64 = UInt64(bytes.count) << 56
    while index < bytes.count {
      rest = rest << 8 | UInt64(bytes[index])
      index += 1
    }
    mix(rest)
    return Int(truncatingIfNeeded: state & 0x7FFF_FFFF_FFFF_FFFF)
  }

  /// The bytes of a long key.
  private static func bytes(_ key: Key) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: UnsafeRawPointer(bitPattern: UInt(key.tail)), count: key.length)
  }

  /// Every key by its number. Their addresses hold while the table lives.
  borrowing func keys() -> [Key] {
    var keys = [Key](repeating: Key(head: 0, tail: 0), count: count)
    for place in 0..<capacity where slots[place].code != 0 {
      let slot = slots[place]
      keys[Int(slot.code) - 1] = Key(head: slot.head, tail: slot.tail)
    }
    return keys
  }
}

extension KeyTable.Key {
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    if isLong {
      return body(
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(tail)), count: length))
    }
    return withUnsafeBytes(of: self) {
      body(UnsafeRawBufferPointer(rebasing: $0[4..<(4 + length)]))
    }
  }

  /// The first eight bytes as a number that sorts as they do.
  var leading: UInt64 {
    withBytes { bytes in
      var number: UInt64 = 0
      for index in 0..<8 {
        number = number << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0)
      }
      return number
    }
  }

  /// Whether the text comes first, byte by byte, as the engine sorts.
  func precedes(_ other: Self) -> Bool {
    withBytes { left in other.withBytes { left.lexicographicallyPrecedes($0) } }
  }
}

/// A text's number beside the bytes that mostly decide its place.
private struct SortItem {
  let leading: UInt64
  let code: UInt32
}

extension Array where Element == KeyTable.Key {
  /// The numbers in the order of their texts.
  func sortedCodes() -> [UInt32] {
    var items: [SortItem] = []
    items.reserveCapacity(count)
    for (code, key) in enumerated() {
      items.append(SortItem(leading: key.leading, code: UInt32(code)))
    }
    items.sort { (left: SortItem, right: SortItem) -> Bool in
      if left.leading != right.leading { return left.leading < right.leading }
      return self[Int(left.code)].precedes(self[Int(right.code)])
    }
    return items.map { $0.code }
  }
}
