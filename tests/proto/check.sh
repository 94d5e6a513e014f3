#!/usr/bin/env bash
# Holds the messages to buf's rules (proto/buf.yaml). Called by ctest and by hand:
#   tests/proto/check.sh lint       style of the files as they are
#   tests/proto/check.sh breaking   nothing that old readers rely on has changed since a commit:
#                                   LASTMETER_PROTO_BASE, or else the last one (HEAD)
# Exits 77, which ctest shows as skipped, only where there is nothing to compare with or no buf for
# this machine's processor.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../.. && pwd)

if [[ $(uname -s)-$(uname -m) != Linux-x86_64 ]]; then
  echo "skipped: buf is locked for Linux on x86-64 only, this is $(uname -s) on $(uname -m)"
  exit 77
fi
buf=node_modules/@bufbuild/buf-linux-x64/bin/buf
if [[ ! -x $buf ]]; then
  echo "buf is not there yet: installing what package-lock.json names"
  npm ci --ignore-scripts --no-progress
fi
export BUF_CACHE_DIR
BUF_CACHE_DIR=$(mktemp -d)
trap 'rm -rf "$BUF_CACHE_DIR"' EXIT

case ${1:-} in
  lint)
    "$buf" lint "$root/proto"
    echo "the messages keep the style of proto/buf.yaml"
    ;;
  breaking)
    base=${LASTMETER_PROTO_BASE:-HEAD}
    if ! git -C "$root" rev-parse --verify --quiet "$base:proto" > /dev/null; then
      echo "skipped: no git commit '$base' with a proto folder to compare with"
      exit 77
    fi
    mkdir "$BUF_CACHE_DIR/base"
    git -C "$root" archive "$base" proto | tar -x -C "$BUF_CACHE_DIR/base"
    "$buf" breaking "$root/proto" --against "$BUF_CACHE_DIR/base/proto"
    echo "nothing that readers of $base rely on has changed"
    ;;
  *)
    echo "usage: $0 lint|breaking" >&2
    exit 2
    ;;
esac
