#!/usr/bin/env bash
# From a bare checkout to learning curves: install, train a small grid, collect.
# Run it again: nothing is trained twice.
set -euo pipefail
cd "$(dirname "$0")/.."

bash jobs/install.sh
.venv/bin/python -m hpcmlff.submit jobs/examples/quickstart.yaml --profile local --wait
.venv/bin/python -m hpcmlff.collect jobs/examples/quickstart.yaml
