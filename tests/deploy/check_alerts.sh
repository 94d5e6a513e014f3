#!/usr/bin/env bash
# The alerts parse, and are raised by what they are for and by nothing else. Skipped (exit 77)
# where promtool is not installed: it comes with Debian's prometheus, which is a server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v promtool > /dev/null || { echo "skipped: needs promtool"; exit 77; }
promtool check config ../../deploy/prometheus/prometheus.yaml
promtool test rules alerts_test.yaml
