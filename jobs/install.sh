#!/usr/bin/env bash
# Make .venv with hpcmlff and its pinned packages; does nothing if it is up to date.
#   bash jobs/install.sh [EXTRA ...]      default extras: schnet sgdml generate
# A machine without a GPU saves some GB of CUDA packages by
#   export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
set -euo pipefail
cd "$(dirname "$0")/.."

extras=("${@:-schnet sgdml generate}")
extras=$(tr -s ' ' ',' <<<"${extras[*]}")

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "error: Python 3.11 is needed and was not found. Install it: apt-get install python3.11-venv"
    exit 1
}

make_venv() {
    local python=$1
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
        return
    fi
    # Debian and Ubuntu keep this part of Python in a package of its own.
    system_package python3.11-venv "Python's venv module"
    "$python" -m venv .venv
}

system_package() {
    local package=$1 what=$2
    if [ "$(id -u)" -ne 0 ]; then
        say "error: $what is missing. Install it: sudo apt-get install $package"
        exit 1
    fi
    say "installing $package"
    apt-get update -qq >&2 && apt-get install -qq -y --no-install-recommends "$package" >&2
}

wanted=$(cat setup.cfg pyproject.toml jobs/constraints.txt jobs/install.sh - <<<"$extras" | sha256sum)
if [ -f .venv/.installed ] && [ "$(cat .venv/.installed)" = "$wanted" ]; then
    exit 0
fi
if [ ! -x .venv/bin/python ]; then
    make_venv "$(find_python)"
fi
# tblite brings its libraries along, but not this one.
if [[ $extras == *generate* ]] && ! .venv/bin/python -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null; then
    system_package libgomp1 "the OpenMP library of GCC"
fi
say "installing hpcmlff[$extras] into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --constraint jobs/constraints.txt --editable ".[$extras]" >&2
printf '%s' "$wanted" >.venv/.installed
