#!/usr/bin/env bash
# Set up and run all checks: lint, types, import layers, tests with coverage.
#   bash tests/run.sh [PYTEST ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."

bash jobs/install.sh schnet sgdml generate test
bin=$PWD/.venv/bin

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports" --config setup.cfg
if [ $# -gt 0 ]; then
    # A part of the tests cannot reach the coverage that all of them must.
    exec "$bin/python" -m pytest "$@"
fi
"$bin/python" -m pytest --cov --cov-config=setup.cfg --durations=10
