#!/usr/bin/env bash
# The Debian package is built, holds what it promises, and its programs run from where it puts them.
# Nothing is installed.
#
#   package_test.sh BUILD_FOLDER VERSION
set -euo pipefail
build=$1
version=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
most_bytes=$((25 * 1000 * 1000))

for tool in dpkg-deb dpkg-shlibdeps file; do
  command -v "$tool" > /dev/null || { echo "skipped: needs $tool"; exit 77; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() {
  echo "$1"
  exit 1
}

(cd "$build" && cpack --config CPackConfig.cmake -G DEB -B "$folder/work" \
  -D CPACK_OUTPUT_FILE_PREFIX="$folder/out" > "$folder/log" 2>&1) ||
  { cat "$folder/log"; fail "cpack could not build the package"; }
arch=$(dpkg --print-architecture)
deb=$folder/out/lastmeter_${version}_$arch.deb
[[ -f $deb ]] || fail "no $(basename "$deb"): $(ls "$folder/out")"
dpkg-deb -x "$deb" "$folder/root"
dpkg-deb -e "$deb" "$folder/control"
cd "$folder/root"

# Every program that was built is there, stripped, small, and runs.
programs=0
for path in "$build"/bin/lastmeter "$build"/bin/lastmeterctl "$build"/bin/lastmeter-*; do
  name=$(basename "$path")
  case $name in
    lastmeter-load | lastmeter-microbench | lastmeter-year) continue ;;  # They measure and prove.
  esac
  program=usr/bin/$name
  [[ -x $program ]] || fail "$name is not in the package"
  if file "$program" | grep -q 'not stripped'; then fail "$name is not stripped"; fi
  bytes=$(stat -c %s "$program")
  (( bytes <= most_bytes )) || fail "$name has $bytes bytes"
  [[ $("$program" --version) == "$name $version" ]] || fail "$name says: $("$program" --version 2>&1)"
  printf '%-24s %6.1f MB\n' "$name" "$(awk -v b="$bytes" 'BEGIN { print b / 1e6 }')"
  programs=$((programs + 1))
done
(( programs >= 6 )) || fail "only $programs programs"

# What others build on.
usr/bin/lastmeterctl rules check --dir usr/share/lastmeter/rules
python3 -m json.tool usr/share/lastmeter/openapi.json > /dev/null
cmp usr/share/lastmeter/openapi.json "$root/services/gateway/openapi.json"
python3 -m json.tool usr/share/lastmeter/grafana/lastmeter.json > /dev/null
for file in asyncapi.yaml prometheus/lastmeter.rules.yaml proxy/nginx.conf proto/lastmeter/event/v1/record.proto; do
  [[ -s usr/share/lastmeter/$file ]] || fail "no $file"
done
[[ ! -e usr/share/lastmeter/proto/lastmeter/state ]] || fail "the private messages are in the package"
for file in RUNBOOK.md README.md rules.md integrations.md copyright examples/kcat/subscribe.sh \
  examples/python/requirements.txt examples/java/pom.xml; do
  [[ -s usr/share/doc/lastmeter/$file ]] || fail "no $file"
done
# A reader who has nothing but the descriptors can read a record.
protoc --decode=lastmeter.event.v1.Record --descriptor_set_in=usr/share/lastmeter/lastmeter.binpb \
  < /dev/null > /dev/null || fail "the descriptors do not describe a Record"

# Units as the tests of units lay them, and programs for each.
for unit in usr/lib/systemd/system/*.service; do
  name=$(basename "$unit")
  cmp "$unit" "$root/deploy/systemd/$name"
  [[ -f $unit.d/10-hardening.conf ]] || fail "$name is not hardened"
  [[ $name == lastmeter-@(watch@|daily).service || -f $unit.d/20-restart.conf ]] || fail "$name does not come back"
done
(( $(ls usr/lib/systemd/system/*.service | wc -l) == 6 )) || fail "not six units"

# Settings: kept by dpkg when edited; secrets for root only; every option that they name exists.
diff <(sort "$folder/control/conffiles") <(find etc -type f -printf '/%p\n' | sort) ||
  fail "not every file in /etc is a conffile"
[[ $(stat -c %a etc/lastmeter/kafka.conf) == 600 ]] || fail "others may read kafka.conf"
# has PROGRAM OPTION: --help of the program, or of the subcommand that its unit starts, names the
# option.
has() {
  local command=("usr/bin/$1")
  if [[ $1 == lastmeter ]]; then command+=(serve); fi
  if [[ $1 == lastmeterctl ]]; then command+=(report); fi
  grep -qE -- "^ +(-[a-z],)?$2( |,|$)" <<< "$("${command[@]}" --help)" || fail "$1 has no $2"
}
# settings PROGRAM FILE: every variable of the file, commented or not, is an option of the program.
settings() {
  local variable
  while read -r variable; do
    has "$1" "--$(tr 'A-Z_' 'a-z-' <<< "${variable#LASTMETER_}")"
  done < <(grep -oE '^(Environment=|#)?LASTMETER_[A-Z_]+' "$2" | grep -oE 'LASTMETER_[A-Z_]+')
}
settings lastmeter etc/lastmeter/lastmeter.env
for unit in usr/lib/systemd/system/*.service; do
  start=$(grep '^ExecStart=/usr/bin/lastmeter' "$unit") || continue
  program=$(grep -oE '^ExecStart=/usr/bin/[^ ]+' <<< "$start")
  program=${program##*/}
  [[ -x usr/bin/$program ]] || fail "$unit starts $program, which is not in the package"
  while read -r option; do has "$program" "$option"; done < <(grep -oE -- '--[a-z-]+' <<< "$start")
  settings "$program" "$unit"
  if grep -q '/kafka.env$' "$unit"; then settings "$program" etc/lastmeter/kafka.env; fi
done

# What it needs comes from the programs; its scripts are scripts, and start nothing.
dpkg-deb -f "$deb" Depends | grep -qE 'libc6.*librocksdb|librocksdb.*libc6' ||
  fail "dependencies are missing: $(dpkg-deb -f "$deb" Depends)"
for script in postinst prerm postrm; do
  [[ -x $folder/control/$script ]] || fail "$script cannot be run"
  sh -n "$folder/control/$script"
  if sed '/<</,/^NEXT/d' "$folder/control/$script" | grep -E 'systemctl.* (start|restart|enable)'; then
    fail "$script starts something"
  fi
done

if command -v lintian > /dev/null; then
  lintian --fail-on error,warning "$deb" || fail "lintian finds faults"
fi
echo "the package holds what it promises"
