#!/usr/bin/env bash
# Installs what the suites in this folder need beyond Node, on Debian or Ubuntu. Speaks on stderr alone. The Debian that
# nodes are run of lives in the cache folder and needs root; without root its suites are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

missing=()
command -v python3 > /dev/null || missing+=(python3)
if ((${#missing[@]} > 0)); then
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" apt-get -qq update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >&2
fi

if command -v go > /dev/null; then
  node -r ./infra/cli/typescript.js test/node/h2spec/program.ts
else
  echo "Go is missing, so h2spec is not built and its suite is skipped" >&2
fi
((EUID != 0)) || node -r ./infra/cli/typescript.js test/node/debianRoot.ts
