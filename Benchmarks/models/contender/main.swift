import Foundation

/// Runs one task of the model benchmarks on generated data and prints its time and result as JSON.
///
///     ModelBenchmark TASK DIR [THREADS]
let tasks: [String: (BenchmarkData, Int?) throws -> BenchmarkResult] = [
  "lifetime": lifetime, "score": score, "kmeans": kMeans, "mixture": mixture,
  "classes": latentClasses, "groups": groupCount,
]
guard CommandLine.arguments.count >= 3, let task = tasks[CommandLine.arguments[1]] else {
  let names = tasks.keys.sorted().joined(separator: "|")
  FileHandle.standardError.write(Data("usage: ModelBenchmark \(names) DIR [THREADS]\n".utf8))
  exit(2)
}
let data = try BenchmarkData(URL(fileURLWithPath: CommandLine.arguments[2], isDirectory: true))
let threads = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3]) : nil
print(String(decoding: try JSONEncoder().encode(task(data, threads)), as: UTF8.self))
