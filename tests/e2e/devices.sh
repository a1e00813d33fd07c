#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The programs with devices: a PulseAudio of its own, whose sinks are null ones;
# what is played into one can be recorded from its monitor. Heard through the
# speaker, said through the microphone, recorded, a device that goes, a sound
# server that dies and comes back. Without PulseAudio only what the null backend
# shows. WZP_BIN is the folder of the programs.
set -u
BIN=${WZP_BIN:-build/dev/bin}
. "$(dirname "$0")/processes.bash"
SPEECH=.deps/speech/Front_Center.wav

relay() {
    begin relay "$BIN/wzp-relay" --listen 127.0.0.1:0 --identity "$TMP/relay-identity"
    RELAY_PID=$PID
    await "$TMP/relay.out" '^ready '
    RELAY=$(sed -n 's/^ready //p' "$TMP/relay.out")
}
client() { # name option…: in the background, in the room "devices"
    begin "$1" env WZP_HOME="$TMP/home-$1" "$BIN/wzp-client" join devices --relay "$RELAY" \
        --stats "$TMP/$1.jsonl" "${@:2}"
}
last() { # name field: its number in the last line of --stats
    tail -n 1 "$TMP/$1.jsonl" 2>/dev/null | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}
above() { # name field limit
    local n
    n=$(last "$1" "$2")
    [ "${n:-0}" -gt "$3" ]
}
sounds() { # file bytes: so many that are not zero
    [ "$(tail -c +45 "$1" 2>/dev/null | tr -d '\000' | wc -c)" -gt "$2" ]
}
relay

# --- without a sound system ----------------------------------------------------------

"$BIN/wzp-client" devices --audio null >"$TMP/null.out" 2>&1
check "devices lists the null devices" "$(cat "$TMP/null.out")" grep -q '^input   \*  NULL' "$TMP/null.out"
"$BIN/wzp-client" devices --audio gramophone >"$TMP/none.out" 2>&1
check "a sound system that is not there is an error" "exit $?" is $? 1
check "and is named" "$(cat "$TMP/none.out")" grep -q 'no sound system called gramophone' "$TMP/none.out"
client n --audio null --denoise --record-mic "$TMP/n.wav"
N=$PID
check "a call runs on the null devices" "$(cat "$TMP/n.err")" \
    await "$TMP/n.err" '^microphone: NULL Capture Device, speaker: NULL Playback Device'
check "what takes noise away is said" "$(cat "$TMP/n.err")" \
    grep -q '^noise is taken away by \(rnnoise\|speexdsp\)' "$TMP/n.err"
check "recording is said" "$(cat "$TMP/n.err")" await "$TMP/n.err" '^RECORDING what you say'
check "and counted" "$(last n recorded_ms)" becomes above n recorded_ms 900
stop "$N"
check "what was recorded is a file" "$(cat "$TMP/n.err")" grep -q RIFF "$TMP/n.wav"
client g --audio gramophone
G=$PID
check "without a device the call goes on, and says so" "$(cat "$TMP/g.err")" \
    await "$TMP/g.err" '^no sound: no device can be opened'
stop "$G"
check "and ends as asked" "exit $STATUS" is "$STATUS" 0

# Where there is no card, each try would be dozens of lines.
client l --audio alsa
L=$PID
await "$TMP/l.err" '^\(no sound\|microphone\): '
becomes grep -s -q '"state":"joined"' "$TMP/l.jsonl"
check "ALSA is not heard on stderr" "$(head -n 3 "$TMP/l.err")" eval '! grep -q "ALSA lib" "$TMP/l.err"'
stop "$L"

# --- on PulseAudio's null sinks --------------------------------------------------------

if ! command -v pulseaudio >/dev/null || ! command -v pactl >/dev/null || [ ! -r "$SPEECH" ]; then
    SKIPPED=$((SKIPPED + 16))
    echo "[  SKIPPED ] on PulseAudio's null sinks: no pulseaudio, pactl or $SPEECH (packages pulseaudio, pulseaudio-utils; make deps)"
    stop "$RELAY_PID"
    summary
    exit
fi
# The name of a socket must be short, and $TMP may be anywhere.
PULSE=$(mktemp -d /tmp/wzp-pulse-XXXXXX) || exit 1
trap 'cleanup; rm -rf "$PULSE"' EXIT
export PULSE_SERVER=unix:$PULSE/native PULSE_RUNTIME_PATH=$PULSE PULSE_COOKIE=$PULSE/cookie
head -c 256 /dev/zero >"$PULSE_COOKIE"
pulse() { # name
    begin "$1" env HOME="$PULSE" XDG_RUNTIME_DIR="$PULSE" pulseaudio -n --daemonize=no \
        --exit-idle-time=-1 --use-pid-file=no --disable-shm=yes \
        -L "module-native-protocol-unix socket=$PULSE/native auth-anonymous=1" \
        -L 'module-null-sink sink_name=speaker rate=48000 sink_properties=device.description=Speaker' \
        -L 'module-null-sink sink_name=room rate=44100 sink_properties=device.description=Room' \
        -L 'module-rescue-streams'
    PULSE_PID=$PID
    becomes pactl info >/dev/null 2>&1
}
pulse pulse
"$BIN/wzp-client" devices >"$TMP/list.out" 2>&1
check "devices lists the sinks, and the default one" "$(cat "$TMP/list.out")" \
    grep -q '^output  \*  Speaker' "$TMP/list.out"
check "devices lists their ids" "$(cat "$TMP/list.out")" grep -q '^ *room.monitor$' "$TMP/list.out"

client b --in "$SPEECH" --loop --out "$TMP/b.wav"
B=$PID
await "$TMP/b.err" '^joined'
begin heard parec --device=speaker.monitor --rate=48000 --channels=1 --format=s16le --raw "$TMP/heard.raw"
client a --input 'Monitor of Room' --output speaker --record-mic "$TMP/a.wav"
A=$PID
check "the devices are named" "$(cat "$TMP/a.err")" \
    await "$TMP/a.err" '^microphone: Monitor of Room, speaker: Speaker'
check "what is said elsewhere comes out of the speaker" "nothing in its monitor" \
    becomes sounds "$TMP/heard.raw" 50000
# As long as it takes to be heard.
for _ in {1..40}; do cat "$SPEECH"; done >"$TMP/said.raw"
begin said pacat --device=room --rate=48000 --channels=1 --format=s16le --raw "$TMP/said.raw"
SAID_PID=$PID
check "what goes into the microphone is heard elsewhere" "silence" becomes sounds "$TMP/b.wav" 50000
check "and recorded here" "silence" becomes sounds "$TMP/a.wav" 20000
check "voice was noticed" "no line of --stats says so" await "$TMP/a.jsonl" '"is_voice":1'
check "the chain is on" "no line of --stats says so" await "$TMP/a.jsonl" '"has_echo":1.*"has_gain":1'
kill -TERM "$SAID_PID"
ends "$SAID_PID"

client w --live --input 'No Such Microphone'
W=$PID
check "a device that is not there is named by what stands in for it" "$(cat "$TMP/w.err")" \
    await "$TMP/w.err" '^microphone: .*; not all that was asked for is there'
stop "$W"

pactl set-default-sink room
is_on() { grep -q "speaker: $1" "$TMP/d.err"; }
client d --live --input none
D=$PID
check "the default device is the system's" "$(cat "$TMP/d.err")" becomes is_on Room
pactl set-default-sink speaker
check "and is followed when it changes" "$(cat "$TMP/d.err")" becomes is_on Speaker
stop "$D"

SPEAKER_MODULE=$(pactl list short modules | awk '/sink_name=speaker/ { print $1 }')
pactl unload-module "$SPEAKER_MODULE"
check "a device that goes is replaced by another" "$(cat "$TMP/a.err")" \
    await "$TMP/a.err" 'speaker: Room'
stop "$PULSE_PID"
check "a sound server that dies is said" "$(cat "$TMP/a.err")" await "$TMP/a.err" '^no sound: '
pulse again
check "and taken again when it comes back" "$(cat "$TMP/a.err")" \
    becomes eval '[ "$(grep -c "^microphone: .*speaker: Speaker" "$TMP/a.err")" -ge 2 ]'
check "restarts are counted" "$(last a device_restarts)" becomes above a device_restarts 0
stop "$A"
check "the call has lived through all of it" "exit $STATUS" is "$STATUS" 0
stop "$B"
stop "$PULSE_PID"
stop "$RELAY_PID"

summary
