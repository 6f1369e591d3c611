internal import CustomerSchema
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
internal import Warehouse

/// Describes found groups: sizes and centres over everybody, what sets them apart on the sample.
struct GroupDescription {
  let attributes: [GroupAttribute]
  let currency: CurrencyCode
  /// Names that groups have already, by their number.
  let names: [Int: [UserMessage]]

  func groups(
    _ stored: FoundGroups, _ sample: GroupTable.Sample, points: Matrix, labels: [Int],
    in session: any QuerySession
  ) async throws -> [GroupReport.Group] {
    let profiles = try GroupProfile.describe(sample.features, labels: labels, points: points)
    let columns = attributes.map { attribute -> SQL in
      attribute.kind == .category
        ? "CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), mode(\(identifier: attribute.name))"
        : """
        CAST(avg(CAST(\(attribute.value) AS DECIMAL(30, 8))) AS DOUBLE),
        median(\(attribute.value)), CAST(NULL AS VARCHAR)
        """
    }
    let rows = try await session.query(
      """
      SELECT found_group, count(*), sum(revenue), \(columns.joined())
      FROM customers JOIN customer_group USING (customer) GROUP BY found_group
      """
    ).rows
    let all = rows.reduce(0) { $0 + ($1[1].int ?? 0) }
    let revenue = rows.reduce(0.0) { $0 + ($1[2].double ?? 0) }
    var taken: Set<[UserMessage]> = []
    return stored.numbers.enumerated().map { index, number in
      let id = "group_\(number)"
      let row = rows.first { $0[0].text == id }
      let count = row?[1].int ?? 0
      let profile = profiles.first { $0.group == index }
      let money = Money(row?[2].decimal ?? .zero, currency)
      let name = names[number] ?? name(profile, number, &taken)
      return GroupReport.Group(
        id: id, nameParts: name, customers: count,
        customerShare: all > 0 ? Double(count) / Double(all) : 0, revenue: money,
        revenueShare: revenue > 0 ? money.double / revenue : nil,
        centre: attributes.enumerated().map { place, attribute in
          GroupReport.CentreValue(
            attribute: attribute.name, mean: row?[3 + 3 * place].double,
            median: row?[4 + 3 * place].double, mode: row?[5 + 3 * place].text)
        },
        traits: profile?.traits.prefix(5).map(trait) ?? [],
        typicalCustomers: profile?.typicalRows.map { sample.customers[$0] } ?? [])
    }
  }

  private func trait(_ trait: DistinctiveTrait) -> GroupReport.Trait {
    switch trait.contrast {
    case .number(_, _, _, let effect):
      GroupReport.Trait(
        attribute: trait.column, isHigher: effect > 0, effect: effect, category: nil, share: nil,
        lift: nil, strength: trait.strength)
    case .category(let name, let share, _, let lift):
      GroupReport.Trait(
        attribute: trait.column, isHigher: true, effect: nil, category: name, share: share,
        lift: lift, strength: trait.strength)
    }
  }

  /// The two strongest traits in words; where that name is taken, with a third one, weaker ones
  /// too; then with the number.
  private func name(
    _ profile: GroupProfile?, _ number: Int, _ taken: inout Set<[UserMessage]>
  ) -> [UserMessage] {
    let traits = profile?.traits ?? []
    let clear = traits.prefix(2).filter { $0.strength >= 0.5 }
    let short =
      clear.isEmpty ? [UserMessage("model.groups.name.average")] : clear.map(Self.phrase)
    if taken.insert(short).inserted { return short }
    for trait in traits.dropFirst(clear.count) where trait.strength >= 0.2 {
      let longer = short + [Self.phrase(trait)]
      if taken.insert(longer).inserted { return longer }
    }
    return short + [UserMessage("model.groups.name.number", ["number": .count(number)])]
  }

  private static func phrase(_ trait: DistinctiveTrait) -> UserMessage {
    guard GroupAttribute.known.contains(where: { $0.name == trait.column }) else {
      return ownPhrase(trait)
    }
    return switch trait.contrast {
    case .number(_, _, _, let effect):
      UserMessage("model.groups.name.\(trait.column).\(effect > 0 ? "high" : "low")")
    case .category(let name, _, _, _):
      UserMessage("model.groups.name.\(trait.column)", ["value": .text(name)])
    }
  }

  /// An attribute of the workspace's own, whose name the catalogues do not word.
  private static func ownPhrase(_ trait: DistinctiveTrait) -> UserMessage {
    let name = MessageArgument.text(trait.column)
    return switch trait.contrast {
    case .number(_, _, _, let effect):
      UserMessage("model.groups.name.own.\(effect > 0 ? "high" : "low")", ["name": name])
    case .category(let value, _, _, _):
      UserMessage("model.groups.name.own", ["name": name, "value": .text(value)])
    }
  }
}
