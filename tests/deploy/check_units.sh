#!/usr/bin/env bash
# The systemd units are understood by systemd and exposed no more than we say. Skipped (exit 77)
# where systemd-analyze is not installed or cannot look at files (before version 250).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd"
most=2.0

command -v systemd-analyze > /dev/null || { echo "skipped: needs systemd-analyze"; exit 77; }
version=$(systemd-analyze --version | awk 'NR == 1 { print $2 }')
(( version >= 250 )) || { echo "skipped: needs systemd 250, has $version"; exit 77; }

# As the package lays them: each unit with its drop-ins, and programs where the units look for them.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp ./*.service ./*.timer "$folder"
for unit in *.service; do
  install -D -m 0644 10-hardening.conf "$folder/$unit.d/10-hardening.conf"
  # These two ask once and end: how servers come back is not for them.
  if [[ $unit != lastmeter-watch@.service && $unit != lastmeter-daily.service ]]; then
    install -D -m 0644 20-restart.conf "$folder/$unit.d/20-restart.conf"
  fi
done
sed -i -E "s#^ExecStart=/usr/bin/[^ ]+#ExecStart=/bin/true#" "$folder"/*.service

verdict=$(systemd-analyze verify "$folder"/*.service "$folder"/*.timer 2>&1 || true)
# The machine's own units are none of ours.
if grep -F "$folder" <<< "$verdict" || grep -i "lastmeter" <<< "$verdict"; then
  echo "systemd finds faults in the units"
  exit 1
fi

# tenths 1.6 -> 16
tenths() { awk -v x="$1" 'BEGIN { printf "%d", x * 10 + 0.5 }'; }
count=0
for unit in "$folder"/*.service; do
  line=$(systemd-analyze security --offline=true --no-pager "$unit" 2> /dev/null | tail -1)
  exposure=$(grep -oE '[0-9]+\.[0-9]+' <<< "$line" | tail -1)
  echo "$(basename "$unit"): exposure $exposure"
  (( $(tenths "$exposure") <= $(tenths "$most") )) || { echo "more than $most"; exit 1; }
  count=$((count + 1))
done
(( count == 6 )) || { echo "$count units were looked at, not 6"; exit 1; }

# What must not be lost from the units, whatever their exposure: a test of the rules of restarting.
grep -qx 'RestartPreventExitStatus=2 77 78' 20-restart.conf
grep -qx 'RestartPreventExitStatus=2 77 78' lastmeter-daily.service
# 08:00 at UTC+8, whatever the machine's own zone is.
grep -qx 'OnCalendar=\*-\*-\* 00:00:00 UTC' lastmeter-daily.timer
# Without these two the kernel cannot be asked whether its clock is synchronised.
grep -qx 'SystemCallFilter=adjtimex clock_adjtime' 10-hardening.conf
if grep -q '^ProtectClock=yes' ./*.conf ./*.service; then
  echo "ProtectClock forbids to ask whether the clock is synchronised"
  exit 1
fi
echo "$count units are understood and at most $most exposed"
