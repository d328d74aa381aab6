#!/usr/bin/env bash
# Rewrites requirements.lock: the versions tested with, hashed, without any index's address in it. Needs uv.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --quiet --no-header --generate-hashes --no-emit-index-url --universal \
  --python-version 3.11 --output-file requirements.lock
! grep -nE 'https?://' requirements.lock || { echo "the lock names a host"; exit 1; }
