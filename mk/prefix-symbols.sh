#!/bin/sh
# SPDX-License-Identifier: MIT
#
# prefix-symbols.sh OUT THIRD.a… -- OURS.a… makes what `make install` installs:
#
#   OUT/libwzp-thirdparty.a  all members of THIRD, their global names prefixed
#   OUT/<ours>.a             copies of OURS that call them by these names
#   OUT/symbols.map          "old new", a line per name
#
# So a host may link its own wolfSSL, libsodium, ngtcp2 or Opus beside ours, of
# any version. Names that begin with wzp_ stay. Debug information is left out:
# it would name folders of the machine that built it.
set -eu
LC_ALL=C
export LC_ALL
prefix=wzptp_
out=$1
shift
third=
while [ "$1" != -- ]; do
    third="$third $1"
    shift
done
shift

mkdir -p "$out"
# Functions, data, weak ones, indirect ones, common blocks: all but locals and
# what is only used. "A B": B of the same name in two of them would be a clash
# between the third parties themselves.
# shellcheck disable=SC2086
${NM:-nm} -g --defined-only $third >"$out/names" 2>/dev/null
awk 'NF == 3 { print $3 }' "$out/names" | sort >"$out/defined"
twice=$(uniq -d "$out/defined")
[ -z "$twice" ] || { echo "prefix-symbols: defined twice:" $twice >&2; exit 1; }
awk -v p=$prefix '!/^wzp_/ { print $1, p $1 }' "$out/defined" >"$out/symbols.map"
[ -s "$out/symbols.map" ] || { echo "prefix-symbols: no symbols in$third" >&2; exit 1; }
rm "$out/names" "$out/defined"

rename() { # FROM TO
    ${OBJCOPY:-objcopy} -D --strip-debug --redefine-syms="$out/symbols.map" "$1" "$2"
}

# ar's own scripts keep members of the same name apart.
{
    echo "CREATE $out/merged.a"
    for a in $third; do echo "ADDLIB $a"; done
    echo SAVE
    echo END
} | ${AR:-ar} -M
rename "$out/merged.a" "$out/libwzp-thirdparty.a"
rm "$out/merged.a"
for a in "$@"; do rename "$a" "$out/${a##*/}"; done
