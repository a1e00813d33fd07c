#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What an embedder gets from `make install`, used with nothing but pkg-config
# and a compiler. `make test-install` installs twice and runs this:
#
#   INSTALLED  the PREFIX of a first installation
#   DEST       the DESTDIR of a second one with the same PREFIX
#   PLAIN      link words for the same libraries as built, not prefixed
#   SYSTEM     packages of the system that the libraries call
#   SYS        libraries of the distribution, unpacked (scripts/deps.sh)
#
# Every check has a control beside it, which shows that it can fail.
set -u
T=$(mktemp -d) || exit 1
CC=${CC:-gcc} CXX=${CXX:-g++} NM=${NM:-nm} OBJCOPY=${OBJCOPY:-objcopy}
STRICT='-Wall -Wextra -Werror -pedantic'
HERE=tests/install
SYS_LIB=$(dirname "$(dirname "$(find "$SYS" -name libsodium.pc)")")
export PKG_CONFIG_PATH=$INSTALLED/lib/pkgconfig:$SYS_LIB/pkgconfig
export LD_LIBRARY_PATH=$SYS_LIB
PASSED=0 FAILED=0
PIDS=()

cleanup() {
    local p
    for p in "${PIDS[@]+"${PIDS[@]}"}"; do kill -KILL "$p" && wait "$p"; done 2>/dev/null
    rm -rf "$T"
}
trap cleanup EXIT

# holds NAME COMMAND…, fails NAME COMMAND…: the output is shown where it is not so.
holds() {
    local name=$1
    shift
    if "$@" >"$T/out" 2>&1; then PASSED=$((PASSED + 1)) && printf '[       OK ] %s\n' "$name"; else
        FAILED=$((FAILED + 1))
        printf '[  FAILED  ] %s\n' "$name" && tail -n 20 "$T/out"
    fi
}
not() { ! "$@"; }
fails() {
    local name=$1
    shift
    holds "$name" not "$@"
}
flags() { pkg-config --cflags --libs "$@"; }
# build OUT SOURCE PACKAGES [WORDS…]
build() {
    local out=$1 src=$2 pkgs=$3
    shift 3
    # shellcheck disable=SC2046,SC2086
    $CC -std=gnu11 $STRICT "$@" -o "$out" "$src" $(flags $pkgs)
}

# --- the tree ------------------------------------------------------------------

modes_are_sane() {
    local odd
    odd=$(find "$1" \( -type d ! -perm 755 \) -o \( -type f ! -path '*/bin/*' ! -perm 644 \) \
        -o \( -path '*/bin/*' ! -perm 755 \))
    [ -z "$odd" ] || { echo "$odd" && false; }
}
names_no_build_folder() { ! grep -rlF "$PWD" "$1"/lib/*.a "$1/include"; }
holds 'a second installation, with DESTDIR, is the same byte for byte' diff -r "$INSTALLED" "$DEST$INSTALLED"
holds 'folders and files have sane modes, also with umask 077' modes_are_sane "$DEST$INSTALLED"
holds 'archives and headers name no folder of this machine' names_no_build_folder "$INSTALLED"
cp -r "$INSTALLED" "$T/other"
echo "$PWD" >>"$T/other/include/wzp/proto/base.h"
chmod 600 "$T/other/lib/libwzp-proto.a"
fails 'control: a difference is seen' diff -r "$INSTALLED" "$T/other"
fails 'control: a private file is seen' modes_are_sane "$T/other"
fails 'control: a path is seen' names_no_build_folder "$T/other"
fails 'a step that fails fails the installation' \
    make install-lib VARIANT=release B=build/release OBJCOPY=false STAGED="$T/staged" DESTDIR="$T/dest"

# --- symbols -------------------------------------------------------------------

only_our_names() { # LIBDIR
    local stray
    stray=$($NM -g --defined-only "$1"/*.a 2>/dev/null | awk 'NF == 3 && $3 !~ /^wzp_|^wzptp_/ { print $3 }')
    [ -z "$stray" ] || { echo "$stray" | head -n 5 && false; }
}
# All of it in one shared object with only what the .pc files ask of the system.
needs_nothing_else() { # LIBDIR
    # shellcheck disable=SC2046
    $CC -shared -o "$T/all.so" -Wl,-z,defs -Wl,--whole-archive "$1"/*.a -Wl,--no-whole-archive \
        $(pkg-config --libs-only-l $SYSTEM) -lm -pthread
}
holds 'every global name begins with wzp_ or with the prefix of third parties' only_our_names "$INSTALLED/lib"
holds 'no archive needs a third party by its own name; all go into a shared object' needs_nothing_else "$INSTALLED/lib"
mkdir "$T/def" "$T/use"
cp "$INSTALLED"/lib/*.a "$T/def" && cp "$INSTALLED"/lib/*.a "$T/use"
$OBJCOPY --redefine-sym wzptp_sodium_init=sodium_init "$T/def/libwzp-thirdparty.a"
$OBJCOPY --redefine-sym wzptp_sodium_init=sodium_init "$T/use/libwzp-crypto.a"
fails 'control: one name without the prefix is seen where it is defined' only_our_names "$T/def"
fails 'control: and where it is used' needs_nothing_else "$T/use"

# --- headers -------------------------------------------------------------------

stands_alone() { # HEADER [INCLUDE-FOLDER]: as C, as C++, in C++ as C
    local inc=${2:-$INSTALLED/include}
    # shellcheck disable=SC2086
    echo "#include <$1>" | $CC -x c -std=c11 $STRICT -fsyntax-only -I"$inc" - &&
        echo "#include <$1>" | $CXX -x c++ -std=c++17 $STRICT -fsyntax-only -I"$inc" - &&
        printf 'extern "C" {\n#include <%s>\n}\n' "$1" | $CXX -x c++ -std=c++17 $STRICT -fsyntax-only -I"$inc" -
}
all_stand_alone() {
    local h bad=0
    for h in $(cd "$1" && find wzp -name '*.h'); do stands_alone "$h" "$1" || bad=1; done
    return $bad
}
holds "each of $(find "$INSTALLED/include" -name '*.h' | wc -l) headers compiles alone, as C11 and as C++17" all_stand_alone "$INSTALLED/include"
mkdir -p "$T/lame/wzp"
echo 'wzp_err wzp_lame(void);' >"$T/lame/wzp/lame.h"
fails 'control: a header that needs another one is seen' all_stand_alone "$T/lame"
cat >"$T/version.cc" <<'C'
extern "C" {
#include <wzp/client/client.h>
}
int main() { return wzp_version()[0] == 0; }
C
cplusplus() {
    # shellcheck disable=SC2046,SC2086
    $CXX -std=c++17 $STRICT -o "$T/version" "$T/version.cc" $(flags libwzp-client) && "$T/version"
}
holds 'a C++ program links' cplusplus

# --- examples ------------------------------------------------------------------

packages_of() { sed -n 's,^#include <wzp/\([a-z]*\)/.*,libwzp-\1,p' "$1" | sort -u | tr '\n' ' '; }
starts() { # a program without its arguments says so and ends; a server may stay
    timeout 5 "$1" >/dev/null 2>&1
    case $? in 0 | 1 | 2 | 124) ;; *) false ;; esac
}
for src in examples/*.c; do
    name=$(basename "$src" .c)
    holds "examples/$name builds with plain pkg-config --cflags --libs" build "$T/$name" "$src" "$(packages_of "$src")"
    holds "examples/$name starts" starts "$T/$name"
done
is_taken() { grep -q -i "$(printf ':%04x 0' "$1")" /proc/net/udp; } # "…:port 00000000:0000 …"
call() { # OFFSET TENTHS: join_room joins the room of relay_embed, asked at its port + OFFSET
    local port low
    # One that the system gives to nobody who asks for any.
    read -r low _ </proc/sys/net/ipv4/ip_local_port_range
    port=$((1024 + (RANDOM << 15 | RANDOM) % (low - 1025)))
    while is_taken $port; do port=$((port + 1)); done
    "$T/relay_embed" "127.0.0.1:$port" & PIDS+=($!)
    until is_taken $port; do
        kill -0 $! 2>/dev/null || return 1
        sleep 0.1
    done
    stdbuf -oL "$T/join_room" kitchen "127.0.0.1:$((port + $1))" >"$T/join.log" & PIDS+=($!)
    for _ in $(seq "$2"); do
        grep -q 'joined' "$T/join.log" && return
        sleep 0.1
    done
    cat "$T/join.log" && false
}
holds 'examples/join_room joins a room of examples/relay_embed' call 0 600
fails 'control: at another port there is none' call 1 15

# --- a host's own libraries ------------------------------------------------------

beside() { # NAME WORDS…
    local out=$T/$1
    shift
    # shellcheck disable=SC2046,SC2086
    $CC -std=gnu11 $STRICT -o "$out" $HERE/host_libs.c $(pkg-config --cflags libwzp-client libsodium opus) "$@" &&
        "$out"
}
# shellcheck disable=SC2046
{
    holds "beside the distribution's shared libsodium and Opus" beside shared $(flags libwzp-client libsodium opus)
    cat "$T/out"
    holds 'beside its static ones, before us' beside static1 "$SYS_LIB/libsodium.a" "$SYS_LIB/libopus.a" $(flags libwzp-client)
    holds 'and after us' beside static2 $(flags libwzp-client) "$SYS_LIB/libsodium.a" "$SYS_LIB/libopus.a" -lm
    unprefixed='-Dwzptp_sodium_version_string=sodium_version_string -Dwzptp_opus_get_version_string=opus_get_version_string'
    # shellcheck disable=SC2086
    fails 'control: without prefixes they are one' beside mixed $unprefixed $PLAIN $(flags libsodium opus) -lm
}
plugin() { # WORDS…: built as a shared object, loaded twice
    build "$T/plugin.so" $HERE/plugin.c libwzp-client -shared -fPIC -Wl,-z,defs "$@" &&
        build "$T/plugin_host" $HERE/plugin_host.c libsodium -ldl -Wno-pedantic && "$T/plugin_host" "$T/plugin.so"
}
exports_one_name() { [ "$($NM -D --defined-only "$1" | awk '{ print $3 }')" = plugin_run ]; }
holds 'a shared object holds the libraries and is loaded beside a libsodium' plugin
fails 'control: by itself it exports all of them' exports_one_name "$T/plugin.so"
holds 'the same without exporting them' plugin -Wl,--exclude-libs,ALL
holds 'its only name is its own' exports_one_name "$T/plugin.so"

# What does not call wolfSSL does not get it, nor its licence.
printf '%s\n' '#include <wzp/crypto/identity.h>' '#include <wzp/codec/codec.h>' \
    'int main(void) { return wzp_dred_version() == 0 || wzp_crypto_global_init() != WZP_OK; }' >"$T/free.c"
wolfssl_in() { $NM "$1" | grep -q wzptp_wolf; }
holds 'a program of libwzp-crypto and libwzp-codec builds' build "$T/free" "$T/free.c" 'libwzp-crypto libwzp-codec'
fails 'and has no wolfSSL in it' wolfssl_in "$T/free"
holds 'control: a client has' wolfssl_in "$T/join_room"

# --- older structs ---------------------------------------------------------------

sized_structs() { # "header struct" of each public struct that begins with its size
    (cd "$INSTALLED/include" && find wzp -name '*.h' | sort | xargs awk '
        /^typedef struct [a-z_0-9]+ \{/ { name = $3; next }
        name != "" { if (/^ *size_t size;/) print FILENAME, name; name = "" }')
}
# Given back by value, so that it cannot grow: docs/embedding.md.
FROZEN=' wzp_audio_io wzp_audio_recorder '
old_program() { # HEADER STRUCT KEEP [WORDS…]: $T/old/STRUCT.KEEP
    local header=$1 struct=$2 keep=$3 dir="$T/old/$2.$3.d"
    shift 3
    mkdir -p "$dir/$(dirname "$header")"
    awk -v name="$struct" -v keep="$keep" -v dropped="$dir/dropped" -f $HERE/drop-fields.awk \
        "$INSTALLED/include/$header" >"$dir/$header" || return
    # shellcheck disable=SC2046
    build "$T/old/$struct.$keep" $HERE/older_struct.c 'libwzp-client libwzp-relay' -I"$dir" -DSTRUCT="$struct" \
        -Wno-unused-function $(sed 's/^/-DDROPPED_/' "$dir/dropped") "$@"
}
runs_old() { old_program "$@" && "$T/old/$2.$3"; }
# The library as it would be without the rule.
cat >"$T/careless.c" <<'C'
#include <stddef.h>
#include <string.h>
void __wrap_wzp_sized_give(void *out, size_t size, const void *full, size_t full_size);
void __wrap_wzp_sized_take(void *full, size_t full_size, const void *given);
void __wrap_wzp_sized_give(void *out, size_t size, const void *full, size_t full_size)
{
    (void)size;
    memcpy(out, full, full_size);
}
void __wrap_wzp_sized_take(void *full, size_t full_size, const void *given)
{
    memcpy(full, given, full_size);
}
C
$CC -c -o "$T/careless.o" "$T/careless.c"
CARELESS="$T/careless.o -Wl,--wrap=wzp_sized_give"
sized_structs >"$T/structs"
while read -r header struct; do
    case $FROZEN in *" $struct "*) continue ;; esac
    holds "$struct without its last field" runs_old "$header" "$struct" 0
    # shellcheck disable=SC2086
    case $struct in
    *_config) ;;
    *)
        holds "$struct of its size alone" runs_old "$header" "$struct" 1
        fails "control: a $struct written whole is seen" runs_old "$header" "$struct" 1 $CARELESS
        ;;
    esac
done <"$T/structs"
fails 'control: a wzp_group_config read whole is seen' runs_old wzp/crypto/group.h wzp_group_config 0 \
    "$T/careless.o" -Wl,--wrap=wzp_sized_take
holds 'structs were found' [ "$(wc -l <"$T/structs")" -ge 20 ]

# --- away again ------------------------------------------------------------------

nothing_left() { [ -z "$(find "$1" -type f)" ]; }
fails 'control: there is something to remove' nothing_left "$DEST"
holds 'make uninstall' make uninstall DESTDIR="$DEST" PREFIX="$INSTALLED"
holds 'leaves no file' nothing_left "$DEST"

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" = 0 ]
