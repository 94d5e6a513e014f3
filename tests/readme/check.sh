#!/usr/bin/env bash
# What README says under "Use it", and with a second argument "kafka" also under "Use it on Apache
# Kafka", works as printed, typed line by line in a folder where nothing is yet. Called by ctest with
# the folder of the executables.
set -euo pipefail
bin=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap '"$root/tools/kafka" stop --kill --dir "$folder/kafka" || true; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p build/release deploy
ln -s "$bin" build/release/bin
ln -s "$root/deploy/rules" deploy/rules
ln -s "$root/tools" tools

read -r port engine_a engine_b <<< "$(python3 -c 'import socket
held = [socket.socket() for _ in range(3)]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])')"
export LASTMETER_KAFKA_CACHE=${LASTMETER_KAFKA_CACHE:-$root/build/kafka}
export LASTMETER_LISTEN=127.0.0.1:$port
until='^## Use it on Apache Kafka'
if [[ ${2:-} == kafka ]]; then until='^## The house'; fi
sed -n "/^## Use it\$/,/$until/p" "$root/README.md" | awk '/^```sh/ {on = 1; next} /^```/ {on = 0} on' |
  sed "s/127\.0\.0\.1:8480/127.0.0.1:$port/; s/127\.0\.0\.1:8482/127.0.0.1:$engine_a/
       s/127\.0\.0\.1:8483/127.0.0.1:$engine_b/; s/-20[0-9][0-9]-00001\\b/-$(TZ=UTC-8 date +%Y)-00001/
       /lastmeterctl rules install/i until curl -o /dev/null -s http://127.0.0.1:$port/readyz; do :; done" > commands
(( $(wc -l < commands) > 10 )) || { echo "README has no commands under 'Use it'"; exit 1; }
cat > session << 'SESSION'
# Where a person would wait for "ready", and press Ctrl-C on the stream of events.
curl() {
  case "$*" in
    *event-stream*) timeout 5 "$(type -P curl)" "$@" || (( $? == 124 )) ;;
    *) command curl --fail-with-body --retry 30 --retry-delay 1 --retry-connrefused "$@"; echo ;;
  esac
}
# The README stops its server; this does where a command before that failed.
trap 'kill $(jobs -p) 2> /dev/null && wait || true' EXIT
set -eu
SESSION
bash -c 'source ./session; source ./commands' > said 2>&1 < /dev/null || { cat said; echo "a command failed"; exit 1; }

expect() {
  grep -qE -- "$1" said || { cat said; echo "nothing said '$1'"; exit 1; }
}
expect '^ready http://127.0.0.1:'
expect '"state":"REPORT_STATE_OPENED","caseNumber":"430112001001-20[0-9]{2}-00001"'
expect '"type":"CaseAcknowledged".*"handlerId":"tan-dan"'
expect '^lastmeterctl: 430112001001-20[0-9]{2}-00001 is verified, version 3$'
expect '"type":"WorkPlanned".*"state":"TURN_STATE_OPEN"'
expect '"type":"WorkClaimed".*"worker":"tan-dan"'
expect $'\tmeals\topen\t430112001001-20[0-9]{2}-00001\twork 1 turn 2$'
expect '^event: CaseOpened'
expect '^event: CaseAcknowledged'
expect '^# 高塘岭街道急难救助日报'
[[ $(head -c 3 ledger.csv) == $'\xef\xbb\xbf' ]] || { echo "no ledger for a spreadsheet"; exit 1; }
expect '^Clean: [0-9]+ records break no rule'
expect 'partition 3: .* decided again, the same bytes'
expect ' CaseAcknowledged 430112001001-20[0-9]{2}-00001 v2 by=tan-dan'
if [[ ${2:-} == kafka ]]; then
  expect '^lastmeter.case.event.v1: created'
  expect '^installed: wangcheng-2026-1'
  (( $(grep -c '"state":"REPORT_STATE_OPENED"' said) == 2 )) || { cat said; echo "not two reports"; exit 1; }
  (( $(grep -c '^Clean: ' said) == 2 )) || { cat said; echo "not judged twice"; exit 1; }
fi
echo "README's commands work as printed"
