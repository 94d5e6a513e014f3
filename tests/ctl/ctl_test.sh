#!/usr/bin/env bash
# lastmeterctl, through the program itself, on a log that the engine wrote.
set -euo pipefail
bin=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
data=$folder/data

# expect CODE PATTERN ARGUMENTS…: lastmeterctl ends with the code and prints a line that matches.
expect() {
  local code=$1 pattern=$2 got=0
  shift 2
  "$bin/lastmeterctl" "$@" > "$folder/out" 2>&1 < /dev/null || got=$?
  if (( got != code )) || ! grep -qE -- "$pattern" "$folder/out"; then
    head -c 4000 "$folder/out"
    echo "lastmeterctl $*: ended with $got, wanted $code and a line with '$pattern'"
    exit 1
  fi
}

"$bin/lastmeter-load" engine --reports 400 --dir "$data" --keep > /dev/null 2>&1

# The log, as lines and as JSON.
expect 0 'p0 +1 .* e1 +engine +WriterOpened instance=bench' log cat --data-dir "$data"
expect 0 'report@0 +CaseOpened 430112[0-9]{6}-20[0-9]{2}-00001 v1 report_id=load-' log cat --data-dir "$data" --type CaseOpened
case=$(grep -oE -m1 '[0-9]{12}-[0-9]{4}-[0-9]+' "$folder/out")
(( $(wc -l < "$folder/out") == 400 )) || { echo "not 400 openings"; exit 1; }
expect 0 'CaseAcknowledged' log cat --data-dir "$data" --case "$case"
(( $(wc -l < "$folder/out") == 2 )) || { echo "not two records of $case"; exit 1; }
expect 0 '"inputSays":\{"reportId":"load-' log cat --data-dir "$data" --case "$case" --json
# The chain, as anybody can check it: each record names the hash of the one before.
"$bin/lastmeterctl" log cat --data-dir "$data" --partition 1 --json > "$folder/json"
python3 - "$folder/json" << 'CHECK'
import json, sys
before = "0" * 64
records = [json.loads(line) for line in open(sys.argv[1])]
assert len(records) > 10
for i, record in enumerate(records):
    assert record["seq"] == str(i + 1), record
    assert record["prevSha256"] == before, record
    before = record["sha256"]
CHECK
LASTMETER_DATA_DIR=$data expect 0 'WriterOpened' log cat --partition 0 --type WriterOpened
expect 2 "no event 'Foo'; there are WriterOpened" log cat --data-dir "$data" --type Foo
expect 2 'no partition 9; the log has 4' log cat --data-dir "$data" --partition 9
expect 2 'not a case number' log cat --data-dir "$data" --case 12
expect 2 'give the data folder or the brokers' log cat
expect 78 'no log in' log cat --data-dir "$folder/nowhere"

# As of a moment.
expect 0 "taken on by village-head-${case%%-*} \(village\)" as-of --data-dir "$data" --case "$case"
opened=$("$bin/lastmeterctl" log cat --data-dir "$data" --case "$case" --type CaseOpened | awk '{print $1}')
expect 0 'nobody has taken it on' as-of --data-dir "$data" --case "$case" --seq "$opened"
expect 1 'there was no case' as-of --data-dir "$data" --case "$case" --seq "$((opened - 1))"
expect 1 'there was no case' as-of --data-dir "$data" --case "$case" --at 2020-01-01T00:00:00Z
expect 0 '"handlerTier": "TIER_VILLAGE"' as-of --data-dir "$data" --case "$case" --json
expect 2 'not both' as-of --data-dir "$data" --case "$case" --seq 1 --at 2020-01-01T00:00:00Z
expect 2 'is not a time' as-of --data-dir "$data" --case "$case" --at yesterday

# Deciding again, and what damage does to it.
expect 0 'partition 3: [0-9]+ records of [0-9]+ decisions: decided again, the same bytes' verify --data-dir "$data"
cp -r "$data" "$folder/damaged"
python3 - "$folder/damaged/log/rocksdb" << 'FLIP'
import glob, os, sys
files = glob.glob(sys.argv[1] + "/*.sst") + glob.glob(sys.argv[1] + "/*.log")
path = max(files, key=os.path.getsize)
with open(path, "r+b") as file:
    file.seek(os.path.getsize(path) // 2)
    byte = file.read(1)[0]
    file.seek(-1, 1)
    file.write(bytes([byte ^ 1]))
FLIP
expect 3 'lastmeterctl: ' verify --data-dir "$folder/damaged"

# The explicit way on after a loss.
expect 2 'gives up records that were acknowledged.*--yes' log accept-loss --data-dir "$data"
expect 0 'nothing was missing' log accept-loss --data-dir "$data" --yes
[[ ! -e $data/store ]] || { echo "the caches were kept"; exit 1; }
rm -r "$folder/damaged/log/rocksdb"
expect 78 'no log in' verify --data-dir "$folder/damaged"
expect 0 'the whole log was gone' log accept-loss --data-dir "$folder/damaged" --yes
expect 0 'partition 0: 0 records' verify --data-dir "$folder/damaged"

# Rules, by file and line.
expect 0 'wangcheng-2026-1: .* SHA-256 [0-9a-f]{64}' rules check --dir "$root/deploy/rules"
cp -r "$root/deploy/rules" "$folder/rules"
chmod -R u+w "$folder/rules"
echo 'somebody,Somebody,village,999999999999,always,,' >> "$folder/rules/roster.csv"
line=$(wc -l < "$folder/rules/roster.csv")
expect 78 "^roster.csv:$line: " rules check --dir "$folder/rules"
expect 2 'give the folder' rules check

# What may be installed and will not work as hoped.
expect 0 'nothing found' rules lint --dir "$root/deploy/rules" --at 2026-03-01
expect 3 'known_until.*|calendar ends on 20261231' rules lint --dir "$root/deploy/rules" --at 2026-12-01
cp -r "$root/deploy/rules" "$folder/gaps"
chmod -R u+w "$folder/gaps"
sed -i '0,/{tier: village, answer_within: 30m}$/{/{tier: village, answer_within: 30m}$/d}' "$folder/gaps/policy.yaml"
sed -i '/^2026-/d' "$folder/gaps/calendar.csv"
expect 3 '^policy.yaml:[0-9]+: critical: the ladder of verify leaves out the village' rules lint --dir "$folder/gaps" --at 2026-03-01
expect 3 'calendar.csv has no day of 2026' rules lint --dir "$folder/gaps" --at 2026-03-01
cp -r "$root/deploy/rules" "$folder/lint"
chmod -R u+w "$folder/lint"
sed -i '/^xu-guangming,[^,]*,grid,430112001001001,/d' "$folder/lint/roster.csv"
line=$(grep -n '^430112001001001,' "$folder/lint/areas.csv" | cut -d: -f1)
expect 3 "^areas.csv:$line: grid 430112001001001 .* has nobody" rules lint --dir "$folder/lint" --at 2026-03-01
sed -i '/,town,430112003,always,yes,/s/,yes,/,,/' "$folder/lint/roster.csv"
expect 3 'town 430112003 .* has no named officer' rules lint --dir "$folder/lint" --at 2026-03-01
cp -r "$root/deploy/rules" "$folder/away"
chmod -R u+w "$folder/away"
printf 'staff_id,from,to,stand_in\n%s\n%s\n' 'tan-dan,2026-03-02,2026-03-06,xu-guangming' \
  'xu-guangming,2026-03-04,2026-03-04,' > "$folder/away/absences.csv"
expect 3 '^absences.csv:2: xu-guangming is to stand in and is away too on 20260304' rules lint --dir "$folder/away" --at 2026-03-01
expect 3 'nobody is left on 20260304 at grid 430112001001001' rules lint --dir "$folder/away" --at 2026-03-01
expect 3 '^absences.csv:3: xu-guangming is back' rules lint --dir "$folder/away" --at 2026-03-05
expect 0 'xu-guangming .*for tan-dan' rules who --dir "$folder/away" --area 430112001001001 --at 2026-03-03T10:00

# The rota: nights and days beside what the posts say.
night=$folder/night
cp -r "$root/deploy/rules" "$night"
chmod -R u+w "$night"
sed -i 's/^tan-dan,谭丹,town,430112001,always/tan-dan,谭丹,town,430112001,rota/
  s/^tang-jinqiu,汤金秋,town,430112001,always/tang-jinqiu,汤金秋,town,430112001,hours/' "$night/roster.csv"
lint() { expect "$1" "$2" rules lint --dir "$night" --at "${3:-2026-03-01}"; }
rota() { printf 'staff_id,from,to\n%s\n%s\n%s\n' "$@" > "$night/rota.csv"; }
lint 3 '^roster.csv:11: tan-dan is on duty by the rota only, which has no period'
lint 3 '^areas.csv:[0-9]+: town 430112001 .* has nobody outside duty hours'
rota 'tan-dan,2026-03-02 17:00,2026-03-03 08:30' 'ou-zhengqi,2026-03-03 17:00,2026-03-04T08:00' \
  'tan-dan,2026-03-04 17:00,2026-03-04 24:00'
expect 0 'posts, 3 periods of duty, calendar' rules check --dir "$night"
lint 3 '^areas.csv:[0-9]+: town 430112001 .* nobody on duty from 2026-03-04 08:00:00.000 to 2026-03-04 08:30:00.000: a hole of the rota$'
lint 3 '^rota.csv:4: the rota ends at 2026-03-05 00:00:00.000'
lint 3 '^rota.csv:4: the rota ended at 2026-03-05 00:00:00.000' 2026-03-20
sed -i 's/T08:00/ 08:30/' "$night/rota.csv"
lint 0 '^nothing found' 2026-02-20
expect 0 '2026-03-03 20:00:00.000  town +asked +ou-zhengqi \(欧正气\) by the rota until 2026-03-04 08:30:00.000$' \
  rules who --dir "$night" --area 430112001 --kind sudden-illness --at 2026-03-03T20:00
expect 0 '2026-03-04 20:00:00.000  town +asked +tan-dan \(谭丹\) by the rota until 2026-03-05 00:00:00.000$' \
  rules who --dir "$night" --area 430112001 --kind sudden-illness --at 2026-03-04T20:00
expect 0 'town +passed: nobody-on-duty' rules who --dir "$night" --area 430112001 --kind sudden-illness --at 2026-03-05T02:00
printf 'staff_id,from,to,stand_in\nou-zhengqi,2026-03-03,2026-03-03,\n' > "$night/absences.csv"
lint 3 '^rota.csv:3: ou-zhengqi is away on 20260303 and nobody stands in'
rm "$night/absences.csv"
sed -i 's/^tang-jinqiu,汤金秋,town,430112001,hours/tang-jinqiu,汤金秋,town,430112001,nights/' "$night/roster.csv"
rm "$night/rota.csv"
lint 3 'tan-dan is on duty by the rota only'
if grep -q 430112001 "$folder/out"; then cat "$folder/out"; echo "nights do not cover the nights"; exit 1; fi
sed -i 's/^ou-zhengqi,欧正气,town,430112001,hours/ou-zhengqi,欧正气,town,430112001,rota/' "$night/roster.csv"
lint 3 '^areas.csv:[0-9]+: town 430112001 .* has nobody in duty hours'
rota 'ou-zhengqi,2026-03-02 17:00,2026-03-02 07:00' 'nobody,2026-03-02 17:00,2026-03-03 08:30' \
  'ou-zhengqi,2026-03-02 17:00,tomorrow'
expect 78 "^rota.csv:4: 'tomorrow' is not a moment such as" rules check --dir "$night"
sed -i 's/tomorrow/2026-03-03 24:00/' "$night/rota.csv"
expect 78 '^rota.csv:2: is not later than the begin' rules check --dir "$night"
expect 78 '^rota.csv:3: nobody is not in the roster' rules check --dir "$night"

# Who would be told: the same tiers as on the day itself, and nobody of those who may not know.
who() { expect 0 "$1" rules who --dir "$root/deploy/rules" --at 2026-01-05T09:00 "${@:2}"; }
who 'grid +asked +xu-guangming' --area 430112001001001 --kind elder-alone
grep -q '^2026-01-05 10:30:00.000  district' "$folder/out" || { cat "$folder/out"; echo "the climb does not reach the district"; exit 1; }
grep -q 'and again until somebody answers' "$folder/out" || { echo "no reminders"; exit 1; }
who 'outside +told +police-duty' --area 430112001001 --kind domestic-violence
if grep -qE ' (grid|group|village) ' "$folder/out"; then cat "$folder/out"; echo "a restricted case was shown below the town"; exit 1; fi
who '"caseOpened"' --area 430112001001001 --kind elder-alone --reporter grid --json
expect 2 'no area 999999' rules who --dir "$root/deploy/rules" --area 999999
expect 2 'no kind' rules who --dir "$root/deploy/rules" --area 430112001001 --kind toothache
expect 2 'no moment' rules who --dir "$root/deploy/rules" --area 430112001001 --at yesterday

# Tokens.
umask 022
expect 0 '^[A-Za-z0-9_-]{43}=?$' tokens add --file "$folder/tokens" --id op-1 --role operator --area 430112
token=$(head -1 "$folder/out")
[[ $(stat -c %a "$folder/tokens") == 600 ]] || { echo "others may read the token file"; exit 1; }
if grep -qF -- "$token" "$folder/tokens"; then echo "the token itself was stored"; exit 1; fi
grep -q "^$(printf %s "$token" | sha256sum | cut -d' ' -f1) " "$folder/tokens" ||
  { echo "not the token's hash"; exit 1; }
expect 0 '' tokens add --file "$folder/tokens" --id named --role staff --area 430112001 --tier town --named-officer
expect 0 '^[0-9a-f]{12}  named  staff  430112001  town  named-officer$' tokens list --file "$folder/tokens"
expect 0 '' tokens add --file "$folder/tokens" --id he-xiaoyu --role volunteer --area 430112001001
expect 2 'a volunteer is no named officer' tokens add --file "$folder/tokens" --id v --role volunteer --area 430112001001 --tier - --named-officer
expect 0 'nothing found' rules lint --dir "$root/deploy/rules" --at 2026-03-01 --tokens "$folder/tokens"
expect 0 '' tokens add --file "$folder/tokens" --id zhou-meilan --role staff --area 430112001001
expect 3 'tokens: zhou-meilan is a volunteer of the roster, .* every case of 430112001001' rules lint --dir "$root/deploy/rules" --at 2026-03-01 --tokens "$folder/tokens"
expect 2 "role 'king' is none of" tokens add --file "$folder/tokens" --id a --role king --area 430112
expect 2 'without blanks' tokens add --file "$folder/tokens" --id 'a b' --role staff --area 430112
chmod 644 "$folder/tokens"
expect 77 'may be read by others' tokens list --file "$folder/tokens"

# Servers that are not there.
expect 69 'cannot connect' rules show --url http://127.0.0.1:1
expect 78 'not a URL' rules show --url localhost
expect 2 'is not a month' statistics --url http://127.0.0.1:1 --month 2026-13
expect 2 'give --day, or --month' statistics --url http://127.0.0.1:1 --month 2026-11 --day 2026-11-01
expect 2 'clock that you trust' clock accept --url http://127.0.0.1:1
expect 2 "'nonsense' is not known here" nonsense
expect 2 "'nonsense' is not known here" rules nonsense
expect 2 'subcommand is required' rules
expect 2 'subject is empty' bulletin publish --url http://127.0.0.1:1 --id x --area 430112 --subject ' '
echo "lastmeterctl does what it says"
