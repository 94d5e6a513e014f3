# Finds and installs what the build needs, from the distribution's own packages. Sourced by
# tools/run and tools/test; works on Debian 12 and Ubuntu 24.04. Asks nothing.

# package | command that makes the package unnecessary, if any | what it is for
lastmeter_build_packages=(
  "g++|g++|C++20 compiler"
  "cmake|cmake|configures the build"
  "ninja-build|ninja|runs the build"
  "pkg-config|pkg-config|finds libraries"
  "git|git|compares messages with the last commit"
  "ccache|ccache|makes a second build quick"
  "mold|mold|links quickly"
  "librocksdb-dev||embedded log and store"
  "librdkafka-dev||Kafka client"
  "libprotobuf-dev||messages"
  "protobuf-compiler|protoc|generates code for messages"
  "libmimalloc-dev||allocator of the programs: half the processor time of the C library's under load"
  "libabsl-dev||status, containers, time"
  "libboost-dev||HTTP (Boost.Beast)"
  "libspdlog-dev||log lines"
  "prometheus-cpp-dev||metrics"
  "libcli11-dev||command lines"
  "libyaml-cpp-dev||rules in YAML"
  "libssl-dev||SHA-256, sealing"
  "nlohmann-json3-dev||JSON"
  "libcurl4-openssl-dev||outgoing HTTP"
  "libgtest-dev||tests"
  "libgmock-dev||tests"
  "libbenchmark-dev||benchmarks"
  "librapidcheck-dev||property tests"
  "python3|python3|layer test"
  "file||strips programs for the Debian package"
  "dpkg-dev|dpkg-shlibdeps|finds what the Debian package depends on"
)

lastmeter_test_packages=(
  "clang-format||format test"
  "curl|curl|tries the server from outside"
  "python3-yaml||reads deploy's files in tests"
  "systemd|systemd-analyze|checks the units"
  "ca-certificates||lets npm trust its registry"
)

lastmeter_kafka_packages=(
  "default-jre-headless|java|runs a real Kafka broker (tools/kafka)"
  "maven|mvn|fetches the broker's jars"
  "python3|python3|asks the broker whether it is ready"
  "openssl|openssl|makes the certificate of a broker that clients log in to"
)

lastmeter_integration_packages=(
  "kcat|kcat|runs the kcat example"
  "python3-venv||keeps the Python example's libraries apart"
  "default-jdk-headless|javac|compiles the Java example"
)

lastmeter_node_packages=(
  "nodejs|node|runs npm"
  "npm|npm|fetches what checks the messages and the AsyncAPI document"
)

_lastmeter_installed() {
  [[ $(dpkg-query -W -f='${Status}' "$1" 2> /dev/null) == "install ok installed" ]]
}

# ensure_packages ROW…: installs what is missing of the rows, saying what and why. Does nothing,
# quickly, when all is there. Exits 69 where it cannot install.
ensure_packages() {
  local row package command why
  local missing=()
  if ! command -v dpkg-query > /dev/null; then
    echo "This is no Debian or Ubuntu; going on with what is installed." >&2
    return
  fi
  for row in "$@"; do
    IFS='|' read -r package command why <<< "$row"
    if [[ -n $command ]] && command -v "$command" > /dev/null; then continue; fi
    if _lastmeter_installed "$package"; then continue; fi
    (( ${#missing[@]} > 0 )) || echo "Missing packages:"
    printf '  %-22s %s\n' "$package" "$why"
    missing+=("$package")
  done
  (( ${#missing[@]} > 0 )) || return 0

  local as_root=()
  if (( EUID != 0 )); then
    if ! command -v sudo > /dev/null; then
      echo "Not root and no sudo. As root: apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 69
    fi
    as_root=(sudo)
    # Nobody is there to type a password: fail rather than wait for one.
    if [[ ${CI:-} == true || ! -t 0 ]]; then as_root+=(-n); fi
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  local apt=(apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  echo "Installing them with apt-get"
  if ! "${as_root[@]}" "${apt[@]}" update < /dev/null ||
     ! "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" < /dev/null; then
    echo "The packages could not be installed: ${missing[*]}" >&2
    exit 69
  fi
}
