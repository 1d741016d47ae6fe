#!/usr/bin/env bash
# Installs what the suites in this folder need beyond Node, on Debian or Ubuntu. Speaks on stderr alone.
set -euo pipefail

missing=()
command -v haproxy > /dev/null || missing+=(haproxy)
command -v python3 > /dev/null || missing+=(python3)
((${#missing[@]} > 0)) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)
"${as_root[@]}" apt-get -qq update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >&2
