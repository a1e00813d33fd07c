#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pc.sh NAME PACKAGE… [-- PACKAGE…] writes what pkg-config says as two make
# variables: PCFLAGS_NAME, compile flags of the first packages as system
# headers (their warnings are not ours), and PCLIBS_NAME, static link flags of
# all of them. What is missing is warned of, but for the packages in OPTIONAL:
# those become words of ABSENT. Those in WITHOUT are taken for missing.
name=$1
shift
own=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    own="$own $1"
    shift
done
[ "$1" = -- ] && shift
all="$own $*"

not_in() { case " $2 " in *" $1 "*) false ;; esac; }
is_there() { not_in "$1" "$WITHOUT" && ${PKG_CONFIG:-pkg-config} --exists "$1" 2>/dev/null; }
is_optional() { ! not_in "$1" "$OPTIONAL"; }
# The packages without the optional ones that are not there.
present() {
    for p in "$@"; do
        ! is_optional "$p" || is_there "$p" || continue
        printf '%s ' "$p"
    done
}

missing=
for p in $own; do
    is_there "$p" && continue
    if is_optional "$p"; then echo "ABSENT += $p"; else missing="$missing $p"; fi
done
[ -z "$missing" ] || echo "\$(warning libwzp-$name needs$missing: run 'make deps')"

# shellcheck disable=SC2086
own=$(present $own) all=$(present $all)

ask() {
    # shellcheck disable=SC2086
    [ -z "$(echo $2)" ] || ${PKG_CONFIG:-pkg-config} --static "$1" $2 2>/dev/null
}
echo "PCFLAGS_$name := $(ask --cflags "$own" | sed 's/-I */-isystem /g')"
echo "PCLIBS_$name := $(ask --libs "$all")"
