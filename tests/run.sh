#!/usr/bin/env bash
# Set up and run all checks: lint, types, import layers, tests with coverage.
#   bash tests/run.sh [PYTEST ARGUMENTS]
#   bash tests/run.sh --long     and then the store under all faults at full counts, with a table
# The tests in tests/cluster run on a private Slurm, made of Debian's packages. These are installed
# if they are missing and may be; else the tests are skipped, or fail where CI is set. The same
# holds for the browser of tests/browser.
set -euo pipefail
cd "$(dirname "$0")/.."
long=
if [ "${1:-}" = --long ]; then
    long=yes
    shift
fi

bash jobs/install.sh schnet sgdml generate test
bin=$PWD/.venv/bin

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports" --config setup.cfg
bash tests/cluster/install.sh
bash tests/browser/install.sh
if [ $# -gt 0 ]; then
    # A part of the tests cannot reach the coverage that all of them must.
    exec "$bin/python" -m pytest "$@"
fi
# Tests on schedulers mostly wait: they run beside two others.
"$bin/python" -m pytest -n 3 --dist loadgroup --no-loadscope-reorder \
    --cov --cov-config=setup.cfg --durations=15
if [ -n "$long" ]; then
    exec "$bin/python" tests/store/faults/long.py
fi
