#!/usr/bin/env bash
# A rota through the programs themselves: installed beside a running server, shown, compared, and
# followed by the next report.
set -euo pipefail
bin=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
server=
trap 'kill -9 $server 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

fail() {
  head -c 4000 out
  echo "$1"
  exit 1
}
# ctl PATTERN ARGUMENTS…: lastmeterctl succeeds and prints a line that matches.
ctl() {
  local pattern=$1
  shift
  "$bin/lastmeterctl" "$@" > out 2>&1 < /dev/null || fail "lastmeterctl $*: failed"
  grep -qE -- "$pattern" out || fail "lastmeterctl $*: nothing said '$pattern'"
}
# at MINUTES: so many minutes from now, as rota.csv has it.
at() { TZ=UTC-8 date -d "$1 minutes" '+%F %H:%M'; }

cp -r "$root/deploy/rules" rules
chmod -R u+w rules
# Nobody in the town but by the rota.
sed -i -E 's/^((tan-dan|ou-zhengqi|tang-jinqiu),[^,]*,town,430112001),[a-z]+/\1,rota/' rules/roster.csv
printf 'staff_id,from,to\nou-zhengqi,%s,%s\n' "$(at -60)" "$(at +60)" > rules/rota.csv

(umask 077 && "$bin/lastmeterctl" tokens add --file tokens --id op --role operator --area 430112 > op 2> /dev/null)
village=$("$bin/lastmeterctl" tokens add --file tokens --id mei-heping --role staff --area 430112001001 --tier village 2> /dev/null)
mkfifo ready
"$bin/lastmeter" serve --data-dir data --tokens tokens --rules "$root/deploy/rules" --allow-unsealed \
  --listen 127.0.0.1:0 > ready 2>> server.log &
server=$!
while read -r line; do
  if [[ $line == 'ready '* ]]; then break; fi
done < ready
url=${line#ready }
[[ $url == http://* ]] || fail "the server did not start"
there=(--url "$url" --token-file op)

# told WHO: who is told of a report that enters at the town.
told() {
  curl -sS --fail-with-body -H "Authorization: Bearer $village" -H 'Content-Type: application/json' \
    -d '{"kind":"injury","area":"430112001001"}' "$url/v1/reports?wait=20s" > out
  local number
  number=$(grep -oE '[0-9]{12}-20[0-9]{2}-[0-9]{5}' out | head -1)
  curl -sS --fail-with-body -H "Authorization: Bearer $village" "$url/v1/cases/$number/history" > out
  local found
  found=$(grep -oE '"staffId":"[^"]*","tier":"TIER_TOWN"' out | sort -u | cut -d'"' -f4 | paste -sd ' ')
  [[ $found == "$1" ]] || fail "told '$found' and not '$1'"
}

ctl "^\+ rota ou-zhengqi $(at -60)" rules diff "${there[@]}" --dir rules
ctl '^\+ post .*"staffId":"ou-zhengqi".*"duty":"DUTY_ROTA"' rules diff "${there[@]}" --dir rules
sed -i 's/^version: .*/version: with-a-rota/' rules/policy.yaml
ctl '^installed: with-a-rota: .* 1 periods of duty' rules install "${there[@]}" --dir rules
ctl '"staffId": "ou-zhengqi",?$' rules show "${there[@]}"
ctl '^no difference$' rules diff "${there[@]}" --dir rules
told 'ou-zhengqi'

# The next one, from now on.
printf 'staff_id,from,to\ntan-dan,%s,%s\n' "$(at -1)" "$(at +60)" > rules/rota.csv
sed -i 's/^version: .*/version: the-next-rota/' rules/policy.yaml
ctl '^- rota ou-zhengqi ' rules diff "${there[@]}" --dir rules
ctl '^installed: the-next-rota' rules install "${there[@]}" --dir rules
told 'tan-dan'

# What a program sends that knows no folder is held against the same rules.
curl -sS -H "Authorization: Bearer $(cat op)" "$url/v1/rules" | python3 -c '
import json, sys
rules = json.load(sys.stdin)["rules"]
rules["version"] = "broken"
rules["rota"][0]["toMs"] = rules["rota"][0]["fromMs"]
json.dump(rules, sys.stdout)' > broken
curl -sS -X PUT -H "Authorization: Bearer $(cat op)" -H 'Content-Type: application/json' \
  --data-binary @broken "$url/v1/rules" > out
grep -q '"rota\[0\].to_ms: is not later than the begin of the period"' out || fail "a broken rota was not refused"
