#!/usr/bin/env bash
# The benchmark programs run to their end and print a row for every figure, at tiny sizes. Says
# nothing about times.
set -euo pipefail
bin=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect ROWS ARGUMENTS…: lastmeter-load prints so many rows of a table with three columns.
expect() {
  local rows=$1
  shift
  "$bin/lastmeter-load" "$@" --dir "$folder/run" > "$folder/out" 2> "$folder/err" ||
    { cat "$folder/err"; echo "lastmeter-load $* failed"; exit 1; }
  local found
  found=$(grep -cE '^\| [^|]+ \| [^|]+ \| [^|]+ \|$' "$folder/out" || true)
  (( found == rows )) || { cat "$folder/out"; echo "lastmeter-load $*: $found rows instead of $rows"; exit 1; }
  [[ ! -e $folder/run ]] || { echo "lastmeter-load $* left its folder behind"; exit 1; }
}
expect 6 engine --reports 2000
expect 1 latency --rate 200 --seconds 2
expect 4 append --appends 50
expect 3 restart --cases 2000
expect 2 lives --cases 200
expect 2 incident --reports 2000
expect 5 schedules --people 2000 --seconds 1
expect 2 timers --cases 3000 --fill-speed 60 --seconds 2

code=0
mkdir "$folder/run"
"$bin/lastmeter-load" engine --dir "$folder/run" > /dev/null 2> "$folder/err" || code=$?
(( code == 2 )) && grep -q 'exists already' "$folder/err" ||
  { echo "an existing folder was not refused"; exit 1; }

"$bin/lastmeter-microbench" --benchmark_min_time=0.001 > "$folder/micro" 2>&1
for name in Report Acknowledgement Timer FoldWithChainVerified Seal Sha256 Deadline LogAppend StoreCommit; do
  grep -q "^BM_$name" "$folder/micro" || { cat "$folder/micro"; echo "BM_$name is missing"; exit 1; }
done
echo "the benchmark programs work"
