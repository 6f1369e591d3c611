#!/usr/bin/env bash
# Measures the release build against SQL by hand, polars and pandas, under memory limits, and on the
# grocery's year, then segments and models. With arguments only the first, which gets them (see
# orders/run.py --help).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python3 Benchmarks/orders/run.py --memory-limit 1GB 500MB "$@"
python3 Benchmarks/orders/run.py --grocery
[ $# -eq 0 ] || exit 0
for program in SegmentBenchmark LiveBenchmark ModelBenchmark; do
  swift build -c release --product $program --static-swift-stdlib
done
built=$(swift build -c release --product SegmentBenchmark --static-swift-stdlib --show-bin-path)
"$built/SegmentBenchmark" all
"$built/LiveBenchmark" 20000 200000
python3 Benchmarks/models/run.py --contender "$built/ModelBenchmark"
python3 Benchmarks/models/run.py --pipeline
