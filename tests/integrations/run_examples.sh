#!/usr/bin/env bash
# The examples of deploy/integrations on a real broker, before real services. Called by ctest, and by
# hand after a build:
#
#   tests/integrations/run_examples.sh build/release
#
# What pip and maven fetch is kept in build/integrations, so that only the first run needs a network.
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
examples=$root/deploy/integrations
cache=$root/build/integrations
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9

venv=$cache/venv
if ! cmp -s "$examples/python/requirements.txt" "$venv/requirements.txt"; then
  echo "Fetching the Python example's libraries"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --require-hashes -r "$examples/python/requirements.txt"
  cp "$examples/python/requirements.txt" "$venv"
fi

java=$cache/java
if ! diff -rq --exclude target "$examples/java" "$java" > /dev/null 2>&1; then
  echo "Compiling the Java example"
  rm -rf "$java" "$cache/java.new"
  cp -r "$examples/java" "$cache/java.new"
  mvn -q -B -f "$cache/java.new" compile dependency:copy-dependencies < /dev/null
  mv "$cache/java.new" "$java"
fi
exec 9>&-

exec "$venv/bin/python" "$root/tests/integrations/examples_test.py" "$build" "$java"
