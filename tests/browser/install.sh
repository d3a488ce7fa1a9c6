#!/usr/bin/env bash
# Install the browser that the tests look at pages with, on Debian; does nothing if it is there.
# Where it may not install it says so and succeeds.
#   bash tests/browser/install.sh
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

if command -v chromium >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    say "note: tests/browser needs chromium, which is installed here only on Debian"
    exit 0
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if ! "${as_root[@]}" true 2>/dev/null; then
    say "note: tests/browser needs: sudo apt-get install --no-install-recommends chromium"
    exit 0
fi
say "installing chromium"
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends chromium >&2
