#!/usr/bin/env bash
# The judges, each list of packages in a folder of the cache. In Python: moto, parliament, zizmor, shellcheck; checkov, which
# wants other versions of what they depend on. A policy pack for Pulumi, which wants an older provider package than ours.
# Each package is pinned, those that they depend on too, so nothing is worked out here. Says where they are. Needs Python
# 3.11 or newer.
set -euo pipefail

lists=$(dirname "${BASH_SOURCE[0]}")
for list in "$lists/requirements.txt" "$lists/requirements-checkov.txt"; do
  home=${XDG_CACHE_HOME:-$HOME/.cache}/footprint/judges-$(sha256sum "$list" | cut -c 1-12)
  if [[ ! -e $home/.complete ]]; then
    if ! python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
      echo "judges: Python 3.11 or newer with venv is missing, so nothing is judged (on Debian: apt-get install python3-venv)" >&2
      exit 1
    fi
    rm -rf "$home"
    python3 -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps --requirement "$list"
    touch "$home/.complete"
  fi
  echo "$home"
done

pack=$lists/awsguard
home=${XDG_CACHE_HOME:-$HOME/.cache}/footprint/awsguard-$(sha256sum "$pack/package-lock.json" | cut -c 1-12)
if [[ ! -e $home/.complete ]]; then
  rm -rf "$home"
  mkdir "$home"
  cp "$pack/package.json" "$pack/package-lock.json" "$home"
  # Its provider package has a script that would download the plugin.
  npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error
  touch "$home/.complete"
fi
echo "$home"
