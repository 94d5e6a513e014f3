#!/usr/bin/env bash
# Every C++ file is formatted as .clang-format says. Skipped (exit 77) with any other major version
# of clang-format than Debian 12's, because versions differ in what they make of one style.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=14
tool=$(command -v "clang-format-$version" || command -v clang-format || true)
if [[ -z $tool ]] || ! "$tool" --version | grep -q "version $version\."; then
  echo "skipped: needs clang-format $version"
  exit 77
fi
mapfile -t files < <(find engine services tools tests -name node_modules -prune -o \
  \( -name '*.h' -o -name '*.cc' \) -print)
(( ${#files[@]} > 0 )) || { echo "no files found: nothing was checked"; exit 1; }
"$tool" --dry-run -Werror "${files[@]}"
echo "${#files[@]} files are formatted"
