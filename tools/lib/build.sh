# Configures and builds. Sourced by tools/run and tools/test, from the root of the repository.

# Lets ccache find in one checkout what was compiled in another.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1

# build PRESET TARGET…: with progress on the terminal; without targets everything.
build() {
  local preset=$1
  shift
  local log
  log=$(mktemp)
  if ! cmake --preset "$preset" > "$log" 2>&1; then
    cat "$log"
    rm -f "$log"
    echo "cmake could not configure the preset '$preset'" >&2
    return 1
  fi
  rm -f "$log"
  local targets=()
  if (( $# > 0 )); then targets=(--target "$@"); fi
  NINJA_STATUS='[%f/%t %es] ' cmake --build --preset "$preset" \
    -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" "${targets[@]}"
}

say() { printf '\n== %s\n' "$*"; }
