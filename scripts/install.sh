#!/usr/bin/env bash
# Installs a relocatable tree: the folder can be moved anywhere as a whole, and needs nothing of this one.
#
#   scripts/install.sh PREFIX        (DESTDIR is respected)
#
#   bin/quartier              the program, Swift's libraries inside
#   lib/quartier/             the native libraries it loads, the C library excepted
#   share/quartier/TARGET/    what each target ships as resources
#   share/quartier/extensions, share/quartier/browser
#   share/doc/quartier/       licences
#
# Builds nothing: `make install` builds first.
set -euo pipefail
[ $# = 1 ] && [ -n "$1" ] || { echo "usage: scripts/install.sh PREFIX" >&2; exit 2; }
prefix=$(realpath -m "${DESTDIR:-}$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# fail WHAT FIX
fail() { printf 'installation failed: %s\n  what to do: %s\n' "$1" "$2" >&2; exit 4; }

build=$(swift build -c release --static-swift-stdlib --show-bin-path)
program=$build/quartier
[ -x "$program" ] || fail "there is no $program" "run make build"
mkdir -p "$prefix/bin" 2>/dev/null && [ -w "$prefix/bin" ] ||
  fail "cannot write in $prefix" "name another PREFIX, or run make build, then this script as root"

# Only the program's own folders are replaced; a program that runs from them keeps its files.
rm -rf "$prefix/lib/quartier" "$prefix/share/quartier" "$prefix/share/doc/quartier"
mkdir -p "$prefix/lib/quartier" "$prefix/share/quartier/extensions" "$prefix/share/quartier/browser" \
  "$prefix/share/doc/quartier"

install -m 755 "$program" "$prefix/bin/quartier.new"
patchelf --set-rpath '$ORIGIN/../lib/quartier' "$prefix/bin/quartier.new"

# The C library belongs to the system; every other library comes along, and finds the others beside it.
system='^(linux-vdso|linux-gate|ld-linux.*|libc|libm|libmvec|libdl|libpthread|librt|libresolv|libutil|libanl)\.so'
loaded=$(ldd "$program")
[[ $loaded != *"not found"* ]] || fail "$(grep 'not found' <<<"$loaded" | xargs)" "run make setup, then make build"
awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' <<<"$loaded" | grep -vE "$system" | while read -r name path; do
  install -m 644 "$path" "$prefix/lib/quartier/$name"
  patchelf --set-rpath '$ORIGIN' "$prefix/lib/quartier/$name"
  package=$(dpkg-query -S "*/$(basename "$(realpath "$path")")" 2>/dev/null | head -n 1 | cut -d: -f1) || true
  if [ -n "$package" ] && [ -r "/usr/share/doc/$package/copyright" ]; then
    install -m 644 "/usr/share/doc/$package/copyright" "$prefix/share/doc/quartier/LICENSE.$package"
  fi
done
[ -f "$prefix/lib/quartier/libduckdb.so" ] || fail "$program does not load libduckdb.so" "run make clean build"

for bundle in "$build"/quartier_*.resources; do
  target=${bundle##*/quartier_}
  target=${target%.resources}
  [[ $target == *Tests || ! -d $bundle ]] && continue
  cp -R "$bundle" "$prefix/share/quartier/$target"
  rm -f "$prefix/share/quartier/$target/Info.plist"
done
install -m 644 third_party/duckdb/extensions/*.duckdb_extension "$prefix/share/quartier/extensions/"
install -m 644 third_party/browser/* "$prefix/share/quartier/browser/"
install -m 644 LICENSE NOTICE "$prefix/share/doc/quartier/"
install -m 644 third_party/duckdb/LICENSE "$prefix/share/doc/quartier/LICENSE.duckdb"
chmod -R u=rwX,go=rX "$prefix/share/quartier" "$prefix/share/doc/quartier" "$prefix/lib/quartier"
mv "$prefix/bin/quartier.new" "$prefix/bin/quartier"
echo "installed: $prefix/bin/quartier"
