# Shared by tools/quickstart and test/run, which source it: packages, configure, build, each step named and timed.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shellcheck shell=bash
# shellcheck disable=SC2034  # some variables are for the script that sources this one

# The whole list for both commands: what only the tests need (GoogleTest, NumPy, the sanitizers' run time) is 10 MB of
# 250 MB, which buys one configuration of the tree instead of two.
ADAMAS_PACKAGES=(
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools # the compiler's libraries, mlir-tblgen, FileCheck, lit
  clang-22 lld-22 libclang-rt-22-dev                     # compiler, linker, sanitizers and libFuzzer
  cmake ninja-build ccache
  zlib1g-dev libzstd-dev           # archives that LLVM's own ask for where a library carries LLVM inside
  nlohmann-json3-dev libxxhash-dev # headers of the GPU runtime
  libgtest-dev libgmock-dev python3 python3-dev python3-numpy
)
ADAMAS_LLVM_VERSION=22.1

adamas_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
adamas_start=$SECONDS

# Defaults of the options that both commands take.
preset=release
jobs=
packages_only=
extra_packages=()
configure_args=()

say() { printf '%s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# step NAME COMMAND...: says what begins, runs it, says how long it took.
step() {
  local name=$1 begin=$SECONDS
  shift
  say "== $name"
  "$@" || fail "$name: failed after $((SECONDS - begin)) s (see the lines above)"
  say "   $name: $((SECONDS - begin)) s"
}

common_options() {
  cat <<'TEXT'
  --gcc            build with g++-12 in build-gcc (the same as CXX=g++-12)
  --jobs N         compile N files at once (default: one a core, fewer where memory is short)
  --packages-only  install what is missing and stop
  --help           show this text

environment
  CXX              another compiler: g++* builds in build-gcc, anything else replaces clang++-22
TEXT
}

# parse_common OPTION [VALUE]: sets `used` to the number of words taken, 0 for an option that is not a common one.
parse_common() {
  used=1
  case $1 in
    --gcc) preset=gcc ;;
    --jobs)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || fail "--jobs: expected a number of 1 or more, but got '${2-}'"
      jobs=$2 used=2 ;;
    --packages-only) packages_only=1 ;;
    *) used=0 ;;
  esac
}

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Sets `missing` to the packages that are not installed.
find_missing() {
  missing=()
  local package
  for package in "${ADAMAS_PACKAGES[@]}" "${extra_packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
}

# Only asked where something must be installed: a machine that has everything may be any system.
check_system() {
  local os_release=${ADAMAS_OS_RELEASE:-/etc/os-release} name=unknown
  # shellcheck disable=SC1090
  [[ -r $os_release ]] && name=$(. "$os_release" && printf '%s %s' "${ID-unknown}" "${VERSION_ID-}")
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null || [[ $name != "debian 12" ]]; then
    fail "expected Debian 12 with apt, but this system is '$name'" \
      "what is needed is LLVM and MLIR $ADAMAS_LLVM_VERSION as Debian 12 packages them, under /usr/lib/llvm-22." \
      "use a Debian 12 machine or container (for example the image debian:12) and start again."
  fi
  if [[ $(id -u) == 0 ]]; then
    as_root=()
  elif command -v sudo >/dev/null; then
    as_root=(sudo)
    [[ -t 0 ]] || sudo -n true 2>/dev/null ||
      fail "expected sudo to work without a password where there is no terminal, but it asks for one" \
        "start again as root or from a terminal, or install first: apt-get install ${missing[*]}"
  else
    fail "expected to be root or to find sudo, but neither is so" \
      "missing packages: ${missing[*]}" \
      "ask an administrator for: apt-get install --no-install-recommends ${missing[*]}"
  fi
}

apt_update() { "${as_root[@]}" apt-get -q -o Acquire::Retries=3 update; }

# LLVM 22 reached Debian 12 through its security suite, which a minimal installation may not list.
check_candidates() {
  local package unknown=()
  for package in "${missing[@]}"; do
    [[ $(LC_ALL=C apt-cache policy "$package" | sed -n 's/^  Candidate: //p') =~ ^(|\(none\))$ ]] && unknown+=("$package")
  done
  ((${#unknown[@]})) || return 0
  if [[ " ${unknown[*]} " == *-22* ]]; then
    fail "expected LLVM 22 in apt's suites, but apt knows no ${unknown[*]}" \
      "they are in Debian 12's security suite, bookworm-security/main, which is not enabled here. As root, add it:" \
      "  echo 'deb http://deb.debian.org/debian-security bookworm-security main' >/etc/apt/sources.list.d/bookworm-security.list" \
      "and start again. If it is listed already, its mirror is older than LLVM 22.1.8: use deb.debian.org."
  fi
  fail "expected every package in Debian 12's main archive, but apt knows no ${unknown[*]}" \
    "the suites bookworm and bookworm-updates, component main, must be enabled in /etc/apt/sources.list*"
}

apt_install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "${missing[@]}"
}

install_packages() {
  command -v dpkg-query >/dev/null || { missing=("${ADAMAS_PACKAGES[@]}"); check_system; }
  find_missing
  if ((${#missing[@]} == 0)); then
    say "== packages: all ${#ADAMAS_PACKAGES[@]} are installed"
  else
    check_system
    say "== packages: ${#missing[@]} to install: ${missing[*]}"
    step "apt-get update" apt_update
    check_candidates
    step "apt-get install" apt_install
  fi
  local version
  version=$(/usr/lib/llvm-22/bin/llvm-config --version)
  [[ $version == "$ADAMAS_LLVM_VERSION".* ]] ||
    fail "expected LLVM $ADAMAS_LLVM_VERSION in /usr/lib/llvm-22, but found $version: run apt-get upgrade"
}

# CXX=g++-12 means the gcc preset; another clang keeps the preset and replaces its compiler.
apply_compiler() {
  local cxx=${CXX-} base
  base=$(basename "${cxx:-none}")
  case $base in
    none) ;;
    g++*)
      [[ $preset == sanitize ]] && fail "--sanitize: expected clang, but got CXX=$cxx: unset CXX"
      preset=gcc
      # Only a version that the preset does not name itself is passed on.
      [[ $base == g++-12 ]] || configure_args+=("-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_C_COMPILER=${CC:-${cxx/g++/gcc}}") ;;
    *)
      [[ $preset == gcc ]] && fail "--gcc: expected CXX to be unset or a g++, but got CXX=$cxx"
      configure_args+=("-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_C_COMPILER=${CC:-${cxx/clang++/clang}}") ;;
  esac
  unset CXX CC
  [[ $preset == gcc ]] && extra_packages+=(g++-12)
  case $preset in
    release) build_dir=build ;;
    *) build_dir=build-$preset ;;
  esac
}

# One job a core, but 1.5 GB for each: a file that includes MLIR's headers takes about 1 GB to compile.
choose_jobs() {
  [[ -n $jobs ]] && return
  local cores memory_kb
  cores=$(nproc)
  memory_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  jobs=$((${memory_kb:-0} / 1500000))
  ((jobs >= 1)) || jobs=1
  ((jobs <= cores)) || jobs=$cores
}

configure() {
  if command -v ccache >/dev/null; then
    # Relative paths in the cache's keys: every build tree of a checkout shares what the others compiled.
    export CCACHE_BASEDIR=$adamas_root
    configure_args+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  fi
  # ninja itself configures again when a CMake file changed, so only new options need it done here.
  local stamp=$build_dir/.configured-with wanted="$preset ${configure_args[*]}"
  if [[ -f $build_dir/build.ninja && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    say "== configure $build_dir: done before"
    return
  fi
  step "configure $build_dir" cmake --preset "$preset" --log-level=NOTICE "${configure_args[@]}"
  printf '%s' "$wanted" >"$stamp"
}

# build TARGET...: without one, everything.
build() {
  local targets=()
  (($#)) && targets=(--target "$@")
  choose_jobs
  export NINJA_STATUS='[%f/%t, %es] '
  step "build $build_dir ($jobs at once)" cmake --build "$build_dir" --parallel "$jobs" "${targets[@]}"
}

# set_up TARGET...: the whole road from a bare machine to built targets, from any current directory.
set_up() {
  cd "$adamas_root" || exit 1
  apply_compiler
  install_packages
  if [[ -n $packages_only ]]; then
    say "packages are in place (${SECONDS} s)"
    exit 0
  fi
  configure
  build "$@"
}
