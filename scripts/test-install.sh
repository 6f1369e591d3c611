#!/usr/bin/env bash
# Installs into a temporary folder, moves the tree away, and runs it from / with an empty environment and,
# where the system allows it, with the development folder hidden.
#
# Needs a release build (`make test-install` makes one).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/scripts/install.sh" "$work/first" >/dev/null
moved="$work/moved here"  # the space is meant
mv "$work/first" "$moved"

wrong=0
check() { # check WHAT COMMAND...
  local what=$1
  shift
  if "$@" >"$work/output" 2>&1 </dev/null; then
    echo "passed: $what"
  else
    echo "FAILED ($?): $what" >&2
    sed 's/^/    /' "$work/output" >&2
    wrong=1
  fi
}
no_trace() { ! grep -q -- "$1" "$2"; }

# Every library comes from the tree or is the system's C library, and no run path leads back.
libraries_inside() {
  local line
  while read -r line; do
    case $line in
      *"not found"*) echo "$line"; return 1 ;;
      *"=> $moved/"*) ;;
      linux-vdso*|*/ld-linux*|libc.so*|libm.so*|libmvec.so*|libdl.so*|libpthread.so*|librt.so*|libresolv.so*|libutil.so*) ;;
      *) echo "from outside: $line"; return 1 ;;
    esac
  done < <(env -i ldd "$1")
  patchelf --print-rpath "$1" >"$work/rpath"
  no_trace "$root" "$work/rpath"
}
for file in "$moved/bin/quartier" "$moved"/lib/quartier/*; do
  check "${file#"$moved"/} loads from its own tree" libraries_inside "$file"
done

# hidden COMMAND...: without the development folder, if this system lets us hide it
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
  hidden() {
    env -i PATH=/usr/bin:/bin HOME="$work" LANG=C.UTF-8 unshare --mount sh -c '
      mount -t tmpfs none "$1" && ! [ -e "$1/Package.swift" ] && cd / && shift && exec "$@"' hide "$root" "$@"
  }
else
  echo "note: this system does not let us hide $root; its files are only out of the way"
  hidden() { (cd / && env -i PATH=/usr/bin:/bin HOME="$work" LANG=C.UTF-8 "$@"); }
fi

# The data of the demonstrations is not part of an installation.
mkdir -p "$work/out" "$moved/share/quartier/data"
cp -R "$root/third_party/data/cdnow" "$moved/share/quartier/data/cdnow"
cp "$root/third_party/data/cdnow/CDNOW_master.txt" "$work/orders.txt"

check "quartier --version" hidden "$moved/bin/quartier" --version
check "quartier doctor" hidden "$moved/bin/quartier" doctor
check "quartier run" hidden "$moved/bin/quartier" run "$work/orders.txt" --report "$work/report.html" --out "$work/out"
check "the report has the chart library inside" grep -q 'Licensed to the Apache Software Foundation' "$work/report.html"
check "a workbook is there" sh -c 'find "$1" -name "*.xlsx" | grep -q .' find "$work/out"
check "quartier demo" hidden "$moved/bin/quartier" demo
check "quartier generate uses the reference tables of the tree" \
  hidden "$moved/bin/quartier" generate --customers 200 --b2b --out "$work/base"
check "quartier run on the generated base" hidden "$moved/bin/quartier" run "$work/base/orders.csv"
ln -s "$moved/bin/quartier" "$work/link"
check "quartier doctor through a link" hidden "$work/link" doctor
exit $wrong
