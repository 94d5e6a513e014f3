#!/usr/bin/env bash
# lastmeterctl import against a server, through the programs themselves: everything is checked before
# anything is sent, and nothing is brought in twice, whatever ends an import.
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

# serve OPTIONS…: a server on a free port; its address in $url.
serve() {
  rm -f ready
  mkfifo ready
  "$bin/lastmeter" serve --data-dir data --tokens tokens --rules "$root/deploy/rules" \
    --listen 127.0.0.1:0 "$@" > ready 2>> server.log &
  server=$!
  local line
  while read -r line; do
    if [[ $line == 'ready '* ]]; then break; fi
  done < ready
  url=${line#ready }
  [[ $url == http://* ]] || fail "the server did not start"
}

# import CODE PATTERN ARGUMENTS…: ends with the code and says a line that matches. What it prints on
# standard output is in "map".
import() {
  local code=$1 pattern=$2 got=0
  shift 2
  "$bin/lastmeterctl" import --server "$url" "$@" > map 2> said < /dev/null || got=$?
  cat said map > out
  (( got == code )) || fail "import $*: ended with $got, wanted $code"
  grep -qE -- "$pattern" out || fail "import $*: nothing said '$pattern'"
}

# cases N: so many cases are in, by the ledger.
cases() {
  "$bin/lastmeterctl" ledger --server "$url" --token-file viewer > ledger.csv 2> out
  (( $(tail -n +2 ledger.csv | wc -l) == $1 )) || fail "not $1 cases, but $(wc -l < ledger.csv) lines"
}

token() { (umask 077 && "$bin/lastmeterctl" tokens add --file tokens --area 430112 "${@:2}" > "$1" 2> /dev/null); }
token importer --id ledger-import --role staff --tier district
token other --id other-import --role staff --tier district
token hotline --id hotline --role sentinel
token viewer --id viewer --role viewer
echo nobody > stranger
serve --rate-limit 200

# Faults of all rows, by line and column, before anything is sent.
printf '\xef\xbb\xbfref,area,kind,occurred_on,household_ref,proactive,signs\r\n' > bad.csv
cat >> bad.csv << 'ROWS'
A,430112001001,elder-alone,2026-01-05,,,
B,4.30112E+11,elder-alone,,,,
C,43011200100,elder-alone,,,,
D,430112001999,elder-alone,,,,
E,430112001001,toothache,,,,
F,430112001001,elder-alone,2999-01-01,,,
G,430112001001,elder-alone,yesterday,,,
A,430112001001,elder-alone,,,,
I,430112001001,elder-alone,,43011219500101002X,,
J,430112001001,elder-alone,,,maybe,
K,430112001001,elder-alone,,,,limping
,430112001001,elder-alone,,,,
M,430112001001,生存认证,,H-1,,
N,430112001001,survival-certification,2026-01-05,,,
O,430112001001999,elder-alone,,,,
P,430112999,elder-alone,,,,
ROWS
import 78 '^bad.csv:3: area: .*rounded by a spreadsheet' bad.csv --token-file importer
for wanted in "4: area: '43011200100' is not a division code" '5: area: the rules have no area 430112001999' \
  "6: kind: the rules have no kind 'toothache'" "7: occurred_on: '2999-01-01' lies in the future" \
  "8: occurred_on: 'yesterday' is not a day" "9: ref: 'A' stands on line 2 already" \
  '10: household_ref: is an identity number' '11: proactive: is yes or no' \
  "12: signs: there is no tick 'limping'" '13: ref: is empty' \
  '14: occurred_on: is empty; for this kind it is the day of the last certification' \
  '15: household_ref: is empty; this kind is certified for a household' \
  '16: area: the rules have no area 430112001001999' '17: area: the rules have no area 430112999'; do
  grep -qF "bad.csv:$wanted" said || fail "no line bad.csv:$wanted"
done
(( $(grep -c '^bad.csv:' said) == 15 )) || fail "not fifteen faults"
[[ ! -s map ]] || fail "a table that is wrong was sent"
printf 'ref,area,kind,colour\nA,430112001001,elder-alone,red\n' > column.csv
import 78 "column.csv:1: unknown column 'colour'" column.csv --token-file importer
printf 'ref,area,kind\n' > empty.csv
import 78 'holds no cases' empty.csv --token-file importer
import 78 'cannot be read' nowhere.csv --token-file importer
cases 0

# 500 cases of six villages; more than the server takes at once, so that 429 is waited out.
villages=(430112001001 430112107208 430112103001 430112001002 430112003201 430112012204)
{
  printf '\xef\xbb\xbf原编号,区划代码,困难类型,发生时间,户编号,主动发现\r\n'
  for i in $(seq 500); do
    printf '旧-%d,%s,%s,2026/%d/%d 9:15,H-%d,%s\r\n' "$i" "${villages[i % 6]}" \
      "$( (( i % 2 )) && echo 失业 || echo policy-question)" $((i % 9 + 1)) $((i % 28 + 1)) "$i" \
      "$( (( i % 3 )) && echo 否 || echo 是)"
  done
} > cases.csv
import 0 '500 rows may be imported; nothing was sent' cases.csv --token-file importer --dry-run
url='' import 0 '500 rows may be imported' cases.csv --rules "$root/deploy/rules" --dry-run
url='' import 78 "give the server's address" cases.csv --rules "$root/deploy/rules"
cases 0

# Who may not, and where nobody is.
import 77 'answered 401' cases.csv --token-file stranger
import 77 'cannot be read with this token; give the folder with --rules' cases.csv --token-file hotline
import 77 'only staff and sentinels' cases.csv --token-file viewer
import 2 'give the table' --token-file importer
url=http://127.0.0.1:1 import 69 'cannot connect' cases.csv --token-file importer
cases 0

# begin LINES: an import in the background, once it has printed so many lines.
begin() {
  rm -f lines
  mkfifo lines
  "$bin/lastmeterctl" import cases.csv --server "$url" --token-file importer > lines 2> said < /dev/null &
  importer=$!
  exec 3< lines
  for _ in $(seq "$1"); do read -r _ <&3; done
}
# ended CODE: it ends so.
ended() {
  local got=0
  cat <&3 > map
  exec 3<&-
  wait "$importer" || got=$?
  cat said map > out
  (( got == $1 )) || fail "an import that was stopped ended with $got, wanted $1"
}
begin 20
kill -TERM "$importer"
ended 75
grep -qE '[0-9]+ of 500 rows' said || fail "it does not say how far it came"
grep -qF 'nothing is brought in twice' said || fail "it does not say that it may be run again"
begin 40
kill -9 "$importer"
ended 137
begin 60
kill -9 "$server"
ended 69
grep -qF 'nothing is brought in twice' said || fail "it does not say that it may be run again"
wait "$server" || true
serve --rate-limit 200 --allow-unsealed

import 0 '500 of 500 rows; opened a case: 500, added to an open one: 0, refused: 0' cases.csv --token-file importer
cases 500
(( $(cut -d, -f3 map | sort -u | wc -l) == 501 )) || fail "not 500 numbers"
cp map first
import 0 '500 of 500 rows' cases.csv --token-file importer
cmp -s first map || fail "a second import gives other numbers"
cases 500
grep -qE '"[0-9]{12}-[0-9]{4}-[0-9]+","430112107208","乔口镇","蓝塘寺村","H-1","失业"' ledger.csv ||
  fail "no case of the village"
grep -qF '"2026-02-02 09:15"' ledger.csv || fail "the day on which it happened is lost"

# The clocks count from the import: nothing is overdue by the past day.
curl -sS -H "Authorization: Bearer $(cat viewer)" "$url/v1/cases?overdue=true" > out
if grep -q '"number"' out; then fail "a case was overdue on arrival"; fi

# What was changed under an old name is refused by name; so is another caller's.
sed 's/^旧-7,430112107208/旧-7,430112001001/' cases.csv > changed.csv
import 1 'changed.csv:8: was imported before, by another token or with other content' changed.csv --token-file importer
(( $(grep -c '"refused"' map) == 1 )) || fail "more than the changed row was refused"
# Another table that counts its rows alike: the households have open cases.
import 0 'added to an open one: 500' cases.csv --token-file importer --source second-table
cases 500

# What may name somebody is let in by --allow-unsealed only; else nothing at all is brought in.
printf 'ref,area,kind,note\nN1,430112001001,injury,\nN2,430112001001,injury,invented note\n' > note.csv
import 0 'opened a case: 2' note.csv --token-file importer
"$bin/lastmeterctl" log cat --data-dir data --type CaseOpened --json > out
grep -qF 'invented note' out || fail "the note is not in the log"
kill -TERM "$server"
wait "$server"
serve
import 78 'note.csv:3: .*Import it --without-personal' note.csv --token-file importer --source third
cases 502
import 0 'opened a case: 2' note.csv --token-file importer --source third --without-personal

# As desktops in Chinese save it.
printf 'ref,area,kind\n张-1,430112001001,失业\n' | iconv -f UTF-8 -t GB18030 > gbk.csv
import 78 'looks like GBK: give --encoding gb18030' gbk.csv --token-file importer
import 0 '"张-1","opened"' gbk.csv --token-file importer --encoding gb18030
# A hotline's token reports, and checks by a folder.
import 0 'opened a case: 1' gbk.csv --token-file hotline --encoding gb18030 --source hotline --rules "$root/deploy/rules"

kill -TERM "$server"
wait "$server"
server=
"$bin/lastmeter-check" --data-dir data > out 2>&1 || fail "the judge finds the log wrong"
echo "an import is checked whole, and brings in nothing twice"
