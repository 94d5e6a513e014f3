#!/usr/bin/env bash
# Holds deploy/integrations/asyncapi.yaml to AsyncAPI, by @asyncapi/parser. Called by ctest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [[ ! -d node_modules/@asyncapi/parser ]]; then
  echo "the parser is not there yet: installing what package-lock.json names"
  npm ci --ignore-scripts --no-progress
fi
node check_asyncapi.mjs ../../deploy/integrations/asyncapi.yaml

# A check that finds nothing wrong in anything would be none.
broken=$(mktemp --suffix .yaml)
trap 'rm -f "$broken"' EXIT
sed 's/action: send/action: shout/' ../../deploy/integrations/asyncapi.yaml > "$broken"
if node check_asyncapi.mjs "$broken" > /dev/null; then
  echo "a broken document passes"
  exit 1
fi
