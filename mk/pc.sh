#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pc.sh NAME PACKAGE… [-- PACKAGE…] writes what pkg-config says as two make
# variables: PCFLAGS_NAME, compile flags of the first packages as system
# headers (their warnings are not ours), and PCLIBS_NAME, static link flags of
# all of them.
name=$1
shift
own=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    own="$own $1"
    shift
done
[ "$1" = -- ] && shift
all="$own $*"

missing=
for p in $own; do
    ${PKG_CONFIG:-pkg-config} --exists "$p" 2>/dev/null || missing="$missing $p"
done
[ -z "$missing" ] || echo "\$(warning libwzp-$name needs$missing: run 'make deps')"

ask() {
    # shellcheck disable=SC2086
    [ -z "$(echo $2)" ] || ${PKG_CONFIG:-pkg-config} --static "$1" $2 2>/dev/null
}
echo "PCFLAGS_$name := $(ask --cflags "$own" | sed 's/-I */-isystem /g')"
echo "PCLIBS_$name := $(ask --libs "$all")"
