import CustomerSchema
import Foundation
import SQLBuilder
import Testing

@Suite struct `Messages as JSON` {
  static let forms: [(MessageArgument, json: String)] = [
    (.text("a \"b\""), #"{"text":"a \"b\""}"#),
    (.term("segment.five.at_risk"), #"{"term":"segment.five.at_risk"}"#),
    (.count(3), #"{"count":3}"#),
    (
      .money(Money(SQLDecimal(units: 1_234_5600, scale: 4), .euro)),
      #"{"money":{"amount":"1234.5600","currency":"EUR"}}"#
    ),
    (.share(0.64), #"{"share":0.64}"#),
    (.number(1.5, decimals: 1), #"{"decimals":1,"number":1.5}"#),
    (.date(LocalDate(daysSinceEpoch: 19_753)), #"{"date":"2024-01-31"}"#),
    (.texts(["a", "b"]), #"{"texts":["a","b"]}"#),
  ]

  @Test(arguments: forms)
  func `an argument is one key that says its kind, and comes back the same`(
    argument: MessageArgument, json: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(argument)
    #expect(String(decoding: data, as: UTF8.self) == json)
    #expect(try JSONDecoder().decode(MessageArgument.self, from: data) == argument)
  }

  @Test(arguments: [
    "{}", #"{"count":1,"share":0.5}"#, #"{"decimals":1}"#, #"{"number":1.5}"#,
    #"{"count":"3"}"#, #"{"date":"31/01/2024"}"#, #"{"count":{"_0":3}}"#, "3",
  ])
  func `anything else is refused`(json: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(MessageArgument.self, from: Data(json.utf8))
    }
  }

  @Test func `a message keeps its argument names and leaves out a place that it has not`() throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let message = UserMessage(
      "reason.example", ["revenueShare": .share(0.5)],
      at: SourceLocation(file: "orders.csv", line: 3))
    let data = try encoder.encode(message)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"arguments":{"revenueShare":{"share":0.5}},"code":"reason.example","#
        + #""location":{"file":"orders.csv","line":3}}"#)
    #expect(try JSONDecoder().decode(UserMessage.self, from: data) == message)
  }
}
