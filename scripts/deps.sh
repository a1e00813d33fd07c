#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh - everything WZP is built with: distribution packages, a private static prefix built
# from pinned Debian source packages, the word list and the test speech.
#
# What is trusted, in this order: the archive's signing key (checked by apt), the signed index's
# hash of each file (checked by apt), the sha256 pins below (checked here, all before any build).
# Packages of this machine's own release are not pinned.
# Nothing under /etc is changed: the newer releases are read through private apt trees, made from
# this machine's own archive address.
set -eu
LC_ALL=C
export LC_ALL

usage() {
  cat <<'E'
usage: scripts/deps.sh [--arch arm64] [--prefix DIR] [--cache DIR] [--jobs N] [--no-apt-install] [--help]
  --arch arm64      for that machine, with Debian's cross compiler, tried with qemu-user
  --prefix DIR      static libraries and headers        (default: .deps/prefix, .deps/arm64/prefix)
  --cache DIR       downloads and build trees           (default: .deps/cache)
  --jobs N          parallel compilers                  (default: number of CPUs)
  --no-apt-install  never install distribution packages; names the ones that are missing
The word list and the test speech go beside the prefix: DIR/../wordlist, DIR/../speech; so do libraries of the distribution
that are unpacked, not installed: DIR/../sys.
A second run with everything in place takes less than a second. Debian 12; as root or with sudo.
Environment: DEPS_APT_URI replaces the archive address, DEPS_KEYRING its keyring,
DEPS_KEEP_BUILD=1 keeps the build trees.
E
}

for tool in apt-get dpkg-query dpkg-deb flock sha256sum; do
  command -v $tool >/dev/null || {
    echo "[deps] error: '$tool' is missing: this script is for Debian" >&2
    exit 1
  }
done
T0=$(date +%s)
SAID=0
say() { printf '[deps] %s\n' "$*"; }
die() {
  printf '[deps] error: %s\n' "$*" >&2
  SAID=1
  exit 1
}
lap() { # one progress line with the time since the last one
  now=$(date +%s)
  say "$1 ($((now - T0)) s)"
  T0=$now
}

ROOT=$(cd "$(dirname "$0")/.." && pwd)
ARCH=
PREFIX=
CACHE=$ROOT/.deps/cache
JOBS=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
APT_INSTALL=1
while [ $# -gt 0 ]; do
  case $1 in
  --arch | --prefix | --cache | --jobs) [ $# -ge 2 ] || die "$1 needs a value" ;;
  esac
  case $1 in
  --arch) ARCH=$2 && shift ;;
  --prefix) PREFIX=$2 && shift ;;
  --cache) CACHE=$2 && shift ;;
  --jobs) JOBS=$2 && shift ;;
  --no-apt-install) APT_INSTALL=0 ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && die "unknown option $1" ;;
  esac
  shift
done
case $ARCH in
'') MACHINE=$(uname -m) HOST= RUN= ;;
arm64) MACHINE=aarch64 HOST=aarch64-linux-gnu RUN="qemu-aarch64 -L /usr/aarch64-linux-gnu" ;;
*) die "--arch knows arm64 only, not '$ARCH'" ;;
esac
[ -n "$PREFIX" ] || PREFIX=$ROOT/.deps/${ARCH:+$ARCH/}prefix
case $PREFIX in /*) ;; *) PREFIX=$PWD/$PREFIX ;; esac
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
case $PREFIX$CACHE in *[!A-Za-z0-9_./+-]*) die "the prefix and cache paths may hold only letters, digits and _ . / + -" ;; esac
case $JOBS in '' | *[!0-9]* | 0*) die "--jobs needs a number from 1" ;; esac
DATA=$(dirname "$PREFIX")
STAMPS=$PREFIX/.stamps
DL=$CACHE/dl
KEYRING=${DEPS_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

# ---------------------------------------------------------------- what is wanted

RECIPE=1 # raise when a build_* function changes in a way that its flags do not show

CLANG_PKGS='clang clang-format clang-tidy libclang-rt-dev'
# shellcheck disable=SC1091
CODENAME=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-unknown}")
[ "$CODENAME" != bookworm ] || CLANG_PKGS='clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev'
APT_PKGS="build-essential pkg-config cmake ninja-build autoconf automake libtool dpkg-dev patch xz-utils
 libuv1-dev libcjson-dev libcodec2-dev libasound2-dev
 libwebsockets-dev libwebsockets-evlib-uv libtomlplusplus-dev
 libcmocka-dev gcovr lcov universal-ctags $CLANG_PKGS
 codec2-examples alsa-utils pulseaudio pulseaudio-utils python3-mnemonic"

# Another machine's compiler. Its libraries of the distribution, and for this machine the ones that a host of our libraries may link
# beside ours, are unpacked into a folder: installed, they would get into every build.
case $ARCH in
'') SYS_PKGS='libsodium23 libsodium-dev libopus0 libopus-dev' DATA_SETS='wordlist speech sys' ;;
*)
  APT_PKGS="$APT_PKGS gcc-$HOST libc6-dev-$ARCH-cross qemu-user"
  SYS_PKGS='libuv1 libuv1-dev libcodec2-1.0 libcodec2-dev libcmocka0 libcmocka-dev libcjson1 libcjson-dev' DATA_SETS=sys
  ;;
esac

# Columns: suite, package, kind (tar = upstream source, diff = Debian's patches, deb = binary), file, sha256,
# and what to do when the archive has moved on: "pin" = refuse, "newer" = accept on the archive's signature, with a warning,
# "optional" = the same, or go on without it.
pins() {
  cat <<'E'
trixie wolfssl tar wolfssl_5.7.2.orig.tar.gz 0f2ed82e345b833242705bbc4b08a2a2037a33f7bf9c610efae6464f6b10e305 pin
trixie wolfssl diff wolfssl_5.7.2-0.1+deb13u2.debian.tar.xz c4c31ffaa8e05e1132cb535cc0b0cd3083e04f134883ab039154f3857d0a96d8 newer
trixie ngtcp2 tar ngtcp2_1.11.0.orig.tar.xz 382c15bf66b630f26021631b25b7eb1feac42c67c1d6826189d61091dfaa4d09 pin
trixie ngtcp2 diff ngtcp2_1.11.0-1+deb13u1.debian.tar.xz 5d45f3e07ebaf4fff773d6ec32eee78c8514e17bac67dee8e268fa97af440854 newer
trixie opus tar opus_1.5.2.orig.tar.gz 65c1d2f78b9f2fb20082c38cbe47c951ad5839345876e46941612ee87f9a7ce1 pin
trixie opus diff opus_1.5.2-2.debian.tar.xz 03408f5bbd128564b513ff884b1ddcb3b3ce6ddf0bb0ebe6c4bf46b522b5e78b newer
trixie speexdsp tar speexdsp_1.2.1.orig.tar.gz 8c777343e4a6399569c72abc38a95b24db56882c83dbdb6c6424a5f4aeb54d3d pin
trixie miniaudio tar miniaudio_0.11.22+dfsg.orig.tar.gz c16866ce5071744f60874f9b0e0c2dbee2dfea96ac2c43a06a02cd1df23a019c pin
sid libsodium tar libsodium_1.0.22.orig.tar.gz 5838bb0c3da6148c24ebe531d1ed1297de9a87aea77d426bcd99f289e681631c newer
sid libsodium diff libsodium_1.0.22-2.debian.tar.xz bbb1e5bf0df18748139e02bb84901cdb2807e042109068abf91018ab702a1daa newer
E
  # a binary package, so only where it exists
  [ "${ARCH:-$(dpkg --print-architecture)}" != amd64 ] || cat <<'E'
sid librnnoise-dev deb librnnoise-dev_0.2+ds-1_amd64.deb 3f7d0a65ddbf4586f45a80192cbb9d2332bb0b961b259e91bd8958fa728925bc optional
E
}
PINS=$(pins)
PKGS=$(echo "$PINS" | awk '!seen[$2]++ {print $2}')
pins_of() { echo "$PINS" | awk -v p="$1" '$2 == p'; }

# -Wp, keeps the fortify switch out of wolfSSL's installed options.h
CF='-O2 -g -fPIC -fstack-protector-strong -Wp,-D_FORTIFY_SOURCE=2'

# intelasm asks the processor what it has; armasm of this version does not, and ends on an arm64 without the AES and SHA instructions
case $MACHINE in x86_64) WOLF_ASM=--enable-intelasm ;; *) WOLF_ASM= ;; esac
WOLF_FLAGS="--enable-static --disable-shared --disable-examples --disable-crypttests --disable-benchmark
 --enable-quic --enable-tls13 --disable-oldtls --enable-dtls --enable-dtls13 --enable-dtlscid
 --enable-ed25519 --enable-curve25519 --enable-ecc --enable-chacha --enable-poly1305 --enable-aesgcm --enable-aesgcm-stream
 $WOLF_ASM --enable-certgen --enable-certreq --enable-certext --enable-keygen --enable-session-ticket --enable-earlydata
 --enable-alpn --enable-sni --enable-hkdf --enable-keying-material --disable-hashdrbg
 --enable-reproducible-build"
WOLF_CFLAGS='-DHAVE_AES_ECB -DCUSTOM_RAND_GENERATE_BLOCK=wzp_wolfssl_rand_block -include wolfssl/wzp_hooks.h'
WOLF_HOOKS='/* What this build of wolfSSL takes from outside. Plain C types: it is read before any other header. */
#ifndef WZP_WOLFSSL_HOOKS_H
#define WZP_WOLFSSL_HOOKS_H
#ifndef __ASSEMBLER__
#ifdef __cplusplus
extern "C" {
#endif
/* Every random byte of TLS and wolfCrypt: fill out[0..n), return 0; anything else fails the caller.
 * The program must define it. Called from any thread. */
int wzp_wolfssl_rand_block(unsigned char *out, unsigned int n);
/* Wall clock in ms, for the age of session tickets. Optional: the default, a weak symbol, reads the
 * system clock. For whole seconds (certificate dates, session lifetimes) there is wc_SetTimeCb(). */
long long wzp_wolfssl_time_ms(void);
#define XTIME_MS(unused) wzp_wolfssl_time_ms()
#ifdef __cplusplus
}
#endif
#endif
#endif'
WOLF_EXTRA='
#ifdef CUSTOM_RAND_GENERATE_BLOCK /* added by WZP, scripts/deps.sh */
#include <sys/time.h>

/* wolfSSL_RAND_poll links against a seed source even where the whole generator is replaced. */
int wc_GenerateSeed(OS_Seed* os, byte* output, word32 sz)
{
    (void)os;
    return CUSTOM_RAND_GENERATE_BLOCK(output, sz);
}

__attribute__((weak)) long long wzp_wolfssl_time_ms(void)
{
    struct timeval now;

    if (gettimeofday(&now, 0) < 0)
        return 0;
    return (long long)now.tv_sec * 1000 + now.tv_usec / 1000;
}
#endif'
NGTCP2_FLAGS='-DCMAKE_BUILD_TYPE=RelWithDebInfo -DENABLE_WOLFSSL=ON -DENABLE_OPENSSL=OFF -DENABLE_GNUTLS=OFF
 -DENABLE_SHARED_LIB=OFF -DENABLE_STATIC_LIB=ON -DENABLE_LIB_ONLY=ON -DBUILD_TESTING=OFF'
# Out of memory after the keys were taken: the connection owns the contexts by then and would free them a second time.
NGTCP2_FIX='/crypto_set_local_transport_params(conn, tls) != 0/,/break;/s/goto fail;/return -1;/'
# A congestion window full of lost packets waits for a probe, which is put off twice as long each time, and with it media: after
# an outage of ten seconds for as long again. Four times is where it ends, once the handshake is confirmed.
NGTCP2_PROBE='s/^  ++cstat->pto_count;$/  if (cstat->pto_count < 2 || !(conn->flags \& NGTCP2_CONN_FLAG_HANDSHAKE_CONFIRMED)) { ++cstat->pto_count; }/'
# A path challenge for which a server may not send enough yet (three bytes for each that came) was counted as sent, and every try
# put the next one off twice as long. After a new address on a bad path media had to share that little for ten seconds and more.
NGTCP2_CHALLENGE='/tx_left = conn_server_tx_left(conn, &pv->dcid);/,/return 0;/s/if (destlen == 0)/if (destlen < 64)/'
NGTCP2_ROUND='s/^  if (ent->expiry > ts) {$/  if (ent->expiry > ts || pv->probe_pkt_left) {/'
OPUS_FLAGS='-DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DOPUS_DRED=ON -DOPUS_OSCE=ON -DOPUS_ASSERTIONS=OFF
 -DOPUS_BUILD_PROGRAMS=OFF -DOPUS_BUILD_TESTING=OFF -DBUILD_TESTING=OFF -DOPUS_BUILD_SHARED_LIBRARY=OFF'
# without --disable-pie its -fPIE wins over -fPIC, and no shared object could hold it
SODIUM_FLAGS='--enable-static --disable-shared --disable-pie'
# The echo canceller in half the time: at Debian's -O2 gcc vectorizes none of its loops, at -O3 only those that do not add up. Not
# all of -ffast-math, under which it would not see that it has met NaN and has to start anew.
SPEEX_CF="$CF -O3 -fassociative-math -fno-signed-zeros -fno-trapping-math"
SPEEX_FLAGS='--enable-static --disable-shared --disable-examples'

WORDLIST_SHA=2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda
SPEECH_PINS='95c1671d643dfb8c3cdda31ba552635742807b491fab816a198092437e9dbfae  hts1a.raw
8121879571101c459e82a4e89d8c1ce2d58a66609b14d2e240348289aacdbb70  hts2a.raw
594c291468dfb3c0974ee204cf1ddd7925a87c1dbdcd905fcd23a43942b660f7  speech_orig_16k.wav'
# recorded speech: .raw is 8 kHz mono 16 bit little-endian without a header
SPEECH_CODEC2='hts1a.raw hts2a.raw speech_orig_16k.wav big_dog.raw cq_ref.raw cross.raw f2400.raw forig.raw g3plx.raw hts.raw
 hts1.raw hts2.raw kristoff.raw m2400.raw mmt1.raw morig.raw ve9qrp.raw ve9qrp_10s.raw vk5qi.raw wia_16kHz.wav vk2tpm_004.wav
 david4.wav all.wav'
# spoken words, 48 kHz
SPEECH_ALSA='Front_Center.wav Front_Left.wav Front_Right.wav Rear_Center.wav Rear_Left.wav Rear_Right.wav Side_Left.wav
 Side_Right.wav Noise.wav'

# ---------------------------------------------------------------- is it there already?

# What a package's build depends on. The prefix is in it because .pc files name it.
recipe_of() {
  echo "$RECIPE $1 $PREFIX $MACHINE"
  pins_of "$1"
  case $1 in
  wolfssl) echo "$CF $WOLF_FLAGS $WOLF_CFLAGS $WOLF_HOOKS $WOLF_EXTRA" ;;
  ngtcp2) echo "$CF $NGTCP2_FLAGS $NGTCP2_FIX $NGTCP2_PROBE $NGTCP2_CHALLENGE $NGTCP2_ROUND" && recipe_of wolfssl ;;
  opus) echo "$OPUS_FLAGS" ;;
  libsodium) echo "$CF $SODIUM_FLAGS" ;;
  speexdsp) echo "$SPEEX_CF $SPEEX_FLAGS" ;;
  esac
}
KEYS=$(for p in $PKGS; do
  k=$(recipe_of "$p" | sha256sum)
  echo "$p ${k%% *}"
done)
key_of() { echo "$KEYS" | awk -v p="$1" '$1 == p {print $2}'; }

# A stamp is "# key version" and the sha256 of every file installed; it is written last.
built() {
  [ -f "$STAMPS/$1" ] && read -r _ key version <"$STAMPS/$1" && [ "$key" = "$(key_of "$1")" ] || return 1
  [ "$version" = absent ] ||
    (cd "$PREFIX" && grep -v '^#' "$STAMPS/$1" | sha256sum --check --status 2>/dev/null)
}
missing_packages() {
  # shellcheck disable=SC2086
  dpkg-query -W -f '${Package} ${db:Status-Status}\n' $APT_PKGS 2>/dev/null |
    awk -v want="$APT_PKGS" '$2 == "installed" {have[$1] = 1} END {n = split(want, w); for (i = 1; i <= n; i++) if (!(w[i] in have)) printf " %s", w[i]}'
}
data_there() { # sums written by collect_*, after the files
  (cd "$DATA/$1" 2>/dev/null && sha256sum --check --status SHA256SUMS 2>/dev/null)
}
up_to_date() {
  for p in $PKGS; do built "$p" || return 1; done
  for d in $DATA_SETS; do data_there "$d" || return 1; done
  [ -f "$PREFIX/versions.txt" ]
}

MISSING=$(missing_packages)
if [ $APT_INSTALL = 0 ] && [ -n "$MISSING" ]; then
  say "not installed, and not asked to install:$MISSING"
  MISSING=
fi
if [ -z "$MISSING" ] && up_to_date; then
  say "up to date: $PREFIX"
  exit 0
fi

# ---------------------------------------------------------------- one run at a time, one clear sentence on failure

NEED=230 # MB: build trees and prefix
free_mb() { df -Pk "$1" 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}'; }
full_disk() { # prints where, if the disk is full: a log on a full disk cannot tell
  for where in "$CACHE" "$PREFIX"; do
    free=$(free_mb "$where")
    [ "${free:-999}" -ge 10 ] || { echo "$where" && return; }
  done
  return 1
}
disk_full_hint() { echo "the disk is full or nearly full ($1: $(free_mb "$1") MB free); about $NEED MB are needed"; }
GONE='unable to locate package\|unable to find a source package\|has no installation candidate'
explain() { # file with a tool's messages -> one sentence
  if where=$(full_disk); then
    disk_full_hint "$where"
  elif grep -qi 'no space left\|not enough free space\|disk quota' "$1"; then
    disk_full_hint /
  elif grep -qi 'NO_PUBKEY\|is not signed\|signatures couldn.t be verified\|BADSIG\|EXPKEYSIG' "$1"; then
    echo "the archive's signature could not be verified with $KEYRING"
  elif grep -qi 'hash sum mismatch\|unexpected size' "$1"; then
    echo "a downloaded file does not have the hash the archive's signed index states"
  elif grep -qi "$GONE" "$1"; then
    echo "a package is missing from the archive: $(grep -i 'unable to\|no installation' "$1" | head -n 1 | sed 's/^E: //')"
  elif grep -qi 'resolv\|connect\|timed out\|network\|failed to fetch\|does not have a release file' "$1"; then
    echo "the package archive cannot be reached, is the network up? ($(grep -i '^E: \|^W: ' "$1" | head -n 1 | cut -c 4-240))"
  else
    echo "$(grep '^E: ' "$1" | head -n 1 | cut -c 4-240) (messages: $1)"
  fi
}
on_exit() {
  rc=$?
  [ $rc = 0 ] || [ $SAID = 1 ] || {
    if where=$(full_disk); then
      printf '[deps] error: %s: %s\n' "$STEP" "$(disk_full_hint "$where")" >&2
    else
      printf '[deps] error: stopped (exit status %s) while: %s; run it again to go on\n' "$rc" "$STEP" >&2
    fi
  }
}
STEP='starting'
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$STAMPS" "$DL" "$CACHE/build" "$CACHE/stage" || die "cannot create $PREFIX and $CACHE"
exec 9>"$CACHE/lock"
flock -n 9 || {
  say "waiting for another run in $CACHE"
  flock 9
}

# ---------------------------------------------------------------- distribution packages

if [ -n "$MISSING" ]; then
  STEP='installing distribution packages'
  ERR=$CACHE/apt-install.log
  SUDO=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "root or sudo is needed to install:$MISSING (or install them by hand and use --no-apt-install)"
    SUDO=sudo
  fi
  # shellcheck disable=SC2086
  if ! apt-get -qq install --simulate --no-install-recommends $MISSING >/dev/null 2>"$ERR"; then
    $SUDO apt-get -qq -o APT::Update::Error-Mode=any update >/dev/null 2>"$ERR" || die "apt-get update: $(explain "$ERR")"
    lap "package lists read"
  fi
  # shellcheck disable=SC2086
  $SUDO env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $MISSING </dev/null >"$ERR" 2>&1 ||
    die "apt-get install: $(explain "$ERR")"
  lap "installed:$MISSING"
fi

# ---------------------------------------------------------------- private apt trees and downloads

archive_uri() { # this machine's own archive
  [ -z "${DEPS_APT_URI:-}" ] || { echo "$DEPS_APT_URI" && return; }
  # shellcheck disable=SC2016
  apt-get indextargets --no-release-info --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 2>/dev/null |
    awk -F'|' -v r="$CODENAME" '$1 == r && $2 == "main" && $3 !~ /^cdrom:/ {print $3; exit}'
}
# pap SUITE apt-get-arguments...: apt-get on the private tree of one suite; proxy and authentication settings are the machine's
pap() {
  tree=$CACHE/apt/$1
  shift
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$tree/parts" -o Dir::Etc::Preferences=/dev/null \
    -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$tree/lists" -o Dir::Cache="$tree/cache" \
    -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any \
    ${ARCH:+-o APT::Architecture="$ARCH" -o APT::Architectures="$ARCH"} \
    -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}
READ_SUITES=
read_suite() {
  case " $READ_SUITES " in *" $1 "*) return ;; esac
  URI=$(archive_uri)
  [ -n "$URI" ] || die "this machine's apt sources have no entry for '$CODENAME main': set DEPS_APT_URI to a Debian archive"
  [ -r "$KEYRING" ] || die "the keyring $KEYRING is missing (package debian-archive-keyring)"
  tree=$CACHE/apt/$1
  mkdir -p "$tree/parts" "$tree/lists/partial" "$tree/cache/archives/partial"
  types=deb-src
  case $1 in sid | "$CODENAME") types='deb deb-src' ;; esac
  # no date check: a frozen mirror keeps an old Release file, and the pins decide about the content
  cat >"$tree/parts/deps.sources" <<S
Types: $types
URIs: $URI
Suites: $1
Components: main
Signed-By: $KEYRING
Check-Valid-Until: no
S
  pap "$1" update >/dev/null 2>"$CACHE/apt.log" || die "index of $1: $(explain "$CACHE/apt.log")"
  READ_SUITES="$READ_SUITES $1"
  lap "index of $1 read"
}
sha_of() {
  s=$(sha256sum "$1")
  echo "${s%% *}"
}
# files_of PKG: "kind path sha256 pinned|newer" of each file to build from; fails if one is missing. When the archive
# had moved on, fetch() left the names and hashes of what it got in dl/PKG.newer.
files_of() {
  if [ -f "$DL/$1.newer" ]; then
    cat "$DL/$1.newer"
  else
    pins_of "$1" | awk '{print $3, $4, $5, "pinned"}'
  fi | while read -r kind file sha how; do
    [ -f "$DL/$file" ] || exit 1
    echo "$kind $DL/$file $sha $how"
  done
}
have_files() { files_of "$1" >/dev/null; }
fetch() { # PKG: into a temporary folder, so that a broken download is never taken for a file
  STEP="downloading $1"
  name=$1
  part=$DL/part
  rm -rf "$part" "$DL/$1.newer"
  mkdir -p "$part"
  pins_of "$1" >"$CACHE/rows"
  moved=0
  : >"$part/list"
  while read -r suite pkg kind file sha policy; do
    case $kind in
    tar) set -- source --download-only --tar-only "$pkg" && glob="${pkg}_*.orig.tar.*[!c]" ;;
    diff) set -- source --download-only --diff-only "$pkg" && glob="${pkg}_*.debian.tar.*" ;;
    deb) set -- download "$pkg" && glob="${pkg}_*.deb" ;;
    esac
    read_suite "$suite"
    (cd "$part" && pap "$suite" "$@" </dev/null >/dev/null 2>"$CACHE/apt.log") || {
      if [ "$policy" = optional ] && grep -qi "$GONE" "$CACHE/apt.log"; then
        say "WARNING: $suite no longer has $pkg, going on without"
        moved=1
        continue
      fi
      die "$pkg from $suite: $(explain "$CACHE/apt.log")"
    }
    # shellcheck disable=SC2086,SC2012
    got=$(cd "$part" && ls $glob 2>/dev/null | head -n 1)
    [ -n "$got" ] || die "$pkg from $suite: the archive gave no $kind file"
    got_sha=$(sha_of "$part/$got")
    if [ "$got" = "$file" ]; then
      [ "$got_sha" = "$sha" ] || die "$got: the downloaded file does not have the pinned sha256; it was not used"
      echo "$kind $got $sha pinned" >>"$part/list"
    elif [ "$policy" != pin ]; then
      moved=1
      echo "$kind $got $got_sha newer" >>"$part/list"
    else
      die "$suite now has $got, but $file is pinned: the pins in scripts/deps.sh need a new look"
    fi
  done <"$CACHE/rows"
  while read -r _ file _ _; do mv "$part/$file" "$DL/$file"; done <"$part/list"
  [ $moved = 0 ] || mv "$part/list" "$DL/$name.newer"
  rm -rf "$part"
  lap "downloaded $name"
}
check_files() { # PKG: every pin, before any build
  files_of "$1" >"$CACHE/files"
  while read -r _ path sha how; do
    [ "$(sha_of "$path")" = "$sha" ] ||
      die "$(basename "$path") in the cache does not have the sha256 it should and is refused; remove $path to have it fetched again"
    [ "$how" = pinned ] || say "WARNING: $(basename "$path") is newer than the pin: verified by the archive's signature only"
  done <"$CACHE/files"
}
file_of() { files_of "$1" | awk -v k="$2" '$1 == k {print $2}'; }
version_of() { # Debian's version of what is built, from the file's name
  f=$(file_of "$1" diff)
  [ -n "$f" ] || f=$(file_of "$1" deb)
  [ -n "$f" ] || f=$(file_of "$1" tar)
  [ -n "$f" ] || f=absent
  basename "$f" | sed 's/^[^_]*_//; s/_[a-z0-9]*\.deb$//; s/\.debian\.tar\..*$//; s/\.orig\.tar\..*$//'
}

# ---------------------------------------------------------------- builds

run() { # a step of the current package's build, its output in the log
  "$@" >>"$LOG" 2>&1 </dev/null || {
    if where=$(full_disk); then die "$STEP: $(disk_full_hint "$where")"; fi
    tail -n 15 "$LOG" >&2
    die "$STEP failed: '$1' (log: $LOG)"
  }
}
unpack() { # PKG -> $S: upstream source with Debian's patches
  mkdir -p "$S"
  run tar xf "$(file_of "$1" tar)" -C "$S" --strip-components=1
  diff=$(file_of "$1" diff)
  [ -n "$diff" ] || return 0
  rm -rf "$S/debian"
  run tar xf "$diff" -C "$S"
  [ -f "$S/debian/patches/series" ] || return 0
  sed 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$S/debian/patches/series" >"$CACHE/series"
  while read -r one _; do run patch -d "$S" -p1 -s -f -i "debian/patches/$one"; done <"$CACHE/series"
}
# probe CODE LIBS: what the project needs is really there; compiles and runs a small program against the staged files
probe() {
  printf '%s\n' "$1" >"$S.probe.c"
  # shellcheck disable=SC2086
  run "${HOST:+$HOST-}gcc" -I"$STAGE$PREFIX/include" -I"$PREFIX/include" -L"$STAGE$PREFIX/lib" -L"$PREFIX/lib" -o "$S.probe" "$S.probe.c" $2 -lm -lpthread
  # shellcheck disable=SC2086
  run $RUN "$S.probe"
}
# What cmake and configure must know to build for another machine: nothing otherwise.
cmake_host() { [ -z "$HOST" ] || echo "-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$MACHINE -DCMAKE_C_COMPILER=$HOST-gcc"; }
configure_host() { [ -z "$HOST" ] || echo "--host=$HOST"; }

build_wolfssl() {
  cd "$S"
  # left out of Debian's tarball, wanted by the build system
  mkdir -p build-aux
  : >build-aux/config.rpath
  for f in wolfssl/options.h wolfcrypt/src/fips.c wolfcrypt/src/fips_test.c wolfcrypt/src/wolfcrypt_first.c wolfcrypt/src/wolfcrypt_last.c \
    wolfssl/wolfcrypt/fips.h wolfcrypt/src/selftest.c wolfcrypt/src/async.c wolfssl/wolfcrypt/async.h; do
    [ -e $f ] || : >$f
  done
  printf '%s\n' "$WOLF_HOOKS" >wolfssl/wzp_hooks.h
  printf '%s\n' "$WOLF_EXTRA" >>wolfcrypt/src/random.c
  run autoreconf --install --force
  # shellcheck disable=SC2086
  run ./configure -q $(configure_host) --prefix="$PREFIX" --libdir="$PREFIX/lib" $WOLF_FLAGS CFLAGS="$CF $MAP $WOLF_CFLAGS"
  run make -j"$JOBS"
  run make install DESTDIR="$STAGE"
  install -m 644 wolfssl/wzp_hooks.h "$STAGE$PREFIX/include/wolfssl/"
  probe '#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wzp_hooks.h>
#include <string.h>
int wzp_wolfssl_rand_block(unsigned char *out, unsigned int n) { memset(out, 7, n); return 0; }
int main(void) {
  unsigned char b[9] = {0};
  WC_RNG r;
  WOLFSSL_CTX *c;
  if (wolfSSL_Init() != WOLFSSL_SUCCESS || !(c = wolfSSL_CTX_new(wolfTLSv1_3_server_method()))) return 1;
  if (wc_InitRng(&r) || wc_RNG_GenerateBlock(&r, b, 9) || b[0] != 7 || b[8] != 7) return 2;
  if (wolfSSL_RAND_bytes(b, 1) != 1 || wzp_wolfssl_time_ms() < 1) return 3;
  return wc_FreeRng(&r);
}' -lwolfssl
}
build_ngtcp2() {
  grep -q 'crypto_set_local_transport_params(conn, tls) != 0' "$S/crypto/shared.c" && grep -q '^  ++cstat->pto_count;$' "$S/lib/ngtcp2_conn.c" &&
    grep -A 2 'tx_left = conn_server_tx_left(conn, &pv->dcid);' "$S/lib/ngtcp2_conn.c" | grep -q 'if (destlen == 0)' &&
    grep -q '^  if (ent->expiry > ts) {$' "$S/lib/ngtcp2_pv.c" ||
    die "$STEP failed: ngtcp2 has changed where scripts/deps.sh mends it"
  run sed -i "$NGTCP2_FIX" "$S/crypto/shared.c"
  run sed -i "$NGTCP2_PROBE;$NGTCP2_CHALLENGE" "$S/lib/ngtcp2_conn.c"
  run sed -i "$NGTCP2_ROUND" "$S/lib/ngtcp2_pv.c"
  # shellcheck disable=SC2086
  run env PKG_CONFIG_PATH="$PREFIX/lib/pkgconfig" cmake -S "$S" -B "$S/_b" -G Ninja $(cmake_host) -DCMAKE_C_FLAGS="$CF $MAP" \
    -DCMAKE_INSTALL_PREFIX="$PREFIX" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$PREFIX" $NGTCP2_FLAGS
  run ninja -j"$JOBS" -C "$S/_b"
  run env DESTDIR="$STAGE" ninja -C "$S/_b" install
  probe '#include <wolfssl/options.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_wolfssl.h>
int wzp_wolfssl_rand_block(unsigned char *out, unsigned int n) { (void)out; (void)n; return -1; }
int main(void) { ngtcp2_crypto_ctx c; return ngtcp2_crypto_ctx_initial(&c) == 0; }' '-lngtcp2_crypto_wolfssl -lngtcp2 -lwolfssl'
}
build_opus() {
  # shellcheck disable=SC2086
  run cmake -S "$S" -B "$S/_b" -G Ninja $(cmake_host) -DCMAKE_C_FLAGS="-g $MAP" -DCMAKE_INSTALL_PREFIX="$PREFIX" -DCMAKE_INSTALL_LIBDIR=lib $OPUS_FLAGS
  run ninja -j"$JOBS" -C "$S/_b"
  run env DESTDIR="$STAGE" ninja -C "$S/_b" install
  probe '#include <opus/opus.h>
int main(void) {
  int e = 0;
  OpusEncoder *c = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &e);
  OpusDREDDecoder *d = opus_dred_decoder_create(&e);
  return !c || !d || e || opus_encoder_ctl(c, OPUS_SET_DRED_DURATION(10)) != OPUS_OK;
}' -lopus
}
build_libsodium() {
  cd "$S"
  # shellcheck disable=SC2086
  run ./configure -q $(configure_host) --prefix="$PREFIX" --libdir="$PREFIX/lib" $SODIUM_FLAGS CFLAGS="$CF $MAP"
  run make -j"$JOBS"
  run make install DESTDIR="$STAGE"
  probe '#include <sodium.h>
int main(void) {
  static unsigned char pk[crypto_kem_xwing_PUBLICKEYBYTES], sk[crypto_kem_xwing_SECRETKEYBYTES], prk[crypto_kdf_hkdf_sha256_KEYBYTES];
  return sodium_init() < 0 || crypto_kem_xwing_keypair(pk, sk) || crypto_kdf_hkdf_sha256_extract(prk, pk, 8, sk, 8);
}' -lsodium
}
build_speexdsp() {
  cd "$S"
  # shellcheck disable=SC2086
  run ./configure -q $(configure_host) --prefix="$PREFIX" --libdir="$PREFIX/lib" $SPEEX_FLAGS CFLAGS="$SPEEX_CF $MAP"
  run make -j"$JOBS"
  run make install DESTDIR="$STAGE"
  probe '#include <speex/speex_echo.h>
int main(void) {
  static short x[480];
  SpeexEchoState *e = speex_echo_state_init(480, 9600);
  if (!e) return 1;
  speex_echo_cancellation(e, x, x, x);
  return x[0];
}' -lspeexdsp
}
build_miniaudio() {
  mkdir -p "$STAGE$PREFIX/include"
  install -m 644 "$S/miniaudio.h" "$STAGE$PREFIX/include/"
}
build_librnnoise_dev() {
  mkdir -p "$STAGE$PREFIX"
  [ -n "$(file_of librnnoise-dev deb)" ] || return 0
  run dpkg-deb -x "$(file_of librnnoise-dev deb)" "$S"
  mkdir -p "$STAGE$PREFIX/include" "$STAGE$PREFIX/lib/pkgconfig"
  install -m 644 "$S"/usr/include/rnnoise.h "$STAGE$PREFIX/include/"
  install -m 644 "$S"/usr/lib/*/librnnoise.a "$STAGE$PREFIX/lib/"
  cat >"$STAGE$PREFIX/lib/pkgconfig/rnnoise.pc" <<E
prefix=$PREFIX
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: rnnoise
Description: noise suppression by a recurrent neural network
Version: 0.2
Libs: -L\${libdir} -lrnnoise
Libs.private: -lm
Cflags: -I\${includedir}
E
  probe '#include <rnnoise.h>
int main(void) { static float x[480]; DenoiseState *d = rnnoise_create(0); return !d || rnnoise_process_frame(d, x, x) < 0; }' -lrnnoise
}
commit() { # PKG: staged files into the prefix, the stamp last
  if [ -f "$STAMPS/$1" ]; then
    grep -v '^#' "$STAMPS/$1" | sed 's/^[0-9a-f]*  //' >"$CACHE/old" || :
    rm -f "$STAMPS/$1"
    (cd "$PREFIX" && xargs -r rm -f <"$CACHE/old")
  fi
  rm -rf "$STAGE$PREFIX/share/doc" "$STAGE$PREFIX/share/man" "$STAGE$PREFIX"/lib/*.la
  (cd "$STAGE$PREFIX" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$CACHE/manifest"
  run cp -a "$STAGE$PREFIX/." "$PREFIX/"
  (cd "$PREFIX" && sha256sum --check --status "$CACHE/manifest") || die "$STEP: the files in $PREFIX are not those just built"
  { echo "# $(key_of "$1") $(version_of "$1")" && cat "$CACHE/manifest"; } >"$STAMPS/.$1.tmp"
  mv "$STAMPS/.$1.tmp" "$STAMPS/$1"
}
build() {
  STEP="building $1"
  S=$CACHE/build/$1
  STAGE=$CACHE/stage/$1
  LOG=$CACHE/build/$1.log
  MAP="-ffile-prefix-map=$S=$1" # no path of this machine in the archives
  rm -rf "$S" "$STAGE"
  : >"$LOG"
  [ -z "$(file_of "$1" tar)" ] || unpack "$1"
  here=$PWD
  "build_$(echo "$1" | tr - _)"
  cd "$here"
  commit "$1"
  rm -rf "$STAGE" "$S.probe" "$S.probe.c"
  [ -n "${DEPS_KEEP_BUILD:-}" ] || rm -rf "$S"
  lap "built $1 $(version_of "$1")"
}

TODO=
for p in $PKGS; do built "$p" || TODO="$TODO $p"; done
FETCH=
for p in $TODO; do have_files "$p" || FETCH="$FETCH $p"; done
if [ -n "$TODO" ]; then
  rm -rf "$CACHE/build" "$CACHE/stage" # of an earlier run that was stopped
  mkdir -p "$CACHE/build" "$CACHE/stage"
  [ -z "$FETCH" ] || NEED=350
  [ "$(free_mb "$CACHE")" -ge $NEED ] || die "$(disk_full_hint "$CACHE")"
fi
for p in $FETCH; do fetch "$p"; done
for p in $TODO; do check_files "$p"; done
for p in $TODO; do build "$p"; done

# ---------------------------------------------------------------- word list and test speech

# find_in PKG NAME: prints where a file of a distribution package lies. Slim systems leave out parts of packages, and with
# --no-apt-install it may not be installed at all: then the package is fetched and unpacked aside.
find_in() {
  for f in $(dpkg -L "$1" 2>/dev/null | grep "/$2\(\.gz\)\?\$"); do
    [ ! -s "$f" ] || { echo "$f" && return; }
  done
  x=$CACHE/unpacked/$1
  if [ ! -d "$x" ]; then
    rm -rf "$CACHE/unpacked/part" && mkdir -p "$CACHE/unpacked/part"
    (cd "$CACHE/unpacked/part" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1" >/dev/null 2>"$CACHE/apt.log" &&
      dpkg-deb -x ./*.deb . && rm -f ./*.deb) || return 1
    mv "$CACHE/unpacked/part" "$x"
  fi
  find "$x" -type f \( -name "$2" -o -name "$2.gz" \) | head -n 1
}
take() { # PKG NAME DIR
  f=$(find_in "$1" "$2") || die "$1: $(explain "$CACHE/apt.log")"
  case $f in
  '') return 1 ;;
  *.gz) gzip -dc "$f" >"$3/$2" ;;
  *) cp "$f" "$3/$2" ;;
  esac
}
seal() { # DIR.tmp becomes DIR, its sums last
  (cd "$1.tmp" && find . -type f | sort | xargs sha256sum >"$CACHE/sums" && mv "$CACHE/sums" SHA256SUMS)
  rm -rf "$1"
  mv "$1.tmp" "$1"
}
wanted() { case " $DATA_SETS " in *" $1 "*) ! data_there "$1" ;; *) false ;; esac }
if wanted wordlist; then
  STEP='copying the word list'
  w=$DATA/wordlist
  rm -rf "$w.tmp" && mkdir -p "$w.tmp"
  take python3-mnemonic english.txt "$w.tmp" || die "package python3-mnemonic has no english.txt"
  [ "$(sha_of "$w.tmp/english.txt")" = $WORDLIST_SHA ] || die "english.txt of python3-mnemonic is not the pinned word list"
  seal "$w"
  lap "word list: $w"
fi
if wanted speech; then
  STEP='copying the test speech'
  w=$DATA/speech
  rm -rf "$w.tmp" && mkdir -p "$w.tmp"
  for f in $SPEECH_CODEC2; do take codec2-examples "$f" "$w.tmp" || say "codec2-examples has no $f, going on without"; done
  for f in $SPEECH_ALSA; do take alsa-utils "$f" "$w.tmp" || say "alsa-utils has no $f, going on without"; done
  (cd "$w.tmp" && echo "$SPEECH_PINS" | sha256sum --check --status 2>/dev/null) ||
    die "hts1a.raw, hts2a.raw or speech_orig_16k.wav of codec2-examples is missing or not the pinned recording"
  seal "$w"
  lap "test speech: $w"
fi

if wanted sys; then
  STEP='unpacking libraries of the distribution'
  w=$DATA/sys
  rm -rf "$w.tmp" && mkdir -p "$w.tmp/debs"
  read_suite "$CODENAME"
  # shellcheck disable=SC2086
  (cd "$w.tmp/debs" && pap "$CODENAME" download $SYS_PKGS </dev/null >/dev/null 2>"$CACHE/apt.log") ||
    die "$SYS_PKGS from $CODENAME: $(explain "$CACHE/apt.log")"
  for f in "$w.tmp"/debs/*.deb; do dpkg-deb -x "$f" "$w.tmp"; done
  rm -rf "$w.tmp/debs" "$w.tmp/usr/share"
  # shellcheck disable=SC2016
  sed -i 's,=/usr,=${pcfiledir}/../../..,' "$w.tmp"/usr/lib/*/pkgconfig/*.pc
  seal "$w"
  lap "libraries of the distribution: $w"
fi

# ---------------------------------------------------------------- what was used, for version output and bench reports

STEP='writing versions.txt'
{
  for p in $PKGS; do
    read -r _ _ v <"$STAMPS/$p"
    [ "$v" != absent ] || continue
    how=static
    [ "$p" != miniaudio ] || how=header
    echo "${p%-dev} $v $how" | sed 's/^librnnoise/rnnoise/'
  done
  for p in libuv1-dev libcjson-dev libcodec2-dev libwebsockets-dev libtomlplusplus-dev libcmocka-dev; do
    v=$(dpkg-query -W -f '${Version}' "$p" 2>/dev/null) || continue
    [ -z "$v" ] || echo "${p%-dev} $v shared"
  done
} >"$CACHE/versions"
mv "$CACHE/versions" "$PREFIX/versions.txt"
rm -rf "$CACHE/apt" # indices: 70 MB, read again only when something must be fetched
say "done: $PREFIX (pkg-config: $PREFIX/lib/pkgconfig)"
