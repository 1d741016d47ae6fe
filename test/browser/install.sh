#!/usr/bin/env bash
# Installs what the suites in this folder need beyond Node, where apt is there: Debian's chromium. Speaks on stderr alone.
set -euo pipefail

[[ ! -x /usr/bin/chromium ]] || exit 0
command -v apt-get > /dev/null || { echo "chromium is missing, and apt-get to install it" >&2; exit 1; }
as_root=()
((EUID == 0)) || as_root=(sudo)
"${as_root[@]}" apt-get -qq update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core >&2
