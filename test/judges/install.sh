#!/usr/bin/env bash
# The judges that are written in Python, in a folder of the cache: moto, parliament, zizmor, shellcheck. Each package is
# pinned, those that they depend on too, so nothing is worked out here. Says where they are. Needs Python 3.11 or newer.
set -euo pipefail

list=$(dirname "${BASH_SOURCE[0]}")/requirements.txt
home=${XDG_CACHE_HOME:-$HOME/.cache}/footprint/judges-$(sha256sum "$list" | cut -c 1-12)

if [[ ! -e $home/.complete ]]; then
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps --requirement "$list"
  touch "$home/.complete"
fi
echo "$home"
