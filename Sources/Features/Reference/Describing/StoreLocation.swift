package import ReferenceData

/// A shop, an agency or a warehouse that distances are measured to.
package struct StoreLocation: Sendable, Hashable {
  package let name: String
  package let point: GeoPoint

  package init(name: String, point: GeoPoint) {
    self.name = name
    self.point = point
  }
}

/// Where a store is, as settings or a file write it.
package struct WrittenStore: Sendable, Hashable, Codable {
  package var name: String
  package var postalCode: String?
  package var city: String?
  /// WGS84 degrees; they win over the postal code.
  package var latitude: Double?
  package var longitude: Double?

  private enum CodingKeys: String, CodingKey {
    case name, city, latitude, longitude
    case postalCode = "postal_code"
  }

  package init(
    name: String, postalCode: String? = nil, city: String? = nil, latitude: Double? = nil,
    longitude: Double? = nil
  ) {
    self.name = name
    self.postalCode = postalCode
    self.city = city
    self.latitude = latitude
    self.longitude = longitude
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    // A postal code without quotes is a number in YAML, and loses its leading zero.
    if let number = try? container.decode(Int.self, forKey: .postalCode) {
      let digits = String(number)
      postalCode = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    } else {
      postalCode = try container.decodeIfPresent(String.self, forKey: .postalCode)
    }
    city = try container.decodeIfPresent(String.self, forKey: .city)
    latitude = try container.decodeIfPresent(Double.self, forKey: .latitude)
    longitude = try container.decodeIfPresent(Double.self, forKey: .longitude)
  }

  /// The point; the centre of the commune, or of the arrondissement, where only that is known. Nil
  /// where nothing tells.
  package func located(by geography: Geography) throws(ReferenceDataError) -> StoreLocation? {
    if let latitude, let longitude {
      guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
      return StoreLocation(
        name: name, point: GeoPoint(latitude: latitude, longitude: longitude))
    }
    let answer = try geography.place(postalCode: postalCode, city: city)
    return answer.point.map { StoreLocation(name: name, point: $0) }
  }
}

extension PlaceAnswer {
  /// The centre of the arrondissement, else of the commune; nil where the commune is not known.
  package var point: GeoPoint? {
    guard case .commune(let commune, let district) = outcome else { return nil }
    return district?.location ?? commune.location
  }
}
