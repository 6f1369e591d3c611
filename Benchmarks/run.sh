#!/usr/bin/env bash
# Measures the release build against SQL by hand, polars and pandas, under memory limits, and on the
# grocery's year. Arguments go to orders/run.py (see its --help).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python3 Benchmarks/orders/run.py --memory-limit 1GB 500MB "$@"
python3 Benchmarks/orders/run.py --grocery
