#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The real programs on loopback: what they say of themselves, wrong usage, a
# short call, ping, a pinned certificate that changes, the end of a relay.
# WZP_BIN is the folder of the programs.
set -u
BIN=${WZP_BIN:-build/dev/bin}
TESTBIN=${WZP_TEST_BIN:-build/dev/tests/bin}
. "$(dirname "$0")/processes.bash"
SPEECH=.deps/speech/Front_Center.wav

# run name command…: STATUS, $TMP/name.out, $TMP/name.err. The command "client
# who" is wzp-client with a home folder of its own.
run() {
    local name=$1
    shift
    if [ "$1" = client ]; then
        set -- env WZP_HOME="$TMP/home-$2" "$BIN/wzp-client" "${@:3}"
    fi
    timeout 60 "$@" </dev/null >"$TMP/$name.out" 2>"$TMP/$name.err"
    STATUS=$?
}
says() { grep -q -e "$2" "$TMP/$1.out" "$TMP/$1.err"; }
is_short() { [ "$(grep -c . "$TMP/$1.err")" -le 2 ] && [ -s "$TMP/$1.err" ]; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ]; }

# --- what they say of themselves -----------------------------------------------------

for program in wzp-relay wzp-client; do
    for option in --help -h --version; do
        run self "$BIN/$program" $option
        check "$program $option" "exit $STATUS" is "$STATUS" 0
    done
done
run help "$BIN/wzp-client" --help
for sub in join devices identity ping contacts; do
    check "wzp-client --help names $sub" "it does not" says help "$sub"
    run sub "$BIN/wzp-client" $sub --help
    check "wzp-client $sub --help" "exit $STATUS" is "$STATUS" 0
done
sed -n '/^  join/,/^$/p' "$TMP/help.out" | grep . >"$TMP/commands.out"
check "wzp-client --help has a line for each command" "$(cat "$TMP/commands.out")" \
    is "$(grep -vc '^  [a-z]' "$TMP/commands.out")" 0
run sub "$BIN/wzp-client" join --help
check "wzp-client join --help says the keys" "it does not" says sub 'm mute.*h hold'
for option in --relay --seed --mnemonic --identity --passphrase-file --alias --in --loop --out --duration \
    --live --input --output --audio --no-echo-cancel --denoise --no-gain --push-to-talk --record-mic \
    --quality --network --stats --words --pin --accept-new-key --allow-legacy --log-level; do
    check "wzp-client join --help names $option" "it does not" says sub "$option"
done
run sub "$BIN/wzp-client" identity --help
for option in --encrypt --decrypt --passphrase-file --new-passphrase-file --new --show-mnemonic; do
    check "wzp-client identity --help names $option" "it does not" says sub "$option"
done
run sub "$BIN/wzp-client" join --help
check "--help says that a seed can be seen" "it does not" says sub '--seed.*other users of this machine can see'
check "--help says what --allow-legacy costs" "it does not" says sub '--allow-legacy.*NOT ENCRYPTED'

# --- wrong usage: exit 2 and one sentence ----------------------------------------------

wrong() { # what-it-must-say command…
    local what=$1
    shift
    run wrong "$@"
    check "refused: ${*##*/}" "exit $STATUS" is "$STATUS" 2
    check "refused with a sentence: ${*##*/}" "$(cat "$TMP/wrong.err")" is_short wrong
    check "refused, saying $what: ${*##*/}" "$(cat "$TMP/wrong.err")" says wrong "$what"
}
wrong nonsense client w nonsense
wrong --nonsense client w join room --relay 127.0.0.1:1 --nonsense
wrong --duration client w join room --relay 127.0.0.1:1 --duration
wrong --duration client w join room --relay 127.0.0.1:1 --duration soon
wrong --relay client w join room
wrong HOST:PORT client w join room --relay 127.0.0.1:x
wrong _signal client w join _signal --relay 127.0.0.1:1
wrong '--live excludes' client w --live --send-tone 1 127.0.0.1:1
wrong 'exclude each other' client w --send-file "$SPEECH" --send-tone 1 127.0.0.1:1
wrong 'in and --out for files' client w join room --relay 127.0.0.1:1 --live --in "$SPEECH"
wrong 'quality takes auto' client w join room --relay 127.0.0.1:1 --quality splendid
wrong 'network takes wifi' client w join room --relay 127.0.0.1:1 --network pigeon
wrong 'no arguments' client w devices all
wrong --token client w --room r --token t 127.0.0.1:1
wrong --accept-new-key client w join room --relay 127.0.0.1:1 --pin "$(printf '0%.0s' {1..64})" --accept-new-key
wrong '--in needs a value' client w join room --relay 127.0.0.1:1 --in ''
wrong '--identity needs a value' "$BIN/wzp-relay" --identity ''
wrong --nonsense "$BIN/wzp-relay" --nonsense
wrong --listen "$BIN/wzp-relay" --listen nowhere
wrong --next-identity "$BIN/wzp-relay" --next-from 2027-01-31
for day in 2027-02-29 2027-13-01 27-1-31 2027-01-31x 1970-01-01 -202-01-31; do
    wrong --next-from "$BIN/wzp-relay" --next-identity "$TMP/next" --next-from $day
done

wrong frobnicate client w contacts frobnicate
wrong 'takes 2 arguments' client w contacts add Bob
wrong fingerprint client w contacts add Bob 0123
wrong 'cannot be the name' client w contacts add a:b "$(printf '0%.0s' {1..32})"
wrong --undo client w contacts forget Bob --undo

# --- identity --------------------------------------------------------------------------

umask 022
run id client i identity
check "identity is made at the first use" "exit $STATUS" is "$STATUS" 0
check "identity file is for the owner only" "$(stat -c %a "$TMP/home-i/identity")" \
    mode_is "$TMP/home-i/identity" 600
check "identity shows a fingerprint" "$(cat "$TMP/id.out")" \
    grep -q -E '([0-9a-f]{4}:){7}[0-9a-f]{4}' "$TMP/id.out"
cp "$TMP/id.out" "$TMP/id.first"
run id client i identity
check "identity stays the same" "$(cat "$TMP/id.out")" cmp -s "$TMP/id.out" "$TMP/id.first"
check "identity does not show the words unasked" "it does" \
    is "$(grep -c -E '([a-z]+ ){23}[a-z]+' "$TMP/id.out")" 0
run id client i identity --show-mnemonic
WORDS=$(grep -o -E '([a-z]+ ){23}[a-z]+' "$TMP/id.out")
check "identity shows the words on request" "$(cat "$TMP/id.out")" test -n "$WORDS"
run id client other identity --mnemonic "$WORDS"
check "the words give the identity back" "$(cat "$TMP/id.out")" \
    is "$(grep -o -E '([0-9a-f]{4}:){7}[0-9a-f]{4}' "$TMP/id.out" | head -n 1)" \
    "$(grep -o -E '([0-9a-f]{4}:){7}[0-9a-f]{4}' "$TMP/id.first" | head -n 1)"
mkdir -p "$TMP/home-broken" && echo "not a seed" >"$TMP/home-broken/identity"
run id client broken identity
check "an unreadable identity is an error" "exit $STATUS" is "$STATUS" 1
check "an unreadable identity is not overwritten" "it was" \
    is "$(cat "$TMP/home-broken/identity")" "not a seed"

# --- an identity under a passphrase ------------------------------------------------------

print_to() { (umask 077 && printf '%s\n' "$2" >"$TMP/$1"); }
print_to pass-one 'open sesame'
print_to pass-two 'close sesame'
fp_of() { grep -o -E '([0-9a-f]{4}:){7}[0-9a-f]{4}' "$TMP/$1" | head -n 1; }
FP=$(fp_of id.first)
CLEAR=$(cat "$TMP/home-i/identity")
run seal client i identity --encrypt --passphrase-file "$TMP/pass-one"
check "identity --encrypt puts the file under a passphrase" "$(cat "$TMP/seal.err")" \
    says seal 'is under a passphrase now'
check "a sealed identity is still the same one" "$(cat "$TMP/seal.out")" \
    is "$(fp_of seal.out)" "$FP"
check "a sealed identity file holds no seed" "it does" is "$(grep -c "$CLEAR" "$TMP/home-i/identity")" 0
check "a sealed identity file is for the owner only" "not 600" mode_is "$TMP/home-i/identity" 600
check "nothing is left beside a sealed identity" "$(ls -A "$TMP/home-i")" \
    is "$(ls -A "$TMP/home-i")" identity
run unseal client i identity --passphrase-file <(echo 'open sesame')
check "a passphrase may come through a pipe" "$(cat "$TMP/unseal.err")" is "$(fp_of unseal.out)" "$FP"
run unseal client i identity --passphrase-file "$TMP/pass-two"
check "a wrong passphrase is an error" "exit $STATUS" is "$STATUS" 1
check "a wrong passphrase is said" "$(cat "$TMP/unseal.err")" says unseal 'wrong passphrase'
run unseal setsid -w env WZP_HOME="$TMP/home-i" "$BIN/wzp-client" join r --relay 127.0.0.1:1
check "no passphrase and no terminal is an error" "exit $STATUS" is "$STATUS" 1
check "no terminal: --passphrase-file is named" "$(cat "$TMP/unseal.err")" says unseal --passphrase-file
run reseal setsid -w env WZP_HOME="$TMP/home-i" "$BIN/wzp-client" identity --encrypt \
    --passphrase-file "$TMP/pass-one"
check "no terminal: what gives the new passphrase is named" "$(cat "$TMP/reseal.err")" \
    says reseal 'new passphrase: --new-passphrase-file FILE gives it'
run reseal client i identity --encrypt --passphrase-file "$TMP/pass-one" \
    --new-passphrase-file "$TMP/pass-two"
check "the passphrase can be changed" "$(cat "$TMP/reseal.err")" says reseal 'another passphrase'
run unseal client i identity --passphrase-file "$TMP/pass-one"
check "the old passphrase opens nothing any more" "exit $STATUS" is "$STATUS" 1
run unseal client i identity --decrypt --passphrase-file "$TMP/pass-two"
check "identity --decrypt gives the clear file back" "$(cat "$TMP/unseal.err")" \
    is "$(cat "$TMP/home-i/identity")" "$CLEAR"
run new client sealed identity --new --encrypt --passphrase-file "$TMP/pass-one"
check "a new identity can be sealed from the start" "$(cat "$TMP/new.err")" \
    grep -q '^wzp-sealed-seed-1:' "$TMP/home-sealed/identity"
wrong 'exclude each other' client i identity --encrypt --decrypt
wrong --encrypt client i identity --new-passphrase-file "$TMP/pass-one"
wrong 'takes no seed' client i identity --seed "$(printf '0%.0s' {1..64})" --passphrase-file "$TMP/pass-one"

# --- a call --------------------------------------------------------------------------------

relay() { # name port option…
    begin "$1" "$BIN/wzp-relay" --listen "127.0.0.1:$2" --identity "$TMP/$1-identity" "${@:3}"
    RELAY_PID=$PID
    await "$TMP/$1.out" '^ready '
    RELAY=$(sed -n 's/^ready //p' "$TMP/$1.out")
}
# On a port that the system gives to nobody who asks for any: others on this machine
# do while this relay is gone, and the next one is to have its port.
read -r EPHEMERAL _ </proc/sys/net/ipv4/ip_local_port_range
RELAY=
for _ in {1..20}; do
    begin relay "$BIN/wzp-relay" --identity "$TMP/relay-identity" \
        --listen "127.0.0.1:$((1024 + (RANDOM << 15 | RANDOM) % (EPHEMERAL - 1024)))"
    RELAY_PID=$PID
    becomes eval 'grep -q "^ready " "$TMP/relay.out" || is_gone "$RELAY_PID"'
    RELAY=$(sed -n 's/^ready //p' "$TMP/relay.out")
    [ -z "$RELAY" ] || break
done
check "the relay says where it listens" "$(cat "$TMP/relay.err")" test -n "$RELAY"
kill -HUP "$RELAY_PID"
check "SIGHUP without a file of rooms is answered" "$(cat "$TMP/relay.err")" \
    await "$TMP/relay.err" 'rooms.none' 3
check "relay identity file is for the owner only" "not 600" mode_is "$TMP/relay-identity" 600

run busy "$BIN/wzp-relay" --listen "$RELAY" --identity "$TMP/relay-identity"
check "an address in use is an error" "exit $STATUS" is "$STATUS" 1
check "an address in use is said" "$(cat "$TMP/busy.err")" says busy "address already in use"

run same "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity" \
    --next-identity "$TMP/relay-identity"
check "the present identity cannot be the next one" "exit $STATUS" is "$STATUS" 1
check "the present identity as the next one is said" "$(cat "$TMP/same.err")" \
    says same '--next-identity .* holds the identity the relay has now'

run ping client p ping "$RELAY"
check "ping answers" "exit $STATUS" is "$STATUS" 0
check "ping tells the handshake time" "$(cat "$TMP/ping.out")" says ping 'handshake *[0-9.]* ms'
check "ping tells the certificate" "$(cat "$TMP/ping.out")" \
    grep -q -E '([0-9a-f]{2}:){31}[0-9a-f]{2}' "$TMP/ping.out"
check "ping tells the version" "$(cat "$TMP/ping.out")" says ping '^version *[^ ]'
run version client p --version-check "$RELAY"
check "--version-check still works" "$(cat "$TMP/version.out")" says version "^$RELAY "

run id client b identity
BOB=$(grep -o -E '([0-9a-f]{4}:){7}[0-9a-f]{4}' "$TMP/id.out")
run add client a contacts add Bob "$BOB"
check "a contact is added" "exit $STATUS" is "$STATUS" 0
run add client a contacts add bob "${BOB//[0-9]/7}"
check "a name is given once" "exit $STATUS" is "$STATUS" 1
check "a name taken is said" "$(cat "$TMP/add.err")" says add 'somebody else is called bob already'
run verify client a contacts verify Bob
check "nobody is verified who was not met" "exit $STATUS" is "$STATUS" 1
check "who was not met is said" "$(cat "$TMP/verify.err")" says verify 'Bob was not met yet'

RIGHT_TO_LEFT=$'\xe2\x80\xae'
audio=()
[ -r "$SPEECH" ] && audio=(--in "$SPEECH" --loop)
for who in a b; do
    begin $who env WZP_HOME="$TMP/home-$who" "$BIN/wzp-client" join e2e --relay "$RELAY" \
        --alias "Client\"$RIGHT_TO_LEFT $who" --words "${audio[@]+"${audio[@]}"}" \
        --out "$TMP/heard-by-$who.wav" --stats "$TMP/$who.jsonl"
    eval "PID_$who=$PID"
done
await "$TMP/a.err" '^joined'
run meanwhile client a contacts forget Bob
check "contacts are not changed under a client that runs" "exit $STATUS" is "$STATUS" 1
check "why not is said" "$(cat "$TMP/meanwhile.err")" says meanwhile "another wzp-client is using $TMP/home-a"
played() { # who: more than 50 frames
    [ "$(tail -n 1 "$TMP/$1.jsonl" | sed -n 's/.*"frames_played":\([0-9]*\).*/\1/p')" -gt 50 ] 2>/dev/null
}
has_sound() { # who: two seconds of it
    [ "$(stat -c %s "$TMP/heard-by-$1.wav")" -gt 200000 ]
}
words_of() { grep '^words: ' "$TMP/$1.out" | tail -n 1; }
same_words() { [ -n "$(words_of a)" ] && [ "$(words_of a)" = "$(words_of b)" ]; }
for who in a b; do
    check "client $who has a key for the other" "no line of --stats says so" \
        await "$TMP/$who.jsonl" '"members_keyed":1'
    check "client $who hears the other" "no line of --stats says so" becomes played $who
    check "client $who writes what it hears" "too little" becomes has_sound $who
done
check "both have the same check words" "$(words_of a) / $(words_of b)" becomes same_words
for who in a b; do
    pid=PID_$who
    stop "${!pid}"
    check "client $who leaves as asked" "exit $STATUS" is "$STATUS" 0
done

# --- statistics ------------------------------------------------------------------------------

NOT_SAID=
for field in $(tail -n 1 "$TMP/a.jsonl" | grep -o '"[a-z0-9_]*":' | tr -d '":'); do
    grep -s -q "^|.*\`$field\`.*|" docs/client.md || NOT_SAID="$NOT_SAID $field"
done
check "docs/client.md explains every field of --stats" "not:$NOT_SAID" is "$NOT_SAID" ""
check "there were fields to explain" "none" grep -q '"bridged_ms":' "$TMP/a.jsonl"

# --- contacts --------------------------------------------------------------------------------

check "a contact is called by its name" "$(cat "$TMP/a.err")" \
    says a '^Bob (contact, not verified) can be heard'
check "who is none shows a fingerprint, and cannot look like a contact" "$(cat "$TMP/b.err")" \
    grep -q -E "^\"Client'[?] a\" [(]([0-9a-f]{4}:){7}[0-9a-f]{4}[)] can be heard" "$TMP/b.err"
DAY='20[0-9]{2}-[0-9]{2}-[0-9]{2}'
run list client a contacts
check "contacts lists who was met" "$(cat "$TMP/list.out")" \
    grep -q -E "^$BOB  $DAY  $DAY  encrypts  -         Bob\$" "$TMP/list.out"
check "contacts lists the relay" "$(cat "$TMP/list.out")" \
    grep -q -E "^([0-9a-f]{2}:){31}[0-9a-f]{2}  $DAY  $DAY  $RELAY\$" "$TMP/list.out"
run verify client a contacts verify bob
check "nothing is verified without a yes" "exit $STATUS" is "$STATUS" 1
check "what to compare is said" "$(cat "$TMP/verify.err")" says verify "$BOB"
echo y | WZP_HOME=$TMP/home-a "$BIN/wzp-client" contacts verify "$BOB" 2>/dev/null
check "a yes verifies" "exit $?" is $? 0
run list client a contacts
check "contacts shows who is verified" "$(cat "$TMP/list.out")" says list 'verified  Bob'
run undo client a contacts verify Bob --undo
run list client a contacts
check "verify --undo takes it back" "$(cat "$TMP/list.out")" says list '-         Bob'
run forget client a contacts forget BOB
check "a contact is forgotten" "exit $STATUS" is "$STATUS" 0
run forget client a contacts forget "$RELAY"
check "a relay is forgotten" "exit $STATUS" is "$STATUS" 0
run forget client a contacts forget "$RELAY"
check "what is not there cannot be forgotten" "exit $STATUS" is "$STATUS" 1
run list client a contacts
check "what is forgotten is not listed" "$(cat "$TMP/list.out")" \
    is "$(grep -c -e Bob -e "$RELAY" "$TMP/list.out")" 0
echo "$BOB - torn" >"$TMP/home-a/contacts"
run torn client a contacts add Bob "$BOB"
check "contacts that make no sense are an error" "exit $STATUS" is "$STATUS" 1
check "contacts that make no sense are named" "$(cat "$TMP/torn.err")" \
    says torn "$TMP/home-a/contacts cannot be understood; it is left as it is"
run torn client a join e2e --relay "$RELAY"
check "a client does not start without its contacts" "exit $STATUS" is "$STATUS" 1
check "contacts that make no sense are left as they are" "$(cat "$TMP/home-a/contacts")" \
    is "$(cat "$TMP/home-a/contacts")" "$BOB - torn"

# --- rooms that keep somebody out ----------------------------------------------------------------

begin words "$BIN/wzp-client" room-secret "Board Room"
ends "$PID"
check "room-secret proposes six words" "$(cat "$TMP/words.out")" \
    grep -q -E '^([a-z]+ ){5}[a-z]+$' "$TMP/words.out"
check "room-secret gives the relay's line for a name with a space" "$(cat "$TMP/words.out")" \
    grep -q -E '^[0-9a-f]{32} access=[0-9a-f]{64}$' "$TMP/words.out"
head -n 1 "$TMP/words.out" >"$TMP/secret"
chmod 600 "$TMP/secret"
begin line "$BIN/wzp-client" room-secret board --room-secret-file "$TMP/secret"
ends "$PID"
check "room-secret knows a secret again" "$(cat "$TMP/line.out")" \
    grep -q -E '^board access=[0-9a-f]{64}$' "$TMP/line.out"
run none client n room-secret board --room-secret-file "$TMP/nothing"
check "a room's secret that is not there is named" "$(cat "$TMP/none.err")" \
    says none "cannot read room secret file $TMP/nothing: "
FP_A=$(WZP_HOME="$TMP/home-m" "$BIN/wzp-client" identity 2>/dev/null | sed -n 's/^fingerprint *//p')
{
    echo "# rooms of this relay"
    cat "$TMP/line.out"
    echo "hall allow=$FP_A"
} >"$TMP/rooms"
chmod 600 "$TMP/rooms"
echo "board acess=00" >"$TMP/rooms.bad"
run badrooms "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity" \
    --rooms "$TMP/rooms.bad"
check "a wrong file of rooms is an error" "exit $STATUS" is "$STATUS" 1
check "a wrong file of rooms is said by line" "$(cat "$TMP/badrooms.err")" \
    says badrooms 'rooms.bad: line 1: after the name stand access= and allow= only'
OPEN_RELAY=$RELAY
OPEN_RELAY_PID=$RELAY_PID
relay closed 0 --rooms "$TMP/rooms" --closed
begin b1 env WZP_HOME="$TMP/home-m" "$BIN/wzp-client" join board --relay "$RELAY" \
    --room-secret-file "$TMP/secret" --stats "$TMP/b1.jsonl"
B1=$PID
check "who knows the secret is in" "$(cat "$TMP/b1.err")" await "$TMP/b1.err" '^joined'
begin b2 env WZP_HOME="$TMP/home-n" "$BIN/wzp-client" join board --relay "$RELAY" \
    --room-secret-file "$TMP/secret" --public-name "${audio[@]+"${audio[@]}"}"
B2=$PID
check "who knows the secret is in, also under the name" "$(cat "$TMP/b2.err")" \
    await "$TMP/b2.err" '^joined'
check "and the first one has a key for it" "no line of --stats says so" \
    await "$TMP/b1.jsonl" '"members_keyed":1'
stop "$B2"
stop "$B1"
run b3 client n join board --relay "$RELAY" --duration 1
check "without the secret the join ends" "exit $STATUS" is "$STATUS" 1
check "without the secret the reason is said" "$(cat "$TMP/b3.err")" \
    says b3 'the relay says: this room has a secret, and none was given'
run b4 client n join hall --relay "$RELAY" --duration 1
check "who is not on a room's list is told so" "$(cat "$TMP/b4.err")" \
    says b4 'this identity is not on the list of this room'
run b5 client m join hall --relay "$RELAY" --duration 1
check "who is on a room's list is in, and leaves after its time" "$(cat "$TMP/b5.err")" is "$STATUS" 0
echo "hall" >"$TMP/rooms"
kill -HUP "$RELAY_PID"
check "SIGHUP reads the file again" "$(cat "$TMP/closed.err")" \
    await "$TMP/closed.err" 'rooms.loaded rules=1'
run b6 client n join hall --relay "$RELAY" --duration 1
check "the new rules count" "$(cat "$TMP/b6.err")" is "$STATUS" 0
echo "hall nonsense" >"$TMP/rooms"
kill -HUP "$RELAY_PID"
check "a file that does not parse is told" "$(cat "$TMP/closed.err")" \
    await "$TMP/closed.err" 'rooms.kept reason=.*rooms: line 1: '
: >"$TMP/rooms" # as it is for a moment while somebody writes it
kill -HUP "$RELAY_PID"
check "an emptied file is told" "$(cat "$TMP/closed.err")" \
    await "$TMP/closed.err" 'rooms.kept reason=.*rooms names no room'
run b7 client n join hall --relay "$RELAY" --duration 1
check "and the rules before stay" "$(cat "$TMP/b7.err")" is "$STATUS" 0
check "no key is in the relay's log" "$(cat "$TMP/closed.err")" \
    is "$(grep -c "$(sed 's/.*access=//' "$TMP/line.out")" "$TMP/closed.err")" 0
stop "$RELAY_PID"
RELAY=$OPEN_RELAY
RELAY_PID=$OPEN_RELAY_PID
run p1 client n join e2e --relay "$RELAY" --policy list
check "a list without anybody is wrong usage" "exit $STATUS" is "$STATUS" 2
run p2 client n join e2e --relay "$RELAY" --policy contacts --allow-legacy
check "clear media in a room for some is wrong usage" "exit $STATUS" is "$STATUS" 2
begin p3 env WZP_HOME="$TMP/home-m" "$BIN/wzp-client" join few --relay "$RELAY"
P3=$PID
begin p4 env WZP_HOME="$TMP/home-n" "$BIN/wzp-client" join few --relay "$RELAY" --policy list \
    --allow "0000:$(echo "$FP_A" | cut -c6-)" "${audio[@]+"${audio[@]}"}"
P4=$PID
check "who is not on the client's own list is named" "$(cat "$TMP/p4.err")" \
    await "$TMP/p4.err" "$FP_A) is here, and is not among those who may hear you"
stop "$P4"
stop "$P3"
run add client n contacts add Anna "$FP_A"
begin p5 env WZP_HOME="$TMP/home-m" "$BIN/wzp-client" join few --relay "$RELAY" \
    --stats "$TMP/p5.jsonl"
P5=$PID
begin p6 env WZP_HOME="$TMP/home-n" "$BIN/wzp-client" join few --relay "$RELAY" --policy contacts \
    "${audio[@]+"${audio[@]}"}"
P6=$PID
check "a contact hears who lets in contacts only" "no line of --stats says so" \
    await "$TMP/p5.jsonl" '"members_keyed":1'
stop "$P6"
stop "$P5"

# --- old command line ------------------------------------------------------------------------

begin old env WZP_HOME="$TMP/home-old" "$BIN/wzp-client" --room e2e-old \
    --metrics-file "$TMP/old.jsonl" "$RELAY"
OLD=$PID
await "$TMP/old.err" '^joined'
check "the old command line joins" "$(cat "$TMP/old.err")" says old '^joined'
stop "$OLD"
check "SIGTERM lets the client leave" "exit $STATUS" is "$STATUS" 0
check "--metrics-file still writes" "nothing" grep -q '"state":' "$TMP/old.jsonl"
begin rec env WZP_HOME="$TMP/home-rec" "$BIN/wzp-client" --room e2e-tone --record "$TMP/heard.raw" "$RELAY"
REC=$PID
await "$TMP/rec.err" '^joined'
begin tone env WZP_HOME="$TMP/home-old" "$BIN/wzp-client" --room e2e-tone --send-tone 3 "$RELAY"
ends "$PID"
check "--send-tone leaves when it is over" "exit $STATUS" is "$STATUS" 0
stop "$REC"
begin sent env WZP_HOME="$TMP/home-old" "$BIN/wzp-client" --room e2e-tone --send-file "$TMP/heard.raw" "$RELAY"
ends "$PID"
check "--send-file takes what --record wrote" "exit $STATUS" is "$STATUS" 0
has_tone() { # samples that are not silence: a second of them
    [ "$(tr -d '\000' <"$TMP/heard.raw" | wc -c)" -gt 96000 ]
}
check "what --record wrote is for its owner only" "not 600" mode_is "$TMP/heard.raw" 600
check "--record keeps the tone" "silence" has_tone

# --- quality ------------------------------------------------------------------------------------

has_talked() { # seconds stats-file
    [ "$(grep -c '"members_keyed":1' "$2")" -ge "$1" ]
}
for how in catastrophic codec2-3200 degraded studio-64k; do
    begin "q-$how" env WZP_HOME="$TMP/home-$how" "$BIN/wzp-client" join "e2e-$how" --relay "$RELAY" \
        --quality $how --stats "$TMP/$how.jsonl" "${audio[@]+"${audio[@]}"}" --out "$TMP/$how.wav"
    Q=$PID
    begin "l-$how" env WZP_HOME="$TMP/home-l-$how" "$BIN/wzp-client" join "e2e-$how" --relay "$RELAY" \
        --stats "$TMP/l-$how.jsonl"
    L=$PID
    check "--quality $how is heard" "$(tail -n 1 "$TMP/l-$how.jsonl")" becomes played "l-$how"
    becomes has_talked 3 "$TMP/$how.jsonl" # so that a rate is one of a whole second
    stop "$L"
    stop "$Q"
done
rate_of() { sed -n 's/.*"tx_rate_bps":\([0-9]*\).*/\1/p' "$TMP/$1.jsonl" | sort -n | tail -n 2 | head -n 1; }
check "the lowest tier costs less than the highest" "$(rate_of catastrophic) and $(rate_of studio-64k)" \
    [ "$(rate_of catastrophic)" -lt "$(($(rate_of studio-64k) / 3))" ]

# --- keys ---------------------------------------------------------------------------------------

mkfifo "$TMP/keys"
exec 7<>"$TMP/keys"
begin l-keys env WZP_HOME="$TMP/home-l-keys" "$BIN/wzp-client" join e2e-keys --relay "$RELAY" \
    --stats "$TMP/l-keys.jsonl" "${audio[@]+"${audio[@]}"}" --out "$TMP/l-keys.wav"
L=$PID
begin k-keys sh -c 'exec "$@" <"$0"' "$TMP/keys" env WZP_HOME="$TMP/home-k-keys" "$BIN/wzp-client" \
    join e2e-keys --relay "$RELAY" --stats "$TMP/k-keys.jsonl" --push-to-talk --alias Kay "${audio[@]+"${audio[@]}"}"
K=$PID
type_key() { printf '%s\n' "$1" >&7; }
await "$TMP/k-keys.jsonl" '"members_keyed":1'
await "$TMP/l-keys.jsonl" '"members_keyed":1'
check "with --push-to-talk nothing is said unasked" "$(tail -n 1 "$TMP/l-keys.jsonl")" \
    grep -q '"frames_played":0,' <(tail -n 1 "$TMP/l-keys.jsonl")
type_key ' '
check "a space begins to talk" "$(cat "$TMP/k-keys.err")" becomes played l-keys
type_key m
check "m mutes, and the other is told" "$(cat "$TMP/l-keys.err")" await "$TMP/l-keys.err" '^"Kay" is muted'
type_key h
check "h holds, and the other is told" "$(cat "$TMP/l-keys.err")" \
    await "$TMP/l-keys.err" '^"Kay" has put the call on hold'
type_key +
check "+ is louder" "$(cat "$TMP/k-keys.err")" await "$TMP/k-keys.err" '^volume 125 %'
type_key q
ends "$K"
check "q leaves" "exit $STATUS" is "$STATUS" 0
stop "$L"
exec 7>&-

# --- the status line on a terminal ----------------------------------------------------------------

begin narrow env WZP_HOME="$TMP/home-narrow" script -qfec "stty cols 60
    exec $BIN/wzp-client join e2e --relay $RELAY --audio null --duration 4" "$TMP/narrow.tty"
ends "$PID"
drawn() { tr '\r' '\n' <"$TMP/narrow.tty" | sed 's/\x1b\[K//g' | grep ' here, '; }
too_wide() { drawn | awk 'length > 59' | head -n 1; }
check "a terminal gets a status line" "$(cat "$TMP/narrow.tty")" [ -n "$(drawn)" ]
check "which is not wider than the terminal" "$(too_wide)" is "$(too_wide)" ""

# --- a relay that is silent ------------------------------------------------------------------------

begin d env WZP_HOME="$TMP/home-d" "$BIN/wzp-client" join e2e --relay "$RELAY" "${audio[@]+"${audio[@]}"}"
D=$PID
await "$TMP/d.err" '^joined'
kill -STOP "$RELAY_PID"
check "a relay that is silent in a call is said" "$(cat "$TMP/d.err")" \
    await "$TMP/d.err" '^the relay has not answered for 3 s'
kill -CONT "$RELAY_PID"
stop "$D"

# --- the relay ends; another one takes its place ------------------------------------------------

begin c env WZP_HOME="$TMP/home-c" "$BIN/wzp-client" join e2e --relay "$RELAY"
C=$PID
await "$TMP/c.err" '^joined'
stop "$RELAY_PID"
check "SIGTERM lets the relay drain" "exit $STATUS" is "$STATUS" 0
check "its members are told the reason" "$(cat "$TMP/c.err")" \
    await "$TMP/c.err" 'relay is shutting down'
stop "$C"

# Answers nothing any more: told when the client gives up, after 15 s.
begin silent env WZP_HOME="$TMP/home-silent" "$BIN/wzp-client" join e2e --relay "$RELAY"
ends "$PID"
check "a relay that does not answer ends the client" "exit $STATUS" is "$STATUS" 1
check "a relay that does not answer is named" "$(cat "$TMP/silent.err")" \
    says silent "the relay $RELAY does not answer"

relay impostor "${RELAY##*:}"
begin c2 env WZP_HOME="$TMP/home-c" "$BIN/wzp-client" join e2e --relay "$RELAY"
ends "$PID"
check "a changed certificate is refused" "exit $STATUS" is "$STATUS" 1
check "a changed certificate shows both" "$(cat "$TMP/c2.err")" \
    grep -q -E 'pinned ([0-9a-f]{2}:){31}[0-9a-f]{2}, seen ([0-9a-f]{2}:){31}[0-9a-f]{2}' "$TMP/c2.err"
check "a changed certificate is explained" "$(cat "$TMP/c2.err")" \
    says c2 "Ask whoever runs the relay"
begin c3 env WZP_HOME="$TMP/home-c" "$BIN/wzp-client" join e2e --relay "$RELAY" --accept-new-key
C=$PID
check "--accept-new-key takes it" "it does not join" await "$TMP/c3.err" '^joined'
stop "$C"
stop "$RELAY_PID"

# --- a relay that announces its next key --------------------------------------------------------

relay impostor "${RELAY##*:}" --next-identity "$TMP/successor-identity"
NEXT=$(sed -n 's/^next *//p' "$TMP/impostor.out")
check "the next certificate is shown" "$(cat "$TMP/impostor.out")" test -n "$NEXT"
begin c4 env WZP_HOME="$TMP/home-c" "$BIN/wzp-client" join e2e --relay "$RELAY"
C=$PID
await "$TMP/c4.err" '^joined'
stop "$C"
stop "$RELAY_PID"
relay successor "${RELAY##*:}"
check "the successor shows what was announced" "$(cat "$TMP/successor.out")" \
    grep -q "^tls *$NEXT" "$TMP/successor.out"
begin c5 env WZP_HOME="$TMP/home-c" "$BIN/wzp-client" join e2e --relay "$RELAY"
C=$PID
check "an announced successor is taken without asking" "$(cat "$TMP/c5.err")" \
    await "$TMP/c5.err" '^joined'
stop "$C"
begin c6 env WZP_HOME="$TMP/home-d" "$BIN/wzp-client" join e2e --relay "$RELAY" \
    --pin "$(sed -n 's/^tls *//p' "$TMP/impostor.out")"
ends "$PID"
check "a fixed pin takes no successor" "exit $STATUS" is "$STATUS" 1
check "a fixed pin is named in the sentence" "$(cat "$TMP/c6.err")" says c6 'is not the one of --pin'
check "a fixed pin asks nothing" "$(cat "$TMP/c6.err")" is "$(grep -c accept-new-key "$TMP/c6.err")" 0
stop "$RELAY_PID"

# --- with an old client --------------------------------------------------------------------------

begin mixed "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/mixed-identity" --allow-legacy
MIXED_PID=$PID
await "$TMP/mixed.out" '^ready '
MIXED=$(sed -n 's/^ready //p' "$TMP/mixed.out")
# meet name room relay option…: ours is in the room while an old client is there for
# 5 s of speech; "name" is what ours says, "name-old" the other.
meet() {
    local name=$1 room=$2 where=$3 ours
    begin "$name" env WZP_HOME="$TMP/home-mixed" "$BIN/wzp-client" join "$room" --relay "$where" \
        --in "$SPEECH" --loop --stats "$TMP/$name.jsonl" "${@:4}"
    ours=$PID
    await "$TMP/$name.err" '^joined'
    begin "$name-old" "$TESTBIN/legacy" "$where" "${room,,}" 5 "$SPEECH" "$TMP/$name.frames"
    ends "$PID"
    stop "$ours"
}
if [ -r "$SPEECH" ]; then
    meet refused refused "$MIXED"
    check "an old client is refused in a sentence" "$(cat "$TMP/refused.err")" \
        says refused 'Old Phone cannot encrypt, and clear media is not allowed'
    check "nothing clear is sent unasked" "$(cat "$TMP/refused-old.out")" \
        grep -q '"received":0,' "$TMP/refused-old.out"
    meet clear clear "$MIXED" --allow-legacy
    check "clear media is announced" "$(cat "$TMP/clear.err")" says clear 'NOT ENCRYPTED'
    check "nobody is asked who has answered" "$(cat "$TMP/clear.err")" \
        is "$(grep -c 'your acceptance' "$TMP/clear.err")" 0
    check "clear media is marked in the statistics" "no line of --stats says so" \
        grep -q '"not_encrypted":true' "$TMP/clear.jsonl"
    check "an old client is heard" "$(tail -n 1 "$TMP/clear.jsonl")" \
        grep -q -E '"clear_received":[0-9]{3}' "$TMP/clear.jsonl"
    check "an old client hears" "$(cat "$TMP/clear-old.out")" \
        grep -q -E '"received":[0-9]{2,}' "$TMP/clear-old.out"

    begin oldrelay "$TESTBIN/legacy" --relay 127.0.0.1:0
    OLDRELAY_PID=$PID
    await "$TMP/oldrelay.out" '^ready '
    OLDRELAY=$(sed -n 's/^ready //p' "$TMP/oldrelay.out")
    run oldping client q ping "$OLDRELAY"
    check "an old relay can be pinged and asked" "$(cat "$TMP/oldping.out")" says oldping '^version *9377a90'
    run through client q join Through --relay "$OLDRELAY" --duration 1
    check "an old relay is refused" "exit $STATUS" is "$STATUS" 1
    check "an old relay is refused by name" "$(cat "$TMP/through.err")" \
        says through "$OLDRELAY is an old relay that carries no encrypted media"
    meet through Through "$OLDRELAY" --allow-legacy
    check "through an old relay both are heard" "$(tail -n 1 "$TMP/through.jsonl") $(cat "$TMP/through-old.out")" \
        eval 'grep -q -E "\"clear_received\":[0-9]{3}" "$TMP/through.jsonl" && says through-old "\"received\":[0-9]\{2,\}"'
    stop "$OLDRELAY_PID"
    check "an old relay is told no more than it would read" "$(cat "$TMP/oldrelay.out")" \
        says oldrelay '"signals_after":0,"media":[0-9]*,"not_plain":0,"last_sni":"through"'
else
    SKIPPED=$((SKIPPED + 11))
    echo "[  SKIPPED ] with an old client: no $SPEECH, run make deps"
fi
stop "$MIXED_PID"

summary
