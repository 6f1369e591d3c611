internal import ArgumentParser

/// `quartier model`: lifetime value, found groups, tribes, survival, and the models kept.
struct ModelCommand: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "model", abstract: Words.text("cli.model.abstract"),
      subcommands: [
        ModelClvCommand.self, ModelClustersCommand.self, ModelTribesCommand.self,
        ModelSurvivalCommand.self, ModelListCommand.self, ModelShowCommand.self,
        ModelCardCommand.self, ModelCompareCommand.self,
      ])
  }
}
