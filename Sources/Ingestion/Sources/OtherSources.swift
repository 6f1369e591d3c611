internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension SourceLoader {
  func loadJSON(_ file: SourceFile, _ index: Int) async throws(IngestionError) -> LoadedSource {
    throw .wrongKind(file: file.name, found: "kind.json")
  }

  func loadWorkbook(_ file: SourceFile, _ index: Int) async throws(IngestionError) -> LoadedSource {
    throw .wrongKind(file: file.name, found: "kind.xlsx")
  }
}
