#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the programs let out: a call with identities under passphrases, with
# every option that makes them talk, and a client that is killed in the middle
# of it. Everything they wrote is searched for their seeds and passphrases.
# WZP_BIN is the folder of the programs.
set -u
BIN=$(cd "${WZP_BIN:-build/dev/bin}" && pwd) || exit 1
. "$(dirname "$0")/processes.bash"
SAID=$TMP/said
client() { # who option…
    WZP_HOME="$TMP/home-$1" "$BIN/wzp-client" "${@:2}"
}

# --- who there is, and what must not be seen of them ----------------------------------

umask 077
mkdir "$SAID" "$TMP/pass" "$TMP/clear" "$TMP/cores"
: >"$TMP/needles"
needles_of() { # file of 64 digits: a needle a line, any eight bytes of it
    local hex i
    hex=$(cat "$1")
    for i in 0 16 32 48; do
        printf '%s\n' "${hex:i:16}"
        printf '%s\n' "${hex:i:16}" | tr a-f A-F
    done
    # Each alignment, without the characters that others have a part in.
    for i in 0 2 4; do
        printf '%s' "${hex:i:48}" | sed 's/../\\x&/g' | xargs -0 printf | base64 -w 0
        echo
    done | tee "$TMP/base64"
    tr '+/' '-_' <"$TMP/base64"
}
for who in a b relay room; do
    head -c 15 /dev/urandom | base64 >"$TMP/pass/$who"
    cat "$TMP/pass/$who" >>"$TMP/needles"
done
for who in a b; do
    client $who identity --new --encrypt --passphrase-file "$TMP/pass/$who" >/dev/null 2>&1
    cp -r "$TMP/home-$who" "$TMP/home-copy"
    client copy identity --decrypt --passphrase-file "$TMP/pass/$who" --show-mnemonic 2>/dev/null |
        sed -n 's/^mnemonic *\(\([a-z]* \)\{4\}\).*/\1/p' >>"$TMP/needles"
    needles_of "$TMP/home-copy/identity" >>"$TMP/needles"
    rm -r "$TMP/home-copy"
done
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$TMP/clear/c"
needles_of "$TMP/clear/c" >>"$TMP/needles"
LC_ALL=C sort -u -o "$TMP/needles" "$TMP/needles"
check "there is something to look for" "$(wc -l <"$TMP/needles") needles" \
    test "$(wc -l <"$TMP/needles")" -ge 39

# What shows in these files and folders.
leaks() { grep -r -a -l -F -f "$TMP/needles" "$@"; }
is_clean() { ! leaks "$@" >/dev/null; }

n=0
while IFS= read -r needle; do
    mkdir "$TMP/planted"
    printf 'something=%s.\n' "$needle" >"$TMP/planted/file"
    is_clean "$TMP/planted" || n=$((n + 1))
    rm -r "$TMP/planted"
done <"$TMP/needles"
check "control: each of them is found where it is planted" "$n of them" \
    is "$n" "$(wc -l <"$TMP/needles")"
check "control: the clear seed is found in its file" "it is not" is "$(leaks "$TMP/clear")" "$TMP/clear/c"

# --- a call ---------------------------------------------------------------------------

# Two seconds of noise: 16 bit, 48 kHz, mono.
{
    printf 'RIFF\x24\xee\x02\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00'
    printf '\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\x00\xee\x02\x00'
    head -c 192000 /dev/urandom
} >"$TMP/noise.wav"

begin relay "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity" \
    --passphrase-file "$TMP/pass/relay" --log-level debug
RELAY_PID=$PID
await "$SAID/relay.out" '^ready '
RELAY=$(sed -n 's/^ready //p' "$SAID/relay.out")
check "a relay makes its identity under a passphrase" "$(cat "$SAID/relay.err")" \
    grep -q '^wzp-sealed-seed-1:' "$TMP/relay-identity"

for who in a b c; do
    whose=(--passphrase-file "$TMP/pass/$who")
    [ $who = c ] && whose=(--seed "$(cat "$TMP/clear/c")")
    begin $who env WZP_HOME="$TMP/home-$who" "$BIN/wzp-client" join secrets --relay "$RELAY" \
        "${whose[@]}" --room-secret-file "$TMP/pass/room" --in "$TMP/noise.wav" --loop --words --stats "$SAID/$who.jsonl" --log-level debug
    eval "PID_$who=$PID"
done
await "$SAID/c.err" '^joined'
check "a seed does not stay in the command line" "it does" \
    is "$(tr '\0' ' ' <"/proc/$PID_c/cmdline" | grep -c -F -f "$TMP/needles")" 0
for who in a b c; do
    check "client $who gets the others' keys" "no line of --stats says so" \
        await "$SAID/$who.jsonl" '"members_keyed":2'
done
await "$SAID/a.out" '^words: '
for who in a b c; do
    pid=PID_$who
    kill -TERM "${!pid}"
    ends "${!pid}"
    check "client $who leaves as asked" "$(cat "$SAID/$who.err")" is "$STATUS" 0
done
check "log, statistics and words were written" "not all" \
    test -s "$SAID/relay.err" -a -s "$SAID/a.jsonl" -a -s "$SAID/a.out" -a -s "$SAID/a.err"

# --- a crash in the middle of it --------------------------------------------------------

# dies name signal command…: in a folder where cores go.
dies() {
    local name=$1 signal=$2 pid
    shift 2
    begin "$name" bash -c 'cd "$1" && ulimit -c unlimited 2>/dev/null; shift; exec "$@"' - "$TMP/cores" "$@"
    pid=$PID
    if [ "$1" = sleep ]; then
        await "/proc/$pid/comm" '^sleep' # no more the shell
    else
        await "$SAID/$name.err" '^joined'
    fi
    kill -"$signal" "$pid"
    ends "$pid" 2>/dev/null
}
for signal in ABRT SEGV; do
    dies "crash-$signal" "$signal" env WZP_HOME="$TMP/home-a" "$BIN/wzp-client" join secrets \
        --relay "$RELAY" --passphrase-file "$TMP/pass/a" --log-level debug
    check "a client dies of SIG$signal" "exit $STATUS" test "$STATUS" -ne 0
    check "it leaves no core" "$(ls "$TMP/cores")" is "$(ls -A "$TMP/cores")" ""
done
dies control ABRT sleep 10
if [ -n "$(ls -A "$TMP/cores")" ]; then
    check "control: another program leaves a core there" "" true
else
    SKIPPED=$((SKIPPED + 1))
    echo "skipped: this system leaves no cores beside a program"
fi

kill -TERM "$RELAY_PID"
ends "$RELAY_PID"
check "nothing that was written holds a seed or a passphrase" "$(leaks "$SAID")" is_clean "$SAID"
check "nothing that is kept holds one" "$(leaks "$TMP"/home-* "$TMP/relay-identity")" \
    is_clean "$TMP"/home-* "$TMP/relay-identity"

begin wrong "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity" \
    --passphrase-file "$TMP/pass/a"
ends "$PID"
check "a relay with a wrong passphrase does not start" "exit $STATUS" is "$STATUS" 1
check "it says why" "$(cat "$SAID/wrong.err")" grep -q 'wrong passphrase' "$SAID/wrong.err"
begin none "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity"
ends "$PID"
check "a relay without one asks nobody where there is no terminal" "exit $STATUS" is "$STATUS" 1
check "it says how to give it" "$(cat "$SAID/none.err")" grep -q -e '--passphrase-file' "$SAID/none.err"

summary
