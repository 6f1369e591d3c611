/// How many customers a group has, and how many of them are natural persons.
package struct GroupSize: Sendable, Hashable {
  package let customers: Int
  package let persons: Int

  package static let empty = GroupSize(customers: 0, persons: 0)

  package init(customers: Int, persons: Int) {
    self.customers = customers
    self.persons = persons
  }

  /// Whether its number would tell too much of single persons. Companies are no persons, and of
  /// an empty group there is nobody to tell of.
  package func isHidden(under threshold: Int) -> Bool { persons > 0 && customers < threshold }
}
