internal import Foundation

/// A French commune on 1 January 2025 (INSEE COG 2025), overseas departments included.
package struct Commune: Sendable, Hashable, Identifiable {
  /// INSEE's code, such as `75056` or `2A004`.
  package let code: String
  package var id: String { code }
  package let name: String
  package let department: String
  /// WGS84 degrees of the centroid.
  package let location: GeoPoint
  /// Municipal population of 2021.
  package let population: Int
  /// INSEE's density grid: 1 (large urban centre) to 7 (very dispersed rural), and its three levels.
  package let density7: Int
  package let density3: Int
  /// Nil for communes too recent to have one.
  package let areaKm2: Double?
  /// Attraction area of 2020 (`000` outside any) and the role in it (`11` centre to `30`).
  package let attractionArea: String
  package let attractionRole: String
  /// Urban unit of 2020; codes that end in `000` are rural. `urbanUnitSize` is 0 (rural) to 8 (Paris).
  package let urbanUnit: String
  package let urbanUnitSize: Int
  /// Median standard of living of 2019 in euros a year; nil for small communes.
  package let medianLivingStandard: Int?
  /// SIREN of the group of communes with own taxation; nil outside any.
  package let epci: String?

  package var isOverseas: Bool { department.utf8.count == 3 }

  /// How goods reach people there; Quartier's reading of INSEE's three levels of density.
  package var deliveryProfile: DeliveryProfile {
    switch density3 {
    case 1: .urban
    case 2: .drive
    default: .rural
    }
  }
}

/// How a delivery is best organised where somebody lives.
package enum DeliveryProfile: String, Sendable, Hashable, CaseIterable, Codable {
  /// Dense: on foot, by bicycle, pick-up points and lockers.
  case urban
  /// Intermediate density: by car, drive pick-up.
  case drive
  /// Long rounds; the relay is far.
  case rural
}

/// A point on the Earth in WGS84 degrees.
package struct GeoPoint: Sendable, Hashable {
  package let latitude: Double
  package let longitude: Double

  package init(latitude: Double, longitude: Double) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// Kilometres along the great circle (haversine, mean radius 6371.0088 km of IUGG): within 0.5 % of
  /// the ellipsoid; as the crow flies, not by road.
  package func distance(to other: GeoPoint) -> Double {
    let radians = Double.pi / 180
    let height = sin((other.latitude - latitude) * radians / 2)
    let width = sin((other.longitude - longitude) * radians / 2)
    let a =
      height * height
      + cos(latitude * radians) * cos(other.latitude * radians) * width * width
    return 2 * 6371.0088 * asin(min(1, a.squareRoot()))
  }
}

/// One of the 101 departments.
package struct Department: Sendable, Hashable, Identifiable {
  package let code: String
  package var id: String { code }
  package let name: String
  package let region: String
  /// INSEE's code of the prefecture's commune.
  package let prefecture: String
  package let population: Int
  package let areaKm2: Int
  package let communeCount: Int
  package let academy: String
  /// A, B or C; nil in Corsica and overseas, which have their own calendars.
  package let schoolZone: String?
  /// RT 2012 and RE 2020: H1a to H3, and H1 to H3; nil overseas, which is outside that zoning.
  package let climateZone: String?
  package let winterZone: String?

  package var isOverseas: Bool { code.utf8.count == 3 }
}

/// One of the 18 regions.
package struct Region: Sendable, Hashable, Identifiable {
  package let code: String
  package var id: String { code }
  package let name: String
  package let prefecture: String
  package let population: Int
  package let isOverseas: Bool
}

/// An arrondissement of Paris, Lyon or Marseille.
package struct MunicipalDistrict: Sendable, Hashable {
  package let code: String
  package let commune: String
  package let name: String
  package let location: GeoPoint
}
