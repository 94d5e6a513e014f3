#!/usr/bin/env bash
# The two commands of the README parse, explain themselves, and refuse what they do not know.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for script in tools/run tools/test tools/bench tools/kafka tools/lib/*.sh tests/*/*.sh .ci/run; do
  bash -n "$script"
done
for script in tools/run tools/test tools/bench tools/kafka .ci/run; do
  [[ -x $script ]] || { echo "$script is not executable"; exit 1; }
done
for script in tools/run tools/test tools/bench tools/kafka; do
  # Not through a pipe: grep -q ends at the first match, and the writer would then die of it.
  grep -q "^$script: " <<< "$("$script" --help < /dev/null)" || { echo "$script --help says nothing"; exit 1; }
done

# expect_2 ARGUMENTS…: tools/test refuses them as a usage error, before it installs or builds.
expect_2() {
  local code=0
  tools/test "$@" < /dev/null > /dev/null 2>&1 || code=$?
  (( code == 2 )) || { echo "tools/test $* ended with $code instead of 2"; exit 1; }
}
expect_2 --no-such-option
expect_2 --preset
expect_2 --preset no-such-preset
expect_2 unit sim

# What tools/run says of the demo's options is what the demo takes, but for what it does itself.
for option in $(tools/run --help < /dev/null | sed -n '1,/^Needs /p' | grep -oE -- '--[a-z-]+' | sort -u); do
  [[ $option == --help || $option == --kafka ]] || grep -q "\"$option\"" services/standalone/demo_flags.cc ||
    { echo "tools/run --help names $option, which lastmeter demo does not take"; exit 1; }
done

# Each package row has its three parts, so that what is installed is always explained.
# shellcheck source=tools/lib/packages.sh
source tools/lib/packages.sh
for row in "${lastmeter_build_packages[@]}" "${lastmeter_test_packages[@]}" \
  "${lastmeter_kafka_packages[@]}" "${lastmeter_integration_packages[@]}" \
  "${lastmeter_node_packages[@]}"; do
  IFS='|' read -r package _ why <<< "$row"
  [[ -n $package && -n $why ]] || { echo "incomplete package row: $row"; exit 1; }
done
echo "the scripts parse, explain themselves and refuse unknown arguments"
