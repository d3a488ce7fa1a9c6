#!/usr/bin/env bash
# Install what the private Slurm of these tests is made of, on Debian or Ubuntu, without starting
# a service; does nothing if it is there. Where it may not install it says so and succeeds.
#   bash tests/cluster/install.sh
set -euo pipefail

packages=(munge slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin mariadb-server)
policy=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Without systemd there is nothing to disable.
disable_services() {
    local package
    for package in "$@"; do
        "${as_root[@]}" systemctl disable "${package%-server}" >/dev/null 2>&1 || true
    done
}

if ! command -v apt-get >/dev/null; then
    say "note: tests/cluster needs Slurm, which is installed here only on Debian and Ubuntu"
    exit 0
fi
missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if ! "${as_root[@]}" true 2>/dev/null; then
    say "note: tests/cluster needs Slurm: sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 0
fi

# The tests start their own daemons; apt asks this file whether a service may start.
if [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
fi
say "installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
disable_services "${missing[@]}"
